"""One polite HTTP client for the connectors: it waits as told, tries again, and keeps secrets.

Knows nothing of any service: no paths, no pages of results, no documents.
"""

from connectors.http.client import Http
from connectors.http.errors import HttpError, TooLargeError

__all__ = ["Http", "HttpError", "TooLargeError"]
