"""Numbered citations are read out of what a model says, piece by piece, and taken from its text.

    3営業日前までです。[1][2] 承認後に確定 -> 3営業日前までです。 (1, 2) | 承認後に確定 ()

Read are `[1]`, `[1, 2]`, `[1-3]`, `［１］`, `【1】`, `[[1]]`, `[^1]`, `[資料1]`, `（資料1）`,
`[1†…]` and `[1](https://…)`. `(1)` is not: Japanese rules number their paragraphs so, and
「第3条(1)」 would lose its meaning. Neither are four digits, which are years. Knows nothing of
passages but their numbers, nor of whether one bears what cites it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.exchange import Statement
from ingest.sentences import sentences

_LONGEST = 160
"""Characters of a citation; a bracket that is still open behind them is text."""

_WORDS = (
    *("資料", "文書", "文献", "出典", "参照", "参考", "根拠"),
    *("source", "document", "doc", "passage", "chunk", "reference", "ref", "no"),
)
_WORD = rf"(?:{'|'.join(_WORDS)})s?[ \u3000.:：#]{{0,3}}"
_DIGITS = "[0-9０-９]{1,3}(?![0-9０-９])"
_S = r"[ \u3000]{0,3}"
_MORE = rf"(?:{_S}(?:[,，、・;；&と〜～–-]|and|及び)?{_S}(?:{_WORD})?[#^]?{_DIGITS})*"
# A title behind the number: `[1†就業規則]`, `[資料1：就業規則]`; but `[12:30]` is a time.
_NOTE = rf"(?:{_S}(?:[†‡]|[:：](?!{_S}[0-9０-９]))[^\[\]［］【】()（）\n]{{0,100}})?"
_LINK = r"(?:\((?:https?://|\#)[^()\s]{0,150}\))?"
_SAID = "(?:より|から|参照|による|に基づく)?"
_NUMBERS = rf"(?:{_WORD})?[#^]?{_DIGITS}{_MORE}"
_CITATION = re.compile(
    rf"(?:[\[［【]{{2}}{_S}{_NUMBERS}{_NOTE}{_S}[\]］】]{{2}}"
    rf"|[\[［【]{_S}{_NUMBERS}{_NOTE}{_SAID}{_S}[\]］】]"
    rf"|[(（]{_S}{_WORD}{_DIGITS}{_MORE}{_NOTE}{_SAID}{_S}[)）])(?P<link>{_LINK})",
    re.IGNORECASE,
)
_NUMBER = re.compile("([0-9０-９]{1,3})(?:[ \u3000]*[-–〜～][ \u3000]*([0-9０-９]{1,3}))?")
_TITLE = re.compile("[†‡].*|[:：](?![ \u3000]*[0-9０-９]).*|\\]\\(.*", re.DOTALL)

_OPENING = re.compile("[\\[［【(（]")
_BEGUN = re.compile(
    rf"(?:(?P<double>[\[［【]{{2}})|[\[［【(（]){_S}"
    rf"(?P<inside>[^\]］】)）\n]*)(?(double)[\]］】]?)\Z"
)
_BEGUN_INSIDE = re.compile(rf"{_WORD}(?:[#^]?[0-9０-９].*)?", re.IGNORECASE)
_BEGUN_NUMBER = re.compile("[#^]?[0-9０-９]|[#^]\\Z")
_BEGUN_LINK = re.compile(r"\((?:h[^()\s]*|\#[^()\s]*)?\Z")

_BLANKS = " \t\u3000"
_NO_BLANK_BEFORE = re.compile("[。、，．,.!?！？）)」』】\\]:;：；\r\n]")
_ALPHANUMERIC = re.compile("[0-9A-Za-z]")

# A line that only says where the answer comes from, once its citations are gone.
_LABEL = re.compile(
    r"[*#・\s-]*[【(（]?(?:(?:出典|参照|参考|根拠|引用元?)(?:資料|文書)?|sources?|references?)"
    r"[】)）]?[*\s]*[:：]?[*,，、・\s]*[。.]?\s*",
    re.IGNORECASE,
)
# With the titles behind it, where they are cited.
_TITLED = re.compile(
    r"[*#・\s-]*(?:出典|参照(?:資料|文書)?|参考(?:資料|文書)|引用元|sources?|references?)[:：][^。]*",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-*・•●]|[0-9]{1,2}[.)])?\s*")
_ENDED = re.compile(r"[。．！？!?.][」』）)】”\"'*]*\Z")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A citation: where it stood in the text without citations, and whom it names."""

    offset: int
    numbers: tuple[int, ...]


