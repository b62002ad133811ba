"""What the application of the web sites on loopback does in a real browser that nobody guards.

It proves that a guard has something to stop: canaries see each way out that the script tries.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from rigs.website import WebsiteRig
from rigs.website.canaries import Canaries

_CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not _CHROMIUM.exists():
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(_CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield running
        running.close()


def test_a_script_draws_the_page_and_its_links(browser: Browser) -> None:
    with WebsiteRig() as rig:
        rig.site.add_application("/app/", "規程", ["本文です。"], links={"/app/b": "次の規程"})
        page = browser.new_page()
        page.goto(f"{rig.url}/app/")
        page.wait_for_selector("html[data-drawn=yes]")
        assert page.title() == "規程"
        assert page.inner_text("main").split() == ["規程", "本文です。", "次の規程"]
        assert page.get_attribute("main a", "href") == "/app/b"
        page.close()


def test_a_browser_that_nobody_guards_goes_everywhere_that_the_script_tries(
    browser: Browser,
) -> None:
    with WebsiteRig() as rig, Canaries([("127.0.0.66", 0)]) as canaries:
        port = canaries.addresses[0][1]
        rig.site.add_application("/app/", "規程", [], attempts=[f"http://127.0.0.66:{port}/"])
        page = browser.new_page()
        page.goto(f"{rig.url}/app/")
        wanted = {"GET /image.png", "GET /frame", "POST /beacon", "GET /worker"}
        canaries.wait_for(lambda lines: wanted <= {one.rpartition(" ")[0] for one in lines})
        # Once by fetch, once for the WebSocket: both ask for the same.
        canaries.wait_for(lambda lines: lines.count("GET / HTTP/1.1") >= 2)
        page.close()
