"""The figures of a run: retrieval, answers, citations, abstention.

The definitions are those of the field (Manning et al., "Introduction to Information Retrieval",
chapter 8, with linear gain) and, for EM and F1, JGLUE's for JSQuAD: lower case, a final 。 dropped,
characters as units. Knows nothing of files, nor how a run is made.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.evaluate.values import GoldQuestion, RunLine

_RECALL_AT = (1, 3, 5, 10, 20)
_CUT = 10


def score(questions: Sequence[GoldQuestion], run: Iterable[RunLine]) -> dict[str, float]:
    """Return every figure that the questions allow, by name; shares are from 0 to 1."""
    lines = {line.id: line for line in run}
    missing = RunLine("", [], None, None, [])
    pairs = [(question, lines.get(question.id, missing)) for question in questions]
    figures = {"questions": float(len(questions))}
    figures |= _retrieval([p for p in pairs if p[0].answerable and p[0].passage_ids])
    figures |= _answers([p for p in pairs if p[0].answerable and p[0].answers])
    figures |= _citations([p for p in pairs if p[0].answerable and p[0].passage_ids])
    figures |= _abstention(pairs)
    figures |= _confidence(pairs)
    figures |= _doubts(pairs)
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
    found = [(q, line) for q, line in pairs if not q.passage_ids.isdisjoint(line.given)]
    reading = {
        # The reader alone: without the questions for which retrieval brought nothing to read.
        "em_found": _mean(max(exact(a, line.answer) for a in q.answers) for q, line in found),
        "f1_found": _mean(max(f1(a, line.answer) for a in q.answers) for q, line in found),
    }
    return {
        "em": _mean(max(exact(a, line.answer) for a in q.answers) for q, line in pairs),
        "f1": _mean(max(f1(a, line.answer) for a in q.answers) for q, line in pairs),
        **(reading if found else {}),
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


def _citations(pairs: Pairs) -> dict[str, float]:
    """Of answered questions, whether what is cited is what answers; copies count once."""
    cited = [(q.passage_ids, set(x.cited)) for q, x in pairs if x.answer and x.cited is not None]
    if not cited:
        return {}
    return {
        "reference_accuracy": _mean(bool(gold & named) for gold, named in cited),
        "citation_precision": _mean(
            len(gold & named) / len(named) if named else 0 for gold, named in cited
        ),
        "citation_recall": _mean(len(gold & named) / len(gold) for gold, named in cited),
    }


def _doubts(pairs: Pairs) -> dict[str, float]:
    """Return the share of answers with a piece that no source bears, where a model wrote any."""
    written = [line for _, line in pairs if line.model and line.answer]
    return {"to_be_checked": _mean(line.doubted for line in written)} if written else {}


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


def table(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return names and figures as a person reads them."""
    whole = {"questions", "quote_characters"}
    return [(n, f"{v:.0f}" if n in whole else f"{v:.4f}") for n, v in figures.items()]
