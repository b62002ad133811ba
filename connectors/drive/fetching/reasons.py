"""Why a file could not be fetched, in words that stand behind its name.

Google's `reason`s: https://developers.google.com/workspace/drive/api/guides/handle-errors and what
the service answers to exports and downloads.
"""

from __future__ import annotations

from connectors.drive.api import GoogleError

NO_MORE = "it is no longer there, or no longer seen by the account; it was listed just before"
ENCRYPTED = (
    "it is encrypted on its readers' machines (client-side encryption): no account can read it for "
    "them; exclude it"
)
NOT_ALLOWED = (
    "its owner lets viewers neither download nor copy it; let them in its sharing settings, or give"
    " the account the right to edit it"
)
NO_EXPORT = "a Google file of this kind has no text that can be exported; exclude it"
TOO_LARGE_TO_EXPORT = (
    "Google exports no more than 10 MB of it (exportSizeLimitExceeded), and gives no export link; "
    "split it"
)
_KNOWN = {
    "notFound": NO_MORE,
    "cannotDownloadFile": NOT_ALLOWED,
    "cannotExportFile": NOT_ALLOWED,
    "insufficientFilePermissions": NOT_ALLOWED,
    "fileNotDownloadable": NO_EXPORT,
    "fileNotExportable": NO_EXPORT,
    "exportSizeLimitExceeded": TOO_LARGE_TO_EXPORT,
    "cannotDownloadAbusiveFile": (
        "Google takes it for malware or spam (cannotDownloadAbusiveFile) and gives it to nobody but"
        " its owner; remove it, or have it reviewed"
    ),
    "downloadQuotaExceeded": (
        "it was downloaded so often that Google gives it to nobody for a day "
        "(downloadQuotaExceeded); the next run tries again"
    ),
    "appNotAuthorizedToFile": (
        "the credentials are for files of their own app alone (appNotAuthorizedToFile); make "
        "credentials with the scope drive.readonly"
    ),
    "domainPolicy": (
        "the administrators of its domain let no app read it (domainPolicy); have them allow this "
        "one in the Admin console"
    ),
}


def of(error: GoogleError) -> str:
    """Return what a refusal means for the one file."""
    if error.reason in _KNOWN:
        return _KNOWN[error.reason]
    if error.status in {404, 410}:
        return NO_MORE
    return " ".join(str(error).split())


def too_large(size: int | None, limit: int) -> str:
    """Return that a file holds too many bytes; `size` None: more than the limit."""
    much = f"its {size / 1e6:,.1f} MB are" if size else "it is"
    return f"{much} more than the limit of {limit / 1e6:,.1f} MB; raise `max_bytes` or exclude it"
