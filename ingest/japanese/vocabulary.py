"""Words of Japanese offices that stand for one another: 夏休み is 夏季休暇, a receipt 領収書.

Read from `office_words.txt`. Questions alone are widened by it, never documents, so that a changed
word needs no new index. Works on words in a row, and knows nothing of their weights.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

_BETWEEN = "\x00"
"""Stands between words that are folded in one call."""
_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_TO_I_ROW = dict(zip("うくぐすつぬぶむる", "いきぎしちにびみり", strict=True))


@dataclass(frozen=True, slots=True)
class Match:
    """Words of a question, and other ways to say what they say."""

    first: int
    """Position of the first word."""
    last: int
    """Position of the last one."""
    ways: tuple[str, ...]


class Vocabulary:
    """Finds words that can be said in other ways."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines of a file such as `office_words.txt`."""
        self.words: set[str] = set()
        """All that can be said otherwise."""
        self._ways: dict[str, dict[str, None]] = {}
        self._longest: dict[str, int] = {}
        """Length of the longest way to say something, by its first character."""
        for said, written in _entries(lines):
            self.words.update(said)
            for word in said:
                others = dict.fromkeys(other for other in written if other != word)
                for form in _forms(word):
                    self._ways.setdefault(form, {}).update(others)
                    self._longest[form[0]] = max(self._longest.get(form[0], 0), len(form))

    def matches(self, words: Sequence[tuple[str, str]]) -> list[Match]:
        """Return what of a question can be said otherwise, the longest at each place.

        A word is its surface and its search-side form, which is empty for particles.
        """
        surfaces = _folded(_BETWEEN.join([surface for surface, _ in words])).split(_BETWEEN)
        if len(surfaces) != len(words):  # somebody asked with a control character
            surfaces = [_folded(surface) for surface, _ in words]
        terms = [term for _, term in words]
        found: list[Match] = []
        behind = 0
        for first, (surface, term) in enumerate(zip(surfaces, terms, strict=True)):
            known = surface[:1] in self._longest or term[:1] in self._longest
            if known and term and first >= behind:
                match = self._match(surfaces, terms, first)
                if match and (len(surface) > 1 or not _is_part(match, terms)):
                    found.append(match)
                    behind = match.last + 1
        return found

    def _match(self, surfaces: Sequence[str], terms: Sequence[str], first: int) -> Match | None:
        surface, term = surfaces[first], terms[first]
        longest = max(self._longest.get(surface[:1], 0), self._longest.get(term[0], 0))
        match = None
        written = named = ""
        for last in range(first, len(terms)):
            if len(written) >= longest:
                break
            surface, term = surfaces[last], terms[last]
            if term:
                # What conjugates is found by its term, also behind others: 電車が遅れた.
                for form in (written + surface, written + term, named + term):
                    if form in self._ways:
                        match = Match(first, last, tuple(self._ways[form]))
            written += surface
            named += term
        return match


def _is_part(match: Match, terms: Sequence[str]) -> bool:
    """Tell whether one word stands beside others without a particle: 子 of 子会社 is no child."""
    beside = terms[max(0, match.first - 1) : match.last + 2]
    return match.first == match.last and sum(map(bool, beside)) > 1


def office_vocabulary() -> Vocabulary:
    """Return the vocabulary that is shipped."""
    path = files("ingest.japanese").joinpath("office_words.txt")
    return Vocabulary(path.read_text("utf-8").splitlines())


def _entries(lines: Iterable[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield what is said and what it is written as, which is the same where there is no arrow."""
    for line in lines:
        if line.strip() and not line.startswith("#"):
            said, arrow, written = line.partition(" > ")
            words = _words(said)
            yield words, _words(written) if arrow else words


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(" = ")]


def _forms(word: str) -> set[str]:
    """Return what a word is found by: a verb by its noun as well, as the analyzer calls it.

    Which of the two a verb in る has, the word alone does not tell: 切り and 忘れ.
    """
    forms = {word, word.translate(_TO_HIRAGANA)}
    if word[-1] in _TO_I_ROW:
        forms.add(word[:-1] + _TO_I_ROW[word[-1]])
        forms |= {word[:-1]} if word[-1] == "る" else set()
    return set(map(_folded, forms))


def _folded(text: str) -> str:
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.casefold().replace(" ", "")
