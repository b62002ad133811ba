"""The pages about Slack and Discord, read as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MANIFEST = yaml.safe_load((ROOT / "deploy/slack-manifest.yaml").read_text("utf-8"))
QUOTES = {"ja": re.compile("「([^「」]+)」"), "en": re.compile("“([^“”]+)”")}
languages = pytest.mark.parametrize("language", ["en", "ja"])
platforms = pytest.mark.parametrize("platform", ["slack", "discord"])


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the docs in one language."""

    name: str
    language: str

    @property
    def text(self) -> str:
        ending = {"en": ".md", "ja": ".ja.md"}[self.language]
        return (ROOT / "docs" / f"{self.name}{ending}").read_text("utf-8")

    @property
    def unwrapped(self) -> str:
        """The prose without its line breaks."""
        return re.sub(r"\n(?!\n)", {"en": " ", "ja": ""}[self.language], self.text)

    def blocks(self, kind: str) -> list[str]:
        """Return the blocks of code of a kind."""
        return re.findall(rf"^```{kind}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def cells(self, *columns: str) -> list[list[str]]:
        """Return the rows of the table whose heading begins with these columns."""
        heading = re.escape("| " + " | ".join(columns))
        table = re.search(rf"^{heading}.*\n\|[-|]+\n((?:\|.*\n)+)", self.text, re.MULTILINE)
        assert table, columns
        return [
            [cell.strip() for cell in row.strip("|").split(" | ")]
            for row in table[1].splitlines()
            if row
        ]

    def named(self, *columns: str) -> set[str]:
        """Return what stands as code in the first column of a table."""
        return {name for row in self.cells(*columns) for name in re.findall("`([^`]+)`", row[0])}


def first(page: Page, en: str, ja: str) -> str:
    return {"en": en, "ja": ja}[page.language]


def shown(language: str) -> list[str]:
    """Return the answer that the page about both platforms shows, line by line."""
    (block,) = Page("chat", language).blocks("text")
    quote = re.match(r"[「“](.*?)[」”]\[1\]\n", block, re.DOTALL)
    assert quote
    # Lists have their marks made by the platforms.
    return [re.sub(r"^(?:- |\d\. )", "", line) for line in quote[1].splitlines()]
