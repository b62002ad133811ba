"""Builds the pages of this folder into `build/site`: one site a language, beside each other.

    python docs/build.py

A page is `NAME.md` in English and `NAME.ja.md` in Japanese, as GitHub shows them. The generator
knows one language a site, so each gets a folder of its own pages, in which `folder.ja.md` is called
`folder.md`. A broken link or anchor ends the build with exit code 1.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent

# In the order of the navigation. A page that is written in English only shows so in both sites.
PAGES = {
    "index": ("Kurage Bot", "Kurage Bot"),
    "quickstart": ("Quick start", "はじめに"),
    "configuration": ("Configuration", "設定"),
    "folder": ("Sources: folders", "取り込み元: フォルダー"),
    "confluence": ("Sources: Confluence", "取り込み元: Confluence"),
    "drive": ("Sources: Google Drive", "取り込み元: Googleドライブ"),
    "web": ("Sources: web pages", "取り込み元: ウェブページ"),
    "slack": ("Slack", "Slack"),
    "discord": ("Discord", "Discord"),
    "chat": ("In Slack and Discord", "SlackとDiscordでのふるまい"),
    "evaluation": ("Evaluation", "評価"),
    "operations": ("Operations", "運用"),
    "worker": ("The GPU worker", "GPUワーカー"),
    "models": ("Models", "モデル"),
    "questions": ("Questions made by a model", "モデルが作る想定質問"),
    "scale": ("Scale", "規模"),
    "architecture": ("Architecture", "構成"),
    "extraction": ("Extraction", "抽出の検査（英語）"),
    "decisions": ("Decisions", "設計の記録（英語）"),
    "contributing": ("Contributing", "開発に参加する"),
}
ENGLISH_ONLY = {"decisions", "extraction"}
"""For developers, and in one language."""

ELSEWHERE = {"contributing": ROOT / "CONTRIBUTING"}
"""Pages that stand outside this folder, without their ending."""

SUFFIXES = {"en": ".md", "ja": ".ja.md"}
NAMES = {"en": "English", "ja": "日本語"}

_SWITCH = re.compile(r"^\[(?:English|日本語)\]\([^)]*\)\n+", re.MULTILINE)
_LINK = re.compile(r"(!?\[([^\]]*)\])\(([^)\s:#]+)(#[^)\s]*)?\)")
# Characters that Japanese is written with, its punctuation, and full-width forms.
_JAPANESE = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uff01-\uffef]")
_BLOCK = re.compile(r"\s*(?:[-*+] |\d+\. |[|#>]|```|!?\[[^\]]*\]\([^)]*\)$|$)")


class BrokenLinkError(Exception):
    """A page links to a file of the project that is not there."""


def source(name: str, language: str) -> Path | None:
    """Return the file of a page, its English one where there is no other; None: there is none."""
    stem = str(ELSEWHERE.get(name, DOCS / name))
    for suffix in (SUFFIXES[language], SUFFIXES["en"]):
        if Path(stem + suffix).is_file():
            return Path(stem + suffix)
    return None


def page(path: Path) -> str:
    """Return the text of a page as it stands in a site.

    The line that leads to the other language goes: the site has its own switch. A link to a file
    of the project that is no page becomes its words. Raises BrokenLinkError.
    """

    def moved(match: re.Match[str]) -> str:
        shown, words, target, anchor = match.groups()
        file = (path.parent / target).resolve()
        if not file.exists():
            raise BrokenLinkError(f"{path.name} links to {target}, which is not there")
        for name in PAGES:
            if file in {source(name, language) for language in SUFFIXES}:
                return f"{shown}({name}.md{anchor or ''})"
        return match[0] if file.is_relative_to(DOCS) else words

    text = unwrapped(_SWITCH.sub("", path.read_text("utf-8"), count=1))
    return _LINK.sub(moved, text)


def unwrapped(text: str) -> str:
    """Return Markdown without the line breaks in Japanese, which browsers show as spaces."""
    lines: list[str] = []
    code = False
    for line in text.splitlines():
        fence = line.lstrip().startswith("```")
        former = lines[-1] if lines else ""
        inside = (
            code
            or fence
            or _BLOCK.match(line)
            or not former
            or former.startswith(("#", "|", "```"))
        )
        beside = former[-1:] + line.lstrip()[:1]
        if not inside and _JAPANESE.search(beside):
            lines[-1] = former + line.lstrip()
        else:
            lines.append(line)
        code ^= fence
    return "\n".join(lines) + "\n"


def stage(language: str, folder: Path) -> Path:
    """Write the pages of a language and the generator's configuration; return the latter."""
    pages = folder / "pages"
    pages.mkdir(parents=True)
    shutil.copytree(DOCS / "assets", pages / "assets")
    shutil.copytree(DOCS / "theme", folder / "theme")
    nav = []
    for name, titles in PAGES.items():
        path = source(name, language)
        if path:
            (pages / f"{name}.md").write_text(page(path), "utf-8")
            nav.append({titles[list(SUFFIXES).index(language)]: f"{name}.md"})
    config = folder / "zensical.toml"
    config.write_text(_configuration(language, nav), "utf-8")
    return config


def _configuration(language: str, nav: list[dict[str, str]]) -> str:
    # JSON's strings and arrays are TOML's, too.
    entries = ", ".join(
        f"{{ {json.dumps(title, ensure_ascii=False)} = {json.dumps(file)} }}"
        for entry in nav
        for title, file in entry.items()
    )
    alternate = ", ".join(
        f'{{ name = "{name}", link = "./", lang = "{code}" }}' for code, name in NAMES.items()
    )
    return f"""[project]
site_name = "Kurage Bot"
docs_dir = "pages"
site_dir = "site"
nav = [{entries}]

[project.theme]
language = "{language}"
custom_dir = "theme"
# Companies host this inside: nothing is loaded from elsewhere.
font = false
features = ["content.code.copy", "navigation.footer", "navigation.top", "search.highlight"]

[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"

[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"

[project.extra]
generator = false
alternate = [{alternate}]

[project.markdown_extensions]
admonition = {{}}
attr_list = {{}}
tables = {{}}
[project.markdown_extensions.toc]
permalink = true
# Anchors of Japanese headings, as GitHub makes them.
slugify = {{ object = "pymdownx.slugs.slugify", kwds = {{ case = "lower" }} }}
[project.markdown_extensions.pymdownx.highlight]
[project.markdown_extensions.pymdownx.superfences]
"""


def build(into: Path) -> Path:
    """Build both sites and the page that leads to them; return that page.

    `into` gets the folders `docs`, to work in, and `site`. Raises CalledProcessError.
    """
    staged, site = into / "docs", into / "site"
    for folder in (staged, site):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for language in SUFFIXES:
        config = stage(language, staged / language)
        subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", config.name],
            cwd=config.parent,
            check=True,
        )
        shutil.copytree(config.parent / "site", site / language)
    return Path(shutil.copy(DOCS / "theme" / "start.html", site / "index.html"))


if __name__ == "__main__":
    try:
        print(build(ROOT / "build"))
    except (BrokenLinkError, subprocess.CalledProcessError) as error:
        sys.exit(f"docs: {error}")
