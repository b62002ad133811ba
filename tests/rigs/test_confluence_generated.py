"""Sites that are made from a seed: their size, their shape, and what is true of them."""

from __future__ import annotations

import time
from collections import Counter
from html.entities import html5
from statistics import mean

import pytest
from confluence_asking import Asking
from lxml import etree
from rigs.confluence import ConfluenceProcess, ConfluenceRig, Fault
from rigs.confluence.truth import Written

_ENTITIES = "".join(
    f'<!ENTITY {name} "&#{ord(html5[name + ";"])};">' for name in ("times", "rarr", "nbsp")
)


@pytest.fixture(scope="module")
def site() -> ConfluenceRig:
    """Return a site that nobody serves and nobody changes."""
    return ConfluenceRig(pages=1000, validated=False)


class TestSize:
    def test_ten_thousand_pages_are_made_in_seconds(self) -> None:
        began = time.process_time()
        rig = ConfluenceRig(pages=10_000, validated=False)
        assert time.process_time() - began < 20
        assert len(rig.site.ids("page", "blogpost")) == 10_000

    def test_pages_have_5_kb_files_restrictions_and_threads_as_often_as_told(
        self, site: ConfluenceRig
    ) -> None:
        contents = site.site.contents
        pages = [contents[one] for one in site.site.ids("page", "blogpost")]
        assert 4500 < mean(len(one.body.encode()) for one in pages) < 5500
        assert len(site.site.ids("attachment")) == 200
        assert sum(one.restricted for one in pages) == 100
        threads = {contents[one].container for one in site.site.ids("comment")}
        assert len(threads) == 100
        assert len(site.site.ids("blogpost")) == 20

    def test_trees_are_deep_and_restricted_at_several_layers(self, site: ConfluenceRig) -> None:
        above = [
            site.core.sight.ancestors(site.site.contents[one]) for one in site.site.ids("page")
        ]
        assert max(map(len, above)) >= 5
        assert max(sum(one.restricted for one in stood) for stood in above) >= 2

    def test_the_same_seed_makes_the_same_site_and_another_another(
        self, site: ConfluenceRig
    ) -> None:
        same, other = (ConfluenceRig(pages=20, seed=seed, validated=False) for seed in (1, 2))
        bodies = [[one.body for one in rig.site.contents.values()] for rig in (same, other)]
        again = ConfluenceRig(pages=20, seed=1, validated=False)
        assert bodies[0] == [one.body for one in again.site.contents.values()]
        assert bodies[0] != bodies[1]

    def test_everything_of_a_generated_site_fits_the_descriptions(self) -> None:
        with ConfluenceRig(pages=60, extras=True) as rig:
            asking = Asking(rig)
            expand = "space,version,ancestors,container,metadata.labels,body.storage,history,"
            expand += "extensions.resolution,extensions.inlineProperties,restrictions.read."
            expand += "restrictions.user,restrictions.read.restrictions.group"
            for kind in ("page", "blogpost", "comment", "attachment", "folder"):
                found = [one["id"] for one in asking.walk(f"type = {kind}", expand=expand)]
                assert found
                assert len(found) == len(set(found))
            asking.close()
            assert rig.violations == []


class TestMarkup:
    def test_bodies_are_storage_format_with_every_macro(self, site: ConfluenceRig) -> None:
        seen: Counter[str] = Counter()
        for one in site.site.ids("page", "blogpost", "comment"):
            body = site.site.contents[one].body
            head = f"<!DOCTYPE r [{_ENTITIES}]><r xmlns:ac='urn:ac' xmlns:ri='urn:ri'>"
            root = etree.fromstring(f"{head}{body}</r>")
            seen.update(str(node.tag).replace("{urn:ac}", "ac:") for node in root.iter())
            seen.update(node.get("{urn:ac}name", "") for node in root.iter())
        macros = (
            "code info note warning tip panel expand status jira drawio include excerpt anchor toc "
            "excerpt-include roadmap time table ac:task-list ac:layout ac:image ac:emoticon "
            "ac:inline-comment-marker ac:caption ac:placeholder blockquote"
        )
        assert [one for one in macros.split() if not seen[one]] == []

    def test_people_are_named_as_their_edition_names_them(self) -> None:
        for edition, attribute in (("cloud", "ri:account-id="), ("data-center", "ri:userkey=")):
            rig = ConfluenceRig(edition=edition, pages=50, validated=False)  # type: ignore[arg-type]
            bodies = "".join(one.body for one in rig.site.contents.values())
            assert attribute in bodies


