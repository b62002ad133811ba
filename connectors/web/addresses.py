"""Addresses of pages brought into one form, so that a page has one address.

By the WHATWG URL Standard (https://url.spec.whatwg.org/), as browsers read what people wrote, and
RFC 3986 §6 for what may be said in two ways. Knows nothing of what lies at an address: whether
`/docs` and `/docs/index.html` are the same page is its server's to say, by a redirect or
`rel=canonical`.

A fragment is never part of an address, `#!` no more than another: no server ever sees it, what it
would change is drawn by scripts, and a document's address has none. A site of that kind is told by
`walls` as one that needs JavaScript.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote

_LONGEST: Final = 8_192  # characters; more is no address that a server would take
_PORTS: Final = {"http": 80, "https": 443}

# Already in its one form, as nearly all addresses are: no work at all.
_CLEAN = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z][a-z0-9-]*)+/(?:[\w~-][\w.~-]*/)*(?:[\w~-][\w.~-]*)?", re.ASCII
)
_LONG_FOR_A_LOOK: Final = 250  # so that no host in it is longer than DNS allows
_LONG_FOR_KEEPING: Final = 500  # characters; what is longer is not remembered, to bound memory
_TRIMMED: Final = "".join(map(chr, range(0x21)))  # C0 controls and space, says the Standard
_REMOVED = re.compile(r"[\t\n\r]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ABSOLUTE = re.compile(r"(https?):/*([^/?]*)([^?]*)(?:\?(.*))?", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What is left as it stands; all else is escaped. `%` is: an escape that was written stays one.
_IN_PATH: Final = "%/:@!$&'()*+,;=[]|~"
_IN_QUERY: Final = "%/:@!$&()*+,;=?[]|~{}^`\\"

# Names of parameters that say whence a reader came, by the products that add them.
_TRACKING = re.compile(
    r"utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|_g[al]|fbclid|"
    r"fb_action_\w+|fb_source|igshid|igsh|yclid|ysclid|_openstat|msclkid|twclid|ttclid|li_fat_id|"
    r"mc_[ce]id|mkt_tok|_hsenc|_hsmi|__hs\w\w|hsctatracking|vero_\w+|oly_\w+_id|wickedid|_kx|"
    r"rb_clickid|s_kwcid|ef_id|epik|_branch_match_id|_ke|sc_cid|dm_i|guce_referrer\w*|guccounter"
)
# Sessions, and the tokens of links that do something rather than show it.
_SESSION = re.compile(
    r"jsessionid|phpsessid|phpsession\w*|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|"
    r"jservsessionid\w*|zenid|oscsid|xtcsid|session_?id|sessid|sess_id|"
    r"_?csrf\w*|_?xsrf\w*|authenticity_token|__requestverificationtoken|_wpnonce"
)
# Short names mean other things as well (`sid` of a shop): they go where the value is a token.
_MAY_BE_SESSION = re.compile(r"sid|s|sess|session|_session|_token|nonce|phpsid|ssid")
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_,.~-]{20,}|[0-9A-Fa-f]{16,}")
_PATH_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid|session_?id|cfid|cftoken)=[^/;]*|"
    r"/\((?:[A-Z]\([A-Za-z0-9_-]+\))+\)(?=/|$)",  # ASP.NET: /(S(lit3py55t21z5v55vlm25s55))/
    re.IGNORECASE,
)


def normalised(
    url: str, *, base: str | None = None, ignore: Collection[str] = (), encoding: str = "utf-8"
) -> str | None:
    """Return the one form of an address, without its fragment; None where it is none of a page.

    `base`: the address that a relative one counts from. `ignore`: names of parameters to leave out
    beside those of sessions and trackers; `*` stands for anything, case does not count.
    `encoding`: the page's own, in which browsers send what a query holds beyond ASCII.

    The form does not change when it is brought into this form again. Parameters are in the order of
    their names; those of one name keep theirs. Escapes that are no UTF-8 (`%8E%91`, Shift_JIS) stay
    as they are. A user and a password in an address are left out.
    """
    if len(url) <= _LONG_FOR_A_LOOK and _CLEAN.fullmatch(url):
        return url
    if len(url) > _LONG_FOR_KEEPING:
        return _normalised.__wrapped__(url, base, tuple(ignore), encoding)
    return _normalised(url, base and _counted_from(base, url), tuple(ignore), encoding)


def _counted_from(base: str, reference: str) -> str | None:
    """Return what of a base counts for a reference: the same for all pages of a site or a folder.

    The links of a template stand on every page: their forms are remembered.
    """
    if reference[:1] == "/" and reference[1:2] not in {"/", "\\"}:
        end = base.find("/", base.find("://") + 3)
        return base if end < 0 or "?" in base[:end] else base[: end + 1]
    if reference[:7].lower() == "http://" or reference[:8].lower() == "https://":
        return None
    return base


def host_of(url: str) -> str:
    """Return the host of a normalised address, with its port where that is not the scheme's."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0]


def site_of(url: str) -> str:
    """Return what the same site has in common: the host without `www.`; the scheme is left out."""
    return host_of(url).removeprefix("www.")


def same_site(one: str, other: str) -> bool:
    """Whether two normalised addresses are of one site, `www.` and the scheme aside."""
    return site_of(one) == site_of(other)


