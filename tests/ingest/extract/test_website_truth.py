"""Text of whole sites, held to what their pages show: nothing lost, nothing hidden, no frame."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from rigs.website import WebsiteRig
from rigs.website.charsets import Sample, samples
from rigs.website.values import Truth

from ingest.extract import Extracted, extract


@pytest.fixture(scope="module", params=[1, 7])
def pages(request: pytest.FixtureRequest) -> Iterator[list[tuple[Truth, Extracted]]]:
    """All pages of a company's site, as they are read, with what is true of them."""
    with WebsiteRig(pages=150, seed=request.param, with_widgets=True) as rig:
        assert rig.company
        yield [(truth, _read(url)) for url, truth in rig.company.truths().items()]


def _read(url: str) -> Extracted:
    with urllib.request.urlopen(url) as answer:
        return extract(answer.read(), media_type=answer.headers["Content-Type"], name=url)


def _all_words(extracted: Extracted) -> str:
    headings = {heading: None for block in extracted.blocks for heading in block.headings}
    texts = [block.text for block in extracted.blocks]
    return "\n".join([extracted.title or "", *headings, *texts])


def test_nothing_that_a_page_shows_is_lost(pages: list[tuple[Truth, Extracted]]) -> None:
    """Word for word: also where the source parts a word by newlines or inline elements."""
    for truth, extracted in pages:
        words = _all_words(extracted)
        assert [text for text in truth.present if text not in words] == [], truth.url


def test_nothing_hidden_and_nothing_of_the_frame_is_read(
    pages: list[tuple[Truth, Extracted]],
) -> None:
    """Navigation, bread crumbs, side columns, cookie banners and footers, in three designs."""
    for truth, extracted in pages:
        words = _all_words(extracted)
        assert [text for text in truth.absent if text in words] == [], truth.url


def test_every_heading_has_an_anchor_that_lands_on_it(
    pages: list[tuple[Truth, Extracted]],
) -> None:
    for truth, extracted in pages:
        anchors = {(block.headings or ("",))[-1]: block.anchor for block in extracted.blocks}
        anchors |= {block.text: block.anchor for block in extracted.blocks}
        wrong = {words: name for words, name in truth.anchors.items() if anchors[words] != name}
        assert wrong == {}, truth.url


def test_words_that_the_source_parts_come_out_whole(
    pages: list[tuple[Truth, Extracted]],
) -> None:
    """By newlines, inline elements, comments, `wbr` and ruby."""
    parted = [(text, extracted) for truth, extracted in pages for text in truth.joined]
    assert len(parted) > 100
    assert [text for text, extracted in parted if text not in _all_words(extracted)] == []


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.path)
def test_a_page_is_read_in_whatever_encoding_and_whatever_is_declared(sample: Sample) -> None:
    extracted = extract(sample.body, media_type=sample.content_type, name=sample.path)
    assert extracted.title == "文字コードの試験"
    assert extracted.blocks[0].text == sample.text
    assert extracted.warnings == ()
