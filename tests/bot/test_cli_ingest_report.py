"""What a sync tells in a terminal: one line for what one thing mends."""

from __future__ import annotations

import pytest

from bot.cli.ingest.report import show
from ingest.sync import Report


def report(remarks: int) -> Report:
    warnings = [(f"頁{number}", 'macro "drawio" is not read') for number in range(remarks)]
    return Report("wiki", warnings=[*warnings, ("別紙", "a part is damaged")])


def test_a_remark_on_many_documents_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(report(50), verbose=False)
    told = [line for line in capsys.readouterr().out.splitlines() if "▲" in line]
    assert len(told) == 2
    assert "50" in told[0]
    assert "頁0" in told[0]
    assert "別紙" in told[1]


def test_each_remark_is_told_to_who_wants_all(capsys: pytest.CaptureFixture[str]) -> None:
    show(report(50), verbose=True)
    told = [line for line in capsys.readouterr().out.splitlines() if "▲" in line]
    assert len(told) == 51
    assert "頁49" in told[49]


def test_few_remarks_name_their_documents(capsys: pytest.CaptureFixture[str]) -> None:
    show(report(2), verbose=False)
    told = capsys.readouterr().out
    assert "頁0" in told
    assert "頁1" in told
