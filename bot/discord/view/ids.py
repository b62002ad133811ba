"""Custom ids of buttons and forms: the one thing that Discord hands back after a restart.

Knows nothing of what an action does. Messages of earlier versions stay in channels for years: an id
that has been released keeps its meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

Action = Literal["more", "up", "down", "ask", "share", "rephrase", "resolve"]
"""詳しく, 👍, 👎, 担当者に聞く, 共有する, 質問を言い換える, 解決済みにする."""

TEMPLATE: Final = r"kurage:(?P<action>more|up|down|ask|share|rephrase|resolve):(?P<turn>\w{1,40})"
"""What every button's id matches as a whole; for `discord.ui.DynamicItem`. At most 56 of the 100
characters that Discord allows."""

REASON_TEMPLATE: Final = r"kurage:reason:(?P<turn>\w{1,40})"
"""What the id of the form matches that asks for the reason of a 👎."""

REASON_FIELD: Final = "reason"
"""The id of the form's one field."""

_BUTTON = re.compile(TEMPLATE, re.ASCII)
_REASON = re.compile(REASON_TEMPLATE, re.ASCII)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button's id says."""

    action: Action
    turn: str
    """Whose answer it stands under; for `resolve` the hand-over's own turn."""


def custom_id(action: Action, turn: str) -> str:
    """Return the id of a button. Raises ValueError where it could not be read again."""
    made = f"kurage:{action}:{turn}"
    if not _BUTTON.fullmatch(made):
        raise ValueError(f"no id of a button can be made of {action!r} and {turn!r}")
    return made


def pressed(custom_id: str) -> Pressed | None:
    """Return what was pressed; None: it is no button of this bot."""
    found = _BUTTON.fullmatch(custom_id)
    return Pressed(cast("Action", found["action"]), found["turn"]) if found else None


def reason_id(turn: str) -> str:
    """Return the id of the form that asks for the reason of a 👎; raises ValueError as above."""
    made = f"kurage:reason:{turn}"
    if not _REASON.fullmatch(made):
        raise ValueError(f"no id of a form can be made of {turn!r}")
    return made


def reason_turn(custom_id: str) -> str | None:
    """Return the turn that a form belongs to; None: it is no form of this bot."""
    found = _REASON.fullmatch(custom_id)
    return found["turn"] if found else None


ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
