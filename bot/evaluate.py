"""Scores a run over a set of questions: retrieval, answers, abstention.

The definitions are those of the field (Manning et al., "Introduction to Information Retrieval",
chapter 8, with linear gain) and, for EM and F1, JGLUE's for JSQuAD: lower case, a final 。 dropped,
characters as units. Knows nothing of how a run is made.
"""

from __future__ import annotations

import gzip
import json
import math
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_RECALL_AT = (1, 3, 5, 10, 20)
_CUT = 10
_NAMED = 10
"""Ids that an error names."""


class EvaluationError(Exception):
    """A set of questions can not be used; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a perfect run would say."""

    id: str
    question: str
    answers: tuple[str, ...]
    passage_ids: frozenset[str]
    """Of the documents that answer."""
    answerable: bool
    kind: str | None = None
    """Why it is unanswerable, where the set tells."""
    asker: str | None = None
    """E-mail address of the person with whose eyes it is asked; None: whoever runs the set."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """What a system said of one question."""

    id: str
    ranking: list[str]
    """Passage ids, best first."""
    answer: str | None
    """None: it abstained."""
    confidence: float | None
    """Higher means answerable."""
    quotes: list[str]
    """Sentences, best first."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """How long each stage took: `retrieve`, `generate`, `total`. No part of a run's file."""


def read_lines(path: Path) -> Iterable[dict[str, Any]]:
    """Yield the objects of a JSON Lines file, gzipped or not. Raises EvaluationError."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _object(line, f"{path}:{number}")
    except (OSError, EOFError) as error:
        raise EvaluationError(f"{path} can not be read: {error}") from None


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise EvaluationError(f"{where} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise EvaluationError(f"{where} is no JSON object")
    return value


def read_questions(path: Path) -> list[GoldQuestion]:
    """Return the questions of a JSON Lines file, gzipped or not. Raises EvaluationError.

    A row names what answers by `passage_ids` or `document`, and the answer by `answers` or
    `answer`; without `id` it is called by its number, and a document of null has no answer.
    """
    questions = []
    for number, row in enumerate(read_lines(path), start=1):
        try:
            questions.append(_question(row, number))
        except KeyError as error:
            raise EvaluationError(f"{path}: question {number} has no {error}") from None
        except TypeError as error:
            raise EvaluationError(f"{path}: question {number}: {error}") from None
    if not questions:
        raise EvaluationError(f"{path} holds no question")
    twice = [id_ for id_, count in Counter(q.id for q in questions).items() if count > 1]
    if twice:
        raise EvaluationError(f"{path} has ids more than once: {_listed(twice)}")
    return questions


def _question(row: Mapping[str, Any], number: int) -> GoldQuestion:
    documents = _strings(row, "passage_ids", "document")
    asker = row.get("as")
    if not isinstance(row["question"], str) or not isinstance(asker, str | None):
        raise TypeError("`question` and `as` are text")
    return GoldQuestion(
        id=str(row.get("id", number)),
        question=row["question"],
        answers=_strings(row, "answers", "answer"),
        passage_ids=frozenset(documents),
        answerable=bool(row.get("answerable", documents or "document" not in row)),
        kind=row.get("unanswerable_kind"),
        asker=asker,
    )


def _strings(row: Mapping[str, Any], several: str, one: str) -> tuple[str, ...]:
    """Return a row's values, whichever key names them."""
    values = row.get(several)
    if values is None:
        values = [row[one]] if row.get(one) is not None else []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"`{several}` is a list of texts, `{one}` a text")
    return tuple(values)


def check_ids(questions: Sequence[GoldQuestion], known: Container[str]) -> None:
    """Raise EvaluationError where a question's gold is nothing that can be found."""
    unknown = {id_: q.id for q in questions for id_ in sorted(q.passage_ids) if id_ not in known}
    if unknown:
        named = _listed([f"{id_} (question {question})" for id_, question in unknown.items()])
        raise EvaluationError(
            f"{len(unknown)} ids of the questions are not among the documents: {named}. "
            "`kurage search WORDS --json` shows ids as `document_id`"
        )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def score(questions: Sequence[GoldQuestion], run: Iterable[RunLine]) -> dict[str, float]:
    """Return every figure that the questions allow, by name; shares are from 0 to 1."""
    lines = {line.id: line for line in run}
    missing = RunLine("", [], None, None, [])
    pairs = [(question, lines.get(question.id, missing)) for question in questions]
    figures = {"questions": float(len(questions))}
    figures |= _retrieval([p for p in pairs if p[0].answerable and p[0].passage_ids])
    figures |= _answers([p for p in pairs if p[0].answerable and p[0].answers])
    figures |= _abstention(pairs)
    figures |= _confidence(pairs)
    return figures


Pairs = Sequence[tuple[GoldQuestion, RunLine]]


