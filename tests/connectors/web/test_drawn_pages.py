"""Pages that only their scripts draw, through the browser."""

from __future__ import annotations

import pytest
from web_site import WebSite, refs

pytest.importorskip("playwright", reason="the extra `javascript` is not installed")


def test_a_page_that_its_script_draws_is_read_as_drawn_and_leads_on(site: WebSite) -> None:
    """Its validators speak of the empty shell: it is drawn anew, and is the same all the same."""
    site.page("/", links=("/app/",))
    site.rig.site.add_application(
        "/app/", "応用", ["勤怠の締めは毎月末日です。"], links={"/behind": "続き"}
    )
    site.page("/behind")
    connector = site.connector(web={"javascript": True, "timeout": 20})
    listed = refs(connector)
    assert {url.split("/", 3)[3] for url in listed} == {"", "app/", "behind"}
    ref = listed[f"{site.rig.url}/app/"]
    assert "勤怠の締めは毎月末日です。" in connector.fetch(ref).body.decode()
    assert refs(connector) == listed
