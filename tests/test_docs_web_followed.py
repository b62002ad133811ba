"""The page about web pages, followed step by step, leads to an answer at a heading.

Section 1 at an address of the public internet, in a network of its own; an intranet behind a login
as the section about logins says.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chat_pages import Page, languages
from rigs.serving import KURAGE
from rigs.website import WebsiteRig, html, namespace

ANSWER = "返品は、商品が届いてから14日以内にお申し出ください。"
PAGE = html.page(
    "返品と交換",
    "交換は、在庫があるときにお受けします。",
    f'</p><h2 id="returns">返品の期限</h2><p>{ANSWER}',
)
EXAMPLE = "https://www.example.co.jp"
"""The site of the page's examples."""
LOCALE = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}
COOKIE = "session"

FOLLOW = """
import json, os, pathlib, re, subprocess, sys
from rigs.serving import KURAGE
from rigs.website import WebsiteRig, html

told = json.loads(sys.argv[2])
address = sys.argv[1].split(",")[0]
with WebsiteRig(addresses=[address], port=80) as rig:
    rig.site.add_page("/support/", html.page("サポート", links=["returns.html", "/company/"]))
    rig.site.add_page("/support/returns.html", told["page"])
    rig.site.add_page("/company/", html.page("会社概要", "返品の窓口は総務部です。"))
    done = []
    for step, config in told["steps"]:
        if config:
            pathlib.Path(told["folder"], "kurage.toml").write_text(
                config.replace(told["example"], f"http://{address}"), "utf-8")
        words = [word.replace(told["example"], f"http://{address}") for word in step[1:]]
        ran = subprocess.run([*KURAGE, *words], cwd=told["folder"], capture_output=True, text=True)
        done.append([step, ran.returncode, ran.stdout, ran.stderr])
    asked = sorted({one.target for one in rig.journal})
    print(json.dumps({"done": done, "asked": asked, "violations": rig.violations}))
"""


def environment(language: str) -> dict[str, str]:
    """Return the environment without settings of this machine's."""
    unwanted = re.compile(r"WEB_|KURAGE_|QDRANT_|LC_|LANG|.*_proxy$", re.IGNORECASE)
    clean = {key: value for key, value in os.environ.items() if not unwanted.match(key)}
    return {**clean, "LANG": LOCALE[language], "COLUMNS": "200", "PYTHONPATH": str(Path.cwd())}


def first_section(page: Page) -> list[tuple[list[str], str | None]]:
    """Return the commands of section 1, each with the `kurage.toml` that is written before it."""
    section = page.text.partition("\n## 1.")[2].partition("\n## ")[0]
    config: str | None = None
    steps: list[tuple[list[str], str | None]] = []
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
        if kind == "toml":
            config = block
            continue
        for command in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
            steps.append((shlex.split(command), config))
            config = None
    return steps


@pytest.mark.skipif(bool(namespace.impossible()), reason=str(namespace.impossible()))
@languages
def test_who_follows_section_1_gets_an_answer_that_links_to_a_heading(
    language: str, tmp_path: Path
) -> None:
    """At an address that anybody may be sent to: nothing has to be allowed for it."""
    steps = first_section(Page("web", language))
    assert [step[1] for step, _ in steps] == ["ingest", "ask", "doctor", "ingest", "ingest"]
    assert [bool(config) for _, config in steps] == [False, False, True, False, False]
    ask = steps[1][0]
    told = {
        "page": PAGE,
        "steps": [*steps, (ask, None)],
        "folder": str(tmp_path),
        "example": EXAMPLE,
    }
    # The namespace takes the rest of the environment from here.
    here = {name: "" for name in os.environ if re.match("WEB_|KURAGE_|QDRANT_|LC_|LANG", name)}
    ran = namespace.run(
        FOLLOW,
        json.dumps(told),
        addresses=namespace.PUBLIC[:1],
        timeout=600,
        environ={**here, "LC_ALL": LOCALE[language], "LANG": LOCALE[language], "COLUMNS": "200"},
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    for step, code, out, err in seen["done"]:
        assert code == 0, (step, out, err)
        assert "✘" not in out, (step, out)
        if step == ask:
            assert ANSWER in out
            (link,) = set(re.findall(r"https?://\S+", out))
            parts = urlsplit(link)
            assert (parts.hostname, parts.path, parts.fragment) == (
                namespace.PUBLIC[0],
                "/support/returns.html",
                "returns",
            )
    assert "/company/" not in seen["asked"], "it is not below /support/"
    assert seen["violations"] == []


def intranet(page: Page, rig: WebsiteRig, folder: Path) -> str:
    """Write what the section about logins shows with the rig's values; return the source's name."""
    toml = next(block for block in page.blocks("toml") if "account" in block)
    (ini,) = page.blocks("ini")
    host = str(urlsplit(rig.url).hostname)
    (url,) = re.findall(r'urls = \["([^"]+)"\]', toml)
    named = toml.replace(url, f"{rig.url}/").replace(str(urlsplit(url).hostname), host)
    (folder / "kurage.toml").write_text(named, "utf-8")
    assert ini == f"WEB_INTRA_COOKIE={COOKIE}=…\n"
    (folder / ".env").write_text(ini.replace("…", "himitsu-no-cookie"), "utf-8")
    return re.findall(r"\[sources\.(\w+)\]", toml)[0]


@languages
def test_who_follows_the_section_about_logins_reads_an_intranet(
    language: str, tmp_path: Path
) -> None:
    """At an address inside, which `private_hosts` allows; only `readers` find what is there."""
    page = Page("web", language)

    def kurage(*words: str) -> str:
        done = subprocess.run(
            [*KURAGE, *words],
            cwd=tmp_path,
            env=environment(language),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert "himitsu" not in done.stdout + done.stderr
        return done.stdout

    with WebsiteRig() as rig:
        rig.site.add_page("/", html.page("社内ポータル", links=["/returns.html"]))
        rig.site.add_page("/returns.html", PAGE)
        rig.site.cookie_login("/", cookie=COOKIE)
        source = intranet(page, rig, tmp_path)
        kurage("ingest", source)
        (question,) = [step[2] for step, _ in first_section(page) if step[1] == "ask"]
        told = kurage("ask", "--as", "sato@example.co.jp", question)
        assert ANSWER in told
        (link,) = set(re.findall(r"https?://\S+", told))
        assert link == f"{rig.url}/returns.html#returns"
        assert ANSWER not in kurage("ask", "--as", "sato@example.com", question)
        assert rig.violations == []
