"""The web against the contract of the port, over sites on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from connector_contract import ConnectorContract, listing
from rigs.website import WebsiteRig, html
from web_site import WebSite

from connectors.base import ConnectorError
from connectors.web import WebConnector


class SiteUnderTest:
    """A site that the contract writes to: a page for each document, and one that leads to all.

    That one wants to be in no index, so that it is no document itself. One 404 is enough here for a
    page to be gone; `test_fates` has the rule. What a crawl brought is taken whenever something
    changes, as if it had been fetched: the contract asks what a source says now.
    """

    def __init__(self, rig: WebsiteRig, memory: Path) -> None:
        self.site = WebSite(rig, memory)
        self.rig = rig
        self.names: dict[str, str] = {}
        self.readers: tuple[str, ...] = ("anyone",)
        self._index()

    def connector(self) -> WebConnector:
        return self.site.connector(gone_after=1, readers=self.readers)

    def write(self, name: str, text: str) -> None:
        self.names[name] = "/" + quote(name.removesuffix(".md"))
        page = html.page(name, f"{name} {text}")
        self.rig.site.add_page(self.names[name], page)
        self._index()
        self.site.take_bodies()

    def remove(self, name: str) -> None:
        self.rig.site.remove(self.names.pop(name))
        self._index()
        self.site.take_bodies()

    def restrict(self, name: str, principal: str | None) -> None:
        self.readers = (principal or "anyone",)

    def hide_readers(self) -> None:
        raise NotImplementedError("nobody is asked who may read a web page")

    def break_listing(self) -> None:
        self.rig.fail("/", status=500, times=None)

    def go_away(self) -> None:
        self.site.take_bodies()
        self.rig.fail("*", cut="before", times=None)

    def _index(self) -> None:
        links = list(self.names.values())
        page = html.page("索引", "ここから始まります。", links=links, robots="noindex")
        self.rig.site.add_page("/", page)


class TestWeb(ConnectorContract):
    """Pages of a site."""

    @pytest.fixture
    def site(self, tmp_path: Path) -> Iterator[SiteUnderTest]:
        with WebsiteRig() as rig:
            made = SiteUnderTest(rig, tmp_path / "web.db")
            yield made
            made.site.close()

    def test_readers_have_a_version_of_their_own(self, filled: SiteUnderTest) -> None:
        """They are those of the source's options, the same for all of its pages."""
        before = listing(filled.connector())
        filled.restrict("two.md", "group:hr")
        connector = filled.connector()
        after = listing(connector)
        for name, ref in after.items():
            assert ref.version == before[name].version
            assert ref.readers_version != before[name].readers_version
            assert connector.readers(ref) == (frozenset({"group:hr"}),)
        filled.restrict("two.md", None)
        assert listing(filled.connector()) == before

    def test_readers_that_can_not_be_read_raise(self, filled: SiteUnderTest) -> None:
        """There is nobody to ask: the source's options say who may read, also of what is away."""
        connector = filled.connector()
        ref = listing(connector)["one.md"]
        filled.go_away()
        assert connector.readers(ref) == (frozenset({"anyone"}),)

    def test_a_source_that_nobody_may_read_is_read_by_nobody(self, filled: SiteUnderTest) -> None:
        """No principals is nobody, never everybody."""
        filled.readers = ()
        connector = filled.connector()
        ref = listing(connector)["one.md"]
        assert connector.readers(ref) == ()
        assert connector.fetch(ref).readers == ()

    def test_a_listing_raises_when_a_page_to_begin_with_is_no_page(
        self, filled: SiteUnderTest
    ) -> None:
        filled.rig.site.remove("/")
        with pytest.raises(ConnectorError, match="404"):
            list(filled.connector().changes(None))
