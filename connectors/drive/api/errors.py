"""What a refusal of Google's means, in one line that says what to change.

Google's own words are quoted only where we know nothing better: they hold ids and addresses.
Formats: https://developers.google.com/workspace/drive/api/guides/handle-errors,
https://cloud.google.com/apis/design/errors#error_details, RFC 6749 5.2 for tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.http import HttpError, TooLargeError, waits
from connectors.http.errors import Failure, shortened

DRIVE, SHEETS, SLIDES = "Google Drive", "Google Sheets", "Google Slides"
DIRECTORY, TOKENS = "the directory", "Google's login"
_SERVICES = {
    DRIVE: "drive.googleapis.com",
    SHEETS: "sheets.googleapis.com",
    SLIDES: "slides.googleapis.com",
    DIRECTORY: "admin.googleapis.com",
}
NOT_ENABLED = "accessNotConfigured"
SCOPES_LACK = "insufficientPermissions"
TOO_MANY = frozenset({"userRateLimitExceeded", "rateLimitExceeded"})
"""Reasons of a 403 that is no matter of permissions: ask again, later."""
TIRED = "quotaExceeded"
"""The directory's 403 for "too fast"; in Drive, somebody's storage is full.
https://developers.google.com/workspace/admin/directory/v1/limits"""
DAILY = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_ERROR_INFO = {
    # What newer services say in `details` where Drive says it in `errors`.
    "SERVICE_DISABLED": NOT_ENABLED,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": SCOPES_LACK,
    "RATE_LIMIT_EXCEEDED": "rateLimitExceeded",
}


class GoogleError(HttpError):
    """A request that Google refused, or that got no answer, after all tries."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str | None = None,
        passing: bool = False,
        ends_run: bool = False,
    ) -> None:
        super().__init__(message, status=status, passing=passing)
        self.reason = reason
        """Google's own word for why, such as `notFound`; None: there was none."""
        self.ends_run = ends_run
        """Whether every further request would fail as well: the key is not accepted, the day's
        requests are used up."""


class FileTooLargeError(GoogleError, TooLargeError):
    """A file that holds more bytes than the caller takes."""


@dataclass(frozen=True, slots=True)
class Refusal(Failure):
    """One try that failed, with Google's word for why."""

    reason: str | None = None
    ends_run: bool = False


