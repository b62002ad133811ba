"""Where a request may go, and by which way: redirects, credentials, proxies.

Knows nothing of retries.
"""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from threading import Lock
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpx2

from connectors.http.errors import FailedError, Failure

_PORTS = {"http": 80, "https": 443}


def base_url(base: str) -> httpx2.URL:
    """Return an address to start from, without a slash at its end, query or fragment.

    Raises ValueError for what is no address, or holds a name and password.
    """
    try:
        url = httpx2.URL(base.strip())
    except httpx2.InvalidURL:
        url = httpx2.URL()
    if not _is_web(url):
        raise ValueError("an address must be of the form https://host/path")
    if url.userinfo:
        raise ValueError("an address must not hold a name and password")
    return url.copy_with(path=url.path.rstrip("/"), query=None, fragment=None)


def _is_web(url: httpx2.URL) -> bool:
    return url.scheme in _PORTS and bool(url.host) and "%" not in url.host


def resolve(base: httpx2.URL, path_or_url: str) -> httpx2.URL:
    """Return where a path under the base, or an absolute address, leads."""
    if path_or_url.lower().startswith(("http://", "https://")):
        return httpx2.URL(path_or_url)
    return httpx2.URL(f"{base}/{path_or_url.lstrip('/')}")


def origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what credentials belong to (RFC 6454)."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def may_carry(credentials_of: httpx2.URL, to: httpx2.URL) -> bool:
    """Return whether credentials of one address may go to another: the same origin, or its https.

    From http to https only between the usual ports, which are one server's.
    """
    ours, theirs = origin(credentials_of), origin(to)
    upgraded = ours[1] == theirs[1] and ours[::2] == ("http", 80) and theirs[::2] == ("https", 443)
    return ours == theirs or upgraded


def redirected(url: httpx2.URL, location: str, base: httpx2.URL) -> httpx2.URL:
    """Return where an answer sends us. Raises FailedError where we do not go."""
    try:
        to = url.join(location)
    except httpx2.InvalidURL:
        to = httpx2.URL()
    if not _is_web(to):
        raise FailedError(Failure("a redirect leads to what is no address of the web"))
    if url.scheme == "https" and to.scheme == "http":
        raise FailedError(Failure("a redirect leads from https to http, which is not safe"))
    if is_inward(to.host) and not is_inward(base.host):
        # A page of the site could otherwise have us ask what only this machine may.
        raise FailedError(Failure("a redirect leads to this machine or its cloud's inside"))
    return to.copy_with(userinfo=b"", fragment=None)


def is_inward(host: str) -> bool:
    """Return whether this is this machine, or a link-local address such as a cloud's metadata."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local or address.is_unspecified


class Proxies:
    """The proxies that the environment names.

    HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as other programs read them. Loopback is
    always asked directly.
    """

    def __init__(self) -> None:
        self._proxies = getproxies()

    def of(self, scheme: str, host: str) -> str | None:
        """Return the proxy for a host, with its name and password; None: go directly."""
        if not self._proxies or is_inward(host) or proxy_bypass(host):
            return None
        found = self._proxies.get(scheme) or self._proxies.get("all")
        return found if found is None or "://" in found else f"http://{found}"

    def secrets(self) -> list[str]:
        """Return the passwords of the proxies."""
        urls = [httpx2.URL(proxy) for proxy in self._proxies.values() if "@" in proxy]
        return [secret for url in urls for secret in (url.password, unquote(url.password))]


def opened(
    scheme: str, proxy: str | None, limits: httpx2.Limits, tls: ssl.SSLContext | None = None
) -> httpx2.HTTPTransport:
    """Return new connections for a scheme. Raises FailedError for a proxy that we can not use."""
    # Reading the system's certificates takes longer than most requests on loopback; where no
    # TLS is spoken, a context that trusts nobody does.
    verify = tls or (True if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    try:
        return httpx2.HTTPTransport(verify=verify, limits=limits, proxy=proxy)
    except (ImportError, ValueError, httpx2.InvalidURL):
        words = "the environment names a proxy that is none of HTTP; set HTTPS_PROXY=http://…"
        raise FailedError(Failure(words)) from None


class Routes:
    """The connections of one client: direct, or through the proxies that the environment names."""

    def __init__(self, at_once: int) -> None:
        self._limits = httpx2.Limits(
            max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=30
        )
        self._proxies = Proxies()
        self._lock = Lock()
        self._transports: dict[tuple[str, str | None], httpx2.HTTPTransport] = {}

    def proxy(self, url: httpx2.URL) -> str | None:
        """Return the proxy for an address, with its name and password; None: go directly."""
        return self._proxies.of(url.scheme, url.host)

    def secrets(self) -> list[str]:
        """Return the passwords of the proxies."""
        return self._proxies.secrets()

    def transport(self, url: httpx2.URL) -> httpx2.HTTPTransport:
        """Return the connections for an address. Raises FailedError for a proxy we can not use."""
        route = url.scheme, self.proxy(url)
        with self._lock:
            if route not in self._transports:
                self._transports[route] = opened(*route, self._limits)
            return self._transports[route]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for transport in self._transports.values():
                transport.close()
            self._transports.clear()
