"""Our own lines with what is filled in, and a message as words alone.

Knows nothing of answers, nor of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from string import Formatter

from bot.slack.view.safe import escaped, one_line
from bot.slack.view.values import Paragraph, Run, plain

# Slack refuses 4,001 characters when a message is changed (`msg_too_long`); it may count otherwise.
_MOST = 3000
# What is left of &amp; where an escaped text is cut.
_TORN = re.compile("&[a-z]{0,3}$")
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_NAME = 80


def mention(who: str) -> Run:
    """Return what pings a person (U…, W…) or group (S…); any other text is only shown."""
    if _USER.fullmatch(who):
        return Run(who, "user")
    return Run(who, "usergroup") if _GROUP.fullmatch(who) else name(who)


def name(who: str) -> Run:
    """Return somebody's name; it pings nobody."""
    return Run(one_line(who, _NAME))


def filled(template: str, **values: str | Run | Sequence[Run]) -> list[Paragraph]:
    """Return a line of `Wording`, a paragraph a line, with runs in the place of its fields."""
    return [plain(*_runs(line, values)) for line in template.split("\n")]


def _runs(template: str, values: dict[str, str | Run | Sequence[Run]]) -> Iterator[Run]:
    for text, field, _, _ in Formatter().parse(template):
        if text:
            yield Run(text)
        if field is not None:
            value = values[field]
            if isinstance(value, str):
                yield Run(value)
            elif isinstance(value, Run):
                yield value
            else:
                yield from value


def words(paragraphs: Sequence[Paragraph]) -> str:
    """Return a message as mrkdwn, never empty: for notifications, and where blocks do not show.

    It pings where runs do. What goes beyond 3,000 characters is left out; … stands for it.
    """
    said: list[str] = []
    left = _MOST
    for word in _words(paragraphs):
        if len(word) >= left:
            # A link or a name is there as a whole or not at all.
            said.append("" if word.startswith("<") else _TORN.sub("", word[: left - 1]))
            said.append("…")
            break
        said.append(word)
        left -= len(word)
    return "".join(said).strip() or "…"


def _words(paragraphs: Sequence[Paragraph]) -> Iterator[str]:
    for each in paragraphs:
        if not each.goes_on:
            yield {"bullet": "• ", "ordered": f"{each.number}. "}.get(each.kind, "")
        yield from (_word(run) for run in each.runs)
        yield "\n"


def _word(run: Run) -> str:
    if run.kind == "user":
        return f"<@{run.text}>"
    if run.kind == "usergroup":
        return f"<!subteam^{run.text}>"
    shown = escaped(run.text)
    return f"<{escaped(run.url)}|{shown}>" if run.kind == "link" else shown