class TestTruth:
    def test_what_a_page_says_of_itself_is_true_of_no_other(self, site: ConfluenceRig) -> None:
        own = Counter(
            one for truth in site.truths().values() for one in truth.present if "管理番号は" in one
        )
        for page in site.site.ids("page"):
            code = site.truth(page).present
            assert any("管理番号は" in one for one in code)
        # More than once only where a page is included by another.
        assert sum(1 for count in own.values() if count == 1) > 900

    def test_included_text_is_the_page_s_own_only_for_readers_of_both(self) -> None:
        rig = ConfluenceRig(validated=False)
        site, truths = rig.site, {}
        rig.generator.fill(300)
        for page in site.ids("page"):
            truths[page] = rig.truth(page)
        includes = [
            (page, space or site.contents[page].space, title)
            for page in site.ids("page")
            for space, title, only in rig._truths._written[page].includes
            if not only
        ]
        by_title = {(one.space, one.title): one.id for one in site.contents.values()}
        shown = hidden = 0
        for page, space, title in includes:
            target = by_title[space, title]
            code = rig._truths.code(target)
            said = f"この文書の管理番号は{code}です。"
            shown += said in truths[page].present
            hidden += code in truths[page].hidden
            assert not (said in truths[page].present and code in truths[page].hidden)
        assert shown
        assert hidden

    def test_a_restriction_turns_included_text_into_hidden_text(self) -> None:
        rig = ConfluenceRig(validated=False)
        rig.generator.fill(1)
        site, code = rig.site, "KRG-000001"
        target = site.ids("page", "blogpost")[0]
        space, title = site.contents[target].space, site.contents[target].title
        macro = f'<ac:link><ri:page ri:content-title="{title}" /></ac:link>'
        macro = f'<ac:parameter ac:name="">{macro}</ac:parameter>'
        body = f'<ac:structured-macro ac:name="include">{macro}</ac:structured-macro>'
        host = site.add_page(space, "表紙", body)
        rig._truths.note(host, Written(body, "", (), includes=(("", title, False),)))
        said = f"この文書の管理番号は{code}です。"
        assert said in rig.truth(host).present
        reader = min(site.people.keys() - {site.account})
        site.restrict(target, [reader])
        assert said not in rig.truth(host).present
        assert code in rig.truth(host).hidden
        site.restrict(host, [reader])
        assert said in rig.truth(host).present

    def test_a_rewritten_page_has_a_new_truth_and_one_edited_by_hand_has_none(self) -> None:
        rig = ConfluenceRig(pages=20, validated=False)
        page, other = rig.site.ids("page")[:2]
        before = rig.truth(page)
        fresh = rig.generator.rewrite(page)
        assert fresh in rig.truth(page).present
        assert fresh not in before.present
        rig.site.edit(other, "<p>手で書いた</p>")
        with pytest.raises(KeyError):
            rig.truth(other)
        assert other not in rig.truths()

    def test_threads_and_files_have_one_too_unless_resolved_or_deleted(self) -> None:
        rig = ConfluenceRig(pages=40, validated=False)
        page = rig.site.ids("page")[0]
        comment = rig.generator.remark(page)
        assert len(rig.truth(comment).present) == 2
        rig.site.resolve(comment)
        assert comment not in rig.truths()
        file = rig.site.ids("attachment")[0]
        lines = rig.site.contents[file].data.decode()
        assert all(one in lines for one in rig.truth(file).present)
        rig.site.delete(rig.site.contents[file].container or "")
        assert file not in rig.truths()


class TestProcess:
    def test_a_rig_in_a_process_says_and_does_what_one_in_a_thread_does(self) -> None:
        with ConfluenceProcess(pages=30, validated=False) as rig:
            asking = Asking(rig)
            pages = rig.site.ids("page")
            file = rig.site.attach(pages[0], "図.png", b"\x89PNG", "image/png")
            assert asking.ids(f"id = {pages[0]}", expand="body.storage") == [pages[0]]
            rig.fault(Fault(status=503))
            rig.throttle(seconds=3)
            asked = {"cql": "type = page"}
            codes = [asking.ask("/rest/api/content/search", **asked).status_code for _ in "abc"]
            assert codes == [503, 429, 200]
            assert rig.requests == 4
            assert rig.contents_served == 1
            assert rig.bodies_served == {(pages[0], 1): 1}
            assert [one.status for one in rig.journal] == [200, 503, 429, 200]
            assert rig.journal[0].value("cql") == f"id = {pages[0]}"
            fresh = rig.generator.rewrite(pages[1])
            assert fresh in rig.truth(pages[1]).present
            assert rig.truths().keys() >= {pages[1]}
            assert file.startswith("att")
            with pytest.raises(KeyError):
                rig.site.rename("0", "ない")
            asking.close()