def _retrieval(pairs: Pairs) -> dict[str, float]:
    if not pairs:
        return {}
    rows: list[dict[str, float]] = []
    for question, line in pairs:
        gold = question.passage_ids
        ranks = [r for r, id_ in enumerate(dict.fromkeys(line.ranking), start=1) if id_ in gold]
        row = {f"recall@{k}": sum(r <= k for r in ranks) / len(gold) for k in _RECALL_AT}
        row |= {f"hit@{k}": float(any(r <= k for r in ranks)) for k in _RECALL_AT}
        row["mrr@10"] = 1 / ranks[0] if ranks and ranks[0] <= _CUT else 0.0
        row["ndcg@10"] = _gain(r for r in ranks if r <= _CUT) / _gain(
            range(1, min(len(gold), _CUT) + 1)
        )
        rows.append(row)
    return {name: _mean(row[name] for row in rows) for name in rows[0]}


def ranks(questions: Sequence[GoldQuestion], run: Iterable[RunLine]) -> dict[str, int | None]:
    """Return where the first document that answers stands, from 1, by question id.

    None where it was not found; only questions that have one.
    """
    lines = {line.id: line for line in run}
    found: dict[str, int | None] = {}
    for question in questions:
        if question.answerable and question.passage_ids:
            ranking = lines[question.id].ranking if question.id in lines else []
            places = enumerate(dict.fromkeys(ranking), start=1)
            found[question.id] = next((r for r, id_ in places if id_ in question.passage_ids), None)
    return found


def _gain(ranks: Iterable[int]) -> float:
    return math.fsum(1 / math.log2(rank + 1) for rank in ranks)


def _answers(pairs: Pairs) -> dict[str, float]:
    if not pairs:
        return {}
    holds = [_holds(question.answers, line.quotes) for question, line in pairs]
    return {
        "em": _mean(max(exact(a, line.answer) for a in q.answers) for q, line in pairs),
        "f1": _mean(max(f1(a, line.answer) for a in q.answers) for q, line in pairs),
        "quote_holds@1": _mean(first for first, _ in holds),
        "quote_holds@2": _mean(second for _, second in holds),
        "answer_holds": _mean(
            any(_loose(answer) in _loose(line.answer or "") for answer in question.answers)
            for question, line in pairs
        ),
        "quote_characters": _mean(len(line.quotes[0]) for _, line in pairs if line.quotes),
    }


def normalise(text: str) -> str:
    """Return the text as JGLUE compares it."""
    return " ".join(text.lower().rstrip("。").split())


def exact(gold: str, answer: str | None) -> float:
    """Return 1 where the normalised answers are equal, else 0; an abstention scores 0."""
    return float(bool(answer) and normalise(gold) == normalise(answer or ""))


def f1(gold: str, answer: str | None) -> float:
    """Return the F1 of the multisets of characters; an abstention scores 0."""
    expected, given = Counter(normalise(gold)), Counter(normalise(answer or ""))
    common = (expected & given).total()
    return 2 * common / (expected.total() + given.total()) if common else 0.0


def _holds(answers: Sequence[str], quotes: Sequence[str]) -> tuple[float, float]:
    first, two = _loose("".join(quotes[:1])), _loose("".join(quotes[:2]))
    wanted = [_loose(answer) for answer in answers]
    return float(any(a in first for a in wanted)), float(any(a in two for a in wanted))


def _loose(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def _abstention(pairs: Pairs) -> dict[str, float]:
    """The positive class is: the system abstained, and rightly so."""
    abstained = [(question, not (line.answer or "").strip()) for question, line in pairs]
    right = sum(gone for question, gone in abstained if not question.answerable)
    all_abstained = sum(gone for _, gone in abstained)
    unanswerable = sum(not question.answerable for question, _ in abstained)
    figures = {}
    if all_abstained:
        figures["abstention_precision"] = right / all_abstained
    if unanswerable:
        figures["abstention_recall"] = right / unanswerable
    if unanswerable < len(pairs):
        figures["over_abstention"] = (all_abstained - right) / (len(pairs) - unanswerable)
    return figures


def _confidence(pairs: Pairs) -> dict[str, float]:
    told = [(q, line.confidence) for q, line in pairs if line.confidence is not None]
    positive = [c for q, c in told if q.answerable]
    figures = {}
    kinds = sorted({q.kind for q, _ in told if q.kind and not q.answerable})
    for kind in (None, *kinds):
        negative = [c for q, c in told if not q.answerable and kind in (None, q.kind)]
        if positive and negative:
            figures["auroc" if kind is None else f"auroc[{kind}]"] = auroc(positive, negative)
    return figures


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the probability that a positive scores above a negative; ties count half.

    By ranks (Mann and Whitney): both sequences must hold something.
    """
    counts: dict[float, list[int]] = {}
    for values, side in ((positive, 0), (negative, 1)):
        for value in values:
            counts.setdefault(value, [0, 0])[side] += 1
    below = wins = 0.0
    for value in sorted(counts):
        ours, theirs = counts[value]
        wins += ours * (below + theirs / 2)
        below += theirs
    return wins / (len(positive) * len(negative))


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0


def write_run(path: Path, run: Iterable[RunLine]) -> None:
    """Write a run as JSON Lines, one question a line."""
    with path.open("w", encoding="utf-8") as file:
        for line in run:
            row = asdict(line)
            del row["timings_ms"]  # two runs of the same pipeline write the same file
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def table(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return names and figures as a person reads them."""
    whole = {"questions", "quote_characters"}
    return [(n, f"{v:.0f}" if n in whole else f"{v:.4f}") for n, v in figures.items()]
