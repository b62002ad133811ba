"""LangChain's and LlamaIndex's readers of Confluence, each in a process of its own.

    python -m bench.connectors.confluence.peers NAME URL EMAIL TOKEN > pages.json

Prints the seconds and the text of each page by id. They run at their defaults, pages only, without
a limit of how many; LangChain is told to read restricted pages too (else it asks for the
restrictions of each, one request a page).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.figures import ROOT, run

_EVERY_PAGE = "type=page"


def langchain(url: str, email: str, token: str) -> dict[str, str]:
    """Return what LangChain's `ConfluenceLoader` reads."""
    from langchain_community.document_loaders import ConfluenceLoader

    loader = ConfluenceLoader(
        url=url,
        username=email,
        api_key=token,
        cql=_EVERY_PAGE,
        include_restricted_content=True,
        max_pages=sys.maxsize,
    )
    return {page.metadata["id"]: page.page_content for page in loader.lazy_load()}


def llama_index(url: str, email: str, token: str) -> dict[str, str]:
    """Return what LlamaIndex's `ConfluenceReader` reads."""
    from llama_index.readers.confluence import ConfluenceReader

    reader = ConfluenceReader(base_url=url, user_name=email, password=token)
    pages = reader.load_data(cql=_EVERY_PAGE)
    return {page.metadata["page_id"]: page.text for page in pages}


PEERS: dict[str, tuple[str, Callable[[str, str, str], dict[str, str]]]] = {
    "LangChain ConfluenceLoader": ("langchain_community", langchain),
    "LlamaIndex ConfluenceReader": ("llama_index.readers.confluence", llama_index),
}
"""By name: the module that has to be there, and what reads."""


def read(name: str, rig: Any) -> tuple[float, dict[str, str]]:
    """Return the seconds that a peer needs, without its start, and the text of each page."""
    command = [sys.executable, "-W", "ignore", "-m", "bench.connectors.confluence.peers"]
    done = run([*command, name, rig.url, rig.email, rig.token], {"PYTHONPATH": str(ROOT)})
    said = json.loads(done.output.splitlines()[-1])
    return said["seconds"], said["texts"]


def main() -> None:
    """Read the site that the command line names."""
    name, url, email, token = sys.argv[1:]
    started = time.perf_counter()
    texts = PEERS[name][1](url, email, token)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "texts": texts}))


if __name__ == "__main__":
    main()
