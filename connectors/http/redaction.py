"""Takes secrets out of text that people see. Knows nothing of requests."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection
from urllib.parse import quote, quote_plus

MARK = "***"
_SHORTEST = 4
"""A shorter "secret" is none, and taking it out would shred every message."""
_CREDENTIALS = re.compile(r"(?i)\b(basic|bearer)\s+[\w\-.~+/=:]{4,}")
_USERINFO = re.compile(r"(?i)(https?://)[^/@\s]+@")


class Redaction:
    """Replaces secrets in text, in the forms that a server or a library may repeat them in."""

    def __init__(self, secrets: Collection[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # The longest first: one may be part of another.
        patterns = [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
        self._known = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets, nor anything that looks like credentials."""
        if self._known:
            text = self._known.sub(MARK, text)
        text = _CREDENTIALS.sub(rf"\1 {MARK}", text)
        return _USERINFO.sub(rf"\1{MARK}@", text)


def basic(user: str, password: str) -> str:
    """Return what stands behind `Basic` in an Authorization header (RFC 7617)."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _forms(secret: str) -> set[str]:
    """Return a secret as it is, quoted for addresses and JSON, and in base64."""
    if len(secret) < _SHORTEST:
        return set()
    encoded = base64.b64encode(secret.encode()).decode()
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), encoded}
    forms |= {encoded.rstrip("="), json.dumps(secret)[1:-1]}
    return forms
