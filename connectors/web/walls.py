"""Tells what stands in place of a page's content: a test for robots, a login, an empty shell.

The marks of a service count only where there is nearly nothing to read: an article on CAPTCHA, a
page with a box to log in at its top and a short page are content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from connectors.web.markup import Markup, lines_of
from connectors.web.values import Answer, Wall

_LOOKED_AT: Final = 262_144  # characters of source in which marks are looked for


@dataclass(frozen=True, slots=True)
class _Challenge:
    """How the test of one service is told."""

    service: str
    marks: re.Pattern[str]
    """Where this is in the source, but not in the text."""
    at_most: int = 1_500
    """Characters of text; a page with more is content that the service merely watches over."""
    wording: re.Pattern[str] | None = None
    """Where given, title or text have to say so as well."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# By the pages that these services serve, as met and as their makers document them.
_CHALLENGES: Final = (
    # https://developers.cloudflare.com/cloudflare-challenges/; `challenge-platform` alone stands on
    # the pages behind it as well.
    _Challenge("Cloudflare", _any(
        r"_cf_chl_opt", r"cf-browser-verification", r"/cdn-cgi/l/chk_(?:jschl|captcha)",
        r"id=[\"']?(?:challenge-(?:form|error-text|running)|cf-error-details|cf-wrapper)\b")),
    _Challenge("Akamai", _any(
        r"sec-if-cpt-container", r"/_sec/cp_challenge/", r"bm-verify=", r"scf-akamai-logo",
        r"errors\.edgesuite\.net")),
    _Challenge("Imperva", _any(
        r"id=[\"']?main-iframe\b[^>]{0,400}_Incapsula_Resource", r"Incapsula incident ID",
        r"_Incapsula_Resource[^>]{0,400}id=[\"']?main-iframe", r"_Incapsula_Resource\?CWUDNSAI")),
    _Challenge("Imperva", _any(r"_Incapsula_Resource"), at_most=40),
    _Challenge("Imperva", _any(r"distil", r"interstitial-inprogress", r"_imp_apg_r_"),
               wording=_any(r"pardon our interruption")),
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html
    _Challenge("AWS WAF", _any(r"gokuProps", r"AwsWafCaptcha\.", r"captcha-sdk\.awswaf\.com"), 600),
    _Challenge("AWS WAF", _any(r"awswaf\.com/[^\"'<>]{1,200}/challenge\.js"), at_most=120),
    _Challenge("DataDome", _any(r"captcha-delivery\.com"), at_most=400),
    _Challenge("HUMAN", _any(r"_pxAppId", r"px-captcha"), wording=_any(
        r"press\s*&\s*hold", r"access to this page has been denied")),
    _Challenge("Sucuri", _any(r"sucuri_cloudproxy_js", r"cdn\.sucuri\.net/sucuri-firewall-block")),
    _Challenge("DDoS-Guard", _any(r"check\.ddos-guard\.net", r"/\.well-known/ddos-guard/"),
               wording=_any(r"ddos-guard", r"checking your browser")),
    _Challenge("Anubis", _any(r"anubis_challenge", r"/\.within\.website/x/cmd/anubis")),
    _Challenge("Vercel", _any(r"/\.well-known/vercel/security/"), at_most=600),
    _Challenge("F5", _any(r"/TSPD/", r"TSPD_101"), at_most=300),
    _Challenge("Radware", _any(r"radware[^<>]{0,40}captcha", r"validate\.perfdrive\.com")),
)  # fmt: skip
# Refusals that are told by their words alone, in a page that holds and links to little else.
_REFUSAL = _any(
    r"just a moment\.\.\.", r"attention required! \| cloudflare", r"incapsula incident id",
    r"you don['’]t have permission to access .{0,300} on this server\. *reference *#",
    r"the requested url was rejected\. please consult with your administrator",
    r"our systems have detected unusual traffic", r"making sure you['’]re not a bot",
    r"verify(?:ing)? (?:that )?you(?: are|['’]re) (?:not a robot|(?:a )?human)",
    r"human verification",
    r"checking (?:if the site connection is secure|your browser before accessing)",
    r"(?:ロボット|人間)で(?:は(?:ない|ありません)|ある)(?:こと)?を?(?:ご?確認|証明)",
    r"私はロボットではありません", r"ブラウザを(?:確認|検証)しています",
    r"通常と異なるトラフィック",
)  # fmt: skip
_REFUSAL_AT_MOST: Final = 500
_FEW_LINKS: Final = 5
_IN_PROGRESS: Final = 202  # AWS WAF tests browsers silently with this status
_CAPTCHA_AT_MOST: Final = 600  # text of a page whose only purpose is a CAPTCHA

_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|log-?on|sign-?on|sso|saml2?|adfs/ls|oauth2?/(?:v\d(?:\.\d)?/)?authorize|"
    r"wp-login|users?/sign_in|auth|authenticate|session/new)(?:[.;][\w.=-]+)?/?",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(
    r"(?:login|signin|sso|auth)\.|accounts\.google\.com|(?:[\w-]+\.)+(?:okta|onelogin|auth0)\.com"
)
_LOGIN_WORDS = re.compile(
    r"ログイン|サインイン|ログオン|会員認証|認証が必要|パスワードを入力|\blog\s?-?[io]n\b|\bsign\s?-?[io]n\b|"
    r"\bauthentication\b",
    re.IGNORECASE,
)
_FORM_AT_MOST: Final = 150  # prose beside a form that asks for a password and does not say why
_SAID_AT_MOST: Final = 300  # the same where title or heading speak of logging in
_PLACED_AT_MOST: Final = 3_000  # the same at an address of a login

