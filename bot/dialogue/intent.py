"""What a message wants: words of its own, help, thanks, an answer."""

from __future__ import annotations

import re

from bot.dialogue import courtesies, english, japanese
from bot.dialogue.prose import prose, said
from ingest.sentences import sentences

_JAPANESE_MARK = re.compile(r"(?<=[ぁ-んァ-ヶー一-龠々])\?")
_TURN = 120
"""Characters of what goes on from an answer, at most."""
_SHORT = 2_000
"""Characters of a message that are looked at; a longer one is no question."""


def has_words(text: str) -> bool:
    """Tell whether a text says anything: not only emoji, links, mentions, digits or punctuation.

    A word needs a letter: `1`, `！` and `:smile:` have none, `E-210` and `はい` do.
    """
    return any(character.isalpha() and character != "ー" for character in said(text[:_SHORT]))


def is_usage(text: str) -> bool:
    """Tell whether somebody wants to know how the bot is used: 使い方, help, ヘルプ.

    Not how something else is used: VPNの使い方は？
    """
    return len(text) <= _SHORT and courtesies.asks_for_help(prose(text))


def is_thanks(text: str) -> bool:
    """Tell whether a message only thanks, greets or confirms, and asks for nothing beside."""
    if len(text) > _SHORT:
        return False
    words = prose(text)
    return courtesies.is_courtesy(words) and "?" not in words and not is_question(text)


def is_greeting(text: str) -> bool:
    """Tell whether a message only greets: such a one is thanked for nothing."""
    return is_thanks(text) and courtesies.is_greeting(prose(text))


def is_question(text: str) -> bool:
    """Tell whether a message asks: ？ ? か。 でしょうか, 教えて, what, how and so on.

    What is quoted, written as code or part of a link asks nothing, nor does an echo: そうですか。
    """
    return any(map(_asks, _sentences(prose(text[:_SHORT]))))


def is_follow_up(text: str) -> bool:
    """Tell whether a message goes on from an answer: それは…, 英語版は, じゃあ…, and so on.

    Asked of what the asker writes below the answer; a statement (それで大丈夫です) goes nowhere.
    """
    if is_question(text):
        return True
    if not has_words(text) or is_thanks(text):
        return False
    words = prose(text)
    last = _sentences(words)[-1:]
    if not last or len(words) > _TURN:
        return False
    return _goes_on(last[0])


def _sentences(words: str) -> list[str]:
    # The full-width mark ends a sentence whatever follows: 決まったの？4台
    marked = _JAPANESE_MARK.sub("？", words)
    return [words[begin:end] for begin, end in sentences(marked)]


def _goes_on(last: str) -> bool:
    return japanese.goes_on(last) if japanese.is_japanese(last) else english.goes_on(last)


def _asks(sentence: str) -> bool:
    if japanese.is_japanese(sentence):
        return japanese.asks(sentence) or english.begins(sentence)
    return english.asks(sentence)
