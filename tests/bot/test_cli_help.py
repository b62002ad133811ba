"""Help in both languages, whole: every command, every option, nothing left in the other one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")

# Walks the commands as typer builds them; the language is chosen at import, hence a process each.
WALK = """
import json, typer
from bot.cli import app

def walk(command, path):
    context = command.make_context(path[-1], [], resilient_parsing=True)
    texts = {"": command.help}
    for param in command.get_params(context):
        if not getattr(param, "hidden", False):
            told = getattr(param, "help", None)
            # An argument may be explained by the command's own text, which then names it.
            name = param.metavar or param.name.upper()
            texts[param.opts[0]] = told or (command.help if name in command.help else None)
    yield [" ".join(path), texts, command.get_usage(context)]
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, [*path, name])

print(json.dumps(list(walk(typer.main.get_command(app), ["kurage"]))))
"""


def run(*command: str, language: str, folder: Path) -> str:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": language, "COLUMNS": "80"}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=True, timeout=120
    ).stdout


@pytest.mark.parametrize(("language", "japanese"), [("ja_JP.UTF-8", True), ("C.UTF-8", False)])
def test_every_text_of_every_command_is_in_the_language_of_the_reader(
    language: str, japanese: bool, tmp_path: Path
) -> None:
    found: list[Any] = json.loads(
        run(sys.executable, "-c", WALK, language=language, folder=tmp_path)
    )
    assert len(found) > 15
    missing = [(path, name) for path, texts, _ in found for name, text in texts.items() if not text]
    assert missing == []
    foreign = [
        (path, name, text)
        for path, texts, _ in found
        for name, text in texts.items()
        if bool(JAPANESE.search(text)) is not japanese
    ]
    # The name of a language, and examples with Japanese words, are the same in both.
    assert foreign == []
    assert all(usage.startswith("使い方:" if japanese else "Usage:") for _, _, usage in found)


def test_japanese_help_is_broken_where_a_line_is_full_and_never_cut_off(tmp_path: Path) -> None:
    shown = run(
        *(sys.executable, "-m", "bot.cli", "log", "--help"), language="ja_JP.UTF-8", folder=tmp_path
    )
    assert "…" not in shown
    assert "オプション" in shown
    assert not re.search(r"\b(Options|Arguments|Commands|Usage|default|required)\b", shown)


def test_the_language_of_the_configuration_wins_over_the_locale(tmp_path: Path) -> None:
    (tmp_path / "kurage.toml").write_text('language = "ja"\n')
    command = (sys.executable, "-m", "bot.cli")
    assert "使い方" in run(*command, "ask", "--help", language="C.UTF-8", folder=tmp_path)
    told = run(*command, "--lang", "en", "ask", "--help", language="C.UTF-8", folder=tmp_path)
    assert "Usage" in told
