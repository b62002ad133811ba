"""A crawl that is killed goes on where it was: no page is asked for twice, and none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rigs.website import journal
from web_site import HOSTS, WebSite, paths, refs

from connectors.base import ConnectorError, Document

_PROGRAM = f"""
import sys
from pathlib import Path
from connectors.web import Scope, WebConnector
from connectors.web.net import Web

url, memory = sys.argv[1:]
web = Web(delay=0, at_once=1, private_hosts={HOSTS!r}, login_hosts=(url,))
for change in WebConnector(web, Scope([url]), memory=Path(memory)).changes(None):
    print(change.id, flush=True)
"""


def crawl(site: WebSite) -> subprocess.Popen[bytes]:
    """Begin a crawl in a process of its own."""
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, site.rig.url + "/", str(site.memory)],
        cwd=root,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def fill(site: WebSite, pages: int) -> set[str]:
    """Make a site of which page 30 gives no answer until it is told to."""
    names = [f"p{n}" for n in range(pages)]
    site.page("/", links=tuple(f"/{name}" for name in names))
    for name in names:
        site.page(f"/{name}", links=("/", "/p0"))
    site.rig.site.slow("/p30", hangs=True)
    return {"", *names}


def test_a_killed_crawl_goes_on_and_asks_for_no_page_twice(site: WebSite) -> None:
    names = fill(site, 60)
    process = crawl(site)
    site.rig.wait_for_requests(30)
    with_answers = {one.target for one in site.rig.journal if one.status}
    kill(process)
    site.rig.release()
    site.rig.site.slow("/p30", hangs=False)
    connector = site.connector()
    listed = refs(connector)
    assert {ref.id.rsplit("/", 1)[1] for ref in listed.values()} == names
    counts = journal.counts(journal.pages(site.rig.journal))
    twice = {target for (_, target), number in counts.items() if number > 1}
    # What was on its way when it was killed nobody knows of.
    assert len(twice) <= 2
    assert len(with_answers) > 20
    answers = list(connector.fetch_all(list(listed.values())))
    assert all(isinstance(answer, Document) for answer in answers)
    assert journal.counts(journal.pages(site.rig.journal)) == counts, "bodies were kept, too"


def test_a_crawl_that_was_killed_counts_a_missing_page_once(site: WebSite) -> None:
    fill(site, 40)
    site.rig.site.slow("/p30", hangs=False)
    assert len(paths(site.connector())) == 41
    site.rig.site.remove("/p1")
    site.page("/p30", "もう一度。", hangs=True)
    for _ in range(2):  # killed again and again, at the same place
        site.rig.forget()
        process = crawl(site)
        site.rig.wait_for_requests(3)
        while not any(one.target == "/p30" for one in site.rig.journal):
            site.rig.wait_for_requests(site.rig.requests + 1)
        kill(process)
        site.rig.release()
    site.rig.site.slow("/p30", hangs=False)
    assert "p1" in paths(site.connector())


def test_a_crawl_that_a_seed_ended_begins_there_again(site: WebSite) -> None:
    fill(site, 40)
    site.rig.site.slow("/p30", hangs=False)
    first = paths(site.connector())
    site.rig.site.remove("/")
    for _ in range(3):
        with pytest.raises(ConnectorError, match="404"):
            list(site.connector().changes(None))
    site.page("/", links=tuple(f"/p{n}" for n in range(40)))
    assert paths(site.connector()) == first


def test_a_listing_that_is_left_early_goes_on_the_next_time(site: WebSite) -> None:
    names = fill(site, 50)
    site.rig.site.slow("/p30", hangs=False)
    connector = site.connector()
    changes = connector.changes(None)
    next(changes)
    changes.close()  # type: ignore[attr-defined]
    connector.close()
    assert paths(site.connector()) == names
    counts = journal.counts(journal.pages(site.rig.journal))
    assert sum(number - 1 for number in counts.values()) <= 8  # what was on its way
