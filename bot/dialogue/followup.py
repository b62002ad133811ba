"""A follow-up becomes a question that stands alone, by rule.

What it leaves unsaid is taken over from the question before. Knows nothing of documents: whether a
question is complete is told by its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.dialogue import english_followup, japanese, japanese_followup
from bot.dialogue.courtesies import is_courtesy
from bot.dialogue.prose import plain
from bot.dialogue.reading import Reading, read
from ingest.japanese import Analyzer
from ingest.sentences import sentences

TURNS = 4
"""Turns that are looked back."""
LONGEST = 300
"""Characters of a completed question."""
_FOLLOW_UP = 120
"""Characters up to which a question may be a follow-up: who writes more says what it is about."""

_LINKS = 10
"""Characters that join a follow-up to what it takes over."""

_LEAD = re.compile(
    r"\A(?:(?:じゃあ?|それじゃあ?|では|それでは|でしたら|だったら|それなら|なら|あと|あとは"
    r"|それと|ちなみに|なお|ところで|逆に|一方"
    r"|えっと|あの|すみません|もし|また|そして|で|また別で|別件ですが)[、,\s]+"
    r"|(?:じゃあ|それじゃあ?|ちなみに|それと|ところで|でしたら|それなら|あと))[、,\s]*"
)
_CHINESE = re.compile("[吗呢哪谁么这们吧您钱张个为时间请问说对还给过]")
"""Characters that Japanese writes otherwise: their sentences are not known here."""
_JAPANESE_MARK = re.compile("(?<=[ぁ-んァ-ヶー一-龠々)])[?!]")
_END = re.compile(r"[\s。.!?！？、,…〜~]+\Z")


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier turn of the conversation."""

    question: str
    """As it was searched: complete in itself."""
    answer: str
    """The statements that were shown; empty where there was no answer."""


def wants_more(text: str) -> bool:
    """Tell whether a message only asks for more of the answer before: もっと詳しく, tell me more.

    `Standalone` returns the former question for it; a longer answer suits it.
    """
    if len(text) > _FOLLOW_UP:
        return False
    words = _stripped(text)
    return japanese_followup.wants_more(words) or english_followup.wants_more(words)


class Standalone:
    """Completes follow-ups. May be shared between threads."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer

    def __call__(self, question: str, before: Sequence[Said]) -> str | None:
        """Return the question as it is searched, None where it is complete as it stands.

        `before` are the turns so far, oldest first; the last `TURNS` count. A result has at most
        `LONGEST` characters, with the forms of characters that NFKC gives.
        """
        if not before or len(question) > _FOLLOW_UP:
            return None
        asked = _stripped(question)
        if not asked or not _may_follow(asked):
            return None
        if not japanese.is_japanese(asked):
            return self._english(asked, before)
        follow = read(asked, self._analyzer)
        if japanese_followup.is_complete(follow):
            return None
        former = self._former(before)
        return japanese_followup.completed(follow, former, LONGEST) if former else None

    def _former(self, before: Sequence[Said]) -> Reading | None:
        """Return the last question that says what it is about, else the last one."""
        last = None
        for said in reversed(before[-TURNS:]):
            text = _normal(said.question[:LONGEST])
            if not text:
                continue
            reading = read(text, self._analyzer)
            if reading.has_topic or not japanese.is_japanese(text):
                return reading
            last = last or reading
        return last

    def _english(self, asked: str, before: Sequence[Said]) -> str | None:
        former = next((f for s in reversed(before[-TURNS:]) if (f := _normal(s.question))), "")
        room = LONGEST - len(asked) - _LINKS
        if not former or room < 0:
            return None
        completed = english_followup.completed(asked, former[:room])
        return completed if completed and len(completed) <= LONGEST else None


def _normal(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return _JAPANESE_MARK.sub(lambda mark: chr(ord(mark[0]) + 0xFEE0), text)


def _stripped(question: str) -> str:
    """Return a question without what leads to it (ありがとうございます。ちなみに…) and its mark."""
    text = _normal(plain(question))
    spans = sentences(text)
    while len(spans) > 1 and is_courtesy(text[slice(*spans[0])].lower()):
        spans = spans[1:]
    text = text[spans[0][0] :] if spans else ""
    text = _END.sub("", text)
    for _ in range(2):
        text = _LEAD.sub("", text)
    return text


def _may_follow(asked: str) -> bool:
    """Tell whether a text asks at all, in a language whose sentences are known here."""
    words = asked.lower()
    return not (is_courtesy(words) or japanese.is_echo(words) or _CHINESE.search(words))
