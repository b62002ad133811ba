"""The checks of answers: how often right ones are doubted, and how often wrong ones are found.

    python -m bench.checks [--list]

Reference answers of the handbook's questions and of JSquad are held against their own passages.
Wrong ones are made from them: a digit, a unit or a name is another one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import ROOT, Figure, at_least, at_most, shared, table
from bot.checks import examined
from bot.checks.reading import read
from bot.exchange import Passage, Statement
from ingest.chunk import Chunk, chunk
from ingest.extract import extract
from ingest.index import Hit, IndexedDocument

SEED = 20260401
_DIGIT = re.compile(r"[0-9０-９]")
_NAME = re.compile("[ァ-ヺー]{3,}|[A-Za-z]{3,}")
_UNITS = ["日", "年", "時間", "人", "円", "％", "回", "歳", "か月", "分", "営業日", "週間", "km"]
_PIECE = re.compile(r"[0-9０-９][0-9０-９.,，]*[^0-9０-９]?|[ァ-ヺーA-Za-z]{3,}")
_UNIT = re.compile(rf"(?<=[0-9０-９])({'|'.join(sorted(_UNITS, key=len, reverse=True))})")


@dataclass(frozen=True)
class Case:
    """A question with its answer and the passages that bear it."""

    question: str
    answer: str
    passages: Mapping[int, Passage]

    def doubts(self, answer: str | None = None) -> tuple[str, ...]:
        """Return what is doubted of the answer, or of another one in its place."""
        part = Statement(answer or self.answer, tuple(self.passages))
        return examined(self.question, (part,), self.passages)[0][0].doubts

    def is_new(self, answer: str) -> bool:
        """Tell whether some number or name with what follows it stands in no passage."""
        held = _plain("".join(one.text for one in self.passages.values()))
        return any(_plain(piece) not in held for piece in _PIECE.findall(answer))


def passage(number: int, part: Chunk) -> Passage:
    """Return a chunk as a passage of no particular document."""
    document = IndexedDocument("s", "d", "", "", 0, part.title, "https://wiki.example.co.jp/d")
    return Passage(number, Hit(1.0, document, part))


def jsquad() -> Iterator[Case]:
    """Yield every answerable question with each of its answers that differs."""
    with gzip.open(shared("jsquad") / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = {row["id"]: row for row in map(json.loads, lines)}
    with gzip.open(shared("jsquad") / "questions.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if not row["answerable"]:
                continue
            held = [texts[id_] for id_ in row["passage_ids"]]
            passages = {
                number: passage(number, Chunk(0, one["title"], (), one["text"], "paragraph", ""))
                for number, one in enumerate(held, start=1)
            }
            for answer in dict.fromkeys(row["answers"]):
                yield Case(row["question"], answer, passages)


def handbook() -> Iterator[Case]:
    """Yield the handbook's questions with the chunks that hold the answer."""
    questions: list[dict[str, Any]] = [
        json.loads(line)
        for line in (ROOT / "examples" / "questions.jsonl").read_text("utf-8").splitlines()
    ]
    for row in questions:
        if not row["answerable"]:
            continue
        path: Path = ROOT / "examples" / "handbook" / row["document"]
        content = extract(path.read_bytes(), media_type=None, name=path.name)
        parts = chunk(content.title, content.blocks)
        holding = [part for part in parts if _plain(row["answer"]) in _plain(part.text)] or parts
        passages = {number: passage(number, part) for number, part in enumerate(holding, 1)}
        yield Case(row["question"], row["answer"], passages)


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def another_digit(answer: str, chance: random.Random) -> str | None:
    """Return the answer with one digit changed; None where it has none."""
    places = [found.start() for found in _DIGIT.finditer(answer)]
    if not places:
        return None
    at = chance.choice(places)
    others = [digit for digit in "123456789" if digit != unicodedata.normalize("NFKC", answer[at])]
    return answer[:at] + chance.choice(others) + answer[at + 1 :]