class Cited:
    """What a model has said so far; `feed` it, then `close` it."""

    def __init__(self, numbers: Collection[int]) -> None:
        """Read citations of these numbers; others are dropped.

        Without any, nothing is taken for a citation: brackets are text.
        """
        self._numbers = frozenset(numbers)
        self._buffer = ""
        self._settled: list[Statement] = []
        self._general: list[int] = []
        """Cited by no sentence: on a line of sources."""
        self._line = _Line()
        self._listing = False

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The sentences so far, without citations, each with the numbers that it cites, if any.

        The last one may not be whole yet. Put together they are a subsequence of what was fed.
        """
        return (*self._settled, *self._read(self._line, list(self._settled), [])[0])

    @property
    def references(self) -> tuple[int, ...]:
        """All numbers that are cited, in order of use; those of a list of sources last."""
        general = list(self._general)
        before = list(self._settled)
        found, _ = self._read(self._line, before, general)
        cited = [number for part in (*before, *found) for number in part.references]
        return tuple(dict.fromkeys((*cited, *general)))

    @property
    def whole(self) -> bool:
        """Whether the last sentence has ended: by its sign, its line, or what it cites."""
        found, _ = self._read(self._line, list(self._settled), [])
        cited = self._line.marks and self._line.marks[-1].offset == len(self._line.text)
        return not found or bool(cited) or bool(_ENDED.search(found[-1].text))

    def feed(self, piece: str) -> None:
        """Take in what a model says next."""
        self._take(piece, closing=False)

    def close(self) -> None:
        """There is no more: a citation that was begun and not ended is dropped."""
        self._take("", closing=True)

    def _take(self, piece: str, *, closing: bool) -> None:
        text = self._buffer + piece
        done = 0
        for begin, end, numbers in self._citations(text, closing=closing):
            before = text[done:begin]
            if numbers is None:
                before = before if closing else _without_broken(before)
                self._say(before)
                done += len(before)
                break
            self._say(before)
            self._line.cite(numbers)
            done = end
        else:
            self._say(text[done:])
            done = len(text)
        self._buffer = "" if closing else text[done:]

    def _citations(
        self, text: str, *, closing: bool
    ) -> Iterator[tuple[int, int, tuple[int, ...] | None]]:
        """Yield (begin, end, numbers) of citations; numbers None: what may become one, last."""
        position = 0
        while self._numbers and (opening := _OPENING.search(text, position)):
            begin = opening.start()
            citation = _CITATION.match(text, begin)
            position = citation.end() if citation else begin + 1
            if _may_go_on(text, begin, citation) and not (closing and citation):
                yield begin, len(text), None
                return
            if citation:
                yield begin, position, self._named(citation.group())

    def _named(self, citation: str) -> tuple[int, ...]:
        """Return which of our numbers a citation names."""
        named: list[int] = []
        for number in _NUMBER.finditer(_TITLE.sub("", citation)):
            first = int(number[1])
            last = int(number[2] or first)
            span = range(first, last + 1) if first <= last else (first, last)
            named += sorted(self._numbers.intersection(span), key=list(span).index)
        return tuple(dict.fromkeys(named))

    def _say(self, text: str) -> None:
        *lines, last = re.split(r"(?<=\n)", text) if "\n" in text else [text]
        for line in lines:
            self._line.say(line)
            self._settle()
        self._line.say(last)

    def _settle(self) -> None:
        if self._numbers:
            self._line.text = _without_broken(self._line.text.rstrip("\r\n"))
        found, self._listing = self._read(self._line, self._settled, self._general)
        self._settled += found
        self._line = _Line()

    def _read(
        self, line: _Line, before: list[Statement], general: list[int]
    ) -> tuple[list[Statement], bool]:
        """Return the statements of a line, and whether a list of sources goes on behind it.

        A line of citations only belongs to the statement before it, in `before`.
        """
        text = line.text
        if not line.marks:
            listing = bool(_LABEL.fullmatch(text)) if text.strip() else self._listing
            return ([] if listing else _statements(text, ())), listing
        cited = [number for mark in line.marks for number in mark.numbers]
        begun = line.marks[0].offset <= _bullet(text)
        if _LABEL.fullmatch(text) or _TITLED.fullmatch(text) or (self._listing and begun):
            general += cited
            return [], self._listing
        if "".join(text.split()).strip("、，,・*-"):
            return _statements(text, line.marks), False
        if before:
            before[-1] = _citing(before[-1], cited)
        else:
            general += cited
        return [], self._listing


class _Line:
    """One line without its citations, and where they stood."""

    def __init__(self) -> None:
        self.text = ""
        self.marks: list[_Mark] = []
        self._before = ""
        """Blanks at the end, which are shown only if something follows."""
        self._behind: str | None = None
        """Blanks behind a citation; None: none stands at the end."""
        self._bracket = ""
        """An opening bracket before a citation: （[1]） goes as a whole."""

    def say(self, text: str) -> None:
        """Go on with text."""
        body = text.lstrip(_BLANKS)
        blanks = text[: len(text) - len(body)]
        if self._behind is None:
            self._before += blanks
        else:
            self._behind += blanks
        if not body:
            return
        body = self._without_bracket(body)
        self.text += self._gap(body) + body.rstrip(_BLANKS)
        self._behind = None
        self._before = body[len(body.rstrip(_BLANKS)) :]

    def cite(self, numbers: Sequence[int]) -> None:
        """A citation stands here; without numbers, one that names nobody."""
        if not self._before and self._behind is None:
            self.text = _without_broken(self.text)
            if self.text.endswith(("(", "（")):
                self._bracket, self.text = self.text[-1], self.text[:-1]
        self._behind = ""
        if numbers:
            self.marks.append(_Mark(len(self.text), tuple(numbers)))

    def _without_bracket(self, body: str) -> str:
        bracket, self._bracket = self._bracket, ""
        if not bracket:
            return body
        if body[0] in ")）":
            return body[1:]
        self.text += bracket
        return body

    def _gap(self, body: str) -> str:
        """Return the blanks that stay between what was said and what follows."""
        if self._behind is None:
            return self._before
        if not body or not self.text or _NO_BLANK_BEFORE.match(body):
            return ""
        if self._behind:
            return self._behind
        both = _ALPHANUMERIC.match(self.text[-1]) and _ALPHANUMERIC.match(body)
        return self._before if both else ""


def _may_go_on(text: str, begin: int, citation: re.Match[str] | None) -> bool:
    """Tell whether more text may make a citation of what begins here, or a longer one."""
    if len(text) - begin > _LONGEST:
        return False
    if citation:
        rest = text[citation.end() :]
        return not rest or (not citation["link"] and bool(_BEGUN_LINK.match(rest)))
    begun = _BEGUN.match(text, begin)
    if not begun:
        return False
    inside = begun["inside"]
    if any(word.startswith(inside.lower()) for word in _WORDS) or _BEGUN_INSIDE.fullmatch(inside):
        return True
    return text[begin] not in "(（" and bool(_BEGUN_NUMBER.match(inside))


def _without_broken(text: str) -> str:
    """Return the text without what a slip such as [1[1] or [[1]2] would leave before a citation."""
    rest = text.rstrip("0123456789０１２３４５６７８９,，、")
    return rest.rstrip("[［【") if rest.endswith(("[", "［", "【")) else text


def _bullet(text: str) -> int:
    """Return how long the sign of a list is, before the text of a line."""
    found = _BULLET.match(text)
    return found.end() if found else 0


def _statements(text: str, marks: Sequence[_Mark]) -> list[Statement]:
    """Return the sentences of a line with what each cites.

    A citation belongs to the sentence that it stands in or behind; in a line that begins with one
    and does not end with one, to the sentence that follows it.
    """
    spans = sentences(text)
    cited: list[list[int]] = [[] for _ in spans]
    ahead = bool(marks) and (
        marks[0].offset <= _bullet(text) and marks[-1].offset < len(text.rstrip())
    )
    for mark in marks:
        if ahead:
            at = next((i for i, (_, end) in enumerate(spans) if mark.offset < end), len(spans) - 1)
        else:
            at = next((i for i, (_, end) in enumerate(spans) if mark.offset <= end), len(spans) - 1)
        cited[at] += mark.numbers
    return [
        _citing(Statement(text[begin:end], ()), numbers)
        for (begin, end), numbers in zip(spans, cited, strict=True)
    ]


def _citing(statement: Statement, numbers: Sequence[int]) -> Statement:
    references = tuple(dict.fromkeys((*statement.references, *numbers)))
    return Statement(statement.text, references)
