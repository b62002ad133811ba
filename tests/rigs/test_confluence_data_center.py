"""The Confluence rig behaves as Data Center does where that differs from Cloud."""

from __future__ import annotations

import httpx2
import pytest
from confluence_asking import Asking
from confluence_fixtures import asking_center, center
from rigs.confluence import ConfluenceRig, Settings

__all__ = ["asking_center", "center"]


class TestPaging:
    @pytest.mark.parametrize(
        ("expand", "most"), [("body.storage", 50), ("version", 200), ("", 1000)]
    )
    def test_page_sizes_are_capped_without_a_word(
        self, center: ConfluenceRig, asking_center: Asking, expand: str, most: int
    ) -> None:
        pages = [center.site.add_page("ENG", f"規程 {n}") for n in range(210)]
        first = asking_center.search("type = page", limit=5000, expand=expand)
        assert first["limit"] == most
        assert len(first["results"]) == min(most, 210)
        found = asking_center.walk("type = page order by id", limit=5000, expand=expand)
        assert [one["id"] for one in found] == pages

    def test_a_next_link_may_start_too_early_where_the_page_was_capped(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        pages = [center.site.add_page("ENG", f"規程 {n}") for n in range(120)]
        center.settings.undercounts = True
        found = [
            one["id"]
            for one in asking_center.walk("type = page order by id", limit=200, expand="body")
        ]
        assert len(found) > 120
        assert sorted(set(found)) == sorted(pages)

    def test_a_result_that_comes_twice_counts_twice(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        pages = [center.site.add_page("ENG", f"規程 {n}") for n in range(6)]
        center.odd("duplicate", times=None)
        found = [one["id"] for one in asking_center.walk("type = page order by id", limit=2)]
        assert len(found) > 6
        assert list(dict.fromkeys(found)) == pages
        center.recover()
        assert asking_center.ids("type = page order by id") == pages

    def test_a_search_for_attachments_may_fail_on_a_later_page(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        page = center.site.add_page("ENG", "規程")
        for n in range(3):
            center.site.attach(page, f"図 {n}.png", b"")
        center.settings.attachments_fail = 1
        asked = {"cql": "type = attachment", "limit": 2}
        path = "/rest/api/content/search"
        assert asking_center.ask(path, **asked).status_code == 200
        statuses = [asking_center.ask(path, **asked, start=2).status_code for _ in range(2)]
        assert statuses == [400, 200]


class TestReaders:
    def test_permissions_of_a_space_name_groups_and_keys_of_users(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        site = center.site
        site.add_space("HR", groups=[site.add_group("人事")], anonymous=True)
        given = asking_center.get("/rest/api/space/HR/permissions")
        readers = [
            one["subject"]
            for one in given
            if one["operation"] == {"targetType": "space", "operationKey": "read"}
        ]
        assert readers == [
            {"type": "user", "userKey": site.account},
            {"type": "group", "name": "人事"},
        ]
        assert asking_center.get("/rest/api/space/HR/permissions/anonymous")
        assert asking_center.get("/rest/api/space/ENG/permissions/anonymous") == []

    def test_they_are_500_without_the_right_and_404_before_9_1(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        center.settings.admin = False
        assert asking_center.ask("/rest/api/space/ENG/permissions").status_code == 500
        center.settings.permissions_api = False
        assert asking_center.ask("/rest/api/space/ENG/permissions").status_code == 404

    def test_restrictions_name_keys_of_users_and_groups_without_ids(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        sato = center.site.add_user("佐藤花子", "sato@example.co.jp")
        page = center.site.add_page("ENG", "規程")
        center.site.restrict(page, [sato], [center.site.add_group("人事")], account=False)
        center.site.join("人事", center.site.account)
        path = f"/rest/api/content/{page}/restriction/byOperation/read"
        own = asking_center.get(path)["restrictions"]
        assert [one["userKey"] for one in own["user"]["results"]] == [sato]
        assert [(one["name"], one.get("id")) for one in own["group"]["results"]] == [("人事", None)]


class TestPeople:
    def test_addresses_are_told_by_the_profile_alone(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        sato = center.site.add_user("佐藤花子", "sato@example.co.jp")
        center.site.add_user("鈴木太郎", "suzuki@example.co.jp", hidden=True)
        shown = asking_center.get("/rest/api/user", key=sato)
        assert (shown["username"], shown.get("email")) == ("sato", None)
        assert asking_center.get("/rest/api/user", username="sato")["userKey"] == sato
        path = "/rest/mobile/1.0/profile/"
        assert asking_center.get(f"{path}sato")["email"] == "sato@example.co.jp"
        assert "email" not in asking_center.get(f"{path}suzuki")

    def test_members_are_asked_for_by_the_name_of_the_group(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        sato = center.site.add_user("佐藤花子", "sato@example.co.jp")
        center.site.add_group("人事 部", [sato])
        found = asking_center.get("/rest/api/group/人事 部/member")["results"]
        assert [one["userKey"] for one in found] == [sato]
        assert asking_center.ask("/rest/api/group/nobody/member").status_code == 404

    def test_a_wrong_token_is_refused_in_html(self, center: ConfluenceRig) -> None:
        answer = httpx2.get(
            f"{center.url}/rest/api/user/current",
            headers={"Authorization": "Bearer wrong"},
            trust_env=False,
        )
        assert answer.status_code == 401
        assert answer.headers["Content-Type"].startswith("text/html")


class TestContents:
    def test_one_content_is_had_by_id_and_a_deleted_one_is_not(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        page = center.site.add_page("ENG", "規程", "<p>本文</p>")
        shown = asking_center.get(f"/rest/api/content/{page}", expand="body.storage,version")
        assert shown["body"]["storage"]["value"] == "<p>本文</p>"
        assert shown["version"]["when"].endswith("+09:00")
        center.site.delete(page)
        assert asking_center.ask(f"/rest/api/content/{page}").status_code == 404

    def test_a_file_is_had_from_the_site_itself(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        page = center.site.add_page("ENG", "規程")
        center.site.attach(page, "図 1.png", b"\x89PNG", "image/png")
        listed = asking_center.search("type = attachment")["results"][0]
        assert asking_center.ask(listed["_links"]["download"]).content == b"\x89PNG"

    def test_spaces_are_listed_with_their_kind_and_state(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        center.site.add_space("~sato", "佐藤", personal=True)
        center.site.add_space("OLD", archived=True)
        listed = asking_center.get("/rest/api/space", limit=2)
        assert [one["key"] for one in listed["results"]] == ["ENG", "OLD"]
        assert "next" in listed["_links"]
        personal = asking_center.get("/rest/api/space", type="personal")["results"]
        assert [one["key"] for one in personal] == ["~sato"]

    def test_japanese_titles_have_addresses_by_id_and_headings_the_title_in_their_ids(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        body = "<h1>申請の 流れ</h1><h1>申請の流れ</h1>"
        page = center.site.add_page("ENG", "休暇-規程", body)
        ascii_page = center.site.add_page("ENG", "Leave Rules", "<h1>How to</h1>")
        links = [one["_links"]["webui"] for one in asking_center.walk("type = page")]
        assert links == [f"/pages/viewpage.action?pageId={page}", "/display/ENG/Leave+Rules"]
        shown = asking_center.client.get(center.web(page)).text
        assert 'id="id-休暇規程-申請の流れ"' in shown
        assert 'id="id-休暇規程-申請の流れ.1"' in shown
        assert center.anchors(ascii_page) == {"How to": "LeaveRules-Howto"}

    def test_headings_of_included_pages_are_counted_with_the_page_s_own(
        self, center: ConfluenceRig, asking_center: Asking
    ) -> None:
        part = center.site.add_page("ENG", "Part", "<h1>概要</h1>")
        macro = '<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link>'
        macro += '<ri:page ri:content-title="Part" /></ac:link></ac:parameter>'
        body = f"<h1>概要</h1>{macro}</ac:structured-macro><h1>概要</h1>"
        host = center.site.add_page("ENG", "Host", body)
        names = ["Host-概要", "Host-概要.1", "Host-概要.2"]
        assert [name for _, name in center.headings(host)] == names
        # Whoever may not read it sees nothing of it, and no number is used up.
        center.site.restrict(part, [center.site.add_user("佐藤", "sato@example.co.jp")])
        assert [name for _, name in center.headings(host)] == names[:2]


def test_settings_say_how_a_site_behaves() -> None:
    with ConfluenceRig(edition="data-center", admin=False, permissions_api=False) as rig:
        assert isinstance(rig.settings, Settings)
        assert (rig.settings.admin, rig.settings.permissions_api) == (False, False)
