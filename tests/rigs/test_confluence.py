"""The Confluence rig behaves as Cloud does: listing, caps, restrictions, people, files, addresses.

`test_confluence_data_center.py` has the other edition, `test_confluence_cql.py` the query language,
`test_confluence_faults.py` what goes wrong on demand, `test_confluence_generated.py` the sites that
are made from a seed.
"""

from __future__ import annotations

import httpx2
import pytest
from confluence_asking import Asking
from confluence_fixtures import asking, cloud
from rigs.confluence import ConfluenceRig
from rigs.confluence.contract import specifications

__all__ = ["asking", "cloud"]

WHO_MAY = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"


class TestListing:
    @pytest.mark.parametrize(
        ("expand", "most"),
        [("", 250), ("version,space", 250), ("body.storage", 100), ("body.export_view", 25)],
    )
    def test_a_page_of_results_holds_no_more_than_the_service_gives(
        self, cloud: ConfluenceRig, asking: Asking, expand: str, most: int
    ) -> None:
        pages = [cloud.site.add_page("ENG", f"規程 {n}", "<p>本文</p>") for n in range(260)]
        first = asking.search("type = page", limit=1000, expand=expand)
        assert (len(first["results"]), first["limit"]) == (most, most)
        found = asking.walk("type = page order by created asc", limit=1000, expand=expand)
        assert [one["id"] for one in found] == pages

    def test_a_next_link_is_relative_to_the_base_and_the_last_page_has_none(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        for n in range(3):
            cloud.site.add_page("ENG", f"規程 {n}")
        links = asking.search("type = page", limit=2)["_links"]
        assert links["base"] == cloud.url
        assert links["next"].startswith("/rest/api/content/search?")
        assert "next" not in asking.search("type = page", limit=3)["_links"]

    def test_a_cursor_goes_on_behind_what_was_shown_last_when_something_before_it_is_gone(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        pages = [cloud.site.add_page("ENG", f"規程 {n}") for n in range(5)]
        walking = asking.walk("type = page order by created asc", limit=2)
        shown = [next(walking)["id"], next(walking)["id"]]
        cloud.site.delete(pages[0])
        assert [*shown, *(one["id"] for one in walking)] == pages

    def test_only_what_the_account_may_view_is_shown(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        sato = site.add_user("佐藤花子", "sato@example.co.jp")
        shut = site.add_page("ENG", "役員の規程")
        below = site.add_page("ENG", "役員の規程の別紙", parent=shut)
        comment = site.comment(below, "<p>見えません</p>")
        open_page = site.add_page("ENG", "みんなの規程")
        site.restrict(shut, [sato], account=False)
        site.add_space("HR", groups=())
        site.open_space("HR", users=[sato], account=False)
        site.add_page("HR", "人事の規程")
        assert asking.ids("type in (page, comment)") == [open_page]
        assert asking.ask(f"/api/v2/pages/{below}").status_code == 404
        assert asking.ask(f"/api/v2/footer-comments/{comment}").status_code == 404
        assert [one["key"] for one in asking.get("/api/v2/spaces")["results"]] == ["ENG"]

    def test_drafts_archived_and_deleted_pages_are_not_searched(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        site.add_page("ENG", "下書き", draft=True)
        old = site.add_page("ENG", "古い規程")
        site.comment(old, "<p>昔の質問</p>")
        site.archive(old)
        gone = site.add_page("ENG", "消えた規程")
        comment = site.comment(gone, "<p>質問</p>")
        site.delete(gone)
        assert asking.ids("type in (page, comment)") == []
        site.restore(gone)
        assert asking.ids("type in (page, comment)") == [gone, comment]

    def test_what_is_expanded_is_shown_and_the_rest_is_named_as_expandable(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        top = cloud.site.add_page("ENG", "規程")
        folder = cloud.site.add_folder("ENG", "棚", parent=top)
        page = cloud.site.add_page("ENG", "休暇", "<p>本文</p>", parent=folder, labels=["公開"])
        cloud.site.edit(page, "<p>新しい本文</p>")
        expand = "ancestors,version,space,metadata.labels,body.storage"
        shown = asking.search(f"id = {page}", expand=expand)["results"][0]
        assert [(one["id"], one["type"]) for one in shown["ancestors"]] == [
            (top, "page"),
            (folder, "folder"),
        ]
        assert (shown["version"]["number"], shown["space"]["key"]) == (2, "ENG")
        assert shown["body"]["storage"]["value"] == "<p>新しい本文</p>"
        assert [one["name"] for one in shown["metadata"]["labels"]["results"]] == ["公開"]
        assert "restrictions" in shown["_expandable"]

    def test_moving_deleting_and_renaming_move_what_stands_below(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        top, other = site.add_page("ENG", "上"), site.add_page("ENG", "別の上")
        middle = site.add_page("ENG", "中", parent=top)
        leaf = site.add_page("ENG", "下", parent=middle)

        def above(page: str) -> list[str]:
            shown = asking.search(f"id = {page}", expand="ancestors,version")["results"][0]
            assert shown["version"]["number"] == 1
            return [one["title"] for one in shown["ancestors"]]

        assert above(leaf) == ["上", "中"]
        site.move(middle, parent=other)
        assert above(leaf) == ["別の上", "中"]
        site.rename(other, "新しい名の上")
        site.delete(middle)
        assert above(leaf) == ["新しい名の上"]

    def test_rendered_bodies_hold_included_pages_with_the_rights_of_the_account(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        secret = cloud.site.add_page("ENG", "秘密", "<p>合言葉はくらげ</p>")
        cloud.site.restrict(secret, [cloud.site.add_user("佐藤", "sato@example.co.jp")])
        macro = '<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>'
        macro += '<ri:page ri:content-title="秘密" /></ac:link></ac:parameter>'
        host = cloud.site.add_page("ENG", "表紙", f"{macro}</ac:structured-macro>")
        expand = "body.export_view,body.storage"
        body = asking.search(f"id = {host}", expand=expand)["results"][0]["body"]
        assert "合言葉はくらげ" in body["export_view"]["value"]
        assert "合言葉はくらげ" not in body["storage"]["value"]


class TestRestrictions:
    def test_a_restriction_names_users_groups_and_the_account_itself(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        sato = site.add_user("佐藤花子", "sato@example.co.jp")
        page = site.add_page("ENG", "規程")
        site.restrict(page, [sato], [site.add_group("人事")])
        own = asking.get(f"/rest/api/content/{page}/restriction/byOperation/read")["restrictions"]
        assert [one["accountId"] for one in own["user"]["results"]] == [sato, site.account]
        assert [one["name"] for one in own["group"]["results"]] == ["人事"]
        listed = asking.search(f"id = {page}", expand=WHO_MAY)["results"][0]
        assert listed["restrictions"]["read"]["restrictions"]["user"]["size"] == 2

    def test_an_inherited_restriction_is_not_the_page_s_own(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        top = cloud.site.add_page("ENG", "上")
        leaf = cloud.site.add_page("ENG", "下", parent=top)
        cloud.site.restrict(top, groups=[cloud.site.add_group("人事")])
        own = asking.get(f"/rest/api/content/{leaf}/restriction/byOperation/read")["restrictions"]
        assert own["user"]["results"] == own["group"]["results"] == []

    def test_long_restrictions_come_in_pages(self, cloud: ConfluenceRig, asking: Asking) -> None:
        people = [cloud.site.add_user(f"社員{n}", f"u{n}@example.co.jp") for n in range(250)]
        page = cloud.site.add_page("ENG", "規程")
        cloud.site.restrict(page, people)
        listed = asking.search(f"id = {page}", expand=WHO_MAY)["results"][0]
        shown = listed["restrictions"]["read"]["restrictions"]["user"]
        assert shown["size"] == shown["limit"] == 200
        found: list[str] = []
        while True:
            path = f"/rest/api/content/{page}/restriction/byOperation/read"
            part = asking.get(path, start=len(found))["restrictions"]["user"]["results"]
            if not part:
                break
            found += [one["accountId"] for one in part]
        assert found == [*people, cloud.site.account]

    def test_a_batch_below_a_draft_is_404_where_ancestors_restrictions_are_asked_for(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        draft = cloud.site.add_page("ENG", "下書き", draft=True)
        page = cloud.site.add_page("ENG", "下書きの下", parent=draft)
        expand = "ancestors.restrictions.read.restrictions.user"
        refused = asking.ask("/rest/api/content/search", cql=f"id = {page}", expand=expand)
        assert refused.status_code == 404
        assert asking.ids(f"id = {page}", expand="ancestors") == [page]
        path = f"/rest/api/content/{draft}/restriction/byOperation/read"
        assert asking.ask(path).status_code == 404

    def test_a_space_tells_who_may_read_it_in_pages(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        group = site.add_group("人事")
        site.add_space("HR", groups=[group], licensed=True, anonymous=True)
        found: list[tuple[str, str]] = []
        path: str | None = f"/api/v2/spaces/{site.spaces['HR'].id}/permissions?limit=2"
        while path:
            answer = asking.get(path)
            found += [
                (one["principal"]["type"], one["principal"]["id"])
                for one in answer["results"]
                if one["operation"] == {"key": "read", "targetType": "space"}
            ]
            # Relative to the host, where version 1's are relative to the base.
            following = answer["_links"].get("next")
            path = following.removeprefix("/wiki") if following else None
        assert found == [
            ("user", site.account),
            ("group", site.groups[group].id),
            ("access_class", "all-licensed-users"),
            ("access_class", "anonymous-users"),
        ]


class TestPeople:
    def test_an_address_that_its_owner_hides_is_empty(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        shown = cloud.site.add_user("佐藤花子", "sato@example.co.jp")
        hidden = cloud.site.add_user("鈴木太郎", "suzuki@example.co.jp", hidden=True)
        found = asking.get("/rest/api/user/bulk", accountId=[shown, hidden, "712020:nobody"])
        assert [one["email"] for one in found["results"]] == ["sato@example.co.jp", ""]
        assert asking.get("/rest/api/user", accountId=hidden)["displayName"] == "鈴木太郎"
        cql = f'user in ("{shown}", "{hidden}")'
        assert asking.get("/rest/api/search/user", cql=cql)["totalSize"] == 2

    def test_members_of_a_group_come_in_pages_by_offset(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        people = [site.add_user(f"社員{n}", f"u{n}@example.co.jp") for n in range(250)]
        group = site.groups[site.add_group("全社", people)]
        path = f"/rest/api/group/{group.id}/membersByGroupId"
        first = asking.get(path, limit=1000)
        assert (first["size"], first["limit"]) == (200, 200)
        rest = asking.get(path, start=200, limit=200)
        found = [one["accountId"] for one in (*first["results"], *rest["results"])]
        assert found == people
        names = [one["name"] for one in asking.get("/rest/api/group")["results"]]
        assert names == ["confluence-users", "全社"]
        member_of = asking.get("/rest/api/user/memberof", accountId=people[0])["results"]
        assert [one["name"] for one in member_of] == ["confluence-users", "全社"]

    def test_wrong_credentials_are_401_and_so_are_none(self, cloud: ConfluenceRig) -> None:
        address = f"{cloud.url}/rest/api/user/current"
        for auth in [None, (cloud.email, "wrong")]:
            assert httpx2.get(address, auth=auth, trust_env=False).status_code == 401
        good = httpx2.get(address, auth=(cloud.email, cloud.token), trust_env=False)
        assert good.json()["accountId"] == cloud.site.account

    def test_a_scoped_token_works_by_the_gateway_alone(self) -> None:
        with ConfluenceRig(scoped=True) as rig:
            client = httpx2.Client(auth=(rig.email, rig.token), trust_env=False)
            assert client.get(f"{rig.url}/rest/api/user/current").status_code == 401
            told = client.get(rig.url.removesuffix("/wiki") + "/_edge/tenant_info").json()
            assert told["cloudId"] in rig.gateway
            assert client.get(f"{rig.gateway}/rest/api/user/current").status_code == 200
            client.close()


class TestOnAPage:
    def test_threads_show_where_they_stand_and_whether_they_are_resolved(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        site = cloud.site
        page = site.add_page("ENG", "規程", "<p>休暇</p>")
        first = site.comment(page, "<p>いつまで？</p>", inline="休暇")
        reply = site.comment(page, "<p>月末です</p>", reply_to=first)
        footer = site.comment(page, "<p>ありがとう</p>")
        expand = "container,ancestors,extensions.inlineProperties,extensions.resolution"
        found = {one["id"]: one for one in asking.walk("type = comment", expand=expand)}
        assert found[first]["extensions"]["inlineProperties"]["originalSelection"] == "休暇"
        assert [one["id"] for one in found[reply]["ancestors"]] == [first]
        assert found[footer]["extensions"]["location"] == "footer"
        assert {one["container"]["id"] for one in found.values()} == {page}
        site.resolve(first)
        found = {one["id"]: one for one in asking.walk("type = comment", expand=expand)}
        states = [found[one]["extensions"]["resolution"]["status"] for one in (first, reply)]
        assert states == ["resolved", "resolved"]
        assert asking.get(f"/api/v2/inline-comments/{first}")["resolutionStatus"] == "resolved"

    def test_a_file_is_on_another_host_that_refuses_our_credentials(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        page = cloud.site.add_page("ENG", "規程")
        file = cloud.site.attach(page, "図 1.png", b"\x89PNG", "image/png")
        sent = asking.ask(f"/rest/api/content/{page}/child/attachment/{file}/download")
        assert sent.status_code == 302
        where = sent.headers["Location"]
        assert httpx2.URL(where).netloc != httpx2.URL(cloud.url).netloc
        assert asking.client.get(where).status_code == 400
        given = httpx2.get(where, trust_env=False)
        assert (given.content, given.headers["Content-Type"]) == (b"\x89PNG", "image/png")
        assert cloud.bodies_served == {(file, 1): 1}

    def test_a_link_with_a_fragment_lands_on_its_heading(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        body = "<h1>申請の 流れ</h1><p>本文</p><h2>R&amp;D</h2><h2>R&amp;D</h2><h2></h2>"
        page = cloud.site.add_page("ENG", "休暇 規程", body)
        assert cloud.anchors(page) == {"申請の 流れ": "申請の-流れ", "R&D": "R&D"}
        shown = asking.client.get(cloud.web(page)).text
        for name in ("申請の-流れ", "R&amp;D", "R&amp;D.1"):
            assert f'id="{name}"' in shown


class TestContract:
    @pytest.mark.skipif(specifications() is None, reason="the descriptions are not at hand")
    def test_what_the_description_does_not_know_is_a_violation(self) -> None:
        with ConfluenceRig() as rig:
            asking = Asking(rig)
            asking.ask("/rest/api/content/search", cql="type = page", start=3)
            asking.ask("/rest/api/content/search", limit=3)
            asking.ask("/api/v2/spaces", status="closed")
            asking.ask("/rest/api/space")
            asking.close()
            said = "\n".join(rig.violations)
        for part in ("start is not in", "cql is missing", "status: ", "no such path"):
            assert part in said
