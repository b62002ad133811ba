"""The tree of files that is remembered between runs: what lies where, who may read it.

A change log tells of a folder that moved, not of what is below it; of what was deleted, only an id.
Losing the memory costs requests, never correctness. A run that is lost is taken back: its cursor
was not saved, so that the next one reads the same changes again, on the tree that they belong to.
Sources may share a file. Knows nothing of Google.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from connectors.base import Readers
from connectors.drive.database import Memory, Row
from connectors.drive.nodes import Node, packed, unpacked
from connectors.drive.values import FOLDER

FORMAT = "1"
"""Changes when what is written down here means another thing."""
_GROUP = "group:google:"
_KEPT = 3
"""Runs that can be taken back."""
_BATCH = 500
"""Ids a query."""
_COLUMNS = "id, log, kind, listed, target, readers, until, stamp, parents, file"
_ID, _PARENTS = 0, 8


class Tree:
    """The tree of one source, in one run."""

    def __init__(self, memory: Memory, name: str) -> None:
        """`name` tells the account and the scope."""
        self._memory = memory
        self._owner = secrets.token_hex(8)
        self._run = 0
        self._journals = False
        """Whether this run can be taken back."""
        self._numbers: dict[Readers | str, int] = {}
        self._values: dict[int, Readers | str] = {}
        with memory.writing() as database:
            database.execute("INSERT OR IGNORE INTO trees (name) VALUES (?)", (FORMAT + name,))
        self._tree = int(
            memory.rows("SELECT tree FROM trees WHERE name = ?", [FORMAT + name])[0][0]
        )

    # Runs

    def begin(self, stamp: str | None) -> bool:
        """Begin a run where the one that returned `stamp` ended; return whether that is possible.

        If not, or with None, everything has to be listed: what is remembered may be of any time.
        """
        query = "SELECT run, began, ended FROM runs WHERE tree = ? ORDER BY run"
        with self._memory.writing() as database:
            database.execute("UPDATE trees SET owner = ? WHERE tree = ?", (self._owner, self._tree))
            runs = database.execute(query, (self._tree,)).fetchall()
            self._run = runs[-1][0] + 1 if runs else 1
            known = stamp is None or self._return_to(database, runs, stamp)
            held = database.execute("SELECT 1 FROM nodes WHERE tree = ? LIMIT 1", (self._tree,))
            self._journals = held.fetchone() is not None and known
            if not self._journals:
                database.execute("DELETE FROM runs WHERE tree = ?", (self._tree,))
                database.execute("DELETE FROM journal WHERE tree = ?", (self._tree,))
            began = stamp
            if stamp is None and runs and self._journals:
                began = runs[-1][2]  # a full listing goes on from whatever the last run left
            database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, NULL)", (self._tree, self._run, began)
            )
            for table in ("runs", "journal"):
                database.execute(
                    f"DELETE FROM {table} WHERE tree = ? AND run <= ?",  # noqa: S608 - names of ours
                    (self._tree, self._run - _KEPT),
                )
        return known and stamp is not None

    def end(self) -> str:
        """End the run, and return its stamp: what a later run may go on from."""
        stamp = secrets.token_hex(8)
        with self._memory.writing() as database:
            # Not where another process began a run meanwhile: then this one is nobody's past.
            database.execute(
                "UPDATE runs SET ended = ? WHERE tree = ? AND run = ? AND EXISTS"
                " (SELECT 1 FROM trees WHERE tree = ? AND owner = ?)",
                (stamp, self._tree, self._run, self._tree, self._owner),
            )
        return stamp

    def _return_to(self, database: sqlite3.Connection, runs: list[Row], stamp: str) -> bool:
        """Take back the runs after the one that ended with `stamp`."""
        ends = [run for run, _, ended in runs if ended == stamp]
        begins = [run for run, began, _ in runs if began == stamp]
        if not ends and not begins:
            return False
        first = ends[-1] + 1 if ends else begins[0]
        for run, _, _ in reversed(runs):
            if run >= first:
                self._take_back(database, run)
        return True

    def _take_back(self, database: sqlite3.Connection, run: int) -> None:
        query = "SELECT id, row FROM journal WHERE tree = ? AND run = ?"
        for identity, row in database.execute(query, (self._tree, run)).fetchall():
            self._drop(database, identity)
            if row is not None:
                self._insert(database, json.loads(row), run=0)  # no run has seen it
        for table in ("runs", "journal"):
            database.execute(
                f"DELETE FROM {table} WHERE tree = ? AND run = ?",  # noqa: S608 - names of ours
                (self._tree, run),
            )

    # Reading

    def get(self, identity: str) -> Node | None:
        """Return what is remembered of a file; None: nothing."""
        return self.among([identity]).get(identity)

    def among(self, ids: Iterable[str]) -> dict[str, Node]:
        """Return what is remembered of these files, by id."""
        found = {}
        for some in _batches(ids):
            for row in self._find(_COLUMNS, f"id IN ({_marks(some)})", some):
                found[row[_ID]] = self._node(row)
        return found

    def children(self, parents: Iterable[str]) -> set[str]:
        """Return the ids of what lies in these folders, one level down."""
        found: set[str] = set()
        for some in _batches(parents):
            query = f"SELECT child FROM edges WHERE tree = ? AND parent IN ({_marks(some)})"  # noqa: S608
            found.update(row[0] for row in self._memory.rows(query, [self._tree, *some]))
        return found

    def below(self, folders: Iterable[str]) -> set[str]:
        """Return the ids of all that lies below these folders; cycles end."""
        found: set[str] = set()
        level = set(folders)
        while level:
            level = self.children(level) - found
            found |= level
        return found

    def shortcuts_to(self, target: str) -> list[Node]:
        """Return the shortcuts that lead to a file."""
        return [self._node(row) for row in self._find(_COLUMNS, "target = ?", [target])]

    def unseen(self, log: str) -> set[str]:
        """Return the ids of what a log tells of, and this run did not see."""
        return {row[0] for row in self._find("id", "log = ? AND run < ?", [log, self._run])}

    def seen(self, ids: Iterable[str]) -> set[str]:
        """Return which of these this run saw."""
        found: set[str] = set()
        for some in _batches(ids):
            condition = f"run = ? AND id IN ({_marks(some)})"
            found.update(row[0] for row in self._find("id", condition, [self._run, *some]))
        return found

    def folders(self, ids: Iterable[str]) -> set[str]:
        """Return which of these are folders."""
        found: set[str] = set()
        for some in _batches(ids):
            condition = f"kind = ? AND id IN ({_marks(some)})"
            found.update(row[0] for row in self._find("id", condition, [FOLDER, *some]))
        return found

    def shortcuts(self) -> dict[str, str]:
        """Return what shortcuts lead to, by their ids."""
        return dict(self._find("id, target", "target IS NOT NULL", []))

    def of_log(self, log: str) -> set[str]:
        """Return the ids of all that a log tells of."""
        return {row[0] for row in self._find("id", "log = ?", [log])}

    def logs(self) -> set[str]:
        """Return the logs that tell of anything."""
        return {row[0] for row in self._find("DISTINCT log", "1", [])}

    def samples(self, log: str, folder: str, first: str) -> list[Node]:
        """Return a few documents that a log tells of and whose permissions may be asked for.

        `first`: an id that comes before others; then those that lie in a folder.
        """
        order = "id != ?, parents != ?, id LIMIT 20"
        condition = f"log = ? AND readers IS NOT NULL ORDER BY {order}"
        found = [self._node(row) for row in self._find(_COLUMNS, condition, [log, first, folder])]
        return [node for node in found if node.file.can_share and not node.file.limited][:3]

    def groups(self) -> set[str]:
        """Return the e-mail addresses of all groups that readers name."""
        found: set[str] = set()
        for (number,) in self._find("DISTINCT readers", "readers IS NOT NULL", []):
            readers = self._readers(number)
            for layer in readers if not isinstance(readers, str) else ():
                found.update(one.removeprefix(_GROUP) for one in layer if one.startswith(_GROUP))
        return found

    def due(self, now: float) -> set[str]:
        """Return the ids of what has to be looked at again."""
        return {row[0] for row in self._find("id", "until <= ?", [now])}

    def former(self, identity: str) -> str | None:
        """Return the log that told of a file which is no longer remembered."""
        query = "SELECT row FROM journal WHERE tree = ? AND id = ? AND row IS NOT NULL"
        rows = self._memory.rows(f"{query} ORDER BY run DESC LIMIT 1", [self._tree, identity])
        return str(json.loads(rows[0][0])[1]) if rows else None

    # Writing

    def put(self, nodes: Iterable[Node]) -> None:
        """Remember these files as they are now."""
        rows = {node.file.id: self._row(node) for node in nodes}
        if not rows:
            return
        with self._memory.writing() as database:
            for some in _batches(rows):
                held = self._held(database, some)
                changed = [one for one in some if held.get(one) != rows[one]]
                self._note(database, {one: held.get(one) for one in changed})
                for one in changed:
                    if one in held and held[one][_PARENTS] != rows[one][_PARENTS]:
                        self._drop(database, one)
                    self._insert(database, rows[one], run=self._run)
                database.executemany(
                    "UPDATE nodes SET run = ? WHERE tree = ? AND id = ?",
                    [(self._run, self._tree, one) for one in some],
                )

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these files."""
        with self._memory.writing() as database:
            for some in _batches(ids):
                self._note(database, self._held(database, some))
                for one in some:
                    self._drop(database, one)

    def _held(self, database: sqlite3.Connection, ids: list[str]) -> dict[str, Row]:
        query = f"SELECT {_COLUMNS} FROM nodes WHERE tree = ? AND id IN ({_marks(ids)})"  # noqa: S608
        return {row[_ID]: row for row in database.execute(query, (self._tree, *ids))}

    def _note(self, database: sqlite3.Connection, rows: dict[str, Any]) -> None:
        """Write down how it was before this run."""
        if self._journals:
            database.executemany(
                "INSERT OR IGNORE INTO journal VALUES (?, ?, ?, ?)",
                [
                    (self._tree, self._run, one, json.dumps(row) if row else None)
                    for one, row in rows.items()
                ],
            )

    def _insert(self, database: sqlite3.Connection, row: Iterable[Any], *, run: int) -> None:
        values = list(row)
        database.execute(
            f"INSERT OR REPLACE INTO nodes (tree, run, {_COLUMNS})"  # noqa: S608 - names of ours
            f" VALUES ({_marks([None, None, *values])})",
            (self._tree, run, *values),
        )
        database.executemany(
            "INSERT OR IGNORE INTO edges VALUES (?, ?, ?)",
            [(self._tree, parent, values[_ID]) for parent in values[_PARENTS].split()],
        )

    def _drop(self, database: sqlite3.Connection, identity: str) -> None:
        key = (self._tree, identity)
        found = database.execute("SELECT parents FROM nodes WHERE tree = ? AND id = ?", key)
        row = found.fetchone()
        for parent in row[0].split() if row else ():
            database.execute(
                "DELETE FROM edges WHERE tree = ? AND parent = ? AND child = ?",
                (self._tree, parent, identity),
            )
        database.execute("DELETE FROM nodes WHERE tree = ? AND id = ?", key)

    def _find(self, columns: str, condition: str, values: Collection[Any]) -> list[Row]:
        query = f"SELECT {columns} FROM nodes WHERE tree = ? AND {condition}"  # noqa: S608
        return self._memory.rows(query, [self._tree, *values])

    def _row(self, node: Node) -> Row:
        file = node.file
        number = None if node.readers is None else self._number(node.readers)
        parents = " ".join(file.parents)
        return (
            *(file.id, node.log, file.media_type, int(node.listed), file.target),
            *(number, node.until, node.stamp, parents, packed(file)),
        )

    def _node(self, row: Row) -> Node:
        identity, log, kind, listed, _, number, until, stamp, _, file = row
        readers = None if number is None else self._readers(number)
        return Node(unpacked(identity, kind, file), log, bool(listed), readers, until, stamp)

    def _number(self, readers: Readers | str) -> int:
        if readers not in self._numbers:
            value = json.dumps(
                readers if isinstance(readers, str) else [sorted(layer) for layer in readers]
            )
            with self._memory.writing() as database:
                database.execute("INSERT OR IGNORE INTO readers (value) VALUES (?)", (value,))
            found = self._memory.rows("SELECT number FROM readers WHERE value = ?", [value])
            self._numbers[readers] = int(found[0][0])
        return self._numbers[readers]

    def _readers(self, number: int) -> Readers | str:
        if number not in self._values:
            found = self._memory.rows("SELECT value FROM readers WHERE number = ?", [number])
            value = json.loads(found[0][0])
            self._values[number] = (
                value if isinstance(value, str) else tuple(frozenset(layer) for layer in value)
            )
        return self._values[number]


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    some = list(dict.fromkeys(ids))
    return (some[start : start + _BATCH] for start in range(0, len(some), _BATCH))


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))
