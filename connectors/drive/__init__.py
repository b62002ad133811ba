"""Google Drive as a source.

`api` speaks to Google, `connector` lists and fetches, `access` tells who may read; `exported` is
what is handed over of Google's own files. Knows nothing of how a file's text is taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.drive.connector import DriveConnector
    from connectors.drive.scope import Scope

__all__ = ["DriveConnector", "Scope"]


def __getattr__(name: str) -> object:
    """Import the connector when it is asked for: who takes out text needs `exported` alone."""
    if name == "DriveConnector":
        from connectors.drive.connector import DriveConnector  # noqa: PLC0415

        return DriveConnector
    if name == "Scope":
        from connectors.drive.scope import Scope  # noqa: PLC0415

        return Scope
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
