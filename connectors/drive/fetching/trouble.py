"""What a failed request means for the other files. Knows nothing of what was asked."""

from __future__ import annotations

from typing import Final

from connectors.base import ConnectorError
from connectors.drive.api import DriveUser, GoogleError

API_CLOSED: Final = frozenset(
    (
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "insufficientPermissions",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    )
)
"""Google's reasons, of old and of new APIs, that hold for all that is asked of one: it is not
enabled in the project, or not in the scopes of the credentials."""
_FOR_ALL: Final = API_CLOSED | {"authError", "dailyLimitExceeded"}


def nothing_more_comes(user: DriveUser, error: GoogleError) -> bool:
    """Tell whether nothing more can be asked for: refused for good, or nobody answers at all.

    One request that fails may be the matter of one file; so another one is made.
    """
    if error.status == 401 or error.reason in _FOR_ALL:
        return True
    if not error.passing and error.status is not None:
        return False
    try:
        user.about()
    except ConnectorError:
        return True
    return False
