"""The page about Confluence, followed step by step, leads to an answer that links to a heading."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chat_pages import Page
from rigs.confluence import ConfluenceRig
from rigs.serving import KURAGE

ANSWER = "取得日の3営業日前までに申請してください。"
PAGE = f"""
<h2>有給休暇の申請</h2>
<p>有給休暇は、{ANSWER}</p>
<h2>慶弔休暇の申請</h2>
<p>慶弔休暇は、当日でも申請できます。</p>
"""
CLOUD, DATA_CENTER = range(2)
"""The blocks of variables, in the page's order."""


def site(block: int) -> ConfluenceRig:
    return ConfluenceRig(edition="data-center" if block == DATA_CENTER else "cloud")


def environ(rig: ConfluenceRig, shown: str) -> str:
    """Return the page's `.env` with this site's values in place of the example's."""
    values = {"URL": rig.url, "EMAIL": rig.email, "TOKEN": rig.token}
    return re.sub(
        r"(?m)^CONFLUENCE_(\w+)=.*$", lambda m: f"CONFLUENCE_{m[1]}={values[m[1]]}", shown
    )


def steps(page: Page) -> list[str]:
    """Return the commands between the third heading and the next."""
    third = page.text.partition("\n## 3.")[2].partition("\n## ")[0]
    return re.findall(r"^\$ (.+)$", third, re.MULTILINE)


@pytest.mark.parametrize(("language", "block"), [("en", CLOUD), ("ja", DATA_CENTER)])
def test_who_follows_the_page_gets_an_answer_that_links_to_a_heading(
    language: str, block: int, tmp_path: Path
) -> None:
    page = Page("confluence", language)
    unwanted = re.compile(r"CONFLUENCE_|KURAGE_|QDRANT_|LC_|LANG|.*_proxy$", re.IGNORECASE)
    clean = {key: value for key, value in os.environ.items() if not unwanted.match(key)}
    locale = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}[language]
    with site(block) as rig:
        hr = rig.site.add_space("HR", "人事")
        rig.site.add_space("IT", "情報システム")
        written = rig.site.add_page(hr, "休暇の手引き", PAGE)
        (tmp_path / ".env").write_text(environ(rig, page.blocks("ini")[block]), "utf-8")
        (tmp_path / "kurage.toml").write_text(page.blocks("toml")[0], "utf-8")
        commands = steps(page)
        assert [shlex.split(step)[1] for step in commands] == ["doctor", "ingest", "ingest", "ask"]
        for step in commands:
            done = subprocess.run(
                [*KURAGE, *shlex.split(step)[1:]],
                cwd=tmp_path,
                env={**clean, "LANG": locale, "COLUMNS": "200", "PYTHONPATH": str(Path.cwd())},
                capture_output=True,
                text=True,
                check=False,
            )
            wrong = [line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if "✘" in line]
            if step == commands[0]:  # the page says that this is right as yet
                assert [part for part, _ in wrong] == ["index"], done.stdout
                assert "nothing is indexed" in wrong[0][1]
            else:
                assert done.returncode == 0, (step, done.stdout, done.stderr)
        assert ANSWER in done.stdout
        (link,) = re.findall(r"https?://\S+", done.stdout)
        parts = urlsplit(link)
        assert written in parts.path + parts.query
        assert parts.fragment
        assert rig.violations == []
