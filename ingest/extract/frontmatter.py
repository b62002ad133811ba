"""Takes the front matter off a text: what the document says of itself before it begins.

Knows the fences of YAML (`---`) and TOML (`+++`) and the keys in use for title, day and owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from ingest.extract import yaml
from ingest.extract.when import moment

_YAML = re.compile(r"\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_ANY_KEY = re.compile(r"^[^\s#:=][^:=\n]*[:=]", re.MULTILINE)
_TOML_LINE = re.compile(r"^(\s*[\w.-]+)\s*=\s*", re.MULTILINE)
_TAG = re.compile(r"<[a-zA-Z/][^<>]*>")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What was found; everything is empty where a text has none."""

    title: str | None = None
    updated: datetime | None = None
    owner: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def split(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter of a text and the text without it."""
    fenced = _YAML.match(text) or _TOML.match(text)
    if fenced is None or (fenced[1].strip() and not _ANY_KEY.search(fenced[1])):
        return FrontMatter(), text
    source = fenced[1]
    if text.lstrip().startswith("+++"):
        source = _TOML_LINE.sub(r"\1: ", source)
    about = yaml.metadata(list(yaml.scalars(source)))
    title = yaml.pick(about, yaml.TITLES)
    found = FrontMatter(
        title=_TAG.sub("", title).strip() or None if title else None,
        updated=moment(yaml.pick(about, yaml.UPDATED) or ""),
        owner=yaml.pick(about, yaml.OWNERS),
        metadata=about,
    )
    return found, text[fenced.end() :]
