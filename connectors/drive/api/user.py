"""What one account sees of Drive, and what it may read. Knows nothing of who reads answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from connectors.drive.api import answers, errors
from connectors.drive.api.asking import Asking
from connectors.drive.api.errors import DRIVE, SHEETS, SLIDES, GoogleError
from connectors.drive.api.paging import Pages
from connectors.drive.api.services import Services
from connectors.drive.api.tokens import Token
from connectors.drive.values import Change, File, Permission, SharedDrive, Sheet, Slide

SCOPES = ("https://www.googleapis.com/auth/drive.readonly",)
"""Reads files and who may read them; Sheets and Slides take it for their own reads as well."""
_EVERYWHERE = {"supportsAllDrives": True}
_PAGE_OF_FILES = 1000
_PAGE_OF_OTHERS = 100
"""The most that Google allows."""
_EXPORT_LIMIT = "exportSizeLimitExceeded"

_T = TypeVar("_T")


class DriveUser:
    """One account's view; threads share it. Every method raises GoogleError."""

    def __init__(self, services: Services, asking: Asking, token: Token, email: str | None) -> None:
        self._services, self._asking, self._token = services, asking, token
        self.email = email
        """Lower case; None: not known before `about` was asked."""

    def about(self) -> str:
        """Return the account's e-mail address, lower case."""
        request = self._drive("about").get(fields="user(emailAddress)")
        found = answers.email(self._json(request).get("user") or {}, "emailAddress")
        if found is None:
            raise GoogleError(f"{DRIVE}: the answer does not tell whose account this is")
        self.email = found
        return found

    def files(self, query: str, *, drive: str | None = None) -> Iterator[File]:
        """Yield what a query finds (https://developers.google.com/workspace/drive/api/guides/ref-search-terms).

        In My Drive and what is shared with the account, or in one shared drive. Raises where
        Google says that it did not look everywhere.
        """
        where = {"corpora": "drive", "driveId": drive} if drive else {"corpora": "user"}
        mask = answers.DRIVE_FILE_FIELDS if drive else answers.FILE_FIELDS
        pages = Pages("nextPageToken")
        while pages.more:
            request = self._drive("files").list(
                q=query,
                pageSize=_PAGE_OF_FILES,
                fields=f"nextPageToken,incompleteSearch,files({mask})",
                includeItemsFromAllDrives=True,
                **where,
                **_EVERYWHERE,
                **pages.parameters,
            )
            answer = self._json(request)
            if answer.get("incompleteSearch") is True:
                raise GoogleError(
                    f"{DRIVE}: the search was not complete; run again later", passing=True
                )
            yield from self._each(answers.file, answer, "files")
            pages.turn(answer)

    def file(self, file_id: str, *, resource_key: str | None = None) -> File:
        """Return one file, also one in the bin, with the links that it can be exported by."""
        request = self._drive("files").get(
            fileId=file_id, fields=answers.ONE_FILE_FIELDS, **_EVERYWHERE
        )
        _with_key(request, file_id, resource_key)
        return self._asking.parsed(DRIVE, self._token, request, answers.file)

    def permissions(
        self, file_id: str, *, resource_key: str | None = None, as_admin: bool = False
    ) -> tuple[Permission, ...]:
        """Return the grantees of a file, or of a shared drive.

        `as_admin`: of a shared drive that the account is no member of but administers.
        """
        found: list[Permission] = []
        pages = Pages("nextPageToken")
        while pages.more:
            request = self._drive("permissions").list(
                fileId=file_id,
                pageSize=_PAGE_OF_OTHERS,
                fields=f"nextPageToken,permissions({answers.PERMISSION_FIELDS})",
                useDomainAdminAccess=as_admin,
                **_EVERYWHERE,
                **pages.parameters,
            )
            _with_key(request, file_id, resource_key)
            answer = self._json(request)
            found += answers.permissions(answer.get("permissions"))
            pages.turn(answer)
        return tuple(found)

    def drives(self, *, as_admin: bool = False) -> Iterator[SharedDrive]:
        """Yield the shared drives of the account; `as_admin`: of the whole organisation."""
        pages = Pages("nextPageToken")
        while pages.more:
            request = self._drive("drives").list(
                pageSize=_PAGE_OF_OTHERS,
                fields="nextPageToken,drives(id,name)",
                useDomainAdminAccess=as_admin,
                **pages.parameters,
            )
            answer = self._json(request)
            yield from self._each(answers.drive, answer, "drives")
            pages.turn(answer)

    def drive(self, drive_id: str) -> SharedDrive:
        """Return one shared drive."""
        request = self._drive("drives").get(driveId=drive_id, fields="id,name")
        return self._asking.parsed(DRIVE, self._token, request, answers.drive)

    def start_page_token(self, drive: str | None = None) -> str:
        """Return where the change log of the account, or of a shared drive, stands now."""
        of = {"driveId": drive} if drive else {}
        request = self._drive("changes").getStartPageToken(
            fields="startPageToken", **of, **_EVERYWHERE
        )
        found = self._json(request).get("startPageToken")
        if not isinstance(found, str) or not found:
            raise GoogleError(f"{DRIVE}: the answer lacks the change log's token", passing=True)
        return found

    def changes(self, token: str, *, drive: str | None = None) -> Iterator[Change | str]:
        """Yield what changed since a token, and at last the new token.

        A change that was not removed may still lack its file: then ask for it.
        """
        of = {"driveId": drive} if drive else {}
        mask = answers.DRIVE_FILE_FIELDS if drive else answers.FILE_FIELDS
        pages = Pages("nextPageToken", token)
        answer: dict[str, Any] = {}
        while pages.more:
            request = self._drive("changes").list(
                pageSize=_PAGE_OF_FILES,
                fields="nextPageToken,newStartPageToken,"
                f"changes(changeType,removed,fileId,driveId,file({mask}))",
                includeRemoved=True,
                includeItemsFromAllDrives=True,
                **of,
                **_EVERYWHERE,
                **pages.parameters,
            )
            answer = self._json(request)
            for change in self._each(answers.change, answer, "changes"):
                if change is not None:
                    yield change
            pages.turn(answer)
        end = answer.get("newStartPageToken")
        if not isinstance(end, str) or not end:
            raise GoogleError(f"{DRIVE}: the change log ends without a new token", passing=True)
        yield end

    def download(self, file: File, *, max_bytes: int) -> bytes:
        """Return the bytes of a file that has some. Raises FileTooLargeError above `max_bytes`."""
        request = self._drive("files").get_media(fileId=file.id, **_EVERYWHERE)
        _with_key(request, file.id, file.resource_key)
        return self._asking.content(
            DRIVE, self._token, request, media_type=file.media_type, max_bytes=max_bytes
        )

    def export(self, file: File, media_type: str, *, max_bytes: int) -> bytes:
        """Return a native file in another format. Raises FileTooLargeError above `max_bytes`.

        What is larger than Google exports at once (10 MB) is read by its link.
        """
        request = self._drive("files").export_media(fileId=file.id, mimeType=media_type)
        _with_key(request, file.id, file.resource_key)
        try:
            return self._asking.content(
                DRIVE, self._token, request, media_type=media_type, max_bytes=max_bytes
            )
        except GoogleError as error:
            if error.reason != _EXPORT_LIMIT:
                raise
            too_large = error
        links = file.export_links or self.file(file.id, resource_key=file.resource_key).export_links
        link = dict(links).get(media_type)
        if link is None:
            raise too_large
        return self._asking.link(
            DRIVE, self._token, link, media_type=media_type, max_bytes=max_bytes
        )

    def sheets(self, file_id: str) -> tuple[Sheet, ...]:
        """Return the sheets of a spreadsheet, in their order."""
        request = self._services.collection(SHEETS, "spreadsheets").get(
            spreadsheetId=file_id, fields="sheets(properties(sheetId,title,hidden))"
        )
        return answers.sheets(self._asking.json(SHEETS, self._token, request))

    def slides(self, file_id: str) -> tuple[Slide, ...]:
        """Return the slides of a presentation, in their order."""
        request = self._services.collection(SLIDES, "presentations").get(
            presentationId=file_id, fields="slides(objectId,slideProperties(isSkipped))"
        )
        return answers.slides(self._asking.json(SLIDES, self._token, request))

    def _drive(self, collection: str) -> Any:
        return self._services.collection(DRIVE, collection)

    def _json(self, request: Any) -> dict[str, Any]:
        return self._asking.json(DRIVE, self._token, request)

    @staticmethod
    def _each(parse: Callable[[Any], _T], answer: dict[str, Any], name: str) -> list[_T]:
        """Return the entries of a page; one that can not be read is none that may be missed."""
        entries = answer.get(name, [])
        try:
            if isinstance(entries, list) and all(isinstance(one, dict) for one in entries):
                return [parse(one) for one in entries]
        except ValueError:
            pass
        raise GoogleError(f"{errors.DRIVE}: a page of the answer is garbled", passing=True)


def _with_key(request: Any, file_id: str, resource_key: str | None) -> None:
    """Let a request prove that its link was known.

    https://developers.google.com/workspace/drive/api/guides/resource-keys
    """
    if resource_key:
        request.headers["X-Goog-Drive-Resource-Keys"] = f"{file_id}/{resource_key}"
