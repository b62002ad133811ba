"""How a worker is reached: connections, proxies, keys, names. Knows nothing of what is asked."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlunsplit

import httpx2
from openai import AsyncOpenAI, Omit

ASIDE = 2.0
"""Seconds for what is asked beside an answer: health, models, tokens. It takes milliseconds."""
_CONNECT = 5.0
"""Seconds until a connection stands; a host that drops what is sent to it must not cost more."""
_SPARE = 8
"""Connections for what is asked beside, more than those that answer."""
_KEPT = 4.0
"""Seconds an idle connection is kept: vLLM's server cuts after 5, perhaps under a question."""


class OpenAI(AsyncOpenAI):
    """`openai`'s client, which says nothing by itself.

    It would send what it finds in variables that are meant for somebody else's server, and what
    machine this is.
    """

    @property
    def default_headers(self) -> dict[str, str | Omit]:
        return {"Content-Type": "application/json", "User-Agent": "kurage-bot"}


def connected(base: str, http: httpx2.AsyncClient, api_key: str | None, timeout: float) -> OpenAI:
    """Return a client of a worker, over these connections; it retries nothing."""
    return OpenAI(
        base_url=base,
        api_key=api_key or "none",  # else it would look for one in the environment
        max_retries=0,
        http_client=http,
        timeout=httpx2.Timeout(timeout, connect=min(_CONNECT, timeout)),
    )


def connections(host: str, concurrency: int) -> httpx2.AsyncClient:
    """Return the connections to a host; by a proxy of the environment, unless it is this machine.

    Exceptions from the proxy (`NO_PROXY`) are the HTTP client's own reading of it.
    """
    most = concurrency + _SPARE
    return httpx2.AsyncClient(
        limits=httpx2.Limits(
            max_connections=most, max_keepalive_connections=most, keepalive_expiry=_KEPT
        ),
        timeout=httpx2.Timeout(ASIDE),
        trust_env=not _is_loopback(host),
        follow_redirects=False,
    )


def name(parts: SplitResult) -> str:
    """Return host and port of a URL."""
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def public(parts: SplitResult) -> str:
    """Return a URL without a password."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
