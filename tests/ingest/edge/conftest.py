"""A folder in memory for each test of the embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_folders import folder_in_memory


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder
