"""The account, and those it may speak for. Knows nothing of how a request is made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from threading import Lock

from connectors.base import ConnectorError
from connectors.drive import credentials as key_file
from connectors.drive.api.asking import Asking
from connectors.drive.api.directory import GROUP_SCOPES, USER_SCOPES, Directory
from connectors.drive.api.services import Services
from connectors.drive.api.tokens import Token
from connectors.drive.api.transport import Transport
from connectors.drive.api.trust import Trust
from connectors.drive.api.user import SCOPES, DriveUser


class Google:
    """One account of Google's; threads share it, and its waits.

    `credentials` is the file with its key, `variable` the setting that names it, for messages.
    `api_url` is a root to ask instead of Google's. `timeout` is in seconds, for each piece of an
    answer. At most `attempts` tries a request, `backoff` seconds after the first failure, doubled
    after each further one; no wait is longer than `longest_wait`. Asks nothing by itself. Raises
    ConnectorError for a file that is no key.
    """

    def __init__(
        self,
        credentials: Path,
        *,
        api_url: str | None = None,
        at_once: int = 8,
        variable: str = "GOOGLE_APPLICATION_CREDENTIALS",
        timeout: float = 60,
        attempts: int = 5,
        backoff: float = 0.5,
        longest_wait: float = 900,
    ) -> None:
        self._account = key_file.read(credentials, variable=variable, api_url=api_url)
        self._services = Services(api_url)
        try:
            trust = Trust(self._services.roots)
        except ValueError as error:
            raise ConnectorError(f"GOOGLE_API_URL: {error}") from None
        self._transport = Transport(trust, at_once=at_once, timeout=timeout)
        self._longest_wait = longest_wait
        self._asking = Asking(
            self._transport,
            at_once=at_once,
            attempts=attempts,
            backoff=backoff,
            longest_wait=longest_wait,
            secrets=self._account.secrets,
        )
        self._lock = Lock()
        self._users: dict[str | None, DriveUser] = {}
        self._tokens: dict[tuple[tuple[str, ...], str | None], Token] = {}

    def __repr__(self) -> str:
        return f"Google({self._account.kind!r})"

    @property
    def requests(self) -> int:
        """How many requests were made, those for tokens, tries and redirects among them."""
        return self._transport.requests

    @property
    def email(self) -> str | None:
        """The address of a service account, lower case; None: ask `me.about()`."""
        return self._account.email

    @property
    def account(self) -> str:
        """What tells this account from every other one; asks nothing, and is no secret."""
        return self._account.identity

    @property
    def is_service_account(self) -> bool:
        """Whether the account is nobody's own."""
        return self._account.is_service_account

    @property
    def client_id(self) -> str:
        """What an administrator grants delegation to; empty where the file does not tell."""
        return self._account.client_id

    @property
    def me(self) -> DriveUser:
        """What the account itself sees."""
        return self._user(None)

    def date(self) -> datetime | None:
        """Return the time of the last answer by Google's clock; None before the first one."""
        return self._transport.date()

    def acting_as(self, email: str) -> DriveUser:
        """Return what somebody else sees, by domain-wide delegation; asks nothing yet.

        Raises ConnectorError where the account can speak for nobody.
        """
        self._must_delegate("users")
        return self._user(email.strip().lower())

    def directory(self, admin: str) -> Directory:
        """Return the directory as an administrator sees it; asks nothing yet.

        By delegation; a person's own login asks as that person, whoever `admin` is.
        """
        admin = admin.strip().lower()
        subject = admin if self.is_service_account else None
        for_groups, for_users = (
            self._token(GROUP_SCOPES, subject),
            self._token(USER_SCOPES, subject),
        )
        return Directory(self._services, self._asking, for_groups, for_users, admin)

    def close(self) -> None:
        """End every wait and release the connections; a second call does nothing."""
        self._asking.close()

    def _user(self, subject: str | None) -> DriveUser:
        token = self._token(SCOPES, subject)
        with self._lock:
            if subject not in self._users:
                email = subject or self._account.email
                self._users[subject] = DriveUser(self._services, self._asking, token, email)
            return self._users[subject]

    def _token(self, scopes: tuple[str, ...], subject: str | None) -> Token:
        with self._lock:
            if (scopes, subject) not in self._tokens:
                self._tokens[scopes, subject] = Token(
                    self._account, self._transport, scopes, subject, longest_wait=self._longest_wait
                )
            return self._tokens[scopes, subject]

    def _must_delegate(self, option: str) -> None:
        if not self.is_service_account:
            raise ConnectorError(
                f"`{option}` needs the key of a service account with domain-wide delegation; the"
                " credentials are one person's login"
            )
