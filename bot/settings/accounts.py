"""Accounts of sources, out of the environment: several of one kind are told apart by a name."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr


class _Account(BaseModel):
    """One account: a field `token` is the variable `BEGINNING_TOKEN` or `BEGINNING_NAME_TOKEN`.

    What is wrong with it is said where a source needs it: variables of other programs may begin
    likewise.
    """

    model_config = ConfigDict(frozen=True)
    beginning: ClassVar[str]

    @property
    def secrets(self) -> list[str]:
        """Everything that must not be shown, in the forms in which it travels."""
        return []

    @classmethod
    def variable(cls, name: str, field: str) -> str:
        """Return the variable of a field; the name is "" for the account that has none."""
        return "_".join(part for part in (cls.beginning, name, field.upper()) if part)


class ConfluenceAccount(_Account):
    """Where a Confluence site is, and as whom it is read."""

    beginning: ClassVar[str] = "CONFLUENCE"

    url: str | None = None
    email: str | None = None
    """Of a Cloud account; None: the token is a personal access token of Data Center."""
    token: SecretStr | None = None

    @property
    def secrets(self) -> list[str]:
        """The token, as it is and as it travels beside an e-mail address (RFC 7617)."""
        if not self.token:
            return []
        token = self.token.get_secret_value()
        pair = base64.b64encode(f"{self.email or ''}:{token}".encode()).decode("ascii")
        return [token, pair]


class GoogleAccount(_Account):
    """As whom Google is asked."""

    beginning: ClassVar[str] = "GOOGLE"

    application_credentials: Path | None = None
    """A service account's key, or what a person's consent left behind: a JSON file."""


class WebLogin(_Account):
    """What lets in to pages behind a login."""

    beginning: ClassVar[str] = "WEB"

    cookie: SecretStr | None = None
    """As a browser sends it: `name=value; name=value`."""
    header: SecretStr | None = None
    """One header: `Name: value`."""
    user: str | None = None
    password: SecretStr | None = None
    """Of basic authentication."""

    @property
    def secrets(self) -> list[str]:
        """Everything that must not be shown, in the forms in which it travels (RFC 7617)."""
        given = [one.get_secret_value() for one in (self.cookie, self.header, self.password) if one]
        values = [part.partition("=")[2].strip() for part in self._cookies()]
        if self.header:
            value = self.header.get_secret_value().partition(":")[2].strip()
            values += [value, value.rpartition(" ")[2]]
        if self.user and self.password:
            pair = f"{self.user}:{self.password.get_secret_value()}"
            values.append(base64.b64encode(pair.encode()).decode("ascii"))
        return [secret for secret in (*given, *values) if secret]

    def _cookies(self) -> list[str]:
        return self.cookie.get_secret_value().split(";") if self.cookie else []


_A = TypeVar("_A", bound=_Account)


def accounts(env: Mapping[str, str], kind: type[_A]) -> dict[str, _A]:
    """Return the accounts of a kind by the name in the middle of their variables; "" has none."""
    endings = "|".join(field.upper() for field in kind.model_fields)
    variables = re.compile(rf"{kind.beginning}_(?:([A-Z][A-Z0-9_]*)_)?({endings})")
    found: dict[str, dict[str, str]] = {}
    for variable, value in env.items():
        match = variables.fullmatch(variable)
        if match and value.strip():
            found.setdefault(match[1] or "", {})[match[2].lower()] = value.strip()
    return {name: kind.model_validate(values) for name, values in found.items()}
