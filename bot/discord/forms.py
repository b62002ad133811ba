"""The form that asks why an answer was not helpful. Knows nothing of votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.discord import view
from bot.exchange import Language
from bot.reply import WORDINGS

_ROW, _INPUT, _PARAGRAPH = 1, 4, 2
_LONGEST = 1_000
"""Characters of a reason."""


def reason_form(turn: str, language: Language) -> dict[str, Any]:
    """Return the form as Discord takes it."""
    words = WORDINGS[language]
    asked = {
        "type": _INPUT,
        "custom_id": view.REASON_FIELD,
        "style": _PARAGRAPH,
        "label": words.feedback_reason,
        "placeholder": words.feedback_hint,
        "required": False,
        "max_length": _LONGEST,
    }
    return {
        "custom_id": view.reason_id(turn),
        "title": words.feedback_title,
        "components": [{"type": _ROW, "components": [asked]}],
    }


def written(data: Mapping[str, Any]) -> str:
    """Return the reason that somebody wrote into the form; empty: none."""
    return next((str(one.get("value") or "") for one in _fields(data)), "").strip()


def _fields(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    inner = [*data.get("components", ()), *([data["component"]] if "component" in data else [])]
    found = [one for one in inner if one.get("custom_id") == view.REASON_FIELD]
    return found + [field for one in inner for field in _fields(one)]
