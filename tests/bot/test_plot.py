"""What `kurage eval --plot` draws, and what it says where it can not."""

from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font

from bot import plot
from bot.evaluate import GoldQuestion, RunLine, score

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def question(number: int, *gold: str, answerable: bool = True) -> GoldQuestion:
    return GoldQuestion(str(number), "？", ("答",), frozenset(gold), answerable)


def line(number: int, *ranking: str) -> RunLine:
    return RunLine(str(number), list(ranking), "答", 1.0, [])


def evaluation(name: str = "社内規程 $1$ & <髙>") -> plot.Evaluation:
    return plot.Evaluation(
        name=name,
        configuration="lexical, extractive",
        questions=[question(1, "a", "b"), question(2, "c"), question(3, answerable=False)],
        run=[line(1, "a", "x", "b"), line(2, "x", "c"), line(3, "x")],
        seconds=[0.0005, 0.002, 0.4],
        made=datetime(2026, 11, 21, 16, 0, tzinfo=UTC),
    )


def texts(path: Path) -> list[str]:
    return ["".join(found.itertext()) for found in ET.parse(path).iter(f"{SVG}text")]


def test_an_svg_names_the_set_the_count_the_day_in_japan_and_both_axes(tmp_path: Path) -> None:
    plot.draw(tmp_path / "a.svg", evaluation(), "ja")
    shown = texts(tmp_path / "a.svg")
    [title] = [text for text in shown if "社内規程" in text]
    assert title.startswith("社内規程 $1$ & <髙>")
    assert "3 問" in title
    assert "2026-11-22" in title
    assert {"上位 k 件", "回答までの時間（ミリ秒、対数目盛）"} <= set(shown)
    assert {"0.250", "1.000"} <= set(shown)  # recall at 1 and from 3 on
    assert {"p50  2 ms", "p99  400 ms"} <= set(shown)


def test_a_png_is_drawn_without_a_display(tmp_path: Path) -> None:
    """By its header: 8-byte signature, then width and height of IHDR."""
    assert "DISPLAY" not in os.environ
    plot.draw(tmp_path / "a.PNG", evaluation(), "en")
    head = (tmp_path / "a.PNG").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (1600, 672)


def test_japanese_has_glyphs_and_is_no_row_of_boxes() -> None:
    """Every character of our own words and of a plain set name is in the font."""
    held = FT2Font(str(plot._japanese_font())).get_charmap()
    words = "".join(word for table in plot._WORDS.values() for word in table.values())
    missing = {c for c in words + "社内規程の質問（2026年度）髙﨑" if ord(c) not in held}
    assert missing == set()


def test_the_same_evaluation_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        plot.draw(tmp_path / name, evaluation(), "ja")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_set_without_gold_passages_says_so(tmp_path: Path) -> None:
    nothing = plot.Evaluation("s", "c", [question(1)], [line(1, "a")], [0.1], datetime.now(UTC))
    plot.draw(tmp_path / "a.svg", nothing, "en")
    assert "no question names a gold passage" in texts(tmp_path / "a.svg")


RANKING = st.lists(st.sampled_from("abcdefg"), max_size=25)


@given(st.lists(st.tuples(st.sets(st.sampled_from("abcd"), min_size=1), RANKING), min_size=1))
def test_the_curve_passes_through_the_figures_of_the_table(
    asked: list[tuple[set[str], list[str]]],
) -> None:
    """`kurage eval` prints recall and hits at 1, 5, 10 and 20 by its own code."""
    questions = [question(number, *gold) for number, (gold, _) in enumerate(asked)]
    run = [line(number, *ranking) for number, (_, ranking) in enumerate(asked)]
    recall, hits = plot.recall_at(questions, run)
    figures = score(questions, run)
    for k in (1, 5, 10, 20):
        assert recall[k - 1] == pytest.approx(figures[f"recall@{k}"])
        assert hits[k - 1] == pytest.approx(figures[f"hit@{k}"])
    assert recall == sorted(recall)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_the_share_does_not_exceed(
    values: list[float], share: float
) -> None:
    ordered = sorted(values)
    at = plot.percentile(ordered, share)
    assert sum(value <= at for value in ordered) >= share * len(ordered) - 1e-9
    assert sum(value < at for value in ordered) < share * len(ordered) + 1e-9


@pytest.mark.parametrize(("name", "said"), [("a.pdf", "ends in .svg or .png"), ("no/a.svg", "no")])
def test_a_file_that_can_not_be_drawn_is_refused_before_the_evaluation(
    tmp_path: Path, name: str, said: str
) -> None:
    with pytest.raises(plot.PlotError, match=said):
        plot.check(tmp_path / name)


def kurage(*arguments: str, directory: Path, code: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stderr


def test_the_command_draws_and_refuses_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "規程"
    folder.mkdir()
    passages = [{"id": "a", "title": "旅費", "text": "日当は3,000円とする。"}]
    questions = [{"id": "1", "question": "日当は？", "answers": ["3,000円"], "passage_ids": ["a"]}]
    for name, rows in (("passages", passages), ("questions", questions)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    told = kurage("eval", str(folder), "--plot", "a.svg", directory=tmp_path, code=0)
    assert "a.svg" in told
    assert any(text.startswith("規程") for text in texts(tmp_path / "a.svg"))
    refused = kurage("eval", str(folder), "--plot", "a.gif", directory=tmp_path, code=1)
    assert refused.count("\n") == 1
    assert ".svg or .png" in refused


def test_without_the_extra_one_line_says_how_to_install_it(tmp_path: Path) -> None:
    """An interpreter that sees none of what pip installed stands for a plain installation."""
    script = """
import sys
sys.path = [p for p in sys.path if "site-packages" not in p]
from pathlib import Path
from bot import plot
try:
    plot.check(Path("a.svg"))
except plot.PlotError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'kurage-bot[plot]'" in done.stdout
