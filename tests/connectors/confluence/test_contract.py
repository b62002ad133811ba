"""Confluence against the contract of the port, over a world without HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from connector_contract import ConnectorContract
from world_site import HOST, WorldSite

from connectors.confluence import ConfluenceConnector
from connectors.confluence.storage import Edition


class WorldUnderTest:
    """A site that the contract writes to."""

    def __init__(self, edition: Edition, memory: Path) -> None:
        self.site = WorldSite(edition=edition)
        self.memory = memory
        self.ids: dict[str, str] = {}
        self.site.world.add_space("ENG")

    def connector(self) -> ConfluenceConnector:
        return ConfluenceConnector(self.site.again(), memory=self.memory)

    def write(self, name: str, text: str) -> None:
        world = self.site.world
        if name in self.ids:
            world.edit(self.ids[name], f"<p>{text}</p>")
        else:
            self.ids[name] = world.add_page("ENG", name, f"<p>{text}</p>")

    def remove(self, name: str) -> None:
        self.site.world.delete(self.ids[name])

    def restrict(self, name: str, principal: str | None) -> None:
        world = self.site.world
        if principal is None:
            world.unrestrict(self.ids[name])
        else:
            world.restrict(self.ids[name], groups=[principal.removeprefix("group:")])

    def hide_readers(self) -> None:
        self.site.refuse("space_readers", 403)

    def break_listing(self) -> None:
        self.site.refuse("search", 0, after=1)

    def go_away(self) -> None:
        self.site.refuse("*", None)


@pytest.mark.parametrize("edition", ["cloud", "data-center"])
class TestConfluence(ConnectorContract):
    """Both editions."""

    feed_tells_deletions = False
    restricted_to = f"group:confluence:{HOST}:hr"

    @pytest.fixture
    def site(self, edition: Edition, tmp_path: Path) -> WorldUnderTest:
        return WorldUnderTest(edition, tmp_path / "memory.db")
