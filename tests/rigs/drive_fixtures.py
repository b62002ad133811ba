"""Drive rigs for the tests of the rig itself: each breach of the descriptions fails a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from drive_asking import Asking
from rigs.drive import DriveRig

Account = Callable[..., Asking]


@pytest.fixture
def google() -> Iterator[DriveRig]:
    """Return a Workspace whose answers are held against the discovery documents."""
    with DriveRig() as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def account(google: DriveRig, tmp_path: Path) -> Iterator[Account]:
    """Return what makes a client of an account: `account("delegated", "sato@example.co.jp")`."""
    made: list[Asking] = []

    def ask(kind: str = "service_account", subject: str | None = None, **how: Any) -> Asking:
        made.append(Asking(google, tmp_path, kind=kind, subject=subject, **how))
        return made[-1]

    yield ask
    for one in made:
        one.close()


@pytest.fixture
def asking(account: Account) -> Asking:
    """Return a client of the service account."""
    return account()
