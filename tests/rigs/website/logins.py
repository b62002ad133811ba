"""Who gets in: by a cookie and a form, by basic authentication, by a header with a token."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote

from rigs.website import html
from rigs.website.values import HTML, Reply, Visit

_ALWAYS = ("/robots.txt", "/favicon.ico")


@dataclass(slots=True)
class CookieLogin:
    """A page without the cookie redirects to a form, or shows it in its place."""

    under: str
    cookie: str = "session"
    value: str = "himitsu-no-cookie"
    user: str = "reader"
    password: str = "himitsu-no-password"
    form: str = "/login"
    inline: bool = False
    """Whether the form stands at the page's own address, with status 200, as many do it."""
    signed_out: bool = field(default=False, kw_only=True)
    """Whether the cookie is good no more."""

    def __call__(self, visit: Visit) -> Reply | None:
        if visit.path == self.form:
            return self._form(visit)
        if not visit.path.startswith(self.under) or visit.path in _ALWAYS:
            return None
        known = hmac.compare_digest(visit.cookies.get(self.cookie, ""), self.value)
        if known and not self.signed_out:
            return None
        if self.inline:
            return Reply(200, _form(self.form, visit.target).encode())
        to = f"{self.form}?next={quote(visit.target, safe='')}"
        return Reply(302, b"", HTML, (("Location", to),))

    def _form(self, visit: Visit) -> Reply:
        if visit.method != "POST":
            return Reply(200, _form(self.form, visit.query.get("next", "/")).encode())
        said = {key: values[-1] for key, values in parse_qs(visit.body.decode()).items()}
        if (said.get("username"), said.get("password")) != (self.user, self.password):
            return Reply(200, _form(self.form, said.get("next", "/"), "違います。").encode())
        self.signed_out = False
        cookie = f"{self.cookie}={self.value}; Path=/; HttpOnly; SameSite=Lax"
        headers = (("Set-Cookie", cookie), ("Location", said.get("next", "/")))
        return Reply(303, b"", HTML, headers)


@dataclass(slots=True)
class BasicLogin:
    """401 with a realm for whoever does not say user and password."""

    under: str
    user: str = "reader"
    password: str = "himitsu-no-password"

    def __call__(self, visit: Visit) -> Reply | None:
        if not visit.path.startswith(self.under) or visit.path in _ALWAYS:
            return None
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if hmac.compare_digest(visit.headers.get("authorization", ""), f"Basic {secret}"):
            return None
        headers = (("WWW-Authenticate", 'Basic realm="Members", charset="UTF-8"'),)
        return Reply(401, html.plain("401 Authorization Required").encode(), HTML, headers)


@dataclass(slots=True)
class HeaderLogin:
    """A header with a token, as gateways before intranets want it."""

    under: str
    header: str = "X-Api-Key"
    value: str = "himitsu-no-token"
    status: int = 403

    def __call__(self, visit: Visit) -> Reply | None:
        if not visit.path.startswith(self.under) or visit.path in _ALWAYS:
            return None
        if hmac.compare_digest(visit.headers.get(self.header.lower(), ""), self.value):
            return None
        return Reply(self.status, html.plain(f"{self.status} Forbidden").encode())


def _form(action: str, following: str, word: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="ja"><head><meta charset="utf-8">'
        "<title>ログイン | 社内ポータル</title></head>\n<body><main><h1>ログイン</h1>"
        f'<p class="error">{word}</p><form method="post" action="{action}">'
        f'<input type="hidden" name="next" value="{html.escaped(following)}">'
        '<label>ユーザー名 <input name="username" autocomplete="username"></label>'
        '<label>パスワード <input type="password" name="password" '
        'autocomplete="current-password"></label>'
        '<button type="submit">ログイン</button></form>'
        '<p><a href="/password/reset">パスワードをお忘れの方</a></p></main></body></html>\n'
    )
