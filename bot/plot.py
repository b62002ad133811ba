"""Draws an evaluation: how much is found among the first k, and how long an answer takes.

One figure, two panels, no display needed. matplotlib draws it and is an extra, as only those who
compare configurations want it. Knows nothing of how a run is made.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.exchange import Language
from bot.reply import JST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bot.evaluate import GoldQuestion, RunLine

SUFFIXES = (".svg", ".png")
DEEPEST = 20
"""The last k of the curve."""

_MARKED_K = (1, 5, 10, 20)
_MARKED_SHARES = (0.50, 0.95, 0.99)
_INK, _PALE = "#1f4e79", "#8a8a8a"
_SIZE = (10.0, 4.2)  # inches: two square panels, legible at the width of a page
_DPI = 160
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "ja": {
        "questions": "{count:,} 問",
        "k": "上位 k 件",
        "recall": "正解文書のうち上位 k 件にある割合",
        "hit": "正解が1件でもある質問の割合",
        "ms": "回答までの時間（ミリ秒、対数目盛）",
        "within": "その時間内に回答した質問の割合",
        "none": "正解文書のある質問がありません",
    },
    "en": {
        "questions": "{count:,} questions",
        "k": "k, passages looked at",
        "recall": "share of gold passages in the first k",
        "hit": "share of questions with any of them",
        "ms": "time to the answer (milliseconds, log scale)",
        "within": "share of questions answered within it",
        "none": "no question names a gold passage",
    },
}


class PlotError(Exception):
    """A figure can not be drawn; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is drawn."""

    name: str
    """Of the set of questions."""
    configuration: str
    """What was evaluated, such as `lexical, extractive`."""
    questions: Sequence[GoldQuestion]
    run: Sequence[RunLine]
    seconds: Sequence[float]
    """Each question's time to the answer."""
    made: datetime


def check(path: Path) -> None:
    """Raise `PlotError` where `draw` would have to, before an evaluation takes its minutes."""
    if path.suffix.lower() not in SUFFIXES:
        known = " or ".join(SUFFIXES)
        raise PlotError(f"{path} can not be drawn: name a file that ends in {known}")
    if not path.absolute().parent.is_dir():
        raise PlotError(f"{path} can not be drawn: there is no folder {path.parent}")
    if find_spec("matplotlib") is None or find_spec("matplotlib_fontja") is None:
        raise PlotError(
            "drawing needs matplotlib; install it with `pip install 'kurage-bot[plot]'`"
        )


