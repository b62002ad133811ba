"""The statements of an answer while it is being written, as markdown text for Slack's streams.

Knows nothing of blocks: what is streamed gives way to them in the end.
"""

from __future__ import annotations

from bot.exchange import Answer, Language, Statement
from bot.reply import WORDINGS
from bot.slack.view.safe import clean

# Slack does not say what a stream makes of <!channel> or @here. A joiner of no width keeps them
# from being anything, even if entities are read first.
_NAMELESS = {"&": "&amp;", "<": "&lt;\u2060", ">": "&gt;", "@": "@\u2060"}
# A model's bold and lists may show at once; its links and code wait until they can be read safely.
_WRITTEN = str.maketrans({**_NAMELESS, **{mark: f"\\{mark}" for mark in "\\`["}})
_QUOTED = str.maketrans({**_NAMELESS, **{mark: f"\\{mark}" for mark in "\\`[]*_~#|"}})


def stream_text(answer: Answer, language: Language) -> str:
    """Return the statements so far, as markdown text for Slack's streams.

    While an answer only grows, so does this: what was returned before is its beginning. The whole
    answer with its sources takes its place in the end (`render`).
    """
    if not answer.statements:
        return ""
    *done, growing = answer.statements
    noted = f"{WORDINGS[language].model_away}\n" if answer.model_away else ""
    return noted + "".join(_whole(part, language) for part in done) + _begun(growing, language)


def _begun(part: Statement, language: Language) -> str:
    """Return a statement that may still grow: without what stands behind it."""
    text = clean(part.text).strip()
    if not part.verbatim:
        return text.translate(_WRITTEN)
    return _quotes(language)[0] + text.translate(_QUOTED)


def _whole(part: Statement, language: Language) -> str:
    numbers = "".join(f"[{number}]" for number in part.references)
    closing = _quotes(language)[1] if part.verbatim else ""
    return f"{_begun(part, language)}{closing}{numbers}\n"


def _quotes(language: Language) -> str:
    return "「」" if language == "ja" else "“”"
