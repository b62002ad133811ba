"""The OAuth server: who gets an access token, and whose a token is.

Service accounts sign a JWT (RFC 7523), people grant an installed app a refresh token (RFC 6749 with
PKCE, RFC 7636). google-auth signs `aud` as the real address whatever `token_uri` says.
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from rigs.drive.core import Answer, Call, Core, said

AUDIENCE = "https://oauth2.googleapis.com/token"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ID = "123456789012-kurage.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-kurage-rig-secret"
KEY_ID = "0123456789abcdef0123456789abcdef01234567"


@lru_cache(maxsize=1)
def signing_key() -> rsa.RSAPrivateKey:
    """Return the service accounts' key; one a process, for it takes a while to make.

    Half as long as Google's: whoever loads it checks it, which takes a fifth of the time so.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def private_key() -> str:
    """Return it as credentials files have it."""
    return (
        signing_key()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@dataclass(slots=True)
class Access:
    """What a token stands for."""

    account: str
    scopes: frozenset[str]
    until: float
    """Of the service's clock; a refresh token has no end."""
    offline: bool = False


class _RefusedError(Exception):
    def __init__(self, words: str, *, status: int = 400, error: str = "invalid_grant") -> None:
        super().__init__(words)
        self.status, self.error, self.words = status, error, words


class Tokens:
    """All tokens that were given out."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Access] = {}
        self._codes: dict[str, tuple[Access, dict[str, str]]] = {}
        self._given = 0

    def access(self, token: str) -> Access | None:
        """Return what an access token stands for, None where it is not good any more."""
        found = self._access.get(token)
        if found is None or found.until <= self._core.world.clock.now():
            return None
        person = self._core.world.people.get(found.account)
        return None if person is None or person.suspended or person.deleted else found

    def refresh_token(self, account: str, scopes: frozenset[str]) -> str:
        """Return a refresh token, as if a person had consented."""
        token = self._drawn("1//0e")
        self._refresh[token] = Access(account, scopes, float("inf"))
        return token

    def expire(self) -> None:
        """Let every access token be too old from now on."""
        self._access.clear()

    def revoke(self) -> None:
        """Let every token be revoked, refresh tokens too."""
        self._access.clear()
        self._refresh.clear()

    def _drawn(self, prefix: str) -> str:
        self._given += 1
        return f"{prefix}{hashlib.sha256(f'{id(self)}{self._given}'.encode()).hexdigest()}"

    # The token endpoint

    def answer(self, call: Call) -> Answer:
        """Answer a request for a token."""
        kind = call.form.get("grant_type")
        if kind == JWT:
            return self._by_jwt(call.form.get("assertion", ""))
        if kind == "refresh_token":
            return self._by_refresh(call.form)
        if kind == "authorization_code":
            return self._by_code(call.form)
        return _refused(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _issue(self, access: Access, **further: str) -> Answer:
        token = self._drawn("ya29.")
        seconds = self._core.settings.token_seconds
        access.until = self._core.world.clock.now() + seconds
        self._access[token] = access
        body: dict[str, Any] = {"access_token": token, "expires_in": seconds}
        return said({**body, "token_type": "Bearer", **further})

    def _by_jwt(self, assertion: str) -> Answer:
        try:
            return self._issue(self._signed_for(assertion))
        except _RefusedError as error:
            return _refused(error.status, error.error, error.words)

    def _signed_for(self, assertion: str) -> Access:
        world = self._core.world
        claims = self._claims(assertion)
        issuer = world.people.get(str(claims.get("iss")))
        if issuer is None or not issuer.service or issuer.deleted:
            raise _RefusedError("Invalid grant: account not found")
        if issuer.suspended:
            raise _RefusedError("Invalid grant: account disabled")
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            words = "Invalid OAuth scope or ID token audience provided."
            raise _RefusedError(words, error="invalid_scope")
        subject = claims.get("sub")
        if subject is None or subject == issuer.email:
            return Access(issuer.email, scopes, 0)
        if issuer.email != world.delegated or not scopes <= self._core.settings.delegation:
            words = (
                "Client is unauthorized to retrieve access tokens using this method, or client not "
                "authorized for any of the scopes requested."
            )
            raise _RefusedError(words, status=401, error="unauthorized_client")
        person = world.people.get(str(subject).lower())
        if person is None or person.suspended or person.deleted or person.domain != world.domain:
            raise _RefusedError("Invalid email or User ID")
        return Access(person.email, scopes, 0)

    def _claims(self, assertion: str) -> dict[str, Any]:
        now = self._core.world.clock.now()
        try:
            claims = _verified(assertion)
        except (ValueError, InvalidSignature):
            raise _RefusedError("Invalid JWT Signature.") from None
        if claims.get("aud") not in {AUDIENCE, f"{self._core.root}/token"}:
            raise _RefusedError("Invalid JWT: Failed audience check.")
        if not now - 3900 <= claims.get("iat", 0) <= now + 300 or claims.get("exp", 0) < now - 300:
            words = (
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim."
            )
            raise _RefusedError(words)
        return claims

    def _by_refresh(self, form: Any) -> Answer:
        if refused := _client(form):
            return refused
        access = self._refresh.get(form.get("refresh_token", ""))
        person = self._core.world.people.get(access.account) if access else None
        if access is None or person is None or person.suspended or person.deleted:
            return _refused(400, "invalid_grant", "Token has been expired or revoked.")
        fresh = Access(access.account, access.scopes, 0)
        return self._issue(fresh, scope=" ".join(sorted(access.scopes)))

    def _by_code(self, form: Any) -> Answer:
        if refused := _client(form):
            return refused
        found = self._codes.pop(form.get("code", ""), None)
        if found is None:
            return _refused(400, "invalid_grant", "Malformed auth code.")
        access, asked = found
        if asked["redirect_uri"] != form.get("redirect_uri"):
            return _refused(400, "redirect_uri_mismatch", "Bad Request")
        if challenge := asked.get("code_challenge"):
            told = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(told).rstrip(b"=").decode() != challenge:
                return _refused(400, "invalid_grant", "Invalid code verifier.")
        further = {"scope": " ".join(sorted(access.scopes))}
        if access.offline:
            further["refresh_token"] = self.refresh_token(access.account, access.scopes)
        return self._issue(Access(access.account, access.scopes, 0), **further)

    # The page where a person consents

    def authorize(self, call: Call) -> Answer:
        """Answer the browser: the person decides at once, and is sent back to the app."""
        back = call.get("redirect_uri")
        if (
            call.get("client_id") != CLIENT_ID
            or call.get("response_type") != "code"
            or not (back.startswith(("http://localhost", "http://127.0.0.1")))
        ):
            return Answer(400, b"<h1>Error 400: invalid_request</h1>", "text/html")
        settings, world = self._core.settings, self._core.world
        account = world.owner if settings.consents is None else settings.consents.lower()
        state = {"state": call.get("state")} if call.get("state") else {}
        if not account:
            return _sent(back, {"error": "access_denied", **state})
        code = self._drawn("4/0A")
        scopes = frozenset(call.get("scope").split())
        # https://developers.google.com/identity/protocols/oauth2/native-app: installed apps always
        # get a refresh token; a web app asks for it by access_type.
        access = Access(account, scopes, 0, offline=call.get("access_type", "offline") == "offline")
        self._codes[code] = access, dict(call.query)
        return _sent(back, {"code": code, "scope": call.get("scope"), **state})


def _sent(back: str, said_: dict[str, str]) -> Answer:
    mark = "&" if "?" in back else "?"
    return Answer(302, headers={"Location": f"{back}{mark}{urlencode(said_)}"})


def _client(form: Any) -> Answer | None:
    if form.get("client_id") != CLIENT_ID:
        return _refused(401, "invalid_client", "The OAuth client was not found.")
    if form.get("client_secret") != CLIENT_SECRET:
        return _refused(401, "invalid_client", "Unauthorized")
    return None


def _refused(status: int, error: str, words: str) -> Answer:
    return said({"error": error, "error_description": words}, status)


def _verified(assertion: str) -> dict[str, Any]:
    signed, _, signature = assertion.rpartition(".")
    head, _, claims = signed.partition(".")
    told = json.loads(_unpacked(head))
    if not isinstance(told, dict) or told.get("alg") != "RS256":
        raise ValueError("not signed")
    signing_key().public_key().verify(
        _unpacked(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    found = json.loads(_unpacked(claims))
    if not isinstance(found, dict) or not all(
        isinstance(found.get(name), int) for name in ("iat", "exp")
    ):
        raise ValueError("no claims")
    return found


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
