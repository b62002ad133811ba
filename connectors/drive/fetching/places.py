"""Asks for the ids that links to sheets and slides need; files are read without them too."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from connectors.drive.api import DriveUser, GoogleError
from connectors.drive.api.errors import NOT_ENABLED, SCOPES_LACK
from connectors.drive.values import File, Sheet, Slide

T = TypeVar("T")


class Places:
    """Asks the Sheets and Slides APIs, each until it says that it will not answer."""

    def __init__(self) -> None:
        self._closed: set[str] = set()
        """The APIs that are not enabled, or not in the scopes of the credentials."""
        self._lock = Lock()

    def sheets(self, user: DriveUser, file: File) -> tuple[Sheet, ...]:
        """Return the sheets of a spreadsheet; empty: they can not be had, links lead to the file.

        Raises `GoogleError` where asking again later makes sense.
        """
        return self._asked("sheets", lambda: user.sheets(file.id))

    def slides(self, user: DriveUser, file: File) -> tuple[Slide, ...]:
        """Return the slides of a presentation, in the same way."""
        return self._asked("slides", lambda: user.slides(file.id))

    def _asked(self, api: str, ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        if api in self._closed:
            return ()
        try:
            return ask()
        except GoogleError as error:
            if error.passing or error.ends_run or error.status is None:
                raise
            if error.reason in {NOT_ENABLED, SCOPES_LACK}:
                with self._lock:
                    self._closed.add(api)
            return ()
