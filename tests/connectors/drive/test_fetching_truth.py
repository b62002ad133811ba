"""Text of a whole Workspace, fetched and read, held to what was written into its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.drive import DriveRig
from rigs.drive.truth import Truth

from connectors.drive.api import Google
from connectors.drive.fetching import Fetched, Fetcher
from ingest.extract import Extracted, extract
from ingest.extract.xlsx.sheet import parse_range

Read = list[tuple[str, Truth, Extracted]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """All files that the service account sees, as they are read: names, truths, texts."""
    with DriveRig(validated=False) as rig:
        rig.generate(250, seed=5)
        credentials = rig.credentials("service_account", tmp_path_factory.mktemp("google"))
        google = Google(Path(credentials), api_url=rig.url)
        truths = {name: truth for name, truth in rig.truths().items() if truth.visible}
        wanted = [google.me.file(name) for name in truths]
        got = list(Fetcher(lambda _: google.me, 50_000_000).all(wanted))
        google.close()
    fetched = [one for one in got if isinstance(one, Fetched)]
    assert len(fetched) == len(got) > 100
    return [
        (
            one.file.name,
            truths[one.file.id],
            extract(one.body, media_type=one.media_type, name=one.file.name),
        )
        for one in fetched
    ]


def _words(name: str, extracted: Extracted) -> str:
    """Return what is indexed of a file that Drive calls by its name."""
    blocks = extracted.called(name)
    headings = {heading: None for block in blocks for heading in block.headings}
    return "\n".join([name, *headings, *(block.text for block in blocks)])


def test_nothing_that_a_file_shows_is_lost(files: Read) -> None:
    """Word for word, in Docs, Sheets, Slides, Office files, PDF and text of any encoding."""
    for name, truth, extracted in files:
        words = _words(name, extracted)
        assert [text for text in truth.present if text not in words] == [], name


def test_nothing_hidden_and_no_comment_is_read(files: Read) -> None:
    """Hidden rows and sheets, skipped slides, talk about a document."""
    for name, truth, extracted in files:
        words = _words(name, extracted)
        unwanted = (*truth.absent, *truth.comments)
        assert [text for text in unwanted if text in words] == [], name


def test_links_land_where_a_text_stands(files: Read) -> None:
    """At its heading, in a range that holds its cell, on its slide or page."""
    tried = 0
    for name, truth, extracted in files:
        for text, place in truth.anchors.items():
            anchors = {
                block.anchor
                for block in extracted.blocks
                if text in block.text or text in block.headings
            }
            assert not place or any(_lands(place, one) for one in anchors), (name, text, anchors)
            tried += bool(place)
    assert tried > 500


def _lands(place: str, anchor: str) -> bool:
    sheet, _, cell = place.partition("&range=")
    if not cell:
        return place == anchor
    of, _, area = anchor.partition("&range=")
    inner, outer = parse_range(cell), parse_range(area)
    return (
        sheet == of
        and inner is not None
        and outer is not None
        and outer.top <= inner.top <= inner.bottom <= outer.bottom
        and outer.left <= inner.left <= inner.right <= outer.right
    )
