"""A folder that tests write to, and what its connector makes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from connector_contract import listing

from connectors.base import ConnectorError
from connectors.folder import SIDE_FILE, FolderConnector


class FolderSite:
    """A folder that tests write to; half of the contract runs with a memory."""

    def __init__(self, root: Path, memory: Path | None) -> None:
        self.root = root
        self.memory = memory
        root.mkdir()

    def connector(self) -> FolderConnector:
        return FolderConnector(self.root, memory=self.memory)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def restrict(self, name: str, principal: str | None) -> None:
        if principal is None:
            (self.root / SIDE_FILE).unlink()
        else:
            (self.root / SIDE_FILE).write_text(f'[readers]\n"/{name}" = ["{principal}"]\n')

    def hide_readers(self) -> None:
        (self.root / SIDE_FILE).write_text("this is no TOML")

    def break_listing(self) -> None:
        """A path longer than any may be: it can be made step by step, and not be listed."""
        deep = self.root / "d"
        deep.mkdir()
        here = Path.cwd()
        try:
            os.chdir(deep)
            for _ in range(20):
                Path("x" * 250).mkdir()
                os.chdir("x" * 250)
        finally:
            os.chdir(here)

    def go_away(self) -> None:
        """As a share that is no longer mounted."""
        self.root.rename(self.root.with_name("elsewhere"))


def names(connector: FolderConnector) -> set[str]:
    return set(listing(connector))


def refused(connector: FolderConnector, name: str) -> str:
    """Return why a listed document can not be fetched."""
    with pytest.raises(ConnectorError) as raised:
        connector.fetch(listing(connector)[name])
    assert "\n" not in str(raised.value)
    return str(raised.value)
