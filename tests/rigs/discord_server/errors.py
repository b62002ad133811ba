"""Refusals as Discord words them: a status, a code, a sentence, and where in the body it is wrong.

The codes and sentences are those of Discord's page "Opcodes and Status Codes".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30034: (429, "Max number of daily application command creates has been reached (200)"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160004: (400, "A thread has already been created for this message"),
}


class ApiError(Exception):
    """A request that is refused; `status` and `body` are what the client gets."""

    def __init__(self, status: int, code: int, message: str, errors: Any = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


def refused(code: int) -> ApiError:
    """Return the refusal of this code."""
    status, sentence = _SENTENCES[code]
    return ApiError(status, code, sentence)


class Form:
    """What is wrong with a body, collected before it is refused as a whole (50035)."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        """Note a mistake at a place such as `embeds.0.title`."""
        node = self._errors
        for step in path.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def longest(self, path: str, value: Any, limit: int, *, least: int = 0) -> None:
        """Ask for text of `least` to `limit` characters; nothing is asked of None."""
        if value is None:
            return
        if not isinstance(value, str):
            self.wrong(path, "BASE_TYPE_STRING", "Could not interpret value as string.")
        elif len(value) > limit and least:
            between = f"Must be between {least} and {limit} in length."
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", between)
        elif len(value) > limit:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
        elif len(value) < least:
            between = f"Must be between {least} and {limit} in length."
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", between)

    def most(self, path: str, values: Any, limit: int) -> list[Any]:
        """Ask for a list of at most `limit`; return it, empty where it is none."""
        if values is None:
            return []
        if not isinstance(values, list):
            self.wrong(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if len(values) > limit:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
        return values

    def required(self, path: str) -> None:
        """Note that something is missing."""
        self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")

    def refuse(self) -> None:
        """Raise ApiError where anything was noted."""
        if self._errors:
            raise ApiError(400, 50035, "Invalid Form Body", self._errors)


def invalid(path: str, code: str, message: str) -> ApiError:
    """Return the refusal of a body for one mistake."""
    form = Form()
    form.wrong(path, code, message)
    return ApiError(400, 50035, "Invalid Form Body", form._errors)


def limited(retry_after: float, *, everywhere: bool) -> Mapping[str, Any]:
    """Return the body of a 429."""
    return {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": everywhere,
    }
