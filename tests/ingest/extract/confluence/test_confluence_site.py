"""A generated site, by the connector: no sentence is lost, no setting leaks, every link lands.

The site's generator knows what the text of each page must hold; its web pages have the ids that
the service gives headings.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.request import Request, urlopen

import pytest
from rigs.confluence import ConfluenceRig

from connectors.base import Document, Ref
from connectors.confluence import ConfluenceConnector, Scope
from connectors.confluence.api import open_site
from connectors.confluence.storage import MEDIA_TYPE, Storage
from ingest.chunk import chunk
from ingest.extract import Extracted, extract
from ingest.extract.prose import fold

_HEADING = re.compile(r'<h[1-6] id="([^"]*)">(.*?)</h', re.DOTALL)
_ANCHOR = re.compile(r'ac:name="anchor".*?<ac:parameter ac:name="">([^<]*)<', re.DOTALL)


@dataclass(frozen=True)
class Mirrored:
    """A site, and every page, post and thread of it as a sync reads them."""

    rig: ConfluenceRig
    pages: list[tuple[Document, Extracted]]

    def web_page(self, url: str) -> str:
        """Return what a person sees who follows a link."""
        rig = self.rig
        credentials = b64encode(f"{rig.email}:{rig.token}".encode()).decode()
        cloud = rig.settings.edition == "cloud"
        login = f"Basic {credentials}" if cloud else f"Bearer {rig.token}"
        with urlopen(Request(url, headers={"Authorization": login})) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module", params=["cloud", "data-center"])
def mirrored(request: pytest.FixtureRequest) -> Iterator[Mirrored]:
    cloud = request.param == "cloud"
    with ConfluenceRig(edition=request.param, pages=120, seed=6, validated=False) as rig:
        site = open_site(rig.url, email=rig.email if cloud else None, token=rig.token)
        connector = ConfluenceConnector(site, Scope(attachments=False))
        try:
            refs = [found for found in connector.changes(None) if isinstance(found, Ref)]
            documents = list(connector.fetch_all(refs))
        finally:
            connector.close()
        pages = []
        for document in documents:
            assert isinstance(document, Document)
            assert document.media_type == MEDIA_TYPE
            name = document.ref.name
            pages.append((document, extract(document.body, media_type=MEDIA_TYPE, name=name)))
        yield Mirrored(rig, pages)


def seen(extracted: Extracted) -> str:
    return "\n".join("\n".join((*block.headings, block.text)) for block in extracted.blocks)


def test_the_text_of_every_page_holds_what_it_must_and_nothing_else(mirrored: Mirrored) -> None:
    truths = mirrored.rig.truths()
    assert len(mirrored.pages) > 120, "pages and threads"
    sentences = 0
    for document, extracted in mirrored.pages:
        text, truth = seen(extracted), truths[document.ref.id]
        lost = [sentence for sentence in truth.present if sentence not in text]
        leaked = [setting for setting in truth.absent if setting in text]
        assert (document.ref.name, lost, leaked) == (document.ref.name, [], [])
        sentences += len(truth.present)
    assert sentences > 1_000


def test_the_title_of_every_page_is_its_own(mirrored: Mirrored) -> None:
    assert all(extracted.title == document.title for document, extracted in mirrored.pages)


def test_what_is_not_read_is_told_by_name(mirrored: Mirrored) -> None:
    told = {warning for _, extracted in mirrored.pages for warning in extracted.warnings}
    assert any(re.fullmatch(r'macro "drawio"( ×\d+)? is not read', warning) for warning in told)
    assert not any("damaged" in warning or "deep" in warning for warning in told)


def test_a_link_to_any_chunk_lands_at_the_heading_above_it(mirrored: Mirrored) -> None:
    landed = 0
    for document, extracted in mirrored.pages:
        storage = Storage.from_bytes(document.body)
        if storage.comments:
            continue  # a thread has no headings
        # Cloud shows included pages in a frame: their headings lead to the one before it.
        framed = storage.edition == "cloud" and any(storage.included.values())
        html = mirrored.web_page(document.url)
        headings = {unescape(name): fold(unescape(text)) for name, text in _HEADING.findall(html)}
        markup = "".join([storage.storage, *filter(None, storage.included.values())])
        named = {"".join(name.split()) for name in _ANCHOR.findall(markup)}
        for passage in chunk(extracted.title or "", extracted.blocks):
            if passage.anchor in headings:
                # A heading under which nothing stands is a passage of its own.
                above = (*passage.headings[-1:], passage.text)
                assert framed or headings[passage.anchor] in above
                landed += 1
            elif passage.anchor:
                assert passage.anchor.endswith(tuple(named))
            else:
                assert framed or not passage.headings
    assert landed > 200
