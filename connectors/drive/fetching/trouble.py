"""What a failed request means for the other files. Knows nothing of what was asked."""

from __future__ import annotations

from connectors.base import ConnectorError
from connectors.drive.api import DriveUser, GoogleError


def nothing_more_comes(user: DriveUser, error: GoogleError) -> bool:
    """Tell whether nothing more can be asked for: refused for good, or nobody answers at all.

    One request that fails may be the matter of one file; so another one is made.
    """
    if error.ends_run:
        return True
    if not error.passing and error.status is not None:
        return False
    try:
        user.about()
    except ConnectorError:
        return True
    return False
