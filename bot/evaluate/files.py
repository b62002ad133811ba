"""Reads sets of questions and writes runs, as JSON Lines. Knows nothing of figures."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.evaluate.values import EvaluationError, GoldQuestion, RunLine

_NAMED = 10
"""Ids that an error names."""
_WRITTEN = ("id", "ranking", "answer", "confidence", "quotes")
"""What people script against."""


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


def write_run(path: Path, run: Iterable[RunLine]) -> None:
    """Write a run as JSON Lines, one question a line.

    Without what differs between two runs of the same pipeline: they write the same file.
    """
    with path.open("w", encoding="utf-8") as file:
        for line in run:
            row = {name: getattr(line, name) for name in _WRITTEN}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
