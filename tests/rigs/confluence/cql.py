"""Confluence's query language: what a query says, and which contents fit it.

Fields, operators and functions are those of Atlassian's "Advanced searching using CQL", as far as
a connector needs them; everything else is a `CqlError`, as bad syntax is. Dates have the precision
of a minute and are read in the time zone of the caller; a time that daylight saving skips is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from rigs.confluence.index import Entry

KINDS = {"page", "blogpost", "comment", "attachment", "folder", "whiteboard", "database", "embed"}
_LISTS = {"=", "!=", "in", "not in"}
_ORDERS = {">", ">=", "<", "<="}
_OPERATORS: dict[str, set[str]] = {
    "space": _LISTS,
    "type": _LISTS,
    "id": _LISTS,
    "ancestor": _LISTS,
    "parent": _LISTS,
    "container": _LISTS,
    "label": _LISTS,
    "creator": _LISTS,
    "title": _LISTS | {"~", "!~"},
    "text": {"~", "!~"},
    "lastmodified": _ORDERS | {"=", "!="},
    "created": _ORDERS | {"=", "!="},
}
_ALIASES = {"space.key": "space", "content": "id", "content.id": "id"}
_ORDERABLE = {"lastmodified", "created", "id", "title"}
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>>=|<=|!=|!~|[=<>~(),])"""
    r"""|(?P<word>[^\s"'=<>~!(),]+))"""
)
_INCREMENT = re.compile(r"([+-]?)(\d+)([yMwdhm])")
_DATE = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)(?: (\d\d):(\d\d))?")


class CqlError(Exception):
    """A query that the service does not understand."""


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison of one field."""

    field: str
    operator: str
    values: tuple[str, ...]
    moment: float | None = None
    """Of a date: seconds, of a full minute."""


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or` of several."""

    word: Literal["and", "or"]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: Node


Node = Term | Both | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    where: Node
    order: str | None
    descending: bool
    moving: bool
    """It says `now()`, so that what fits depends on when it is asked."""


def parse(cql: str, *, zone: ZoneInfo, now: float) -> Query:
    """Return what a query says. Raises CqlError."""
    return _Parser(cql, zone, now).query()


