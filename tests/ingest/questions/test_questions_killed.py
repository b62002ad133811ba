"""A run that is killed at any moment is continued: nothing is asked twice, nothing is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from questions_desk import SOURCE, Desk, Reader

PAGES = {
    f"規程{n}": [f"第{n}種の手当は、毎月{n + 3}日に支給し、上限を{n + 40}円とする。"]
    for n in range(24)
}


@pytest.mark.parametrize("after", [1, 7, 15])
def test_a_killed_run_is_continued(tmp_path: Path, after: int) -> None:
    desk = Desk(tmp_path, pages=dict(PAGES), readers={})
    desk.sync()
    desk.close()
    here = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, str(here / "questions_desk.py"), str(tmp_path), "0.01"],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{here.parents[2]}:{here}", "PATH": ""},
        text=True,
    )
    assert process.stdout
    with process, process.stdout:
        for _ in range(after):
            assert process.stdout.readline()
        process.kill()
    again = Desk(tmp_path, pages=dict(PAGES), readers={})
    reader = Reader()
    report = again.generate(reader)
    asked = [pair.place.document_id for pair in again.questions.pairs()]
    assert sorted(asked) == sorted(PAGES)
    assert len(reader.read) <= 24 - after
    assert report.unchanged >= after
    assert again.index.questions(SOURCE) == {pair.id: False for pair in again.questions.pairs()}
    assert again.index.count() == (24, 24)
    again.close()