def raised(failure: Failure, where: str, tries: int) -> GoogleError:
    """Return a failure as an exception; its words are redacted already."""
    after = f" (after {tries} tries)" if tries > 1 else ""
    kind = FileTooLargeError if failure.too_large else GoogleError
    return kind(
        f"{where}: {failure.words}{after}",
        status=failure.status,
        reason=failure.reason if isinstance(failure, Refusal) else None,
        passing=failure.again,
        ends_run=isinstance(failure, Refusal) and failure.ends_run,
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer with an error says of it."""

    reason: str | None
    message: str
    """In Google's words, of any length; not redacted."""


def said(body: bytes) -> Said:
    """Return what the body of a refusal says; nothing where it is no JSON of Google's."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return Said(None, "")
    error = read.get("error") if isinstance(read, dict) else None
    if isinstance(error, str):  # of a token: RFC 6749
        description = read.get("error_description")
        return Said(error, description if isinstance(description, str) else "")
    if not isinstance(error, dict):
        return Said(None, "")
    message = error.get("message")
    return Said(_reason(error), message if isinstance(message, str) else "")


def _reason(error: Mapping[str, Any]) -> str | None:
    details = [one for one in _dicts(error.get("details")) if isinstance(one.get("reason"), str)]
    for detail in details:
        if known := _ERROR_INFO.get(detail["reason"]):
            return known
    for one in (*_dicts(error.get("errors")), *details):
        if isinstance(one.get("reason"), str):
            return str(one["reason"])
    status = error.get("status")
    return status if isinstance(status, str) else None


def _dicts(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def refused(api: str, status: int, body: bytes) -> Refusal:
    """Return what the refusal of one of the APIs means."""
    if 400 <= status < 500 and status not in _ANYBODY_S and not _is_google_s(body):
        # It has no status then: what a proxy does not find is not gone.
        return Refusal(f"{status}: {_NOT_GOOGLE_S}", again=True)
    what = said(body)
    reason, key = what.reason, what.reason or ""
    if (status == 403 and key in TOO_MANY) or status == 429 or _directory_is_tired(api, key):
        words = "too many requests; run again later, or lower `requests_at_once`"
        return Refusal(f"{status}: {words}", status, again=True, everyone=True, reason=reason)
    if status == 403 and key in DAILY:
        words = "the requests of this day are used up; run again tomorrow, or raise the quota of"
        return Refusal(f"403: {words} the Cloud project", status, reason=reason, ends_run=True)
    words = _advice(api, status, key) or ""
    if not words:
        words = "an answer that was not expected here" if status < 500 else _ITS_OWN
        told = " ".join(what.message.split()) if status == 400 else key
        words += f" (Google says: {shortened(told)})" if told else ""
    again = status in {408, 425} or (status >= 500 and status not in {501, 505})
    ends_run = status == 401 or (api == DRIVE and key in {NOT_ENABLED, SCOPES_LACK})
    return Refusal(f"{status}: {words}", status, again=again, reason=reason, ends_run=ends_run)


def as_told(refusal: Refusal, headers: Mapping[str, str], longest_wait: float) -> Refusal:
    """Return a refusal with the wait that its headers ask for (RFC 9110, 10.2.3).

    Who is told to wait longer than `longest_wait` seconds has the run end instead.
    """
    if not refusal.again:
        return refusal
    now = waits.http_date(headers.get("date")) or datetime.now(UTC)
    told = waits.retry_after(headers.get("retry-after"), now)
    if told is None:
        return refusal
    if told <= longest_wait:
        return replace(refusal, wait=waits.a_little_over(told), everyone=True)
    words = f"told to wait {told / 60:.0f} minutes, more than one run waits; run again later"
    return Refusal(
        f"{refusal.status}: {words}", refusal.status, reason=refusal.reason, ends_run=True
    )


def _is_google_s(body: bytes) -> bool:
    """Tell whether a refusal is worded as all APIs of Google word theirs."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(read, dict) and "error" in read


_ANYBODY_S = frozenset({401, 407, 408, 429})
"""Statuses that mean the same whoever says them."""
_NOT_GOOGLE_S = (
    "the answer is none of Google's API: is GOOGLE_API_URL right, does a proxy refuse, or does"
    " Google take the requests for a robot's? Run again later"
)
_ITS_OWN = "the service has a problem of its own; run again later"


def _directory_is_tired(api: str, reason: str) -> bool:
    return api == DIRECTORY and reason == TIRED


def _advice(api: str, status: int, reason: str) -> str | None:
    if reason == NOT_ENABLED:
        return (
            "its API is not enabled in the Cloud project of the credentials: enable"
            f" {_SERVICES.get(api, 'it')} under APIs & Services in the Cloud console, and wait some"
            " minutes"
        )
    if api == DIRECTORY and status in {403, 404} and reason != SCOPES_LACK:
        return _OF_DIRECTORY[status]
    why = f" ({shortened(reason)})" if reason else ""
    forbidden = f"not allowed{why}: the account lacks a right here"
    return _BY_REASON.get(reason) or (forbidden if status == 403 else _BY_STATUS.get(status))


_OF_DIRECTORY = {
    403: "not allowed: `admin` must be an administrator who may read groups and users",
    404: "no such group in the directory, or one of another organisation",
}
_BY_REASON = {
    SCOPES_LACK: "the credentials were not granted the scope for this: run `kurage drive login`"
    " again and allow it, or see docs/drive.md",
    "appNotAuthorizedToFile": "the credentials' scope covers no files of others: use"
    " drive.readonly",
    "cannotDownloadAbusiveFile": "Google holds it for malware or abuse; it is not read",
    "cannotDownloadFile": "its owner does not let readers download, print or copy it",
    "domainPolicy": "a policy of the organisation forbids this app: an administrator must allow it"
    " under API controls in the admin console",
    "downloadQuotaExceeded": "it was downloaded too often today; run again tomorrow",
    "exportSizeLimitExceeded": "it is too large to be exported",
    "fileNotDownloadable": "it is of a kind that can not be downloaded",
    "insufficientFilePermissions": "the account has no right to this; share it with the account",
    "teamDriveMembershipRequired": "the account is no member of this shared drive",
}
_BY_STATUS = {
    401: "the credentials are not accepted: the key was deleted, or access was revoked; make new"
    " ones",
    404: "nothing here that the account may see: is it shared with the account?",
    407: "the proxy that the environment names asks for a name and password",
    410: "no longer there",
}
