"""Where pages can not be drawn, it says what to install; pages without scripts need nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from http_server import Answer, Server

_DRAWS = """
import sys
{before}
from connectors.base import ConnectorError
from connectors.web.net import Web

web = Web(login_hosts=sys.argv[1:], private_hosts=["127.0.0.1"], delay=0, javascript=True)
print(web.get(sys.argv[1], max_bytes=1000).status)
try:
    web.render(sys.argv[1], max_bytes=1000)
except ConnectorError as error:
    print(error)
web.close()
"""


def said(before: str, environ: dict[str, str]) -> list[str]:
    """Return what a process prints that can read a page, but not draw it."""
    with Server() as server:
        server.on("/", Answer(b"<p>x", headers={"Content-Type": "text/html"}))
        done = subprocess.run(
            [sys.executable, "-c", _DRAWS.format(before=before), f"{server.url}/"],
            env={"PYTHONPATH": ":".join(sys.path), **environ},
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
    return done.stdout.splitlines()


def test_without_the_extra_it_is_named() -> None:
    status, line = said("sys.modules['playwright'] = None", {"PATH": "/usr/bin"})
    assert status == "200"
    assert "pip install 'kurage-bot[javascript]'" in line
    assert "chromium" in line


def test_without_a_browser_it_is_said_how_to_get_one(tmp_path: object) -> None:
    pytest.importorskip("playwright")
    empty = str(tmp_path)
    environ = {"PATH": empty, "HOME": empty, "PLAYWRIGHT_BROWSERS_PATH": empty}
    status, line = said("", environ)
    assert status == "200"
    assert "`playwright install chromium`" in line
    assert "`chromium`" in line
