"""A call that Slack answers with `ok: false`."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """Carries the error's name and what else stands in the answer."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


def invalid_arguments(*problems: str) -> RefusedError:
    """Return Slack's refusal of malformed arguments, each problem in a line of its own."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return RefusedError("invalid_arguments", response_metadata={"messages": messages})
