"""Text that others wrote, so that Discord shows it as it reads: no ping, no link, no markup.

Documents, models and people write whatever they like, and Discord's markdown has no way to quote
text that holds on every client. So each kind of place has its own way:

- Running text is escaped by backslashes. What reaches into the server (mentions) or what clients
  disagree about gets an invisible word joiner inside, backticks become full-width ones, addresses
  become code: they can be copied, and nobody is led anywhere.
- The words of a link take no backslashes, and a desktop client drops invisible characters from
  them before it looks for addresses and mentions; where it finds one, or an emoji, it shows the
  whole link as raw text. So signs become their full-width forms there, and emoji stay outside.

Knows nothing of answers, nor of how long a message may be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit

JOINER: Final = "\u2060"
"""Word joiner: takes no room, and no parser looks through it."""

SPAN: Final = 500
"""Characters of code, bold text or an address that are kept as one; longer ones are plain text, so
that a message can be cut anywhere between spans."""

URL_LIMIT: Final = 900
"""Characters of a link's address: it has to share a message with its words."""

_ELLIPSIS = "…"
_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Categories Cc, Cf and Cs, and letters and marks that show nothing, go; what most text is made of
# need not be looked at one by one.
_UNUSUAL = re.compile("[^\n -~\u3000-\u30ff\u3400-\u9fff\uff01-\uff9f]")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_ZWJ = "\u200d"
# Symbols that clients draw as emoji (Unicode's emoji-data, in blocks); (c), (r) and TM are exempt.
_EMOJI_CHARS = (
    "\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u2607-\u27bf\u2934\u2935"
    "\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
# An emoji's name between colons becomes one.
_EMOJI = re.compile(
    f"(?:(?:[{_EMOJI_CHARS}]|[0-9#*]\ufe0f?\u20e3)[\ufe0e\ufe0f\u200d\u20e3]*)+"
    r"|:(?!\d+:)[A-Za-z0-9_+\-]{1,64}:"
)

# ASCII only: Japanese often follows an address without a blank. Without brackets: a desktop client
# takes the last `](` of some lines for the joint of a link that begins in the first, code or not.
_ADDRESS = (
    r"(?<![a-z0-9])(?:[a-z][a-z0-9+.\-]{0,30}://|discord(?:app)?\.(?:gg|com/invite)/)"
    rf"(?=[a-z0-9])(?:(?!@everyone|@here)[!-;=?-Z^_a-~]){{1,{SPAN}}}"
)
_LITERAL = re.compile(
    rf"""
    (?P<address>{_ADDRESS})
  | (?P<apart>
        :(?=//)                        # an address without a host that we know the end of
      | \.(?=gg/|com/invite/)
      | @(?=everyone|here)
      | :(?!\d+:)(?=[a-z0-9_+\-]{{1,64}}:)    # the name of an emoji
    )
  | (?P<bracket>\](?=\())              # the joint of a masked link
  | (?P<angle><(?=\S))                 # mentions, channels, commands, emoji, times, addresses
  | (?P<tick>`)
  | (?P<sign>[\\*_~|\[\]<>])
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Where a line begins: headings, small print, lists, quotes (whose sign is escaped everywhere).
_START = re.compile(r"(?m)^( *)(?:(#(?=\#{0,2}(?:\s|$))|-(?=[\s#]|$))|(\d+\.)(?=\s|$))")

_BEHIND = ".,:;!?'\"*_~|]"
_EVERYONE = re.compile("@(?=everyone|here)", re.IGNORECASE)
_PINGS = re.compile(r"<(?=@)|@(?=everyone|here)", re.IGNORECASE)

_WIDE = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "\\*_~|[]<>`"}
_IN_LABEL = re.compile(
    r"""
    (?P<wide>
        /(?=/)|(?<=/)/                 # https://
      | (?<=\.gg)/|(?<=discord\.com)/|(?<=discordapp\.com)/
      | @(?=everyone|here)
    )
  | (?P<dot>(?<=\w)\.(?=[a-z]))        # a host, or the name of a file that looks like one
    """,
    re.VERBOSE | re.IGNORECASE,
)

_URL_SAFE = "-._%/?#:@!$&'+,;="
_HOST = re.compile(r"[\w\-]+(?:\.[\w\-]+)*\.?")


def clean(text: str) -> str:
    """Return the text without what steers, hides or reorders; every line ends alike.

    Dropped are control, format and filler characters and lone surrogates; joiners stay between
    emoji, where they make one of several.
    """
    text = _BREAKS.sub("\n", text).replace("\t", " ")

    def kept(found: re.Match[str]) -> str:
        char = found[0]
        if char == _ZWJ:
            before, after = (
                text[max(found.start() - 1, 0) : found.start()],
                text[found.end() : found.end() + 1],
            )
            return char if _joinable(before) and _joinable(after) else ""
        shown = unicodedata.category(char) not in {"Cc", "Cf", "Cs"} and char not in _FILLERS
        return char if shown else ""

    return _UNUSUAL.sub(kept, text)


def _joinable(char: str) -> bool:
    return char == "\ufe0f" or bool(char and _EMOJI.fullmatch(char))


def one_line(text: str, longest: int | None = None) -> str:
    """Return the text cleaned, in one line; beyond `longest` characters its middle is left out."""
    line = " ".join(clean(text).split())
    if longest is None or len(line) <= longest:
        return line
    tail = longest // 4
    return f"{line[: longest - tail - 1]}{_ELLIPSIS}{line[-tail:]}"


def literal(text: str) -> str:
    """Return any text so that Discord shows it as it reads: no markup, no ping, no link."""
    shown = "".join(_disarmed(clean(text))).replace("``", f"`{JOINER}`")
    return _START.sub(_at_start, shown)


def _at_start(found: re.Match[str]) -> str:
    blanks, sign, number = found.groups()
    # A list would count for itself: 3. and 5. would be read as 3. and 4.
    return f"{blanks}\\{sign}" if sign else f"{blanks}{number}{JOINER}"


def _disarmed(text: str) -> Iterator[str]:
    at = 0
    while found := _LITERAL.search(text, at):
        yield text[at : found.start()]
        said = _address(found[0]) if found.lastgroup == "address" else found[0]
        at = found.start() + len(said)
        yield _sign(said, found.lastgroup)
    yield text[at:]


def _address(said: str) -> str:
    """Leave out signs behind an address, which belong to its sentence, and brackets around it."""
    shown = said.rstrip(_BEHIND)
    while shown.endswith(")") and shown.count(")") > shown.count("("):
        shown = shown[:-1].rstrip(_BEHIND)
    return shown


def _sign(said: str, kind: str | None) -> str:
    if kind == "address":
        return code(said)
    if kind == "tick":
        return "｀"
    if kind == "apart":
        return said + JOINER
    return f"\\{said}" + (JOINER if kind in {"angle", "bracket"} else "")


def code(text: str) -> str:
    """Return one line of clean text as code, which is neither linked nor read for markup."""
    shown = unpinged(text).replace("`", "｀").replace("](", f"]{JOINER}(")
    return f"`{shown}`"


def unpinged(text: str) -> str:
    """Return clean text that stands in code: some servers and clients look for pings even there."""
    return _PINGS.sub(lambda found: found[0] + JOINER, text)


def glued(before: str, after: str, joint: str = "") -> str:
    """Return two pieces of markdown put together so that no third thing comes of it.

    Between pieces that were disarmed apart from each other (`@` and `everyone`) no blank is a risk:
    all that means anything to Discord is ASCII.
    """
    risky = not joint and before[-1:].isascii() and after[:1].isascii()
    return f"{before}{JOINER if risky and before and after else joint}{after}"


def url(address: str) -> str | None:
    """Return an address that a link can lead to, percent-encoded; None: it is to be shown as text.

    Only http(s) with a plain host, without a user's name (`https://bank@elsewhere`), and of at most
    `URL_LIMIT` characters: one that is longer leads to the page instead of to a place in it.
    """
    made = "".join(map(_in_url, address.strip()[: URL_LIMIT + 1]))
    made = _EVERYONE.sub("%40", made)
    try:
        parts = urlsplit(made)
        plain = parts.scheme in {"http", "https"} and bool(_HOST.fullmatch(parts.hostname or ""))
        plain = plain and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    if len(made) <= URL_LIMIT:
        return made if plain else None
    page, fragment, _ = address.partition("#")
    return url(page) if fragment else None


def _in_url(char: str) -> str:
    # Brackets would end the words of a link; `*`, `~` and `|` are markup to some clients.
    if char.isascii():
        plain = char.isalnum() or char in _URL_SAFE
        return char if plain else f"%{ord(char):02X}"
    # Letters stay: a Japanese address is readable, and a ninth as long.
    shown = unicodedata.category(char) in {"Lo", "Ll", "Lu", "Lm", "Nd"} and char not in _FILLERS
    return char if shown else quote(char, errors="replace")


def label(text: str) -> str:
    """Return one line of clean text as the words of a link; without emoji, see `linked`."""
    return _IN_LABEL.sub(_label_sign, text.translate(_WIDE))


def _label_sign(found: re.Match[str]) -> str:
    # Clients drop the joiner, and read the dot in a name as what it is.
    return chr(ord(found[0]) + 0xFEE0) if found.lastgroup == "wide" else found[0] + JOINER


def linked(text: str, *addresses: str, longest: int = 200) -> str:
    """Return a text of at most `longest` characters that leads to the first address that can be
    linked; where none can, the first one stands behind it as text.

    Of a text with emoji the longest piece without one is the link.
    """
    shown = one_line(text, longest)
    target = next((made for address in addresses if (made := url(address))), None)
    if target is None:
        address = one_line(addresses[0], URL_LIMIT // 2) if addresses else ""
        return f"{literal(shown)} {code(address)}" if address else literal(shown)
    before, words, after = _around_emoji(shown)
    return f"{literal(before)}[{label(words) or _ELLIPSIS}](<{target}>){literal(after)}"


def _around_emoji(text: str) -> tuple[str, str, str]:
    edges = [0, *(edge for found in _EMOJI.finditer(text) for edge in found.span()), len(text)]
    pieces = list(zip(edges[::2], edges[1::2], strict=True))
    start, end = max(pieces, key=lambda piece: len(text[slice(*piece)].strip()))
    words = text[start:end].strip()
    if not words:
        return f"{text} ".lstrip(), "", ""
    first = text.index(words, start)
    return text[:first], words, text[first + len(words) :]
