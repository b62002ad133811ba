"""Errors as the services word them.

Drive and the directory: https://developers.google.com/workspace/drive/api/guides/handle-errors;
Sheets and Slides speak of `status` (google.rpc.Code) and have no list of reasons.
"""

from __future__ import annotations

from typing import Any

from rigs.drive.core import PROJECT, Answer, RefusedError, said

_USAGE = "usageLimits"
REASONS: dict[str, tuple[int, str, str]] = {
    "userRateLimitExceeded": (403, _USAGE, "User Rate Limit Exceeded"),
    "rateLimitExceeded": (403, _USAGE, "Rate Limit Exceeded"),
    "dailyLimitExceeded": (403, _USAGE, "Daily Limit Exceeded"),
    "quotaExceeded": (403, _USAGE, "Quota exceeded for quota metric 'Queries'"),
    "sharingRateLimitExceeded": (403, "global", "Rate limit exceeded. User message: ''"),
    "insufficientFilePermissions": (
        403,
        "global",
        "The user does not have sufficient permissions for this file.",
    ),
    "appNotAuthorizedToFile": (403, "global", "The user has not granted the app access."),
    "cannotDownloadFile": (403, "global", "This file cannot be downloaded by the user."),
    "cannotDownloadAbusiveFile": (
        403,
        "global",
        "This file has been identified as malware or spam and cannot be downloaded.",
    ),
    "exportSizeLimitExceeded": (403, "global", "This file is too large to be exported."),
    "accessNotConfigured": (403, _USAGE, "Access Not Configured."),
    "domainPolicy": (403, "global", "The domain administrators have disabled Drive apps."),
    "insufficientPermissions": (403, "global", "Insufficient Permission"),
    "forbidden": (403, "global", "Not Authorized to access this resource/api"),
    "notFound": (404, "global", "File not found: ."),
    "authError": (401, "global", "Invalid Credentials"),
    "backendError": (500, "global", "Backend Error"),
    "internalError": (500, "global", "Internal Error"),
    "transientError": (503, "global", "Transient failure"),
    "badRequest": (400, "global", "Bad Request"),
    "invalid": (400, "global", "Invalid Value"),
}
"""Status, domain and words of each reason of Drive that a test may ask for."""
_BY_STATUS = {
    400: "badRequest",
    401: "authError",
    403: "insufficientFilePermissions",
    404: "notFound",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "transientError",
}
_RPC = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_API_NAMES = {
    "drive": ("Google Drive API", "drive.googleapis.com"),
    "sheets": ("Google Sheets API", "sheets.googleapis.com"),
    "slides": ("Google Slides API", "slides.googleapis.com"),
    "admin": ("Admin SDK API", "admin.googleapis.com"),
}


def failed(
    status: int, message: str | None, headers: Any, *, rpc: bool = False, api: str = "drive"
) -> Answer:
    """Return a failure on purpose; `message` may be one of REASONS."""
    if message == "accessNotConfigured":
        return disabled(api)
    reason = message if message in REASONS else _BY_STATUS.get(status, "backendError")
    known, domain, words = REASONS[reason]
    if message and message not in REASONS:
        words = message
    if status in {502, 504} or (status == 503 and message is None):
        # What stands before the service answers in HTML.
        page = (
            f"<!DOCTYPE html><html lang=en><title>Error {status} (Server Error)!!1</title>"
            "<p><b>That’s an error.</b>"
        )
        return Answer(status, page.encode(), "text/html; charset=UTF-8", headers)
    return _worded(status or known, reason, words, domain=domain, headers=headers, rpc=rpc)


def refused(error: RefusedError, *, rpc: bool = False) -> Answer:
    """Return what the service says to a request that it refuses."""
    domain = REASONS[error.reason][1] if error.reason in REASONS else "global"
    return _worded(
        error.status, error.reason, error.message, domain=domain, location=error.location, rpc=rpc
    )


def unauthenticated() -> Answer:
    """Return what a token that is missing or not good gets."""
    words = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    error = {
        "message": "Invalid Credentials",
        "domain": "global",
        "reason": "authError",
        "location": "Authorization",
        "locationType": "header",
    }
    body = {"code": 401, "message": words, "errors": [error], "status": "UNAUTHENTICATED"}
    challenge = {
        "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    }
    return said({"error": body}, 401, headers=challenge)


def scope_missing() -> Answer:
    """Return what a token gets that was not given for this."""
    words = "Request had insufficient authentication scopes."
    error = {"message": "Insufficient Permission", "domain": "global"}
    body = {
        "code": 403,
        "message": words,
        "errors": [{**error, "reason": "insufficientPermissions"}],
        "status": "PERMISSION_DENIED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
            }
        ],
    }
    return said({"error": body}, 403)


def disabled(api: str) -> Answer:
    """Return what an API says that the project has not enabled."""
    name, service = _API_NAMES[api]
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT}"
    words = (
        f"{name} has not been used in project {PROJECT} before or it is disabled. Enable it by "
        f"visiting {url} then retry. If you enabled this API recently, wait a few minutes for the "
        "action to propagate to our systems and retry."
    )
    body: dict[str, Any] = {"code": 403, "message": words}
    if api in {"drive", "admin"}:
        error = {"message": words, "domain": _USAGE, "reason": "accessNotConfigured"}
        body["errors"] = [{**error, "extendedHelp": "https://console.developers.google.com"}]
    body["status"] = "PERMISSION_DENIED"
    body["details"] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
            "metadata": {"service": service, "consumer": f"projects/{PROJECT}"},
        }
    ]
    return said({"error": body}, 403)


def nowhere() -> Answer:
    """Return what an address that leads nowhere says."""
    return Answer(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", "text/html")


def _worded(
    status: int,
    reason: str,
    words: str,
    *,
    domain: str = "global",
    location: str | None = None,
    headers: Any = None,
    rpc: bool = False,
) -> Answer:
    body: dict[str, Any] = {"code": status, "message": words}
    if rpc:
        body["status"] = reason if reason.isupper() else _RPC.get(status, "UNKNOWN")
    else:
        error = {"message": words, "domain": domain, "reason": reason}
        if location:
            kind = "header" if location == "Authorization" else "parameter"
            error |= {"location": location, "locationType": kind}
        body["errors"] = [error]
    return said({"error": body}, status, headers=headers or {})
