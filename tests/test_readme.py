"""The READMEs are true: their commands exist, their help blocks and the demo's output are real."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.ja.md")
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
DEMO = re.compile(r"<!-- demo:begin -->\n```text\n(.*?)```\n<!-- demo:end -->", re.DOTALL)
LANGUAGES = {"README.md": "C.UTF-8", "README.ja.md": "ja_JP.UTF-8"}


def kurage(home: Path, *arguments: str, lang: str) -> str:
    environ = {
        **os.environ,
        "KURAGE_HOME": str(home),
        "COLUMNS": "100",
        "LC_ALL": "",
        "LC_MESSAGES": "",
        "LANG": lang,
    }
    command = [sys.executable, "-m", "bot.cli", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def shown(text: str) -> list[str]:
    """Return what a reader sees of an output: lines without trailing blanks, no absolute path."""
    text = text.replace(ROOT.as_uri(), "file://…").replace("python -m bot.cli", "kurage")
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("readme", READMES)
def test_help_blocks_are_what_help_prints(readme: str, tmp_path: Path) -> None:
    """A block that begins with `$ kurage … --help` shows the real help."""
    blocks = [
        block.partition("\n")
        for block in BLOCK.findall((ROOT / readme).read_text("utf-8"))
        if "--help" in block.partition("\n")[0]
    ]
    assert blocks
    for command, _, output in blocks:
        arguments = command.removeprefix("$ kurage ").split()
        assert shown(kurage(tmp_path, *arguments, lang=LANGUAGES[readme])) == shown(output)


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_table_names_every_command_and_no_other(readme: str) -> None:
    """A new command has to be told of in both languages."""
    from bot.cli import COMMANDS, GROUPS  # noqa: PLC0415 - the language is chosen at import

    named = re.findall(r"^\| `kurage (\w+)` \|", (ROOT / readme).read_text("utf-8"), re.MULTILINE)
    assert set(named) == {*COMMANDS, *GROUPS}


@pytest.mark.parametrize("readme", READMES)
def test_the_demo_prints_what_the_readme_shows(readme: str, tmp_path: Path) -> None:
    """Each question of `make demo` is answered as shown, in the README's language."""
    match = DEMO.search((ROOT / readme).read_text("utf-8"))
    assert match
    kurage(tmp_path, "ingest", "folder", "examples/handbook", lang="C.UTF-8")
    asked = re.split(r"^❓ ", match[1], flags=re.MULTILINE)[1:]
    assert [part.partition("\n")[0] for part in asked] == demo_questions()
    for part in asked:
        question, _, answer = part.partition("\n")
        assert shown(kurage(tmp_path, "ask", question, lang=LANGUAGES[readme])) == shown(answer)


def demo_questions() -> list[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^demo:.*?\n\n", makefile, re.MULTILINE | re.DOTALL)
    assert recipe
    return re.findall(r"^\t    '([^']+)'", recipe[0], re.MULTILINE)


@pytest.mark.parametrize("readme", READMES)
def test_every_link_into_the_project_leads_somewhere(readme: str) -> None:
    """Files move; links have to follow."""
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / readme).read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_make_target_that_is_named_exists(readme: str) -> None:
    """The two commands, and what else the README tells people to make."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"make ([a-z]+)", (ROOT / readme).read_text("utf-8")))
    assert {"demo", "test"} <= targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
