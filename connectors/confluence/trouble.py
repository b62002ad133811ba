"""What a failed request means for the rest of a run. Knows nothing of what was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.base import ConnectorError
from connectors.confluence.values import Site
from connectors.http import HttpError

UNAUTHORIZED = 401


def status(error: ConnectorError) -> int | None:
    """Return the status of the refusal; None where no request was refused or none answered."""
    return error.status if isinstance(error, HttpError) else None


def ends_everything(error: ConnectorError) -> bool:
    """Tell whether every further request would fail as well: the credentials are not accepted."""
    return status(error) == UNAUTHORIZED


def site_is_away(site: Site, error: ConnectorError) -> bool:
    """Tell whether nothing more can be asked for: refused for good, or nobody answers at all.

    One request that fails may be the matter of one page or space; so another one is made.
    """
    if ends_everything(error):
        return True
    if not isinstance(error, HttpError) or (error.status is not None and error.status < 500):
        return False
    try:
        site.myself()
    except ConnectorError:
        return True
    return False


def one_line(error: ConnectorError) -> str:
    """Return the message without line breaks."""
    return " ".join(str(error).split())


@contextmanager
def token_named(variable: str) -> Iterator[None]:
    """Let an error that ends everything say in which variable a new token belongs."""
    try:
        yield
    except HttpError as error:
        if not ends_everything(error):
            raise
        words = f"{one_line(error)}. A new token belongs into {variable}"
        raise HttpError(words, status=error.status) from None
