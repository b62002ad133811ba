"""The language of `q`: parsed as the service parses it, and told for one item.

`and` and `or` bind alike and from left to right.
https://developers.google.com/workspace/drive/api/guides/ref-search-terms
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rigs.drive.core import Call, Core, RefusedError
from rigs.drive.records import Item

Test = Callable[[Item], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<op><=|>=|!=|=|<|>)|(?P<paren>[()])
    |(?P<word>[A-Za-z][A-Za-z0-9.]*))""",
    re.VERBOSE | re.DOTALL,
)
_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_PLACES = {
    "mimeType": {"contains", "=", "!="},
    "name": {"contains", "=", "!="},
    "fullText": {"contains"},
    "modifiedTime": {"<=", "<", "=", "!=", ">", ">="},
    "createdTime": {"<=", "<", "=", "!=", ">", ">="},
    "trashed": {"=", "!="},
    "starred": {"=", "!="},
    "sharedWithMe": {"=", "!="},
    "visibility": {"=", "!="},
    "shortcutDetails.targetId": {"=", "!="},
}
_PEOPLE = {"parents", "owners", "writers", "readers"}


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for."""

    test: Test
    parents: frozenset[str] | None
    """Whatever fits lies in one of these; None: anywhere."""
    names: frozenset[str] = frozenset()
    """Every folder that it names: the service refuses a query that names one it does not see."""


def parsed(core: Core, call: Call, text: str) -> Query:
    """Return the query; RefusedError where the service would not understand it."""
    if not text:
        return Query(lambda _: True, None)
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise _refused()
        tokens.append((str(found.lastgroup), found.group(found.lastgroup or 0)))
        at = found.end()
    return _Parser(core, call, tokens).whole()


def _refused() -> RefusedError:
    return RefusedError(400, "invalid", "Invalid Value", "q")


class _Parser:
    def __init__(self, core: Core, call: Call, tokens: list[tuple[str, str]]) -> None:
        self._core, self._call, self._tokens = core, call, tokens
        self._at = 0

    def whole(self) -> Query:
        found = self._expression()
        if self._at != len(self._tokens):
            raise _refused()
        return found

    def _next(self, *kinds: str) -> tuple[str, str]:
        if self._at >= len(self._tokens) or (kinds and self._tokens[self._at][0] not in kinds):
            raise _refused()
        self._at += 1
        return self._tokens[self._at - 1]

    def _is(self, *words: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][1] in words

    def _expression(self) -> Query:
        left = self._term()
        while self._is("and", "or"):
            word = self._next()[1]
            left = _joined(left, self._term(), word)
        return left

    def _term(self) -> Query:
        if self._is("not"):
            self._next()
            inner = self._term()
            return Query(lambda item: not inner.test(item), None, inner.names)
        if self._is("("):
            self._next()
            inner = self._expression()
            if self._next()[1] != ")":
                raise _refused()
            return inner
        kind, said = self._next("text", "word")
        return self._in(_unquoted(said)) if kind == "text" else self._compared(said)

    def _in(self, value: str) -> Query:
        if self._next("word")[1] != "in":
            raise _refused()
        place = self._next("word")[1]
        if place not in _PEOPLE:
            raise _refused()
        world = self._core.world
        if place == "parents":
            if value == "root":
                value = world.people[self._call.account].root
            return Query(lambda item: value in item.parents, frozenset({value}), frozenset({value}))
        email = self._call.account if value == "me" else value.lower()
        if place == "owners":
            return Query(lambda item: item.owner == email, None)
        rank = {"writers": {"writer", "fileOrganizer", "organizer", "owner"}}.get(place)

        def has(item: Item) -> bool:
            for (kind, to), layers in world.sharing.effective(item).layers.items():
                if kind in {"user", "group"} and to == email:
                    return rank is None or layers[0].grant.role in rank
            return False

        return Query(has, None)

    def _compared(self, place: str) -> Query:
        if place not in _PLACES:
            raise _refused()
        if place == "sharedWithMe" and not self._is("=", "!="):
            return Query(self._shared_with_me, None)
        op = self._next("op", "word")[1]
        if op not in _PLACES[place]:
            raise _refused()
        kind, said = self._next("text", "word")
        if kind == "word" and said not in {"true", "false"}:
            raise _refused()
        value = _unquoted(said) if kind == "text" else said
        return Query(self._test(place, op, value), None)

    def _test(self, place: str, op: str, value: str) -> Test:
        if place in {"trashed", "starred", "sharedWithMe"}:
            if value not in {"true", "false"}:
                raise _refused()
            wanted = (value == "true") == (op == "=")
            sharing = self._core.world.sharing
            if place == "trashed":
                return lambda item: sharing.trashed(item) is wanted
            if place == "starred":
                return lambda _: not wanted
            return lambda item: self._shared_with_me(item) is wanted
        if place in {"modifiedTime", "createdTime"}:
            moment, after = _moment(value), _COMPARED[op]
            field = "modified" if place == "modifiedTime" else "created"
            return lambda item: after(_sortable(getattr(item, field)), _sortable(moment))
        if op == "contains":
            return _containing(place, value)
        get: Callable[[Item], str] = {
            "name": lambda item: item.name,
            "mimeType": lambda item: item.media_type,
            "shortcutDetails.targetId": lambda item: item.target or "",
            "visibility": self._visibility,
        }[place]
        return lambda item: _COMPARED[op](get(item), value)

    def _shared_with_me(self, item: Item) -> bool:
        account = self._call.account
        if item.owner == account:
            return False
        principals = self._core.world.principals(account)
        return any(
            kind in {"user", "group"} and (kind, to) in principals for kind, to in item.grants
        )

    def _visibility(self, item: Item) -> str:
        layers = self._core.world.sharing.effective(item).layers
        for key, layer in sorted(layers.items()):
            if key[0] in {"anyone", "domain"}:
                found = any(one.grant.discoverable for one in layer)
                return key[0] + ("CanFind" if found else "WithLink")
        return "limited"


def _joined(left: Query, right: Query, word: str) -> Query:
    names = left.names | right.names
    if word == "and":
        # An item may have two parents: either side says enough of where to look.
        both = left.parents if left.parents is not None else right.parents
        return Query(lambda item: left.test(item) and right.test(item), both, names)
    either = None
    if left.parents is not None and right.parents is not None:
        either = left.parents | right.parents
    return Query(lambda item: left.test(item) or right.test(item), either, names)


def _containing(place: str, value: str) -> Test:
    wanted = value.lower()
    if place == "mimeType":
        return lambda item: item.media_type.startswith(wanted)

    def has(item: Item) -> bool:
        # Names are found by the beginnings of their words.
        name = item.name.lower()
        return any(name.startswith(wanted, at.start()) for at in re.finditer(r"\b\w", name))

    return has


def _unquoted(said: str) -> str:
    return re.sub(r"\\(.)", r"\1", said[1:-1], flags=re.DOTALL)


def _moment(value: str) -> float:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _refused() from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _sortable(moment: float) -> str:
    return f"{moment:020.3f}"
