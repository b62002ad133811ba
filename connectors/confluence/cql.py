"""Confluence's query language: conditions that hold whatever a key, a title or an id consists of.

Knows nothing of scopes; fields and functions: developer.atlassian.com/cloud/confluence/cql-fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from connectors.base import ConnectorError

PAGES = "type in (page, blogpost)"

_NUMBER = re.compile(r"[0-9]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)


def text(value: str) -> str:
    """Return a value as a string of the language: nothing in it ends the string."""
    plain = "".join(character if character.isprintable() else " " for character in value)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def among(field: str, values: Collection[str]) -> str:
    """Return the condition that a field has one of these values; there must be one.

    Ids stand as numbers where they are numbers; Cloud's attachments have ids such as att65546.
    """
    numbers = field in {"id", "ancestor", "container"}
    listed = [value if numbers and _NUMBER.fullmatch(value) else text(value) for value in values]
    return f"{field} in ({', '.join(listed)})"


def both(*conditions: str) -> str:
    """Return the condition that all of these hold; empty ones do not count."""
    return " and ".join(condition for condition in conditions if condition)


def changed_within(minutes: int) -> str:
    """Return the condition that content changed in the last minutes.

    By the site's own clock: a written date would be read in the time zone of the account, where an
    hour a year does not exist.
    """
    return f'lastmodified >= now("-{minutes}m")'


def of_operator(raw: str) -> str:
    """Return a condition that an operator wrote, fit to stand beside others.

    Raises `ConnectorError` where it could not: an open bracket or string, an order of its own.
    """
    outside = _STRING.sub('""', raw)
    depth = 0
    for character in outside:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    if depth or outside.replace('""', "").count('"') or outside.count("'"):
        raise ConnectorError(f"`cql` has a bracket or quotation mark without its other half: {raw}")
    if re.search(r"\border\s+by\b", outside, re.IGNORECASE):
        raise ConnectorError(f"`cql` must not say `order by`: {raw}")
    return f"({raw.strip()})"
