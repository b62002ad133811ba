"""One table of several runs, beside published figures. Knows nothing of how runs are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.reply import JST

_COLUMNS: Mapping[str, tuple[str, str]] = {
    "questions": ("questions", "質問数"),
    "em": ("EM", "EM"),
    "f1": ("F1", "F1"),
    "em_found": ("EM, found", "EM（検索できた分）"),
    "f1_found": ("F1, found", "F1（検索できた分）"),
    "reference_accuracy": ("reference accuracy", "出典の正解率"),
    "citation_precision": ("citation precision", "引用の適合率"),
    "citation_recall": ("citation recall", "引用の再現率"),
    "abstention_recall": ("abstains rightly", "正しい棄権"),
    "over_abstention": ("abstains wrongly", "誤った棄権"),
    "to_be_checked": ("to be checked", "要確認"),
    "seconds": ("seconds", "秒"),
}


@dataclass(frozen=True, slots=True)
class Published:
    """A figure that others published for JSQuAD."""

    name: tuple[str, str]
    em: float
    f1: float | None = None


PUBLISHED = (
    # Its model card; jsquad-1.1-0.3 of Stability AI's lm-evaluation-harness.
    Published(("openorca_stx, 2-shot", "openorca_stx、2-shot"), 0.836),
    # Its model card: exact match, by the same harness.
    Published(("RakutenAI-7B-instruct, 2-shot", "RakutenAI-7B-instruct、2-shot"), 0.8044),
    # Kurihara, Kawahara and Shibata, "JGLUE" (LREC 2022).
    Published(("people (JGLUE)", "人（JGLUE）"), 0.871, 0.944),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run, scored."""

    way: str
    """How the model was asked, such as `single`."""
    figures: Mapping[str, float]
    seconds: float
    """From the first question to the last answer, with as many at once as are configured."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was evaluated, and how."""

    name: str
    """Of the set of questions."""
    configuration: str
    """Encoder, generator, model, sampling."""
    outcomes: Sequence[Outcome]
    made: datetime


def in_markdown(report: Report, language: Literal["ja", "en"]) -> str:
    """Return the report as Markdown; shares are from 0 to 1, a figure that is not there is `–`."""
    return "\n".join(_lines(report, int(language == "ja"))) + "\n"


def _lines(report: Report, ja: int) -> Iterable[str]:
    made = f"{report.made.astimezone(JST):%Y-%m-%d %H:%M} JST"
    yield f"# kurage eval: {_cell(report.name)}"
    yield ""
    yield f"{_cell(report.configuration)}{('; ', '、')[ja]}{made}"
    yield ""
    yield _row(("", *(names[ja] for names in _COLUMNS.values())))
    yield _row(("---", *("---:" for _ in _COLUMNS)))
    for outcome in report.outcomes:
        figures = {**outcome.figures, "seconds": outcome.seconds}
        yield _row((outcome.way, *(_figure(name, figures.get(name)) for name in _COLUMNS)))
    for other in PUBLISHED:
        known = {"em": other.em, "f1": other.f1}
        label = ("published: ", "公表値: ")[ja] + other.name[ja]
        yield _row((label, *(_figure(name, known.get(name)) for name in _COLUMNS)))
    yield ""
    yield from _COMPARABLE[ja]


_COMPARABLE = (
    (
        "EM and F1 as JGLUE has them, over answerable questions; a refusal scores 0. The published",
        "rows are for JSQuAD: there each question comes with its own paragraph and with two",
        "examples, so nothing has to be found or refused. Here the paragraph is searched among",
        "all, without examples. *Found* leaves out the questions whose paragraph was not among the",
        "passages that were read: on questions of JSQuAD these columns come nearest to the",
        "published ones. On any other set the published rows are a scale, not a comparison.",
    ),
    (
        "EMとF1はJGLUEと同じ計算で、答えのある質問が対象です。棄権は0点とします。公表値はJSQuADのもので、",
        "質問ごとに該当する段落と例2つが与えられ、検索も棄権も要りません。ここでは例なしで、全体から段落を",
        "探します。「検索できた分」は、読んだ箇所に正しい段落があった質問だけの値で、JSQuADの質問であれば",
        "公表値に最も近い条件です。ほかの質問集では、公表値は目安であり、比較にはなりません。",
    ),
)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name in {"questions", "seconds"}:
        return f"{value:,.0f}" if name == "questions" else f"{value:,.1f}"
    return f"{value:.3f}"


def _cell(text: str) -> str:
    """Return text that neither ends a line nor a cell."""
    return " ".join(text.split()).replace("|", "\\|")
