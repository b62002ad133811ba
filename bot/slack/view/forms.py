"""The home tab, the form that asks for a reason, and a hand-over that is done."""

from __future__ import annotations

from collections.abc import Sequence

from bot.exchange import Language
from bot.indexed import IndexedSource
from bot.reply import WORDINGS
from bot.slack import actions
from bot.slack.view.layout import rich_text
from bot.slack.view.messages import usage
from bot.slack.view.text import filled, name, words
from bot.slack.view.values import Json, Part, plain_text

# Characters; what is longer is no remark on an answer.
_REASON = 1000
# So many sources fit the 250 kB of a view with room to spare.
_SOURCES = 200


def home_view(language: Language, indexed: Sequence[IndexedSource], bot_user: str) -> Json:
    """Return the home tab: how to use the bot, what is indexed, questions to begin with."""
    return {"type": "home", "blocks": rich_text(usage(language, indexed[:_SOURCES], bot_user))}


def reason_modal(turn: str, language: Language) -> Json:
    """Return the form that asks why the answer of a turn did not help.

    What comes of it is read by `bot.slack.actions.reason`.
    """
    words = WORDINGS[language]
    # Slack allows 24 characters in a title and on a button, 150 in a placeholder.
    return {
        "type": "modal",
        "callback_id": actions.REASON,
        "private_metadata": turn,
        "title": plain_text(words.feedback_title, 24),
        "submit": plain_text(words.send, 24),
        "close": plain_text(words.cancel, 24),
        "blocks": [
            {
                "type": "input",
                "block_id": actions.REASON_BLOCK,
                "optional": True,
                "label": plain_text(words.feedback_reason, 2000),
                "element": {
                    "type": "plain_text_input",
                    "action_id": actions.REASON_INPUT,
                    "multiline": True,
                    "max_length": _REASON,
                    "placeholder": plain_text(words.feedback_hint, 150),
                },
            }
        ],
    }


def resolved(blocks: Sequence[Json], who: str, language: Language) -> Part:
    """Return a hand-over that somebody has marked as done: its button gives way to a line.

    `blocks` are the message's own, as Slack sent them with the button's event; `who` is the name of
    the person, shown and not pinged. A message that is resolved already stays as it is.
    """
    line = filled(WORDINGS[language].resolved, who=name(who))
    kept = [block for block in blocks if not _resolves(block)]
    done = rich_text(line) if len(kept) < len(blocks) else []
    return Part(words(line), [*kept, *done])


def _resolves(block: Json) -> bool:
    return any(each.get("action_id") == actions.RESOLVE for each in block.get("elements", []))