def another_unit(answer: str, chance: random.Random) -> str | None:
    """Return the answer with one unit changed; None where it has none."""
    found = list(_UNIT.finditer(answer))
    if not found:
        return None
    one = chance.choice(found)
    other = chance.choice([unit for unit in _UNITS if unit != one[0]])
    return answer[: one.start()] + other + answer[one.end() :]


def another_name(answer: str, chance: random.Random, names: list[str]) -> str | None:
    """Return the answer with one katakana or Latin name changed; None where it has none."""
    found = list(_NAME.finditer(answer))
    if not found:
        return None
    one = chance.choice(found)
    other = chance.choice([name for name in names if name not in answer])
    return answer[: one.start()] + other + answer[one.end() :]


def rates(cases: list[Case], *, listed: bool) -> dict[str, tuple[int, int]]:
    """Return, of right and wrong answers, how many are doubted and how many there are."""
    chance = random.Random(SEED)
    names = sorted({found[0] for case in cases for found in _NAME.finditer(case.answer)})
    makers: dict[str, Callable[[str], str | None]] = {
        "digit": lambda answer: another_digit(answer, chance),
        "unit": lambda answer: another_unit(answer, chance),
        "name": lambda answer: another_name(answer, chance, names),
    }
    counts = {"right": (sum(bool(case.doubts()) for case in cases), len(cases))}
    for kind, make in makers.items():
        wrong = [(case, made) for case in cases if (made := make(case.answer))]
        found = [bool(case.doubts(made)) for case, made in wrong]
        counts[kind] = (sum(found), len(wrong))
        # 5日 in the place of 3日 can not be told where the passage says both.
        absent = [hit for (case, made), hit in zip(wrong, found, strict=True) if case.is_new(made)]
        counts[f"{kind} to one the passage does not say"] = (sum(absent), len(absent))
        if listed:
            for (case, made), hit in zip(wrong, found, strict=True):
                if not hit:
                    print(f"missed {kind}: {case.answer} -> {made}")
    if listed:
        for case in cases:
            if doubts := case.doubts():
                print(f"doubted: {case.question} | {case.answer} | {doubts}")
    return counts


def milliseconds() -> float:
    """Return the processor time of a check over 8 passages of 500 characters, read anew."""
    with gzip.open(shared("jsquad") / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    whole = "".join(texts)
    spent = []
    for start in range(0, 200 * 4000, 4000):
        passages = {
            number: passage(
                number, Chunk(0, "資料", (), whole[start + 500 * number :][:500], "paragraph", "")
            )
            for number in range(1, 9)
        }
        part = Statement("申請は2026年4月1日から3営業日以内にサーバーで行います。", tuple(passages))
        read.cache_clear()
        begin = time.process_time()
        examined("申請はいつまでですか？", (part,), passages)
        spent.append((time.process_time() - begin) * 1000)
    return sorted(spent)[len(spent) // 2]


def figures(*, listed: bool = False) -> list[Figure]:
    """Return the rows for the table."""
    rows: list[Figure] = []
    for name, cases in (("handbook", list(handbook())), ("jsquad", list(jsquad()))):
        counts = rates(cases, listed=listed)
        for kind, (hit, of) in counts.items():
            share, size = 100 * hit / max(1, of), f"{of} answers"
            if kind == "right":
                rows.append(at_most(f"{name}: right answers doubted", share, 1, size, "%"))
            elif kind == "digit to one the passage does not say":
                rows.append(at_least(f"{name}: {kind}: found, %", share, 95, size, ".1f"))
            else:
                rows.append(Figure(f"{name}: {kind}: found", size, "", f"{share:.1f} %", None))
    rows.append(
        at_most("check over 8 new passages, p50 of processor time", milliseconds(), 3, "", "ms")
    )
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print what is doubted or missed")
    print(table(figures(listed=parser.parse_args().list)))


if __name__ == "__main__":
    main()
