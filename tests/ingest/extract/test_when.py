"""Dates of documents become aware moments, Japanese time where no zone is told."""

from __future__ import annotations

import pytest

from ingest.extract.when import moment


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-12-02", "2024-12-02T00:00:00+09:00"),
        ("2024-12-02T10:30:00Z", "2024-12-02T10:30:00+00:00"),
        ("2024-12-02 10:30:05+0900", "2024-12-02T10:30:05+09:00"),
        ("2024/4/1", "2024-04-01T00:00:00+09:00"),
        ("最終更新：２０２４年４月１日（月）", "2024-04-01T00:00:00+09:00"),
        ("令和6年4月1日", "2024-04-01T00:00:00+09:00"),
        ("令和元年5月1日", "2019-05-01T00:00:00+09:00"),
        ("H31.4.1", "2019-04-01T00:00:00+09:00"),
    ],
)
def test_dates_as_documents_write_them(text: str, iso: str) -> None:
    found = moment(text)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "text", ["", "未定", "2024-13-45", "令和99999年1月1日", "2024-01-01T99:00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment(text) is None
