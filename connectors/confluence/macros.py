"""What the markup of a page names: the pages that it includes, and people.

Only enough of the markup is understood for that; its text is taken out elsewhere.
"""

from __future__ import annotations

import html
import re

_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_INCLUDE = re.compile(
    r"<ac:structured-macro\b[^>]*\bac:name=([\"'])(?:include|excerpt-include)\1[^>]*>"
    r"(.*?)</ac:structured-macro>",
    re.DOTALL,
)
_PAGE = re.compile(r"<ri:(?:page|blog-post)\b([^>]*)>")
_ATTRIBUTE = re.compile(r"([\w:-]+)=(?:\"([^\"]*)\"|'([^']*)')")
_DEFAULT = re.compile(
    r"<ac:parameter\b[^>]*\bac:name=([\"'])(?:default-parameter)?\1[^>]*>([^<]*)</ac:parameter>"
)
_USER = re.compile(r"<ri:user\b([^>]*)>")
_NO_SPACE = re.compile(r"<ri:(page|blog-post)\b(?![^>]*\bri:space-key=)")

_LONGEST_TITLE = 255
"""Characters of a title, as Confluence has them; a longer one names no page."""


def included(storage: str) -> list[tuple[str, str]]:
    """Return space and title of each page that a page includes, each once, as written.

    The space is "" for its own. Shapes: an `ri:page` in the macro's parameter, and in older pages
    of Cloud the words `SPACE:Title`.
    """
    if "include" not in storage:
        return []
    found: dict[tuple[str, str], None] = {}
    for macro in _INCLUDE.finditer(_CDATA.sub("", storage)):
        if page := _PAGE.search(macro[2]):
            values = _attributes(page[1])
            name = (values.get("ri:space-key", ""), values.get("ri:content-title", ""))
        elif words := _DEFAULT.search(macro[2]):
            space, colon, title = html.unescape(words[2]).strip().partition(":")
            name = (space, title) if colon and re.fullmatch(r"~?\w+", space) else ("", words[2])
            name = (name[0], html.unescape(name[1]).strip())
        else:
            continue
        if name[1] and len(name[1]) <= _LONGEST_TITLE:
            found[name] = None
    return list(found)


def people(storage: str) -> set[str]:
    """Return whom a page mentions: account ids, user keys and user names."""
    if "<ri:user" not in storage:
        return set()
    names = ("ri:account-id", "ri:userkey", "ri:username")
    mentioned = (_attributes(user[1]) for user in _USER.finditer(storage))
    return {value for values in mentioned for name in names if (value := values.get(name))}


def at_home(storage: str, space: str) -> str:
    """Return a page's markup with its space named wherever it leaves out its own.

    What it names means the same then wherever it stands.
    """
    named = f' ri:space-key="{html.escape(space)}"'
    pieces = []
    end = 0
    for quoted in _CDATA.finditer(storage):
        pieces += [_named(storage[end : quoted.start()], named), quoted[0]]
        end = quoted.end()
    return "".join([*pieces, _named(storage[end:], named)])


def _named(markup: str, named: str) -> str:
    return _NO_SPACE.sub(lambda found: f"<ri:{found[1]}{named}", markup)


def _attributes(markup: str) -> dict[str, str]:
    return {
        name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(markup)
    }
