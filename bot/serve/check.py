"""Asks the process of this host whether it is well: `python -m bot.serve.check`, for containers.

Exit code 0 where `/healthz` says so, else 1 with what it said. Knows nothing of what is checked.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from bot import settings

_SECONDS = 5.0
# Addresses to listen on that are none to ask at.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here


def address(serve: settings.Serve) -> str:
    """Return where `/healthz` is, as seen from the same host."""
    host = _EVERYWHERE.get(serve.host, serve.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{serve.port}/healthz"


def complaint() -> str | None:
    """Return what is wrong, None where nothing is."""
    try:
        serve = settings.load().config.serve
        if not serve.port:
            return "[serve] port is 0: there is nothing to ask"
        # Never through a proxy: the process is on this host.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address(serve), timeout=_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(2_000).decode('utf-8', 'replace')}"
    except (OSError, settings.SettingsError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(complaint())
