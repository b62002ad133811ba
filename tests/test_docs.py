"""The documentation is true: its commands exist, its settings are complete, it loads nothing."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from bot import settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(kurage [^`\n]+)`")
ROW = re.compile(r"^\| (`[^|]+) \|", re.MULTILINE)
# Typer brings its own click, and exports this one of its errors.
USAGE_ERROR = typer.BadParameter.__bases__[0]

PAGES = sorted(DOCS.glob("*.md")) + sorted(ROOT.glob("CONTRIBUTING*.md"))
pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
languages = pytest.mark.parametrize("language", ["en", "ja"])


def load_build() -> Any:
    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = load_build()
PAIRS = sorted(path.name for path in DOCS.glob("*.md") if path.stem not in BUILD.ENGLISH_ONLY)


def commands(text: str) -> list[list[str]]:
    """Return the arguments of every `kurage …` that a page tells people to run."""
    lines = [
        line.removeprefix("$ ")
        for block in CONSOLE.findall(text)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    found = []
    for line in [*lines, *INLINE.findall(text)]:
        words = shlex.split(line, comments=True)
        if words[:2] == ["docker", "compose"]:
            words = in_the_container(words[2:])
        while words and re.match(r"[A-Z_]+=", words[0]):
            del words[0]
        if words and words[0] == "kurage" and words[1:]:
            found.append(words[1 : words.index("|") if "|" in words else None])
    return found


def in_the_container(words: list[str]) -> list[str]:
    """Return what `docker compose exec bot …` or `… run --rm bot …` runs; nothing for others."""
    if words[:2] == ["exec", "bot"]:
        return words[2:]
    if words[:3] == ["run", "--rm", "bot"]:
        return ["kurage", *words[3:]]
    return []


def complaint(arguments: list[str]) -> str:
    """Return what the command line says against the arguments, without running the command."""
    from bot.cli import app  # noqa: PLC0415 - the language is chosen at import

    command: Any = typer.main.get_command(app)
    context = command.make_context("kurage", list(arguments))
    try:
        while hasattr(command, "commands"):
            left = [*context._protected_args, *context.args]
            if not left:
                return ""  # `kurage log --since 7d` does something by itself
            name, command, rest = command.resolve_command(context, left)
            if not rest and hasattr(command, "commands"):
                return ""
            context = command.make_context(name, rest, parent=context)
    except USAGE_ERROR as error:
        kind = type(error).__name__
        # `kurage backup` in a sentence names the command only; so does a group without more.
        named_only = kind in {"MissingParameter", "NoArgsIsHelpError"} and len(arguments) == 1
        return "" if named_only else str(error)
    return ""


@pages
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    wrong = {
        " ".join(arguments): problem
        for arguments in commands(page.read_text("utf-8"))
        if (problem := complaint(arguments))
    }
    assert wrong == {}


def test_commands_are_found_in_the_pages_and_wrong_ones_noticed() -> None:
    """Guards the test above against finding nothing."""
    text = (DOCS / "operations.md").read_text("utf-8")
    assert len(commands(text)) >= 15
    assert ["ingest", "handbook"] in commands(text)
    assert complaint(["nonsense"])
    assert complaint(["ask", "--nonsense", "x"])
    assert complaint(["backup", "--force"])


@pages
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"(?:\$ |`)make ([a-z]+)", page.read_text("utf-8"))
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


SOURCES = {
    get_args(kind.model_fields["kind"].annotation)[0]: set(kind.model_fields)
    for kind in get_args(get_args(settings.Source)[0])
}
"""The keys of each kind of source."""
NAMED = re.compile("_(LEGACY|HR)_")
"""The account of a second site in the examples."""


def keys(model: type[BaseModel]) -> set[str]:
    """Return the keys of `kurage.toml` below a model; those of sources are their own."""
    found = set()
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            found |= keys(type(default))
        elif model is not settings.Config or name != "sources":
            found.add(name)
    return found


@pytest.mark.parametrize("page", ["configuration.md", "configuration.ja.md"])
def test_every_key_of_the_configuration_is_explained_and_no_other(page: str) -> None:
    text, _, variables = (DOCS / page).read_text("utf-8").rpartition("\n## ")
    explained = {key for row in ROW.findall(text) for key in re.findall(r"`(\w+)`", row)}
    assert explained == keys(settings.Config).union(*SOURCES.values())
    tables = set(re.findall(r"^### `\[(\w+)", text, re.MULTILINE))
    assert tables == {
        name
        for name, field in settings.Config.model_fields.items()
        if name == "sources" or isinstance(field.default, BaseModel)
    }
    named = {name for row in ROW.findall(variables) for name in re.findall(r"`(\w+)`", row)}
    paths = Path(settings.__file__).parent.glob("*.py")
    source = "".join(path.read_text("utf-8") for path in paths)
    read = set(re.findall(r"\"((?:KURAGE|QDRANT|SLACK|DISCORD|GOOGLE)_[A-Z_]+)\"", source))
    kinds = {settings.ConfluenceAccount: "", settings.GoogleAccount: "", settings.WebLogin: "INTRA"}
    of_accounts = {
        kind.variable(name, field) for kind, name in kinds.items() for field in kind.model_fields
    }
    assert named == read | of_accounts


@pages
def test_every_variable_that_is_named_is_explained_in_the_example(page: Path) -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    if page.name == "decisions.md":
        pytest.skip("it names what was weighed, too")
    kinds = "KURAGE|QDRANT|POSTGRES|SLACK|DISCORD|CONFLUENCE|GOOGLE|WEB"
    variable = re.compile(rf"\b(?:{kinds})_[A-Z_]+\b")
    named = set(variable.findall(NAMED.sub("_", page.read_text("utf-8"))))
    assert [name for name in sorted(named) if f"{name}=" not in example] == []


@pytest.mark.parametrize("name", PAIRS)
def test_every_page_has_a_twin_that_it_leads_to(name: str) -> None:
    """With as many headings, tables, and code blocks, so that none is forgotten."""
    stem = name.removesuffix(".md").removesuffix(".ja")
    twin = f"{stem}.md" if name.endswith(".ja.md") else f"{stem}.ja.md"
    here, there = ((DOCS / page).read_text("utf-8") for page in (name, twin))
    assert re.search(rf"^\[(日本語|English)\]\({re.escape(twin)}\)$", here, re.MULTILINE)

    def shape(text: str) -> list[int]:
        code = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
        prose = code.sub("", text)
        return [
            len(code.findall(text)),
            *(
                len(re.findall(rf"^{mark} ", prose, re.MULTILINE))
                for mark in ("#", "##", "###", r"\|")
            ),
        ]

    assert shape(here) == shape(there)


def test_every_page_is_in_the_navigation() -> None:
    stems = {path.name.removesuffix(".md").removesuffix(".ja") for path in DOCS.glob("*.md")}
    assert stems <= set(BUILD.PAGES)


@languages
def test_a_page_links_to_pages_of_its_own_language(language: str) -> None:
    for name in BUILD.PAGES:
        path = BUILD.source(name, language)
        if path:
            links = re.findall(r"\]\(([^)#:]+)", BUILD.page(path))
            assert [link for link in links if ".ja." in link or link.startswith("..")] == []


@pytest.mark.parametrize(
    ("wrapped", "shown"),
    [
        ("年次有給\n休暇は\n`kurage`\nで調べます。", "年次有給休暇は`kurage`で調べます。"),
        ("Paid\nleave", "Paid\nleave"),
        ("- 有給は\n  3日前\n- 慶弔", "- 有給は3日前\n- 慶弔"),
        ("1. 有給\n2. 慶弔", "1. 有給\n2. 慶弔"),
        ("| 有給 |\n| 慶弔 |", "| 有給 |\n| 慶弔 |"),
        ("# 有給\n慶弔", "# 有給\n慶弔"),
        ("段落\n\n段落", "段落\n\n段落"),
        ("```toml\n給与 = 1\n役員 = 2\n```\n本文", "```toml\n給与 = 1\n役員 = 2\n```\n本文"),
    ],
)
def test_no_space_is_put_into_japanese_where_its_source_is_wrapped(
    wrapped: str, shown: str
) -> None:
    assert BUILD.unwrapped(wrapped) == f"{shown}\n"


def test_a_link_to_a_file_that_is_gone_ends_the_build(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[gone](gone.md)\n", "utf-8")
    with pytest.raises(BUILD.BrokenLinkError, match=r"page\.md links to gone\.md"):
        BUILD.page(page)


class Loaded(HTMLParser):
    """Collects what a browser loads for a page, not what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"script", "img", "iframe", "source", "video", "audio"}:
            self.found.append(values.get("src") or "")
        elif tag == "link":
            self.found.append(values.get("href") or "")