def draw(path: Path, evaluation: Evaluation, language: Language) -> None:
    """Write the figure as SVG or PNG, by the suffix. Raises `PlotError`."""
    check(path)
    words = _WORDS[language]
    with _styled():
        # Not pyplot: it looks for a display and keeps figures.
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

        figure = Figure(figsize=_SIZE, layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_recall(left, evaluation, words)
        _draw_latency(right, evaluation.seconds, words)
        count = words["questions"].format(count=len(evaluation.questions))
        day = f"{evaluation.made.astimezone(JST):%Y-%m-%d}"
        title = f"{evaluation.name}   {count}   {evaluation.configuration}   {day}"
        figure.suptitle(_plain(title), x=0.01, ha="left", fontsize=11)
        # The same evaluation gives the same bytes.
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {}
        try:
            figure.savefig(path, dpi=_DPI, metadata=metadata)
        except OSError as error:
            raise PlotError(f"{path} can not be written: {error.strerror or error}") from error


def recall_at(
    questions: Sequence[GoldQuestion], run: Sequence[RunLine], deepest: int = DEEPEST
) -> tuple[list[float], list[float]]:
    """Return recall and hit rate at k = 1, 2, … `deepest`; empty where no question names a gold."""
    rankings = {line.id: list(dict.fromkeys(line.ranking)) for line in run}
    asked = [question for question in questions if question.answerable and question.passage_ids]
    recall, hits = [0.0] * deepest, [0.0] * deepest
    for question in asked:
        found = 0
        for k, passage in enumerate([*rankings.get(question.id, [])[:deepest]]):
            found += passage in question.passage_ids
            recall[k] += found / len(question.passage_ids)
            hits[k] += bool(found)
        for k in range(len(rankings.get(question.id, [])), deepest):
            recall[k] += found / len(question.passage_ids)
            hits[k] += bool(found)
    if not asked:
        return [], []
    return [value / len(asked) for value in recall], [value / len(asked) for value in hits]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of the ordered values does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _draw_recall(axes: Axes, evaluation: Evaluation, words: Mapping[str, str]) -> None:
    recall, hits = recall_at(evaluation.questions, evaluation.run)
    ks = range(1, len(recall) + 1)
    if not recall:
        axes.text(0.5, 0.5, words["none"], ha="center", transform=axes.transAxes, color=_PALE)
    if any(abs(a - b) > 1e-9 for a, b in zip(recall, hits, strict=True)):
        axes.plot(ks, hits, color=_PALE, linewidth=1)
        axes.annotate(
            words["hit"],
            (DEEPEST, hits[-1]),
            (0, 5),
            textcoords="offset points",
            ha="right",
            color=_PALE,
            fontsize=8,
        )
    axes.plot(ks, recall, color=_INK, linewidth=1.6)
    for k in _MARKED_K[: len(recall)]:
        axes.plot([k], [recall[k - 1]], "o", color=_INK, markersize=3.5)
        axes.annotate(
            f"{recall[k - 1]:.3f}",
            (k, recall[k - 1]),
            (3, -12),
            textcoords="offset points",
            color=_INK,
            fontsize=9,
        )
    lowest = min([*recall, *hits], default=0.0)
    axes.set(xlabel=words["k"], ylabel=words["recall"], xticks=_MARKED_K)
    axes.set_xlim(0.5, DEEPEST + 1.5)
    # A curve between .9 and 1 would be a line at the top; where the axis begins is written on it.
    axes.set_ylim(max(0.0, math.floor(lowest * 10 - 0.5) / 10), 1.005)


def _draw_latency(axes: Axes, seconds: Sequence[float], words: Mapping[str, str]) -> None:
    ordered = sorted(second * 1000 for second in seconds)
    count = len(ordered)
    shares = [number / count for number in range(1, count + 1)]
    axes.step(ordered, shares, where="post", color=_INK, linewidth=1.6)
    for share in _MARKED_SHARES if count else ():
        at = percentile(ordered, share)
        axes.plot([at], [share], "o", color=_INK, markersize=3.5)
        axes.annotate(
            f"p{share * 100:.0f}  {_milliseconds(at)}",
            (at, share),
            (6, -10),
            textcoords="offset points",
            color=_INK,
            fontsize=9,
        )
    axes.set(xlabel=words["ms"], ylabel=words["within"], xscale="log")
    axes.set_ylim(0, 1.03)
    if count:
        # Room for the last label, and at least a decade, so that the scale has numbers.
        axes.set_xlim(ordered[0] / 1.15, max(ordered[-1] * 2, ordered[0] * 10))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value >= 100 else f"{value:.2g} ms"


def _plain(text: str) -> str:
    """Return the text as matplotlib prints it: a name with two dollars is no formula."""
    return text.replace("$", r"\$")


@contextmanager
def _styled() -> Iterator[None]:
    """Draw with little ink, and Japanese with a font that has it: few servers have one."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra
    from matplotlib import font_manager  # noqa: PLC0415

    japanese = font_manager.FontProperties(fname=_japanese_font())
    font_manager.fontManager.addfont(str(_japanese_font()))
    settings: Any = {
        "font.family": ["DejaVu Sans", japanese.get_name()],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": _PALE,
        "axes.labelcolor": "#333333",
        "xtick.color": _PALE,
        "ytick.color": _PALE,
        "xtick.labelcolor": "#333333",
        "ytick.labelcolor": "#333333",
        "xtick.minor.visible": False,
        "svg.fonttype": "none",  # text stays text: to be searched, and in the reader's fonts
        "svg.hashsalt": "kurage",
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A character that neither font has becomes a box in a PNG; the figure is worth having.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def _japanese_font() -> Path:
    """Return the font file that matplotlib-fontja brings (IPAex Gothic), without running it."""
    found = find_spec("matplotlib_fontja")
    if found is None or found.origin is None:
        raise PlotError("there is no Japanese font; run `pip install 'kurage-bot[plot]'`")
    return Path(found.origin).parent / "fonts" / "ipaexg.ttf"
