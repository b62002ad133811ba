"""The pages about services say of every option what it is, and what it is by default."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from chat_pages import ROOT, Page, first, languages
from pydantic import ValidationError

from bot import settings


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source with a page of its own."""

    page: str
    source: Any
    """Its settings."""
    needed: dict[str, Any]
    """What a source of the kind must have."""
    example: str
    """Its table in `kurage.example.toml`."""

    def of(self, **options: Any) -> Any:
        return self.source(**{**self.needed, **options})


KINDS = (
    Kind("confluence", settings.ConfluenceSource, {}, "wiki"),
    Kind("drive", settings.DriveSource, {}, "shared"),
    Kind("web", settings.WebSource, {"urls": ("https://www.example.co.jp/",)}, "site"),
)
kinds = pytest.mark.parametrize("kind", KINDS, ids=[kind.page for kind in KINDS])


def rows(kind: Kind, language: str) -> list[list[str]]:
    page = Page(kind.page, language)
    return page.cells(first(page, "key", "キー"))


def stands_for(default: Any) -> str | None:
    """Return how a default is written in the table; None: in words."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, int | float):
        return f"{default:g}"
    return f"`{default}`" if isinstance(default, str) else None


@kinds
@languages
def test_every_option_is_on_the_page_with_its_default_and_no_other(
    kind: Kind, language: str
) -> None:
    table = rows(kind, language)
    told = {key: row[2].strip(" |") for row in table for key in re.findall(r"`(\w+)`", row[0])}
    fields = kind.source.model_fields
    assert set(told) == set(fields)
    for key, field in fields.items():
        required = key == "kind" or key in kind.needed
        default = stands_for(field.get_default(call_default_factory=True))
        if required:  # the table of a source has to say it
            assert told[key] == first(Page(kind.page, language), "required", "必須")
        elif default:
            assert told[key] == default, key
        else:
            assert not re.fullmatch(r"`(true|false|\d+[smhd])`|\d+", told[key]), key


@kinds
@languages
def test_limits_of_options_are_those_of_the_settings(kind: Kind, language: str) -> None:
    """Those that the page tells, as `1 to 32`; and each is told of which there are two."""
    limit = re.compile(r"([\d,]+)(?: to |〜)([\d,]+)")
    told = {
        row[0].strip("`"): tuple(int(number.replace(",", "")) for number in found.groups())
        for row in rows(kind, language)
        if (found := limit.search(row[1]))
    }
    assert set(told) == {
        key
        for key, field in kind.source.model_fields.items()
        if {"Ge", "Le"} <= {type(one).__name__ for one in field.metadata} and key != "delay"
    }
    for key, (low, high) in told.items():
        for value in (low, high):
            kind.of(**{key: value})
        for value in (low - 1, high + 1):
            with pytest.raises(ValidationError, match=key):
                kind.of(**{key: value})


@kinds
@languages
def test_examples_of_settings_are_valid(kind: Kind, language: str) -> None:
    blocks = Page(kind.page, language).blocks("toml")
    assert len(blocks) >= 2
    for block in blocks:
        read = settings.Config.model_validate(tomllib.loads(block))
        assert all(isinstance(one, kind.source) for one in read.sources.values())


@kinds
def test_the_example_that_people_copy_shows_every_option(kind: Kind) -> None:
    """As comments: who has no such source changes nothing. Common options stand with the folder."""
    text = (ROOT / "kurage.example.toml").read_text("utf-8")
    (block,) = re.findall(rf"^# \[sources\.{kind.example}\]\n(?:#.*\n)+", text, re.MULTILINE)
    bare = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", block)
    (source,) = settings.Config.model_validate(tomllib.loads(bare)).sources.values()
    assert isinstance(source, kind.source)
    common = set(re.findall(r"(?m)^(?:# )?([a-z_]+) = ", text.partition("# [sources.wiki]")[0]))
    assert source.model_fields_set | common >= set(kind.source.model_fields)


@languages
def test_the_variable_of_drive_and_the_gateway_are_on_the_page_and_no_other(language: str) -> None:
    page = Page("drive", language)
    named = page.named(first(page, "variable", "変数"))
    account = settings.GoogleAccount
    of_account = {account.variable("", field) for field in account.model_fields}
    assert named == of_account | {"GOOGLE_API_URL"}


@languages
def test_the_variables_of_a_login_are_on_the_page_of_web_pages_and_no_other(language: str) -> None:
    page = Page("web", language)
    login = settings.WebLogin
    assert page.named(first(page, "variable", "変数")) == {
        login.variable("INTRA", field) for field in login.model_fields
    }