def test_the_built_pages_load_nothing_from_elsewhere_and_lead_to_their_twins(
    tmp_path: Path,
) -> None:
    """Companies host them inside."""
    site = BUILD.build(tmp_path).parent
    built = [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]
    assert len(built) >= 2 * 8 + 1
    for path in built:
        html = path.read_text("utf-8")
        parser = Loaded()
        parser.feed(html)
        assert [url for url in parser.found if re.match(r"(https?:)?//", url)] == [], path
        if path.parent != site:
            twin = re.search(r'hreflang="(en|ja)"[^>]*href="([^"]+)">(?:日本語|English)<', html)
            assert twin, path
            assert (path.parent / twin[2] / "index.html").resolve().is_file(), (path, twin[2])
            assert f'<html lang="{path.relative_to(site).parts[0]}"' in html
        paragraphs = re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", html, re.DOTALL)
        assert [text for text in paragraphs if re.search("[ぁ-ん一-龠]\n[ぁ-ん一-龠]", text)] == []


def test_a_broken_anchor_ends_the_build(tmp_path: Path) -> None:
    config = BUILD.stage("en", tmp_path / "en")
    page = config.parent / "pages/quickstart.md"
    page.write_text(page.read_text("utf-8") + "\n[there](operations.md#nowhere)\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "-f", config.name],
        cwd=config.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "anchor does not exist" in done.stderr