_ASKS_FOR_SCRIPTS = re.compile(
    r"(?:java\s?script|ＪａｖａＳｃｒｉｐｔ|\bJS\b)[^。.]{0,60}"
    r"(?:有効|オン|必要|許可|enable|require|turn(?:ed)? on|need|work|run|allow)"
    r"|(?:enable|requires?|need|turn on|activate|allow)[^.]{0,40}java\s?script",
    re.IGNORECASE,
)
_EMPTY_ROOT = re.compile(
    r"<(div|main|section)\b[^>]{0,300}?\bid\s*=\s*[\"']?(?:root|app|__next|__nuxt|___gatsby|app-?root|"
    r"react-?(?:root|app)|main-?app|q-app|svelte|ember-\w+|application|mount|container|content|page|"
    r"main|wrapper)\b[^>]{0,300}>\s*(?:<!--[^>]{0,500}-->\s*)?</\1\s*>"
    r"|<((?:app|my)-[\w-]+|[\w-]+-(?:app|root))\b[^>]{0,300}>\s*</",
    re.IGNORECASE,
)
_SHELL_AT_MOST: Final = 80  # characters of text that an empty shell shows ("Loading...")


def is_login_address(url: str) -> bool:
    """Whether an address is that of a form to log in, by its path or host."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return any(
        _LOGIN_PATH.fullmatch(path[start:])
        for start in (path.rfind("/", 0, end) for end in _last_slashes(path))
    ) or bool(_LOGIN_HOST.match(parts.hostname or ""))


def wall_of(answer: Answer, markup: Markup) -> tuple[Wall, str] | None:
    """Return what stands in place of the page's content and how it was told; None: content."""
    if challenge := _challenge(answer, markup):
        return "challenge", challenge
    if login := _login(answer, markup):
        return "login", login
    if shell := _shell(markup):
        return "javascript", shell
    return None


def _challenge(answer: Answer, markup: Markup) -> str | None:
    if markup.visible > max(one.at_most for one in _CHALLENGES):
        return None
    source = markup.source[:_LOOKED_AT]
    text = " ".join(" ".join((markup.title or "", *lines_of(markup))).split())
    for one in _CHALLENGES:
        if markup.visible > one.at_most or (one.wording and not one.wording.search(text)):
            continue
        found = one.marks.search(source)
        if found and found[0] not in text:  # what is in the text is talked of
            return f"a test for robots by {one.service}"
    if _anchors(markup) > _FEW_LINKS:
        return None
    return _worded(answer, markup, text)


def _worded(answer: Answer, markup: Markup, text: str) -> str | None:
    """Tests that are told by their words alone, on pages that lead hardly anywhere."""
    if markup.visible <= _REFUSAL_AT_MOST and _REFUSAL.search(text):
        return "a test for robots, as its words say"
    if markup.captchas and not markup.fields and markup.prose <= _CAPTCHA_AT_MOST:
        return "a CAPTCHA that there is nothing else to fill in for"
    if answer.status == _IN_PROGRESS and markup.scripts and not markup.visible:
        return "a test for robots that scripts take (status 202)"
    return None


def _login(answer: Answer, markup: Markup) -> str | None:
    here = is_login_address(answer.url)
    said = _LOGIN_WORDS.search(" ".join((markup.title or "", *markup.headings)))
    if markup.passwords:
        if here and markup.prose <= _PLACED_AT_MOST:
            return "a form that asks for a password, at an address of a login"
        if said and markup.prose <= _SAID_AT_MOST:
            return "a form that asks for a password, as its heading says"
        if markup.prose <= _FORM_AT_MOST and _anchors(markup) <= _FEW_LINKS:
            return "a form that asks for a password, and nothing else"
        return None
    asks = markup.passwords_in_frame or markup.fields
    if here and asks and markup.prose <= _SAID_AT_MOST and (said or answer.hops):
        return "a form at an address of a login"
    return None


def _shell(markup: Markup) -> str | None:
    if not markup.scripts or markup.visible > _SHELL_AT_MOST or _anchors(markup) > _FEW_LINKS:
        return None
    framed = any(link.kind in ("iframe", "frame") for link in markup.links)
    refreshed = any(meta.get("http-equiv", "").lower() == "refresh" for meta in markup.metas)
    if framed or refreshed:
        return None
    if _ASKS_FOR_SCRIPTS.search(" ".join((*markup.noscript, *lines_of(markup)))):
        return "the page asks for JavaScript"
    if _EMPTY_ROOT.search(markup.source[:_LOOKED_AT]):
        return "the page is empty before its scripts run"
    if not markup.visible and not markup.pictures and not _anchors(markup):
        return "there is nothing to see before scripts run"
    return None


def _anchors(markup: Markup) -> int:
    return sum(link.kind == "a" for link in markup.links)


def _last_slashes(path: str) -> tuple[int, ...]:
    """Where the last, the second and the third segment from the end may begin."""
    ends = [len(path)]
    while len(ends) < 3 and (slash := path.rfind("/", 0, ends[-1])) >= 0:
        ends.append(slash)
    return tuple(ends)
