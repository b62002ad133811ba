"""The connector that CONTRIBUTING walks through is one: it keeps every rule of the port."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("CONTRIBUTING.md", "CONTRIBUTING.ja.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^### \d\. ", re.MULTILINE)


def blocks(page: str) -> tuple[str, str]:
    """Return the connector and its test, as a page shows them."""
    connector, test = BLOCK.findall((ROOT / page).read_text("utf-8"))
    return connector, test


def test_both_languages_show_the_same_code_in_as_many_steps() -> None:
    assert blocks(PAGES[0]) == blocks(PAGES[1])
    here, there = (STEP.findall((ROOT / page).read_text("utf-8")) for page in PAGES)
    assert here == there


def test_who_follows_the_steps_has_a_connector_that_passes_the_contract(tmp_path: Path) -> None:
    """Its files are where the page says, in a copy of the house; the suite's tests all run."""
    page = (ROOT / PAGES[0]).read_text("utf-8")
    connector, test = blocks(PAGES[0])
    for folder in ("connectors", "tests/connectors"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("connectors/__init__.py", "connectors/base.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "tests/connectors").glob("*.py"):
        (tmp_path / "tests/connectors" / path.name).write_bytes(path.read_bytes())
    for place, text in (
        ("connectors/notes.py", connector),
        ("tests/connectors/notes/test_notes.py", test),
    ):
        assert f"`{place}`" in page
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text, "utf-8")
    (command,) = re.findall(r"^\$ (\.venv/bin/pytest .*)$", page, re.MULTILINE)
    arguments = command.split()[1:]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    contract = (ROOT / "tests/connectors/connector_contract.py").read_text("utf-8")
    written = len(re.findall(r"^    def test_", contract, re.MULTILINE))
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) == written >= 15


@pytest.mark.parametrize("page", PAGES)
def test_the_steps_name_files_that_are_there(page: str) -> None:
    """But the two that they tell to write."""
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`((?:connectors|ingest|bot|tests|docs)/[\w./]+)`", text, re.ASCII)
    made = {"connectors/notes.py", "tests/connectors/notes/test_notes.py"}
    missing = {name for name in named if not (ROOT / name).exists() and "NAME" not in name}
    assert len(named) > 10
    assert missing - made == set()
