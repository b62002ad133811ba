"""Fetches files: native ones are exported, others downloaded, several at once, a little ahead.

Knows which export has what a link needs; knows nothing of readers, nor of how text is taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from connectors.drive.api import DriveUser, GoogleError
from connectors.drive.exported import MEDIA_TYPE, Exported, Kind
from connectors.drive.fetching import reasons
from connectors.drive.fetching.places import Places
from connectors.drive.fetching.trouble import nothing_more_comes
from connectors.drive.values import DOCUMENT, NATIVE, PRESENTATION, SPREADSHEET, File
from connectors.http import TooLargeError
from connectors.run_ahead import Job, ahead

AT_ONCE: Final = 8
"""Files that are fetched or wait to be taken; how many requests run at once, the API decides."""
_WEIGHT: Final = 64_000_000
"""Bytes that are fetched at once, unless one file alone has more."""
_EXPORT_WEIGHT: Final = 8_000_000
"""What an export counts for: nobody tells its size. Above 10 MB it comes by its link."""

HTML: Final = "text/html"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_EXPORTS: Final[dict[str, tuple[Kind, str]]] = {
    DOCUMENT: ("document", HTML),
    SPREADSHEET: ("spreadsheet", XLSX),
    PRESENTATION: ("presentation", PPTX),
}


class Fetched(NamedTuple):
    """A file with its bytes."""

    file: File
    body: bytes
    media_type: str
    """Of the body: `exported.MEDIA_TYPE` for native files, else as Drive declares it."""


class Unfetched(NamedTuple):
    """A file that could not be fetched; the others can."""

    file: File
    reason: str
    """Says what to change; without the file's name."""


class Fetcher:
    """Fetches some files."""

    def __init__(self, user_of: Callable[[File], DriveUser], max_bytes: int) -> None:
        """`user_of` tells who may read a file; one above `max_bytes` is not read."""
        self._user_of = user_of
        self._max_bytes = max_bytes
        self._places = Places()

    def all(self, files: Sequence[File]) -> Iterator[Fetched | Unfetched]:
        """Yield each file once, in any order, or why it could not be fetched.

        Raises `ConnectorError` where nothing more can be fetched: the credentials are not accepted
        any more, or the service is away.
        """
        jobs = (Job(partial(self._fetch, file), self._weight(file)) for file in files)
        yield from ahead(jobs, at_once=AT_ONCE, most=_WEIGHT, name="drive")

    def _weight(self, file: File) -> int:
        if file.media_type in _EXPORTS:
            return min(_EXPORT_WEIGHT, self._max_bytes)
        return min(file.size or 0, self._max_bytes)

    def _fetch(self, file: File) -> list[Fetched | Unfetched]:
        reason = self._refused_at_once(file)
        if reason:
            return [Unfetched(file, reason)]
        user = self._user_of(file)
        try:
            if file.media_type in _EXPORTS:
                body, media_type = self._exported(user, file), MEDIA_TYPE
            else:
                body = user.download(file, max_bytes=self._max_bytes)
                media_type = file.media_type
        except TooLargeError:
            return [Unfetched(file, reasons.too_large(None, self._max_bytes))]
        except GoogleError as error:
            if nothing_more_comes(user, error):
                raise
            return [Unfetched(file, reasons.of(error))]
        return [Fetched(file, body, media_type)]

    def _refused_at_once(self, file: File) -> str | None:
        """Return why a file need not be asked for; None: it must be."""
        if file.encrypted:
            return reasons.ENCRYPTED
        if file.media_type.startswith(NATIVE) and file.media_type not in _EXPORTS:
            return reasons.NO_EXPORT
        if not file.can_download:
            return reasons.NOT_ALLOWED
        # The size of a native file is what it takes of its owner's storage, not of its export.
        if file.media_type not in _EXPORTS and (file.size or 0) > self._max_bytes:
            return reasons.too_large(file.size, self._max_bytes)
        return None

    def _exported(self, user: DriveUser, file: File) -> bytes:
        kind, media_type = _EXPORTS[file.media_type]
        body = user.export(file, media_type, max_bytes=self._max_bytes)
        sheets = self._places.sheets(user, file) if kind == "spreadsheet" else ()
        slides = self._places.slides(user, file) if kind == "presentation" else ()
        return Exported(kind, file.name, body, sheets, slides).to_bytes()
