"""A crawl that is led inside by links, redirects, site maps and names, where every address answers.

In a network namespace in which public, private, link-local and metadata addresses are all local.
Knows nothing of other figures.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rigs.website import WebsiteRig, html, namespace
from rigs.website.canaries import SECRET, Canaries
from rigs.website.names import Names

from bench.figures import ROOT, Figure

_NAME = "SSRF: a crawl led inside by links, redirects, site maps and DNS answers"


def figure() -> Figure:
    """Return how many connections were made to where nobody may be sent."""
    reason = namespace.impossible()
    if reason:
        return Figure(_NAME, "", "0 connections", f"not run: {reason}", None)
    done = namespace.run(Path(__file__), environ={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"})
    said = done.stdout.strip().splitlines()
    if done.returncode or not said:
        return Figure(_NAME, "", "0 connections", f"failed: {done.stderr[-500:]}", reached=False)
    ways, connections, leaked = map(int, said[-1].split())
    return Figure(
        _NAME,
        "LangChain followed 3 and indexed the secret",
        "0 connections",
        f"{connections} connections in {ways} ways, the secret on {leaked} pages",
        connections == 0 and leaked == 0,
    )


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _crawl(have: list[str]) -> None:
    from connectors.base import Document, Ref
    from connectors.web import Scope, WebConnector
    from connectors.web.net import Web

    forbidden = [one for one in namespace.FORBIDDEN if one in have]
    public = [one for one in namespace.PUBLIC if one in have]
    site = "www.example.com"
    names = Names({site: public[0]})
    for number, one in enumerate(forbidden):
        names.add(f"n{number}.example.com", one)
        names.rebind(f"r{number}.example.com", public[0], one)
    hosts = [_host(one) for one in forbidden]
    hosts += [f"{kind}{number}.example.com" for kind in "nr" for number in range(len(forbidden))]
    hosts += [f"[::ffff:{one}]" for one in forbidden if ":" not in one]
    hosts += [f"[64:ff9b::{one}]" for one in forbidden if ":" not in one]
    hosts += ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "localhost"]
    targets = [f"http://{one}/latest/meta-data/" for one in hosts]
    with (
        WebsiteRig(addresses=public, port=80) as rig,
        Canaries([(one, 80) for one in [*forbidden, "127.0.0.1"]]) as canaries,
    ):
        redirects = [f"/r/{number}" for number in range(len(targets))]
        for path, target in zip(redirects, targets, strict=True):
            rig.site.redirect(path, target, host=site)
        rig.site.add_page("/", html.page("入口", links=[*targets, *redirects]), host=site)
        rig.site.sitemap("/sitemap.xml", dict.fromkeys(targets, "2026-01-01"), host=site)
        rig.site.robots(sitemaps=[f"http://{site}/sitemap.xml", *targets[:20]], host=site)
        # Everything is in scope: nothing but the guard keeps the crawl away.
        web = Web(delay=0, attempts=1, timeout=5, at_once=8, resolve=names)
        scope = Scope(urls=(f"http://{site}/",), hosts=tuple(hosts), include=("/**",))
        crawler = WebConnector(web, scope)
        refs = [one for one in crawler.changes(None) if isinstance(one, Ref)]
        # What could not be read is told by a reason.
        read = [one for one in crawler.fetch_all(refs) if isinstance(one, Document)]
        crawler.close()
        leaked = sum(SECRET.encode() in document.body for document in read)
        assert read, "the site itself was read"
        print(2 * len(targets), len(canaries.connections), leaked)


if __name__ == "__main__":
    _crawl(sys.argv[1].split(","))
