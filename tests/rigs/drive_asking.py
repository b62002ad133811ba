"""Asks a Drive rig as Google's own libraries do: google-auth and google-api-python-client as is."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import google_auth_httplib2
import httplib2
import pytest
from google.oauth2 import credentials, service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from rigs.drive import DriveProcess, DriveRig
from rigs.drive.core import SCOPES

READING = (SCOPES["drive.readonly"],)
DIRECTORY = (SCOPES["group"], SCOPES["user"])
FLAGS = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}


class Asking:
    """One account of one rig."""

    def __init__(
        self,
        rig: DriveRig | DriveProcess,
        folder: Path,
        *,
        kind: Any = "service_account",
        subject: str | None = None,
        scopes: tuple[str, ...] = READING,
    ) -> None:
        self.rig = rig
        path = rig.credentials(kind, folder, subject if kind == "oauth" else None)
        if kind == "oauth":
            said = credentials.Credentials.from_authorized_user_file(str(path), scopes)  # type: ignore[no-untyped-call]
            # The library has its own address for tokens, whatever the file says.
            said._token_uri = f"{rig.url}/token"
        else:
            said = service_account.Credentials.from_service_account_file(str(path), scopes=scopes)  # type: ignore[no-untyped-call]
            said = said.with_subject(subject) if subject else said
        self.http = google_auth_httplib2.AuthorizedHttp(said, http=httplib2.Http(timeout=30))

    def service(self, name: str, version: str, base: str) -> Any:
        """Return a service of the library; `base` is what follows the root."""
        return build(
            name,
            version,
            http=self.http,
            static_discovery=True,
            client_options={"api_endpoint": f"{self.rig.url}/{base}"},
        )

    @cached_property
    def drive(self) -> Any:
        """Drive v3."""
        return self.service("drive", "v3", "drive/v3/")

    @cached_property
    def sheets(self) -> Any:
        """Sheets v4."""
        return self.service("sheets", "v4", "")

    @cached_property
    def slides(self) -> Any:
        """Slides v1."""
        return self.service("slides", "v1", "")

    @cached_property
    def directory(self) -> Any:
        """The directory of the Admin SDK."""
        return self.service("admin", "directory_v1", "")

    # What tests ask again and again

    def files(self, q: str = "trashed = false", **how: Any) -> list[dict[str, Any]]:
        """Return every file of a list, by following its tokens."""
        found, token = [], None
        how = {"fields": "nextPageToken,files(id,name)", **how}
        while True:
            page = self.drive.files().list(q=q, pageToken=token, **how).execute()
            found += page["files"]
            if not (token := page.get("nextPageToken")):
                return found

    def names(self, q: str = "trashed = false", **how: Any) -> list[str]:
        """Return their names, sorted."""
        return sorted(one["name"] for one in self.files(q, **how))

    def file(self, item_id: str, fields: str = "*", **how: Any) -> dict[str, Any]:
        """Return a file."""
        how = {"supportsAllDrives": True, **how}
        found: dict[str, Any] = (
            self.drive.files().get(fileId=item_id, fields=fields, **how).execute()
        )
        return found

    def permissions(self, item_id: str, **how: Any) -> list[dict[str, Any]]:
        """Return every permission of an item."""
        found, token = [], None
        how = {"supportsAllDrives": True, "fields": "*", **how}
        while True:
            asked = self.drive.permissions().list(fileId=item_id, pageToken=token, **how)
            page = asked.execute()
            found += page["permissions"]
            if not (token := page.get("nextPageToken")):
                return found

    def grantees(self, item_id: str, **how: Any) -> dict[str, str]:
        """Return who has an item, and as what."""
        return {
            one.get("emailAddress") or one.get("domain") or one["type"]: one["role"]
            for one in self.permissions(item_id, **how)
        }

    def token(self, drive: str | None = None) -> str:
        """Return the token of now."""
        how = {"driveId": drive} if drive else {}
        asked = self.drive.changes().getStartPageToken(supportsAllDrives=True, **how)
        return str(asked.execute()["startPageToken"])

    def changes(self, token: str, drive: str | None = None, **how: Any) -> list[dict[str, Any]]:
        """Return what changed since."""
        found: list[dict[str, Any]] = []
        how = {"driveId": drive, **how} if drive else how
        while True:
            asked = self.drive.changes().list(pageToken=token, fields="*", **FLAGS, **how)
            page = asked.execute()
            found += page["changes"]
            if "newStartPageToken" in page:
                return found
            token = page["nextPageToken"]

    def download(self, item_id: str) -> bytes:
        """Return what was uploaded."""
        got: bytes = self.drive.files().get_media(fileId=item_id, supportsAllDrives=True).execute()
        return got

    def export(self, item_id: str, media_type: str = "text/html") -> bytes:
        """Return an export."""
        got: bytes = self.drive.files().export(fileId=item_id, mimeType=media_type).execute()
        return got

    def close(self) -> None:
        """Release connections."""
        self.http.close()


def refused(work: Callable[[], object]) -> tuple[int, str]:
    """Return how a request was refused."""
    with pytest.raises(HttpError) as raised:
        work()
    return reason(raised.value)


def reason(error: HttpError) -> tuple[int, str]:
    """Return the status of an error and the service's reason."""
    said = json.loads(error.content)["error"]
    reasons = [one["reason"] for one in said.get("errors", ())] or [said["status"]]
    return int(error.resp.status), str(reasons[0])
