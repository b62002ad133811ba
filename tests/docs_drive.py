"""The page about Google Drive, and a Workspace on which it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chat_pages import Page
from rigs.drive import DriveRig

from connectors.base import Cursor, Document, Gone, Ref
from connectors.drive import DriveConnector, Scope
from connectors.drive.api import Google
from ingest.extract import Extracted, extract

HR = "hr@example.co.jp"
SATO = "sato@example.co.jp"


def page(language: str) -> Page:
    return Page("drive", language)


class Drive:
    """A Workspace, and connectors on it that share a memory, as one run after another does."""

    def __init__(self, rig: DriveRig, folder: Path) -> None:
        self.rig, self.site, self.folder = rig, rig.site, folder
        self.opened: list[DriveConnector] = []

    def connector(
        self, scope: Scope | None = None, kind: Any = "service_account", **options: Any
    ) -> DriveConnector:
        google = Google(
            self.rig.credentials(kind, self.folder),
            api_url=self.rig.url,
            attempts=2,
            backoff=0.001,
        )
        options.setdefault("memory", self.folder / "drive.db")
        self.opened.append(DriveConnector(google, scope, **options))
        return self.opened[-1]


@contextmanager
def workspace(folder: Path) -> Iterator[Drive]:
    """Yield a Workspace that is asked nothing which Google's descriptions do not have."""
    with DriveRig() as rig:
        made = Drive(rig, folder)
        yield made
        for one in made.opened:
            one.close()
        assert rig.violations == []


def listed(connector: DriveConnector, cursor: Cursor | None = None) -> tuple[dict[str, Ref], Any]:
    """Return what a run tells, by id (None: gone), and its cursor."""
    told: dict[str, Any] = {}
    last = None
    for one in connector.changes(cursor):
        match one:
            case Ref():
                told[one.id] = one
            case Gone():
                told[one.id] = None
            case Cursor():
                last = one
    return told, last


def read(connector: DriveConnector) -> dict[str, tuple[Document, Extracted]]:
    """Return every document with what is read of it, by id."""
    refs, _ = listed(connector)
    found = {}
    for got in connector.fetch_all(list(refs.values())):
        assert isinstance(got, Document), got
        name = got.title or ""
        found[got.ref.id] = got, extract(got.body, media_type=got.media_type, name=name)
    return found


def text(extracted: Extracted) -> str:
    return "\n".join("\n".join((*one.headings, one.text)) for one in extracted.blocks)
