"""Text that somebody else wrote, made harmless: characters, links and labels.

Knows nothing of blocks. What Slack would read for markup is kept away from it by the kind of
element that a text goes into; here goes what no element keeps away.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote, urlsplit

_TITLE = 300
_URL = 2000
_SHOWN_URL = 200

_LINE_BREAK = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# Joins the parts of one emoji (👨‍👩‍👧); anywhere else it is only invisible.
_JOINER = re.compile(
    "(?<=[\u2600-\u27bf\U0001f300-\U0001faff\ufe0f])\u200d(?=[\u2600-\u27bf\U0001f300-\U0001faff])"
)
_ADDRESS = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.IGNORECASE)
# Of RFC 3986 all but the quotes, which forms and clients like to trip over.
_UNQUOTED = "/?:@!$&()*+,;=%#[]"
# What reads as the address of a site: with a scheme, or a domain by its look.
_WITH_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/{1,3}([^\s/?#「」（）]*)")
_DOMAIN = re.compile(r"((?:[\w-]{1,63}[.。])+((?:xn--)?[a-z]{2,}))(?![a-z0-9])([:/?#])?")
# Endings of file names; some are top-level domains too, but titles are file names much more often.
_FILE = re.compile(
    "ai|bmp|cfg|conf|cs|css|csv|db|docm?|docx|drawio|eml|gif|go|gz|heic|html?|ini|java|jpe?g|js|json"
    "|key|kt|log|lua|mdx?|mov|mpp|msg|numbers|od[pst]|one|pages|pdf|php|pl|png|pp|ppt[mx]?|ps|psd|py"
    "|r[bs]|rst|rtf|sh|sql|svg|tar|tex|tgz|tiff?|toml|tsv?|txt|vb|vsdx?|webp|wmv|xls[bmx]?|xml|xz"
    "|ya?ml|zip"
)


def clean(text: str) -> str:
    """Return the text without characters that are not seen: controls, direction, zero width.

    Every kind of line break becomes a newline; tabs stay.
    """
    if text.isprintable() and "\ufffc" not in text:
        return text
    held = _JOINER.sub("\ufffc", _LINE_BREAK.sub("\n", text.replace("\ufffc", "")))
    seen = (c for c in held if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return "".join(seen).replace("\ufffc", "\u200d")


def one_line(text: str, limit: int = _TITLE) -> str:
    """Return the text as one line of at most `limit` characters, with … where it is cut."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(text: str) -> str:
    """Return the text as Slack's mrkdwn wants it: only & < > have to be escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def line_text(text: str) -> str:
    """Return any text so that it names nobody as mrkdwn, such as the `text` of a message."""
    return escaped(clean(text))


def linkable(url: str) -> str | None:
    """Return the address as a link can hold it, None where nobody shall be led there.

    Only http and https; no name or password before the host, which serve to look like another one.
    Where it is too long for Slack, it leads to the page instead of to a place in it.
    """
    match = _ADDRESS.fullmatch(clean(url).strip())
    if not match:
        return None
    scheme, authority, rest = match.groups()
    authority = _ascii(authority)
    if not _AUTHORITY.fullmatch(authority):
        return None
    address = f"{scheme.lower()}://{authority}{quote(rest, safe=_UNQUOTED)}"
    if len(address) > _URL:
        page, fragment, _ = url.partition("#")
        return linkable(page) if fragment else None
    return address if _host(address) else None


def _ascii(authority: str) -> str:
    if authority.isascii():
        return authority
    try:
        return authority.encode("idna").decode()
    except UnicodeError:
        return ""


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts.hostname


def shown_url(url: str) -> str:
    """Return an address that is shown and not linked: of a file, its path."""
    cleaned = clean(url)
    if cleaned.lower().startswith("file:"):
        path = unquote(cleaned[5:].partition("#")[0])
        cleaned = clean("/" + path.lstrip("/"))
    return one_line(cleaned, _SHOWN_URL)


def site(url: str) -> str:
    """Return the host that a linkable address leads to."""
    return _host(url) or url


def names_another_site(label: str, url: str) -> bool:
    """Tell whether a label reads like the address of another site than the one it would link to."""
    own = site(url)
    named: set[str] = set()
    # As it is typed, and as full-width letters read.
    for text in (label.casefold(), unicodedata.normalize("NFKC", label).casefold()):
        named |= {match.group(1).partition("@")[0] for match in _WITH_SCHEME.finditer(text)}
        named |= {
            match.group(1)
            for match in _DOMAIN.finditer(text)
            if match.group(3) or not _FILE.fullmatch(match.group(2))
        }
    return any(re.sub(r":\d*$", "", one).strip(".") != own for one in named)
