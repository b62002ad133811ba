"""LangChain's crawler of web sites, in a process of its own.

    python -m bench.connectors.web.peers NAME URL > pages.json

Prints the seconds and the text of each page by its address. It comes to no end on a site with
traps: it is stopped after a time, and has then what it has. (trafilatura's spider asks nothing of a
host that is no name, so it can not be tried on loopback.)
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec

from bench.figures import ROOT, run

_SECONDS = 60.0
_DEPTH = 30
"""LangChain's default of 2 does not reach most pages of any site."""


def langchain(url: str) -> Iterator[tuple[str, str]]:
    """Yield what LangChain's `RecursiveUrlLoader` reads; text is taken out as its docs have it."""
    from bs4 import BeautifulSoup
    from langchain_community.document_loaders import RecursiveUrlLoader

    loader = RecursiveUrlLoader(
        url,
        max_depth=_DEPTH,
        extractor=lambda page: BeautifulSoup(page, "lxml").get_text(),
        check_response_status=True,
    )
    for page in loader.lazy_load():
        yield page.metadata["source"], page.page_content


PEERS: dict[str, tuple[str, Callable[[str], Iterator[tuple[str, str]]]]] = {
    "LangChain RecursiveUrlLoader": ("langchain_community", langchain),
}
"""By name: the module that has to be there, and what reads."""


def read(name: str, url: str) -> tuple[float, dict[str, str]]:
    """Return the seconds that a peer took, without its start, and the text of each page.

    Raises ImportError where it is not installed.
    """
    if find_spec(PEERS[name][0]) is None:
        raise ImportError(name=PEERS[name][0])
    command = [sys.executable, "-W", "ignore", "-m", "bench.connectors.web.peers", name, url]
    said = json.loads(run(command, {"PYTHONPATH": str(ROOT)}).output.splitlines()[-1])
    return said["seconds"], said["texts"]


def main() -> None:
    """Read the site that the command line names, for a while."""
    name, url = sys.argv[1:]
    texts: dict[str, str] = {}
    started = time.perf_counter()
    with suppress(RecursionError):
        for address, text in PEERS[name][1](url):
            texts[address] = text
            if time.perf_counter() - started > _SECONDS:
                break
    print(json.dumps({"seconds": time.perf_counter() - started, "texts": texts}))


if __name__ == "__main__":
    main()
