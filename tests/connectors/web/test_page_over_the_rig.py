"""Pages as sites send them: every encoding, every design; none of them is taken for a wall."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from rigs.website import WebsiteRig
from rigs.website.charsets import Sample, samples

from connectors.web.addresses import normalised
from connectors.web.page import is_html, read
from connectors.web.traps import Traps
from connectors.web.values import Answer, Page


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_a_page_is_read_whatever_encoding_it_is_in_and_declares(sample: Sample) -> None:
    at = f"http://127.0.0.1{sample.path}"
    found = read(Answer(at, 200, sample.body, sample.content_type))
    assert found.title == "文字コードの試験"
    assert found.wall is None


@pytest.fixture(scope="module")
def site() -> Iterator[WebsiteRig]:
    with WebsiteRig(pages=60, with_files=False) as rig:
        yield rig


@pytest.fixture
def pages(site: WebsiteRig) -> dict[str, Page]:
    """The documents of a generated company, as read."""
    found = {}
    with httpx2.Client(timeout=30) as client:
        for url in sorted(site.company.documents):
            response = client.get(url)
            answer = Answer(url, 200, response.content, response.headers.get("content-type"))
            if is_html(answer):
                found[url] = read(answer)
    return found


def test_no_page_of_a_company_is_taken_for_a_wall(pages: dict[str, Page]) -> None:
    assert len(pages) >= 60
    assert [url for url, page in pages.items() if page.wall] == []


def test_every_page_has_its_own_title_and_links_in_their_one_form(pages: dict[str, Page]) -> None:
    for url, page in pages.items():
        assert page.title, url
        assert all(normalised(link) == link for link in page.links)


def test_documents_of_a_company_are_no_trap_in_whatever_order(pages: dict[str, Page]) -> None:
    for order in (sorted(pages), sorted(pages, reverse=True)):
        traps = Traps()
        for url in order:
            assert traps.refuses(url) is None
            traps.saw(url, pages[url])
        assert traps.remarks() == ()
        assert traps.documents_withheld() == frozenset()


def test_a_page_that_was_read_twice_has_the_same_fingerprint(
    site: WebsiteRig, pages: dict[str, Page]
) -> None:
    with httpx2.Client(timeout=30) as client:
        for url in list(pages)[::7]:
            response = client.get(url)
            again = read(Answer(url, 200, response.content, response.headers.get("content-type")))
            assert again == pages[url]
    fresh = site.company.rewrite(next(iter(pages)))
    assert fresh
    with httpx2.Client(timeout=30) as client:
        url = next(iter(pages))
        response = client.get(url)
        again = read(Answer(url, 200, response.content, response.headers.get("content-type")))
        assert again.fingerprint != pages[url].fingerprint
