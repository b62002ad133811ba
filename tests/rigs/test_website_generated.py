"""Companies' sites that are made from a seed: their size, their links, and what is true of them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from lxml import html
from rigs.website import Fault, Truth, WebsiteProcess, WebsiteRig, journal, traps
from rigs.website.templates import FRAME
from website_crawling import Crawler, mapped, seen_text

_PAGES = 160


@pytest.fixture(scope="module")
def rig() -> Iterator[WebsiteRig]:
    """Return a site that nobody changes."""
    with WebsiteRig(pages=_PAGES) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def changing() -> Iterator[WebsiteRig]:
    """Return a small site of a test's own."""
    with WebsiteRig(pages=60) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def visitor() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30) as client:
        yield client


class TestSize:
    def test_five_thousand_pages_are_there_in_a_moment(self) -> None:
        made = WebsiteRig(pages=5000)
        assert len(made.site.hosts["127.0.0.1"].resources) > 5000
        bodies = [one.body for one in made.site.hosts["127.0.0.1"].resources.values()]
        # Nothing but what stands around was written before anybody asked.
        assert sum(isinstance(body, bytes) for body in bodies) < 10

    def test_the_same_seed_makes_the_same_site_and_another_another(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        with WebsiteRig(pages=_PAGES, seed=1) as same, WebsiteRig(pages=_PAGES, seed=2) as other:
            said = [_texts(one, visitor) for one in (rig, same, other)]
        assert said[0] == said[1]
        assert said[0] != said[2]

    def test_documents_are_pages_files_and_the_shop(self, rig: WebsiteRig) -> None:
        paths = [urlsplit(one).path for one in rig.company.documents]
        assert sum(one.startswith("/files/") for one in paths) == 2
        assert sum(one.startswith("/shop/") for one in paths) == 10
        assert len(paths) == _PAGES + 12


class TestLinks:
    def test_every_document_is_reached_by_links_and_maps_and_nothing_else_is(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        company = rig.company
        crawler = Crawler(
            visitor,
            rig.url,
            lambda url: company.in_trap(url) or url.startswith(company.forbidden),
        )
        listed = mapped(visitor, f"{rig.url}/sitemap.xml")
        assert set(listed) <= company.documents
        crawler.crawl(*listed)
        assert crawler.canonical == company.documents
        assert {urlsplit(one).path for one in crawler.broken} == {
            "/missing.html",
            "/assets/logo.png",
        }

    def test_some_pages_are_told_of_by_the_map_alone(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        company = rig.company
        crawler = Crawler(
            visitor,
            rig.url,
            lambda url: company.in_trap(url) or url.startswith(company.forbidden),
        )
        crawler.crawl()
        missed = company.documents - crawler.canonical
        assert 0 < len(missed) < 20

    def test_moved_pages_lead_to_documents(self, rig: WebsiteRig, visitor: httpx2.Client) -> None:
        assert rig.company.redirected
        for old in rig.company.redirected:
            got = visitor.get(rig.url + old, follow_redirects=True)
            assert str(got.url) in rig.company.documents

    def test_a_site_without_maps_and_traps_has_links_to_everything(
        self, visitor: httpx2.Client
    ) -> None:
        with WebsiteRig(pages=80, with_traps=False, with_sitemap=False, with_files=False) as plain:
            forbidden = plain.company.forbidden
            crawler = Crawler(visitor, plain.url, lambda url: url.startswith(forbidden))
            crawler.crawl()
            assert crawler.canonical == plain.company.documents
            assert visitor.get(f"{plain.url}/sitemap.xml").status_code == 404


class TestTruth:
    def test_what_is_true_of_a_page_is_what_its_reader_sees(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        for url, truth in rig.company.truths().items():
            got = visitor.get(url)
            if "/files/" in url or "/shop/" in url:
                continue
            charset = "cp932" if "/archive/" in url else "utf-8"
            text, _ = seen_text(got.content, charset)
            assert [one for one in truth.present if one not in text] == []
            assert [one for one in truth.absent if one in text] == []
            assert truth.title in text

    def test_every_word_of_the_frame_stands_on_some_page(self, visitor: httpx2.Client) -> None:
        with WebsiteRig(pages=30, with_widgets=True) as small:
            sources = [visitor.get(one).content for one in small.company.documents]
        everything = b"".join(sources)
        said = everything.decode("utf-8", "replace") + everything.decode("cp932", "replace")
        assert [one for one in FRAME if one not in said] == []

    def test_what_is_absent_stands_in_the_source_of_some_page(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        hidden = 0
        for url in sorted(rig.company.documents)[:120]:
            truth, source = rig.company.truth(url), visitor.get(url).content
            text = source.decode("cp932" if "/archive/" in url else "utf-8", "replace")
            hidden += sum(one in text and one not in FRAME for one in truth.absent)
        assert hidden > 100

    def test_sentences_are_parted_by_lines_and_tags_in_the_source(self, rig: WebsiteRig) -> None:
        joined = [one for truth in rig.company.truths().values() for one in truth.joined]
        assert len(joined) > _PAGES

    def test_anchors_are_there(self, rig: WebsiteRig, visitor: httpx2.Client) -> None:
        for url, truth in rig.company.truths().items():
            if truth.anchors:
                root = html.fromstring(visitor.get(url).content)
                there = {*root.xpath("//@id"), *root.xpath("//a/@name")}
                assert set(truth.anchors.values()) <= there

    def test_each_page_says_something_that_no_other_says(self, rig: WebsiteRig) -> None:
        own = [truth.present[0] for truth in rig.company.truths().values()]
        assert len(set(own)) == len(own)

    def test_what_is_no_document_has_no_truth(self, rig: WebsiteRig) -> None:
        for path in ("/thanks.html", "/calendar/2026/04/", "/private/staff.html"):
            with pytest.raises(KeyError):
                rig.company.truth(rig.url + path)


class TestChange:
    def test_a_rewritten_page_says_so_once_and_its_validators_changed(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        url = sorted(changing.company.documents)[12]
        first = visitor.get(url)
        conditions = {"If-None-Match": first.headers["etag"]}
        assert visitor.get(url, headers=conditions).status_code == 304
        fresh = changing.company.rewrite(url)
        got = visitor.get(url, headers=conditions)
        assert got.status_code == 200
        assert fresh in got.content.decode("cp932" if "/archive/" in url else "utf-8")
        assert fresh in changing.company.truth(url).present
        others = changing.company.documents - {url}
        assert not any(fresh in changing.company.truth(one).present for one in others)

    def test_a_new_page_is_linked_by_a_page_and_a_map_that_both_have_changed(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        company = changing.company
        before = _versions(changing, visitor)
        url = company.add()
        changed = {
            one for one, tag in _versions(changing, visitor).items() if before.get(one) != tag
        }
        assert url in company.documents
        assert url in changed
        assert len(changed & company.documents) == 2
        assert f"{changing.url}/sitemap-1.xml" in changed

    def test_a_removed_page_is_gone_and_nobody_links_there_who_did_not_change(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        company = changing.company
        url = next(one for one in sorted(company.documents) if "/docs/0" in one)
        pages = {one: visitor.get(one) for one in company.documents}
        path = urlsplit(url).path
        assert company.unversioned < company.documents
        company.remove(url, 410)
        assert url not in company.documents
        assert visitor.get(url).status_code == 410
        for one in company.documents - company.unversioned:
            had = pages[one]
            again = visitor.get(one, headers={"If-None-Match": had.headers["etag"]})
            if path in had.text:
                assert again.status_code == 200
            if again.status_code == 200:
                assert path not in again.text

    def test_a_removed_page_can_stay_linked(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        url = next(one for one in sorted(changing.company.documents) if "/docs/0" in one)
        changing.company.remove(url, linked=True)
        assert visitor.get(url).status_code == 404
        pages = (visitor.get(one).text for one in changing.company.documents)
        assert any(urlsplit(url).path in one for one in pages)

    def test_bodies_that_were_written_ahead_are_the_same_and_change_like_others(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        url = sorted(changing.company.documents)[20]
        first = visitor.get(url).content
        changing.company.warm()
        assert visitor.get(url).content == first
        fresh = changing.company.rewrite(url)
        assert fresh.encode("cp932" if "/archive/" in url else "utf-8") in visitor.get(url).content

    def test_a_new_frame_changes_every_page_and_no_truth(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        company = changing.company
        url = sorted(company.documents)[20]
        first, truth = visitor.get(url), company.truth(url)
        company.redecorate()
        again = visitor.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 200
        assert again.content != first.content
        assert company.truth(url).present == truth.present


class TestTraps:
    @pytest.mark.parametrize("name", [one.name for one in traps.TRAPS if one.name != "print"])
    def test_a_trap_never_ends(self, rig: WebsiteRig, visitor: httpx2.Client, name: str) -> None:
        """Whoever follows what is new goes on for longer than the trap deserves."""
        trap = traps.named(name)
        waiting, seen = [rig.url + trap.entrance], {rig.url + trap.entrance}
        asked = 0
        while waiting and asked < 2 * trap.deserves:
            got = visitor.get(waiting.pop())
            asked += 1
            assert got.status_code == 200
            root = html.fromstring(got.content)
            root.make_links_absolute(str(got.url))
            for link in root.xpath("//main//a/@href"):
                parts = urlsplit(link)
                assert trap.holds(f"{parts.path}?{parts.query}" if parts.query else parts.path)
                if link not in seen:
                    seen.add(link)
                    waiting.append(link)
        assert asked == 2 * trap.deserves

    def test_every_entrance_is_linked_on_the_first_page_and_what_was_spent_is_counted(
        self, visitor: httpx2.Client
    ) -> None:
        with WebsiteRig(pages=30) as small:
            root = html.fromstring(visitor.get(small.url).content)
            links = set(root.xpath("//a/@href"))
            assert all(small.company.in_trap(one) for one in small.company.entrances)
            assert not small.company.entrances & small.company.documents
            for trap in small.company.traps:
                assert trap.entrance in links
                assert visitor.get(small.url + trap.entrance).status_code == 200
            spent = small.company.trapped(small.journal)
            # The shop's entrance is a page; with a session's id it would be the trap's.
            assert spent == {one.name: int(one.name != "sessions") for one in traps.TRAPS}

    def test_a_trap_can_stand_on_any_host(
        self, changing: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        entrance = changing.site.trap("calendar", host="127.0.0.2")
        assert "予定" in visitor.get(changing.url_of("127.0.0.2") + entrance).text
        assert visitor.get(f"{changing.url_of('127.0.0.2')}/tag/x/").status_code == 404
        with pytest.raises(ValueError, match="no pages of its own"):
            changing.site.trap("print")

    def test_a_view_for_printing_names_its_page(
        self, rig: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        url = next(one for one in sorted(rig.company.documents) if "/news/2" in one)
        root = html.fromstring(visitor.get(url).content)
        (view,) = [one for one in root.xpath("//a/@href") if one.endswith("?print=1")]
        shown = html.fromstring(visitor.get(rig.url + view).content)
        assert shown.xpath("//link[@rel='canonical']/@href") == [url]


class TestProcess:
    def test_a_rig_in_a_process_says_and_does_what_one_in_a_thread_does(
        self, visitor: httpx2.Client
    ) -> None:
        with WebsiteProcess(pages=40) as rig:
            company = rig.company
            urls = sorted(company.documents)
            assert len(urls) == 50
            truth = company.truth(urls[5])
            assert isinstance(truth, Truth)
            assert company.truths()[urls[5]] == truth
            rig.site.add_page("/extra", "別".encode())
            assert visitor.get(f"{rig.url}/extra").content == "別".encode()
            rig.fault(Fault(path="/extra", status=503))
            rig.throttle(seconds=3)
            codes = [visitor.get(f"{rig.url}/extra").status_code for _ in "abc"]
            assert codes == [503, 429, 200]
            visitor.get(f"{rig.url}/calendar/2026/04/")
            assert company.trapped()["calendar"] == 1
            assert rig.requests == 5
            assert journal.counts(rig.journal)["127.0.0.1", "/extra"] == 4
            assert rig.connections["127.0.0.1"] == 1
            fresh = company.rewrite(urls[5])
            assert fresh in company.truth(urls[5]).present
            company.remove(urls[5])
            with pytest.raises(KeyError):
                company.truth(urls[5])
            rig.forget()
            assert (rig.requests, rig.violations) == (0, [])


def _texts(rig: WebsiteRig, visitor: httpx2.Client) -> list[str]:
    """Return some pages without the port, which is another one each time."""
    pages = [one for one in sorted(rig.company.documents) if "/news/" in one or "/archive/" in one]
    return [visitor.get(one).text.replace(f":{rig.port}", "") for one in pages]


def _versions(rig: WebsiteRig, visitor: httpx2.Client) -> dict[str, str]:
    maps = (f"{rig.url}/sitemap-1.xml", f"{rig.url}/sitemap.xml")
    got = {one: visitor.head(one) for one in (*rig.company.documents, *maps)}
    return {url: one.headers["etag"] for url, one in got.items() if "etag" in one.headers}
