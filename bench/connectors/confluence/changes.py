"""What people do to the loopback Confluence between two syncs, and whether a search shows it.

Knows nothing of how long that takes.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.connectors.home import Held, Mirror


@dataclass(frozen=True)
class Day:
    """How many of each."""

    edited: int = 100
    renamed: int = 20
    deleted: int = 10
    restricted: int = 5
    commented: int = 50

    @property
    def changes(self) -> int:
        """All of them."""
        return self.edited + self.renamed + self.deleted + self.restricted + self.commented


@dataclass(frozen=True)
class Done:
    """What was done, so that it can be looked for."""

    words: tuple[tuple[str, str], ...]
    """Page and words that only its edit or title has."""
    deleted: tuple[str, ...]
    restricted: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]
    """Thread and words that only its comment has."""


def make(rig: Any, pages: Sequence[str], day: Day, *, seed: int) -> Done:
    """Change the site; each page is hit once at most."""
    drawn = random.Random(seed)
    chosen = iter(drawn.sample(list(pages), day.changes))
    words = []
    for _ in range(day.edited):
        page, word = next(chosen), _word(drawn)
        rig.site.edit(page, _body(word))
        words.append((page, word))
    for _ in range(day.renamed):
        page, word = next(chosen), _word(drawn)
        rig.site.rename(page, f"{word} についての手引き")
        words.append((page, word))
    deleted = tuple(next(chosen) for _ in range(day.deleted))
    for page in deleted:
        rig.site.delete(page)
    person = rig.site.add_user(f"担当者{seed}", f"tanto{seed}@example.co.jp")
    restricted = tuple(next(chosen) for _ in range(day.restricted))
    for page in restricted:
        rig.site.restrict(page, users=[person])
    comments = []
    for _ in range(day.commented):
        word = _word(drawn)
        thread = rig.site.comment(next(chosen), f"<p>{word} の件を確認しました。</p>")
        comments.append((thread, word))
    return Done(tuple(words), deleted, restricted, tuple(comments))


def _word(drawn: random.Random) -> str:
    """Return a word that no page has."""
    return "".join(drawn.choices(string.ascii_lowercase, k=12))


def _body(word: str) -> str:
    """Return a page of some 5 kB that says the word once."""
    sentence = "この手順は、担当の部門が毎月見直して、総務部に届け出ることになっています。"
    sections = (f"<h2>改訂 {number}</h2><p>{sentence * 4}</p>" for number in range(10))
    return f"<p>{word} の手順です。</p>{''.join(sections)}"


def unseen(mirror: Mirror, held: Held, done: Done) -> list[str]:
    """Return what a search does not show as it should, one line each; `held` is the index."""
    with mirror.searching() as finds:
        lost = [
            f"{document} is not found by {word}"
            for document, word in (*done.words, *done.comments)
            if document not in finds(word)
        ]
    left = [f"{page} is deleted and still there" for page in done.deleted if page in held.urls]
    return lost + left
