"""Runs a script where addresses that look public, private and of metadata services are all local.

    reason = namespace.impossible()
    if reason: pytest.skip(reason)
    done = namespace.run(SCRIPT)            # Python; namespace.PUBLIC and the rest are its own
    assert done.returncode == 0, done.stderr

A guard that refuses loopback can not be tried on loopback: there, a site that may be fetched and a
service that may not differ by a list of names alone. In a network namespace of its own a process
owns every address it likes, can not reach any other, and nobody else sees it. It takes Linux, the
right to make a namespace, and the `ip` of iproute2.
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PUBLIC = ("93.184.216.34", "2600:1406:bc00:53::b81e:94ce")
"""Of the kind that anybody may be sent to."""
METADATA = ("169.254.169.254", "fd00:ec2::254")
"""Where clouds keep credentials; AWS, Azure and Google use the first."""
FORBIDDEN = (
    "10.0.0.5", "172.16.3.4", "192.168.1.1", "100.64.0.1", "192.0.0.192", "198.18.0.1",
    "169.254.170.2", "0.0.0.1", "240.0.0.1", "fc00::5", "fe80::5", "fec0::5", "::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1",
    *METADATA,
)  # fmt: skip
"""Where nobody may be sent: private, shared, link-local, reserved, and the forms of IPv6 that wrap
an IPv4 address (RFC 6890, 6052, 3056, 4380)."""

_TESTS = Path(__file__).parents[2]
_CHECK_S = 20.0


def _ways() -> list[list[str]]:
    # With the rights of root, and as anybody who may be root of a namespace of users.
    return [["unshare", "--net"], ["unshare", "--net", "--map-root-user"]]


@functools.cache
def _way() -> tuple[tuple[str, ...], str | None]:
    missing = [one for one in ("unshare", "ip") if shutil.which(one) is None]
    if missing:
        return (), f"there is no `{missing[0]}` on this machine"
    for way in _ways():
        done = subprocess.run(
            [*way, "ip", "link", "set", "lo", "up"],
            capture_output=True,
            timeout=_CHECK_S,
            check=False,
        )
        if done.returncode == 0:
            return tuple(way), None
    return (), "this machine lets nobody make a network namespace"


def impossible() -> str | None:
    """Return why no namespace can be had here, None where one can."""
    return _way()[1]


def run(
    script: str | Path,
    *arguments: str,
    addresses: Sequence[str] = (*PUBLIC, *FORBIDDEN),
    environ: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """Run Python (its source, or a file) in a namespace in which `addresses` are local.

    Addresses that the machine can not have (no IPv6) are left out; what is there, the script reads
    from `sys.argv[1]`, parted by commas; `arguments` follow. It imports what tests import.
    Raises RuntimeError where no namespace can be had: see `impossible`.
    """
    way, reason = _way()
    if reason:
        raise RuntimeError(reason)
    code = ["-c", script] if isinstance(script, str) else [str(script)]
    # `nodad`: an IPv6 address is there at once, not when nobody has objected for a second.
    lines = ["ip link set lo up", "have="]
    for address in addresses:
        add = f"ip -6 addr add {address}/128 dev lo nodad" if ":" in address else ""
        add = add or f"ip addr add {address}/32 dev lo"
        lines.append(f'{add} 2>/dev/null && have="$have,{address}"')
    command = shlex.join([sys.executable, *code])
    lines.append(f'exec {command} "${{have#,}}" {shlex.join(arguments)}')
    path = os.pathsep.join([str(_TESTS), str(_TESTS.parent)])
    return subprocess.run(
        [*way, "sh", "-c", "\n".join(lines)],
        env={**os.environ, "PYTHONPATH": path, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
