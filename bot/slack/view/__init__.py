"""Answers, lines and forms as Slack shows them.

Pure: nothing here calls Slack. Whatever documents, models and people wrote goes into elements that
Slack does not read for markup, so it can name nobody, forge no link and break no block.
"""

from bot.slack.view.forms import home_view, reason_modal, resolved
from bot.slack.view.messages import render
from bot.slack.view.safe import line_text
from bot.slack.view.stream import stream_text
from bot.slack.view.values import Json, Part

__all__ = [
    "Json",
    "Part",
    "home_view",
    "line_text",
    "reason_modal",
    "render",
    "resolved",
    "stream_text",
]
