"""Databases and a small company's documents for the tests of questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from questions_desk import POSTGRESQL, Desk, schema
from sqlalchemy import Engine, create_engine

from ingest.state import Base, open_engine
from ingest.state.questions import Questions


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A company whose documents are indexed in the embedded index."""
    desk = Desk(tmp_path)
    desk.sync()
    yield desk
    desk.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of its own."""
    if request.param == "sqlite":
        made = open_engine(f"sqlite:///{tmp_path / 'questions.db'}")
        Base.metadata.create_all(made)
        yield made
        made.dispose()
        return
    with schema() as name:
        made = create_engine(f"{POSTGRESQL}?options=-csearch_path%3D{name}")
        Base.metadata.create_all(made)
        yield made
        made.dispose()


@pytest.fixture
def questions(engine: Engine) -> Questions:
    """A repository without anything in it."""
    return Questions(engine)
