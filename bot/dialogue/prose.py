"""The words of a chat message: without code, quotations, links, mentions and emoji.

Knows the marks of Slack and Discord as far as they say nothing in words, and nothing of intents.
"""

from __future__ import annotations

import re
import unicodedata

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.MULTILINE)
# Slack writes <https://…|label>, Discord and Markdown [label](https://…): a label is words.
_LABELLED = re.compile(r"<(?:https?|mailto|tel):[^<|>\s]*\|([^<>]*)>|\[([^\[\]\n]*)\]\([^()\s]*\)")
_LINK = re.compile(
    r"<?(?:https?|ftp|file)://[^\s<>「」（）、。]+>?|<(?:mailto|tel):[^<>]*>|\bwww\.\S+"
)
_TOKEN = re.compile(
    r"<(?:@[!&]?|#|!)[^<>\s|]*(?:\|[^<>]*)?>"  # <@U1>, <#C1|general>, <!subteam^S1|@hr>, <!here>
    r"|<a?:\w+:\d+>|</[^<:>]+:\d+>|<t:-?\d+(?::\w)?>"  # Discord's emoji, commands and times
    r"|<!date\^[^<>]*>|@(?:here|channel|everyone)\b"
)
_ASKING_EMOJI = re.compile(r":(?:grey_)?question:|:interrobang:|[❓❔]\ufe0f?")
_EMOJI_CODE = re.compile(r":[a-z0-9_+'\-]{1,60}:(?::skin-tone-\d:)?", re.IGNORECASE)
_CLOCK = re.compile(r":\d+:")
"""12:30:45 holds no emoji."""
# By block rather than by a table: what stands there is a picture, also those still to come.
# ℹ, ™, ㊗ and the like would become letters by NFKC.
_EMOJI = re.compile(
    r"[0-9#*]\ufe0f?\u20e3"
    r"|[\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\u2190-\u21ff\u25a0-\u25ff"
    r"\u2122\u2139\u3297\u3299\u00a9\u00ae\u303d\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f]"
)
# 笑, (笑), w and www are no words where they end something.
_LAUGHTER = re.compile(
    r"(?<![0-9a-z])w+(?![0-9a-z])|\((?:笑|汗|泣|苦笑|爆笑|涙)\)"
    r"|(?<=[^一-龠])(?:笑|汗|泣|草)+(?=\s|[。!！?？、]|\Z)|\A(?:笑|草)+\Z|\b(?:lol|lmao|haha+"
    r"|hehe)\b"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")


def said(text: str) -> str:
    """Return all that a message says in words, quotations and code too: NFKC, lower case."""
    return plain(text.replace("`", " ")).lower()


def prose(text: str) -> str:
    """Return what somebody says in own words: neither quoted lines nor code. NFKC, lower case."""
    return plain(_QUOTED.sub("\n", _CODE.sub(" ", text))).lower()


def plain(text: str) -> str:
    """Return a text in NFKC without links, mentions, emoji and laughter; its case stays."""
    text = _LABELLED.sub(lambda match: match[1] or match[2] or " ", text)
    text = _LINK.sub(" ", _TOKEN.sub(" ", text))
    text = _EMOJI.sub(" ", _without_codes(_ASKING_EMOJI.sub("?", text)))
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return _BLANKS.sub(" ", _LAUGHTER.sub(" ", text)).strip()


def _without_codes(text: str) -> str:
    return _EMOJI_CODE.sub(lambda m: m[0] if _CLOCK.fullmatch(m[0]) else " ", text)
