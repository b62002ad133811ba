"""A command line on a database of its own, and three turns in its log."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_commands import Kurage, hit, question_of
from sqlalchemy import Engine
from typer.testing import CliRunner

from bot.cli import app
from bot.conversations import Conversations, Thread, Turn
from bot.exchange import Answer, Source, Statement


@pytest.fixture
def kurage(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kurage:
    """Run a command in a folder and on a database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KURAGE_DATABASE_URL", database_url)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [*arguments])


@pytest.fixture
def turns(engine: Engine) -> dict[str, Turn]:
    """Three turns, oldest first: answered, failed, abstained."""
    log = Conversations(engine)
    answered = log.open_turn(
        Thread("slack", "C1", "17.1"), question_of("有給休暇は何日前まで？"), asker="U1"
    )
    said = (Statement("取得日の3営業日前まで。", (1,), verbatim=True),)
    source = Source(1, hit(), "取得日の3営業日前まで。")
    log.finish_turn(
        answered.id,
        Answer("answered", said, (source,), (), 0.93, {"search": 1.5}, ranking=(hit(),)),
        generator="extractive",
    )
    log.add_feedback(answered.id, user="U2", vote="up", comment="=HYPERLINK(A1)")
    failed = log.open_turn(Thread("terminal", "pc"), question_of("=1+1 VPNは？"), asker="root")
    log.fail_turn(failed.id, "the index is locked")
    abstained = log.open_turn(Thread("terminal", "pc"), question_of("駐車場は？"), asker="root")
    log.finish_turn(abstained.id, Answer("abstained", (), (), (hit(),)))
    names = {"answered": answered, "failed": failed, "abstained": abstained}
    return {name: log.get(turn.id) for name, turn in names.items()}
