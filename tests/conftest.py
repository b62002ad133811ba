"""What holds for every test: none of them touches what the developer's own variables name."""

import os


def pytest_configure() -> None:
    """Set a real server apart: the tests that are meant to use it know it by another name.

    Otherwise each test of a command would ingest into it.
    """
    for name in ("QDRANT_URL", "QDRANT_API_KEY"):
        value = os.environ.pop(name, None)
        if value:
            os.environ[f"KURAGE_TEST_{name}"] = value
