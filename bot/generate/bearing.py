"""Which passages bear a text, by the characters that they share: for models that name no source.

A short answer has to stand in the passage; a longer one has to share most of its pairs of kanji and
katakana, its Latin words and its numbers. Plain on purpose: it finds a source for what was said,
and `bot.checks` examines whether it is right. Knows nothing of models.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from bot.exchange import Passage

_SHORT = 16
"""Characters of an answer that has to stand in a passage as it is."""
_BEARS = 0.6
"""Share of a longer text's pieces that a passage has to hold to bear it. Sentences of another
passage of the same article reach 0.56 in 5 % of cases and 0.71 in 1 % (JSQuAD)."""
_QUOTED = 100
"""Characters of a text that is looked for as a whole; a longer one is by its pieces."""
_ABOUT = 0.8
"""Of what the most fitting passage shares with the question, so much another one needs. Of 800
expected answers of JSQuAD over 8 passages, most of one article, the right one is found for 94 %,
and found alone for 92 %."""

_COPULA = re.compile(
    r"(?:(?:に|と)?なります|(?:に|と)なる|でございます|であります|である|です|でした|だ)?[。.．!！]*\Z"
)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
# Signs and blanks; the point of 4.4 stays, the comma of 1,000 goes.
_DROPPED = re.compile(r"[\s、。,・「」『』()\[\]〔〕【】“”\"'!?:;…]+|(?<![0-9])\.|\.(?![0-9])")
# What a passage shares by chance: endings and particles say nothing of what is said.
_PIECES = re.compile(r"[0-9]+(?:\.[0-9]+)*|[a-z]+|[ァ-ヺー]+|[\u3400-\u9fff々〆]+")
_RUNS = (re.compile("[0-9.]"), re.compile("[a-z]"), re.compile("[ァ-ヺー]"))
_HIRAGANA = re.compile("[ぁ-ゖ]*")


class Bearing:
    """The passages of one prompt, folded once."""

    def __init__(self, passages: Mapping[int, Passage]) -> None:
        self._texts = {number: _joined(passage.text) for number, passage in passages.items()}
        self._pieces = {number: _pieces(_context(passage)) for number, passage in passages.items()}

    def shared(self, text: str, number: int) -> float:
        """Return the share of a text's pieces that a passage holds, from 0 to 1.

        Of a text without any, such as はい, 1: nothing speaks against the passage.
        """
        pieces = _pieces(text)
        return len(pieces & self._pieces[number]) / len(pieces) if pieces else 1.0

    def best(self, sentences: Sequence[str], question: str) -> tuple[int, ...]:
        """Return the passages that bear a text best, in their order; none where none does.

        Of several, those that are about the question: 25日 stands in many places.
        """
        pieces = frozenset().union(*map(_pieces, sentences))
        whole = "\n".join(sentences)
        core = _core(whole) if len(whole) <= _QUOTED else None
        shares = {number: self._share(core, pieces, number) for number in self._texts}
        most = max(_BEARS, *shares.values(), 0.0)
        found = [number for number, share in shares.items() if share >= most]
        asked = _pieces(question)
        about = {number: len(asked & self._pieces[number]) for number in found}
        return tuple(n for n in found if about[n] >= _ABOUT * max(about.values()))

    def _share(self, core: str | None, pieces: frozenset[str], number: int) -> float:
        if core is not None and _stands(core, self._texts[number]):
            return 1.0
        if (core is not None and len(core) <= _SHORT) or not pieces:
            return 0.0
        return len(pieces & self._pieces[number]) / len(pieces)


def _context(passage: Passage) -> str:
    chunk = passage.hit.chunk
    return "\n".join((chunk.title, *chunk.headings, passage.text))


def _folded(text: str) -> str:
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())


def _joined(text: str) -> str:
    return _DROPPED.sub("", _folded(text))


def _core(text: str) -> str:
    """Return an answer without what politeness adds: 4.4兆円です。 is 4.4兆円."""
    folded = _folded(text).strip()
    return _joined(_COPULA.sub("", folded, count=1))


def _stands(core: str, text: str) -> bool:
    """Tell whether an answer stands in a text, and is no part of a longer number or word there."""
    if len(core) < 2 and not core.isdigit():
        return False
    if len(core) < 4 and _HIRAGANA.fullmatch(core):
        return False  # はい stands in ではいけない
    begin = text.find(core)
    while begin >= 0:
        end = begin + len(core)
        inside = any(
            run.match(text[at - 1 : at]) and run.match(text[at : at + 1])
            for run in _RUNS
            for at in (begin, end)
            if at
        )
        if not inside:
            return True
        begin = text.find(core, begin + 1)
    return False


@lru_cache(maxsize=1024)
def _pieces(text: str) -> frozenset[str]:
    """Return numbers and Latin words, and the pairs of characters in kanji and katakana."""
    found: set[str] = set()
    for match in _PIECES.finditer(_folded(text)):
        run = match.group()
        if run.isascii() or len(run) == 1:
            found.add(run)
        else:
            found.update(run[i : i + 2] for i in range(len(run) - 1))
    return frozenset(found)
