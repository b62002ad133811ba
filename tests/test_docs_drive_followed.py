"""The page about Google Drive, followed step by step, leads to an answer at a heading.

In English with a service account, in Japanese with one person's consent in a browser elsewhere.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_pages import Page, languages
from rigs.drive import DriveRig
from rigs.drive.documents import heading_ids
from rigs.serving import KURAGE

ANSWER = "出張の日当は、1日あたり2,500円です。"
DOC = f"# 交通費\n交通費は、実費を精算します。\n# 出張の日当\n{ANSWER}"
EXAMPLE = "/etc/kurage/google.json"
"""The file that the page's `.env` names."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Go nowhere: the address is what the person copies."""


def allowed(url: str) -> str:
    """Return where a browser on another machine ends up when the person has allowed access."""
    try:
        urllib.request.build_opener(_Stay).open(url)
    except urllib.error.HTTPError as sent:
        return str(sent.headers["Location"])
    raise AssertionError("the page does not send the browser back")


def environment(rig: DriveRig, language: str) -> dict[str, str]:
    """Return the environment without settings of this machine's."""
    unwanted = re.compile(r"GOOGLE_|KURAGE_|QDRANT_|LC_|LANG|.*_proxy$", re.IGNORECASE)
    clean = {key: value for key, value in os.environ.items() if not unwanted.match(key)}
    return {
        **clean,
        "LANG": {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}[language],
        "COLUMNS": "200",
        "PYTHONPATH": str(Path.cwd()),
        "GOOGLE_API_URL": rig.url,
        # The rig speaks http; Google does not.
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }


def logged_in(page: Page, rig: DriveRig, folder: Path, environ: dict[str, str]) -> Path:
    """Follow the page's `kurage drive login` where there is no browser; return what it wrote."""
    rig.client(folder)
    (command,) = [
        words
        for block in page.blocks("console")
        for line in block.splitlines()
        if (words := shlex.split(line))[1:3] == ["kurage", "drive"] and "--no-browser" in words
    ]
    with subprocess.Popen(
        [*KURAGE, *command[2:]],
        cwd=folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        said = ""
        while not (found := re.search(r"http\S+/auth\?\S+(?=\s)", said)):
            line = running.stdout.readline()
            assert line, said
            said += line
        running.stdin.write(allowed(found[0]) + "\n")
        running.stdin.close()
        said += running.stdout.read()
    assert running.returncode == 0, said
    out = folder / command[command.index("--out") + 1]
    assert f"GOOGLE_APPLICATION_CREDENTIALS={out}" in said
    return out


def steps(page: Page) -> list[str]:
    """Return the commands between the third heading and the next."""
    third = page.text.partition("\n## 3.")[2].partition("\n## ")[0]
    return re.findall(r"^\$ (.+)$", third, re.MULTILINE)


@languages
def test_who_follows_the_page_gets_an_answer_that_links_to_a_heading(
    language: str, tmp_path: Path
) -> None:
    page = Page("drive", language)
    with DriveRig() as rig:
        environ = environment(rig, language)
        shared = rig.site.add_drive("規程", service=False)
        if language == "en":
            rig.site.share(shared, rig.email, "fileOrganizer")  # the role that the page names
            account = rig.credentials("service_account", tmp_path)
        else:
            account = logged_in(page, rig, tmp_path, environ)
        written = rig.site.add_doc("出張の手引き", DOC, shared)
        ini, toml = page.blocks("ini")[0], page.blocks("toml")[0]
        assert EXAMPLE in ini
        (example,) = re.findall(r"drive/folders/(\w+)", toml)
        (tmp_path / ".env").write_text(ini.replace(EXAMPLE, str(account)), "utf-8")
        (tmp_path / "kurage.toml").write_text(toml.replace(example, shared), "utf-8")
        commands = steps(page)
        assert [shlex.split(step)[1] for step in commands] == ["doctor", "ingest", "ingest", "ask"]
        for step in commands:
            done = subprocess.run(
                [*KURAGE, *shlex.split(step)[1:]],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            wrong = [line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if "✘" in line]
            if step == commands[0]:  # the page says that this is right as yet
                assert [part for part, _ in wrong] == ["index"], done.stdout
                assert "nothing is indexed" in wrong[0][1]
                assert "規程" in done.stdout
            else:
                assert done.returncode == 0, (step, done.stdout, done.stderr)
        assert ANSWER in done.stdout
        (link,) = re.findall(r"https?://\S+", done.stdout)
        parts = urlsplit(link)
        assert written in parts.path
        headings = {
            aim: block.text for block, aim in heading_ids(rig.site.items[written].body.content)
        }
        assert headings[parts.fragment.removeprefix("heading=")] == "出張の日当"
        assert rig.violations == []


def test_the_login_of_the_page_opens_a_browser_here(tmp_path: Path) -> None:
    """Without `--no-browser`: the browser that comes back is answered by this machine."""
    page = Page("drive", "en")
    (command,) = [
        words
        for block in page.blocks("console")
        for line in block.splitlines()
        if (words := shlex.split(line))[1:3] == ["kurage", "drive"] and "--no-browser" not in words
    ]
    with DriveRig() as rig:
        rig.client(tmp_path)
        done = subprocess.run(
            [*KURAGE, *command[2:]],
            cwd=tmp_path,
            env={
                **environment(rig, "en"),
                "BROWSER": "python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])'"
                " %s &",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        out = tmp_path / command[command.index("--out") + 1]
        assert f"GOOGLE_APPLICATION_CREDENTIALS={out}" in done.stdout
        assert out.stat().st_mode & 0o077 == 0
