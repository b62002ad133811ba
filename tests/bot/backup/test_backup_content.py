"""What stands in a backup: numbers to the last bit, and no secret of the configuration."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from backup_files import NOW, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backup import BackupError
from bot.backup.configuration import masked
from bot.backup.points import read_points, write_points
from ingest.encode import SparseVector
from ingest.index import IndexedDocument, StoredPoint, payload, placeholder, point_id


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "without"),
        [
            (
                'url = "https://user:pa:ss@example.co.jp/x"',
                'url = "https://user:***@example.co.jp/x"',
            ),
            ('url = "https://:pw@h"', 'url = "https://:***@h"'),
            ("# api_key: abc", "# api_key: ***"),
            ("token = 12345678", "token = ***"),
            ('SLACK_TOKEN = "abc def"', 'SLACK_TOKEN = "***"'),
            ("# xoxb-1234567890-abc は使わない", "# *** は使わない"),
            ("# 情シス ATATT3xFfGF0Ab-Cd_Ef=1A2B3C4D", "# 情シス ***"),
            (
                'url = "https://bot:pw@wiki.example.co.jp"',
                'url = "https://bot:***@wiki.example.co.jp"',
            ),
        ],
    )
    def test_what_looks_like_a_secret_is_left_out(self, text: str, without: str) -> None:
        assert masked(f"a = 1\n{text}\nb = 2\n") == (f"a = 1\n{without}\nb = 2\n", 1)

    def test_what_looks_like_none_is_left_alone(self) -> None:
        text = (ROOT / "kurage.example.toml").read_text("utf-8")
        assert masked(text) == (text, 0)
        plain = 'path = "/a:b@c"\nurl = "https://example.co.jp/a:b@c"\nuser_words = ["トークン"]\n'
        assert masked(plain) == (plain, 0)

    @given(st.text())
    def test_masking_twice_is_masking_once(self, text: str) -> None:
        once, _ = masked(text)
        assert masked(once)[0] == once


WEIGHTS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTORS = st.dictionaries(
    st.sampled_from(["lexical", "dense", "疎"]),
    st.lists(WEIGHTS, max_size=20)
    | st.lists(st.tuples(st.integers(0, 2**32 - 1), WEIGHTS), max_size=20).map(
        lambda pairs: SparseVector([i for i, _ in pairs], [w for _, w in pairs])
    ),
)


class TestPoints:
    @given(st.lists(st.tuples(st.text(), VECTORS), max_size=8))
    def test_what_is_written_is_read_to_the_last_bit(
        self, points: list[tuple[str, dict[str, Any]]]
    ) -> None:
        stored = []
        for id_, vectors in points:
            what = IndexedDocument("源", id_, "1", "r", 2**53, "題", "", NOW, None)
            held = payload(what, placeholder(what))
            stored.append(StoredPoint(point_id("源", id_, -1), vectors, held))
        file = io.BytesIO()
        write_points(stored, file)
        file.seek(0)
        read = list(read_points(file))
        assert read == stored
        assert [signs(point) for point in read] == [signs(point) for point in stored]

    @settings(max_examples=300)
    @given(st.binary(max_size=200))
    def test_anything_else_is_damage(self, noise: bytes) -> None:
        try:
            list(read_points(io.BytesIO(noise)))
        except BackupError:
            return
        assert noise == b"" or len(noise) >= 8


def signs(point: StoredPoint) -> list[float]:
    """Return the signs of all numbers: -0.0 equals 0.0, and is another one."""
    return [
        math.copysign(1, value)
        for vector in point.vectors.values()
        for value in (vector.values if isinstance(vector, SparseVector) else vector)
    ]