class _Parser:
    def __init__(self, cql: str, zone: ZoneInfo, now: float) -> None:
        self._cql, self._zone, self._now = cql, zone, now
        self._moving = False
        self._tokens = self._read(cql)
        self._at = 0

    def _read(self, cql: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while at < len(cql.rstrip()):
            found = _TOKEN.match(cql, at)
            if not found:
                raise CqlError(f"unexpected character at {at}")
            tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        return tokens

    def query(self) -> Query:
        where = self._any()
        order, descending = None, False
        if self._word("order"):
            if not self._word("by"):
                raise CqlError("by expected")
            order = self._take("word")[1].lower()
            if order not in _ORDERABLE:
                raise CqlError(f"cannot order by {order}")
            descending = self._word("desc")
            if not descending:
                self._word("asc")
        if self._at < len(self._tokens):
            raise CqlError(f"unexpected {self._tokens[self._at][1]}")
        return Query(where, order, descending, self._moving)

    def _any(self) -> Node:
        parts = [self._all()]
        while self._word("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Both("or", tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _one(self) -> Node:
        if self._word("not"):
            return Not(self._one())
        if self._mark("("):
            inner = self._any()
            self._expect(")")
            return inner
        return self._term()

    def _term(self) -> Term:
        field = self._take("word")[1].lower()
        field = _ALIASES.get(field, field)
        if field not in _OPERATORS:
            raise CqlError(f"unknown field {field}")
        operator = self._operator()
        if operator not in _OPERATORS[field]:
            raise CqlError(f"{field} cannot be asked by {operator}")
        if field in {"lastmodified", "created"}:
            return Term(field, operator, (), self._moment())
        values = self._values() if operator in {"in", "not in"} else (self._value(),)
        if field == "type" and (unknown := {one.lower() for one in values} - KINDS):
            raise CqlError(f"unknown type {', '.join(unknown)}")
        if field in {"id", "ancestor", "parent", "container"}:
            for one in values:
                if not one.removeprefix("att").isdigit():
                    raise CqlError(f"{one} is no id")
        return Term(field, operator, values)

    def _operator(self) -> str:
        if self._word("in"):
            return "in"
        if self._word("not"):
            if not self._word("in"):
                raise CqlError("in expected")
            return "not in"
        return self._take("mark")[1]

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._mark(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        kind, value = self._take("text", "word")
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value

    def _moment(self) -> float:
        kind, value = self._take("text", "word")
        if kind == "word" and value.lower() == "now":
            self._moving = True
            self._expect("(")
            increment = "" if self._peek() == ("mark", ")") else self._value()
            self._expect(")")
            return _minute(self._now + _seconds(increment))
        return self._local(value[1:-1] if kind == "text" else value)

    def _local(self, value: str) -> float:
        found = _DATE.fullmatch(value)
        if not found:
            raise CqlError(f"{value} is no date")
        try:
            year, month, day, hour, minute = (int(one or 0) for one in found.groups())
            zoned = datetime(year, month, day, hour, minute, tzinfo=self._zone)
        except ValueError as error:
            raise CqlError(f"{value} is no date: {error}") from error
        when = zoned.astimezone(UTC)
        # There and back again it is another time, where the clocks leapt over it.
        if when.astimezone(self._zone).replace(tzinfo=None) != zoned.replace(tzinfo=None):
            raise CqlError(f"{value} does not exist in {self._zone.key}: daylight saving skips it")
        return when.timestamp()

    # Tokens

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *kinds: str) -> tuple[str, str]:
        token = self._peek()
        if token is None or token[0] not in kinds:
            raise CqlError(
                f"{' or '.join(kinds)} expected" + (f", not {token[1]}" if token else "")
            )
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        token = self._peek()
        if token and token[0] == "word" and token[1].lower() == word:
            self._at += 1
            return True
        return False

    def _mark(self, mark: str) -> bool:
        if self._peek() == ("mark", mark):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise CqlError(f"{mark} expected")


def _seconds(increment: str) -> float:
    if not increment:
        return 0.0
    found = _INCREMENT.fullmatch(increment)
    if not found:
        raise CqlError(f"{increment} is no increment")
    units = {"y": 365 * 24, "M": 30 * 24, "w": 7 * 24, "d": 24, "h": 1, "m": 1 / 60}
    span = timedelta(hours=int(found[2]) * units[found[3]]).total_seconds()
    return -span if found[1] == "-" else span


def _minute(moment: float) -> float:
    return moment // 60 * 60


# Which contents fit


Above = Callable[[str], tuple[str, ...]]
"""Ids of what a content stands under, outermost first."""


def matcher(node: Node, above: Above) -> Callable[[Entry], bool]:
    """Return the test of a content of the index."""
    if isinstance(node, Not):
        inner = matcher(node.part, above)
        return lambda entry: not inner(entry)
    if isinstance(node, Both):
        tests = [matcher(one, above) for one in node.parts]
        if node.word == "and":
            return lambda entry: all(test(entry) for test in tests)
        return lambda entry: any(test(entry) for test in tests)
    return _term_matcher(node, above)


def _term_matcher(term: Term, above: Above) -> Callable[[Entry], bool]:
    if term.moment is not None:
        return _date_matcher(term, term.moment)
    if term.operator in {"~", "!~"}:
        wanted = term.values[0].lower()
        name = "title" if term.field == "title" else "text"
        return lambda entry: (wanted in getattr(entry, name).lower()) == (term.operator == "~")
    test = _list_matcher(term, above)
    if term.operator in {"!=", "not in"}:
        return lambda entry: not test(entry)
    return test


def _list_matcher(term: Term, above: Above) -> Callable[[Entry], bool]:
    wanted = frozenset(term.values)
    if term.field in {"id", "container", "parent", "ancestor"}:
        return _id_matcher(term.field, frozenset(map(_number, wanted)), above)
    if term.field == "label":
        return lambda entry: not wanted.isdisjoint(entry.labels)
    small = frozenset(one.lower() for one in wanted)
    tests: dict[str, Callable[[Entry], bool]] = {
        "space": lambda entry: entry.space in wanted,
        "type": lambda entry: entry.kind in small,
        "title": lambda entry: entry.title.lower() in small,
        "creator": lambda entry: entry.author in wanted,
    }
    return tests[term.field]


def _id_matcher(field: str, wanted: frozenset[int], above: Above) -> Callable[[Entry], bool]:
    def standing(entry: Entry) -> list[int]:
        # Pages alone stand under pages: what is on a page is found by `container`.
        return [_number(one) for one in above(entry.id)] if entry.container is None else []

    tests: dict[str, Callable[[Entry], bool]] = {
        "id": lambda entry: entry.number in wanted,
        "container": lambda entry: _number(entry.container or "0") in wanted,
        "parent": lambda entry: not wanted.isdisjoint(standing(entry)[-1:]),
        "ancestor": lambda entry: not wanted.isdisjoint(standing(entry)),
    }
    return tests[field]


def _number(content_id: str) -> int:
    return int(content_id.removeprefix("att"))


def _date_matcher(term: Term, moment: float) -> Callable[[Entry], bool]:
    name = "updated" if term.field == "lastmodified" else "created"
    tests: dict[str, Callable[[float], bool]] = {
        ">=": lambda one: one >= moment,
        ">": lambda one: one > moment,
        "<=": lambda one: one <= moment,
        "<": lambda one: one < moment,
        "=": lambda one: one == moment,
        "!=": lambda one: one != moment,
    }
    test = tests[term.operator]
    return lambda entry: test(_minute(getattr(entry, name)))
