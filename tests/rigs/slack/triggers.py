"""What interactions hand out for a while: triggers (3 s, once), response URLs (30 min, 5 uses)."""

from __future__ import annotations

from dataclasses import dataclass

from rigs.slack.clock import Clock
from rigs.slack.refused import RefusedError
from rigs.slack.workspace import Message, Workspace

TRIGGER_S = 3.0
RESPONSE_S = 1800.0
RESPONSE_USES = 5


@dataclass
class _Trigger:
    user: str
    drawn: float
    view: str | None = None
    used: bool = False


@dataclass
class Response:
    """Where a response URL answers to."""

    channel: str
    user: str
    message: Message | None
    drawn: float
    used: int = 0


class Triggers:
    def __init__(self, clock: Clock, workspace: Workspace) -> None:
        self._clock = clock
        self._workspace = workspace
        self._triggers: dict[str, _Trigger] = {}
        self._responses: dict[str, Response] = {}

    def draw(self, user: str, view: str | None = None) -> str:
        """Return a trigger id of a person, pressed in a view or elsewhere."""
        drawn = f"{len(self._triggers) + 1}.{self._workspace.draw_token(12)}"
        self._triggers[drawn] = _Trigger(user, self._clock.now(), view)
        return drawn

    def spend(self, trigger: str) -> tuple[str, str | None]:
        """Return who pressed and in which view; raises RefusedError if it is used up or late."""
        found = self._triggers.get(trigger)
        if found is None:
            raise RefusedError("invalid_trigger_id")
        if found.used:
            raise RefusedError("exchanged_trigger_id")
        if self._clock.now() - found.drawn > self._clock.lasting(TRIGGER_S):
            raise RefusedError("expired_trigger_id")
        found.used = True
        return found.user, found.view

    def draw_response(self, channel: str, user: str, message: Message | None) -> str:
        """Return the path of a response URL."""
        path = f"actions/{self._workspace.team}/{self._workspace.draw_token()}"
        self._responses[path] = Response(channel, user, message, self._clock.now())
        return path

    def answer(self, path: str) -> Response:
        """Return where an answer belongs, and count it; raises RefusedError."""
        found = self._responses.get(path)
        if found is None:
            raise RefusedError("invalid_url")
        if self._clock.now() - found.drawn > self._clock.lasting(RESPONSE_S):
            raise RefusedError("expired_url")
        if found.used >= RESPONSE_USES:
            raise RefusedError("used_url")
        found.used += 1
        return found
