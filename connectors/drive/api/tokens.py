"""Access tokens: asked for when they are needed, by one thread, and kept until they run out.

google-auth signs and reads; waiting and trying again is the caller's business. Knows nothing of
what a token is used for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from google.auth.exceptions import GoogleAuthError

from connectors.drive.api import errors
from connectors.drive.api.errors import Refusal
from connectors.drive.api.transport import Answer, Request, Transport
from connectors.drive.credentials import Account
from connectors.http.errors import FailedError, Failure, shortened
from connectors.http.waits import http_date

_MAX_ANSWER = 1 << 20
_CLOCK_MAY_DIFFER = 300
"""Seconds; Google takes signatures that are a few minutes off."""


_ADVICE = {
    "access_denied": "an administrator does not allow this app; see API controls in the admin"
    " console",
    "admin_policy_enforced": "an administrator does not allow this app; see API controls in the"
    " admin console",
    "disabled_client": "the OAuth client was disabled in the Cloud project",
    "invalid_client": "the OAuth client was deleted or its secret changed; run `kurage drive login`"
    " with the file of one that is there",
    "invalid_rapt": "the organisation wants people to log in again and again; use a service"
    " account",
    "org_internal": "the OAuth client is for another organisation's people",
    "rapt_required": "the organisation wants people to log in again and again; use a service"
    " account",
    "unauthorized_client": "this OAuth client may not do so; make one of the type `Desktop app`",
}


class Token:
    """What one account may do, for itself or for somebody else; threads share it."""

    def __init__(
        self,
        account: Account,
        transport: Transport,
        scopes: Collection[str],
        subject: str | None = None,
        *,
        longest_wait: float,
    ) -> None:
        self._account, self._transport = account, transport
        self._longest_wait = longest_wait
        self._scopes, self._subject = tuple(scopes), subject
        self._lock = Lock()
        self._credentials: Any = None

    @property
    def secret(self) -> str:
        """The token itself, which must be in no message; empty before the first one."""
        return str(getattr(self._credentials, "token", None) or "")

    def headers(self, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers that prove who asks; asks for a new token where none is valid.

        `refused` are those that an API did not accept: where no other thread has seen to it, the
        token is replaced. Raises FailedError.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self._account.credentials(self._scopes, self._subject)
            if not self._credentials.valid or self._applied() == refused:
                self._refresh()
            return self._applied()

    def _applied(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return headers

    def _refresh(self) -> None:
        """Ask for a token. Raises FailedError."""
        try:
            # Their own `before_request` would also ask another host for the regions that the key
            # may be used in.
            self._credentials.refresh(self._request)
        except (GoogleAuthError, ValueError, TypeError, OverflowError, KeyError):
            pass
        else:
            return
        raise FailedError(Failure("the answer is no token", again=True))

    def _request(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        **_: object,
    ) -> _Response:
        """Be a `google.auth.transport.Request`; what is refused is raised, so nothing waits."""
        answer = self._transport.ask(Request(method, url, headers or {}, body, _MAX_ANSWER))
        if answer.status != 200:
            raise FailedError(self._refused(answer))
        try:
            read = json.loads(answer.body)
        except (ValueError, RecursionError):
            read = None
        found = read.get("access_token") if isinstance(read, dict) else None
        # It goes into a header.
        if not isinstance(found, str) or not re.fullmatch(r"[!-~]+", found):
            raise FailedError(Failure("the answer is no token", again=True))
        return _Response(answer)

    def _refused(self, answer: Answer) -> Refusal:
        what = errors.said(answer.body)
        reason = what.reason or ""
        words = self._advice(reason, what.message, answer)
        if words is None:
            failure = errors.refused(errors.TOKENS, answer.status, answer.body)
            if failure.again or answer.status in {404, 407}:
                return errors.as_told(failure, answer.headers, self._longest_wait)
            words = f"refused ({shortened(reason)})" if reason else failure.words
        return Refusal(
            f"{answer.status}: no access token: {words}",
            answer.status,
            reason=what.reason,
            ends_run=True,
        )

    def _advice(self, reason: str, message: str, answer: Answer) -> str | None:
        if reason == "unauthorized_client" and self._subject:
            return (
                f"the service account may not speak for {self._subject}: enter the client id"
                f" {self._account.client_id or '(of the service account)'} with the scope"
                f" {' '.join(self._scopes)} in the admin console, under Security > API controls >"
                " Domain-wide delegation"
            )
        if reason == "invalid_grant":
            return self._invalid_grant(message.lower(), answer)
        if reason == "invalid_scope":
            return f"the scope {' '.join(self._scopes)} can not be granted to this account"
        return _ADVICE.get(reason)

    def _invalid_grant(self, message: str, answer: Answer) -> str:
        if not self._account.is_service_account:
            return (
                "the login is not valid any more: access was revoked, the password changed, it was"
                " not used for six months, or the app is in test mode, where logins end after 7"
                " days; run `kurage drive login` again"
            )
        if off := _clock_is_off(answer):
            return f"{off}; set it (NTP): signatures hold the time"
        if self._subject and ("email" in message or "user" in message or "subject" in message):
            return f"{self._subject} is no user of this Google Workspace"
        if "signature" in message or "account not found" in message:
            return "the key was deleted, or its service account; make a new key"
        return (
            "the signature is not accepted: was the key deleted, or is this machine's clock wrong?"
        )


def _clock_is_off(answer: Answer) -> str | None:
    """Return by how much, in words; None where it is right, or nobody tells."""
    theirs = http_date(answer.headers.get("date"))
    if theirs is None:
        return None
    ahead = (datetime.now(UTC) - theirs).total_seconds()
    if abs(ahead) < _CLOCK_MAY_DIFFER:
        return None
    way = "ahead" if ahead > 0 else "behind"
    return f"this machine's clock is {abs(ahead) / 60:.0f} minutes {way}"


class _Response:
    """An answer as google-auth reads it."""

    def __init__(self, answer: Answer) -> None:
        self.status, self.headers, self.data = answer.status, answer.headers, answer.body