@lru_cache(maxsize=16_384)  # the links of a template stand on every page
def _normalised(url: str, base: str | None, ignore: tuple[str, ...], encoding: str) -> str | None:
    if len(url) > _LONGEST:
        return None
    url = _REMOVED.sub("", url.strip(_TRIMMED)).partition("#")[0]
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in _PORTS:
        return None
    before, mark, query = url.partition("?")
    url = before.replace("\\", "/") + mark + query  # as browsers do, but not in a query
    if scheme is None:
        url = _joined(base, url) if base else ""
    parts = _ABSOLUTE.fullmatch(url)
    if parts is None:
        return None
    name = parts[1].lower()
    authority = _authority(parts[2], name)
    if authority is None:
        return None
    query = _query(parts[4] or "", ignore, encoding)
    whole = f"{name}://{authority}{_path(parts[3])}{'?' if query else ''}{query}"
    return whole if len(whole) <= _LONGEST else None


def _joined(base: str, reference: str) -> str:
    """RFC 3986 §5.2 but for dot segments, which are taken out of the whole later."""
    scheme, _, rest = base.partition("#")[0].partition("://")
    before, _, _ = rest.partition("?")
    host, slash, path = before.partition("/")
    if reference.startswith("//"):
        return f"{scheme}:{reference}"
    if reference.startswith("/"):
        return f"{scheme}://{host}{reference}"
    if not reference:
        return f"{scheme}://{rest}"
    if reference.startswith("?"):
        return f"{scheme}://{before}{reference}"
    folder, _, _ = path.rpartition("/")
    return f"{scheme}://{host}{slash or '/'}{folder}{'/' if folder else ''}{reference}"


def _authority(text: str, scheme: str) -> str | None:
    text = text.rpartition("@")[2]
    host, colon, port = text.partition(":")
    if text.startswith("["):
        host, bracket, port = text.partition("]")
        host, colon, port = host + bracket, port[:1], port[1:]
    if colon not in ("", ":") or (port and not (port.isascii() and port.isdigit())):
        return None
    named = _host(host)
    if named is None or (port and int(port) > 65_535):
        return None
    return named if not port or int(port) == _PORTS[scheme] else f"{named}:{int(port)}"


@lru_cache(maxsize=1_024)
def _host(host: str) -> str | None:
    """The host as DNS is asked for it, or an IP address in its usual form."""
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            return None
        return f"[{address.compressed}]" if host.endswith("]") and "%" not in host else None
    host = unquote(host, errors="strict") if "%" in host and _decodes(host) else host
    if len(host) > 253:
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    host = host.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > 253:
        return None
    return _ipv4(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else host


def _decodes(host: str) -> bool:
    try:
        unquote(host, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _ipv4(host: str) -> str | None:
    """What the Standard reads as an IPv4 address: `127.1`, `0x7f.0.0.1`, `2130706433`."""
    numbers: list[int] = []
    for part in host.split("."):
        if not _NUMBER.fullmatch(part):
            return None
        octal = len(part) > 1 and part[0] == "0" and part[1] != "x"
        try:
            numbers.append(
                int(part[2:] or "0", 16) if "x" in part else int(part, 8 if octal else 10)
            )
        except ValueError:
            return None
    *firsts, last = numbers
    if (
        len(firsts) > 3
        or any(number > 255 for number in firsts)
        or last >= 256 ** (4 - len(firsts))
    ):
        return None
    value = last + sum(number << (24 - 8 * place) for place, number in enumerate(firsts))
    return str(ipaddress.IPv4Address(value))


def _path(path: str) -> str:
    path = _escaped(path, _IN_PATH, "utf-8")
    while (shorter := _PATH_SESSION.sub("", path)) != path:
        path = shorter
    kept: list[str] = []
    *segments, last = path.split("/")
    for segment in segments[1:] or ():
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    kept.append("" if last in (".", "..") else last)
    return "/" + "/".join(kept)


def _query(query: str, ignore: tuple[str, ...], encoding: str) -> str:
    if not query:
        return ""
    kept: list[tuple[str, str]] = []
    for parameter in _escaped(query, _IN_QUERY, encoding).split("&"):
        name, _, value = parameter.partition("=")
        if parameter and not _means_nothing(unquote(name).lower(), value, ignore):
            kept.append((name, parameter))
    kept.sort(key=lambda one: one[0])
    return "&".join(parameter for _, parameter in kept)


def _means_nothing(name: str, value: str, ignore: tuple[str, ...]) -> bool:
    """Whether a parameter changes nothing of the page that is shown."""
    if _TRACKING.fullmatch(name) or _SESSION.fullmatch(name):
        return True
    if _MAY_BE_SESSION.fullmatch(name) and _TOKEN.fullmatch(value):
        return True
    return any(fnmatchcase(name, pattern.lower()) for pattern in ignore)


def _escaped(text: str, safe: str, encoding: str) -> str:
    """The text with everything escaped that must be, and nothing that need not be."""
    if not text.isascii():
        text = _BEYOND_ASCII.sub(lambda found: _bytes_of(found[0], encoding), text)
    text = quote(_NO_ESCAPE.sub("%25", text), safe=safe)
    return _ESCAPE.sub(_one_form, text) if "%" in text else text


def _bytes_of(text: str, encoding: str) -> str:
    try:
        return quote_from_bytes(text.encode(encoding), safe="")
    except (UnicodeEncodeError, LookupError):
        return quote_from_bytes(text.encode("utf-8", "replace"), safe="")


def _one_form(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
