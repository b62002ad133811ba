"""LlamaIndex's reader of Google Drive, in a process of its own.

    python -m bench.connectors.drive.peers FOLDER > files.json

Prints the seconds and the texts by ids of the reader's own. It knows no other address than
Google's, so the library that it asks by is told the rig's: nothing else of it is touched.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.figures import ROOT, run

FILES = 200
_MODULE = "llama_index.readers.google"


def read(environ: Mapping[str, str], folder: str) -> tuple[float, dict[str, str]]:
    """Return the seconds that the reader needs, without its start, and the text of each file.

    Raises ImportError where it is not installed.
    """
    if find_spec("llama_index") is None or find_spec(_MODULE) is None:
        raise ImportError(name=_MODULE)
    command = [sys.executable, "-W", "ignore", "-m", "bench.connectors.drive.peers", folder]
    done = run(command, {"PYTHONPATH": str(ROOT), **environ})
    said = json.loads(done.output.splitlines()[-1])
    return said["seconds"], said["texts"]


def _llama_index(folder: str) -> dict[str, str]:
    from googleapiclient import discovery

    endpoint = {"api_endpoint": f"{os.environ['GOOGLE_API_URL']}/drive/v3/"}
    discovery.build = partial(discovery.build, client_options=endpoint)
    from llama_index.readers.google import GoogleDriveReader

    key = json.loads(Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).read_text("utf-8"))
    reader = GoogleDriveReader(folder_id=folder, service_account_key=key)
    return {one.id_: one.text for one in reader.load_data()}


def main() -> None:
    """Read the folder that the command line names."""
    started = time.perf_counter()
    texts: dict[str, Any] = _llama_index(sys.argv[1])
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "texts": texts}))


if __name__ == "__main__":
    main()
