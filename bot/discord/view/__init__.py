"""Answers, lines and hand-overs as Discord shows them.

Pure: nothing here calls Discord. Whatever documents, models and people wrote is disarmed, so it can
name nobody, forge no link and break no block.
"""

from bot.discord.view.ids import (
    ACTIONS,
    REASON_FIELD,
    REASON_TEMPLATE,
    TEMPLATE,
    Action,
    Pressed,
    custom_id,
    pressed,
    reason_id,
    reason_turn,
)
from bot.discord.view.render import (
    Mention,
    line_text,
    mention,
    progress_text,
    render,
    resolved,
)
from bot.discord.view.text import literal
from bot.discord.view.values import LIMIT, Button, ButtonStyle, Part, size

__all__ = [
    "ACTIONS",
    "LIMIT",
    "REASON_FIELD",
    "REASON_TEMPLATE",
    "TEMPLATE",
    "Action",
    "Button",
    "ButtonStyle",
    "Mention",
    "Part",
    "Pressed",
    "custom_id",
    "line_text",
    "literal",
    "mention",
    "pressed",
    "progress_text",
    "reason_id",
    "reason_turn",
    "render",
    "resolved",
    "size",
]
