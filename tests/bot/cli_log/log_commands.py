"""Commands on the log of conversations, and what they are about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, update

from bot.conversations import Turn
from bot.conversations.tables import TurnRow
from bot.exchange import Question
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

ROOT = Path(__file__).parents[3]
Kurage = Callable[..., Any]


def shell(
    *arguments: str, url: str, folder: Path, language: str = "C.UTF-8", **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    environment = {
        **os.environ,
        "KURAGE_HOME": str(folder / "home"),
        "KURAGE_DATABASE_URL": url,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": language,
        "COLUMNS": "100",
    }
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        check=False,
        **({"capture_output": True} | options),
    )


def hit(title: str = "就業規則") -> Hit:
    document = IndexedDocument("handbook", "hr.md", "v", "r", 1, title, "https://docs.example/hr")
    return Hit(7.5, document, Chunk(0, title, ("有給休暇",), "本文", "paragraph", "leave"))


def question_of(text: str) -> Question:
    return Question(text, frozenset({"anyone"}))


def ids(result: Any) -> list[str]:
    """Return the turns of a `--json` listing."""
    assert result.exit_code == 0, result.output
    return [turn["turn"] for turn in json.loads(result.stdout)]


def move(engine: Engine, turn: Turn, moment: str) -> None:
    """Let a turn have been asked at another time."""
    with engine.begin() as connection:
        connection.execute(
            update(TurnRow)
            .where(TurnRow.id == turn.id)
            .values(created=datetime.fromisoformat(moment))
        )
