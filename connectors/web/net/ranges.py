"""Which IP addresses are the internet's, and which are inside of something.

By the registries of special-purpose addresses (IANA, RFC 6890), written out here: what the standard
library says of an address changes between its versions, and takes NAT64 and 6to4 for the internet.
Knows nothing of names.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class Reach(IntEnum):
    """Where an address is; the higher, the less may be there for us."""

    PUBLIC = 0
    """A single host of the internet."""
    PRIVATE = 1
    """Inside of somebody's network, or kept for something that is no website."""
    LOOPBACK = 2
    """This machine."""
    METADATA = 3
    """Link-local, and where clouds tell a machine its secrets."""
    NEVER = 4
    """No host: unspecified, multicast, broadcast, reserved."""


_V4 = [
    (IPv4Network(network), reach)
    for network, reach in (
        ("0.0.0.0/8", Reach.NEVER),  # Linux takes it for loopback
        ("10.0.0.0/8", Reach.PRIVATE),
        ("100.64.0.0/10", Reach.PRIVATE),  # carriers' NAT (RFC 6598)
        ("100.100.100.200/32", Reach.METADATA),  # Alibaba Cloud
        ("127.0.0.0/8", Reach.LOOPBACK),
        ("168.63.129.16/32", Reach.METADATA),  # Azure; looks public
        ("169.254.0.0/16", Reach.METADATA),
        ("172.16.0.0/12", Reach.PRIVATE),
        ("192.0.0.0/24", Reach.PRIVATE),
        ("192.0.0.192/32", Reach.METADATA),  # Oracle Cloud
        ("192.0.2.0/24", Reach.PRIVATE),  # documentation (RFC 5737), as two more below
        ("192.88.99.0/24", Reach.PRIVATE),  # relays of 6to4 (RFC 7526)
        ("192.168.0.0/16", Reach.PRIVATE),
        ("198.18.0.0/15", Reach.PRIVATE),  # benchmarks (RFC 2544)
        ("198.51.100.0/24", Reach.PRIVATE),
        ("203.0.113.0/24", Reach.PRIVATE),
        ("224.0.0.0/4", Reach.NEVER),
        ("240.0.0.0/4", Reach.NEVER),
    )
]
_V6 = [
    (IPv6Network(network), reach)
    for network, reach in (
        ("::/128", Reach.NEVER),
        ("::1/128", Reach.LOOPBACK),
        ("64:ff9b:1::/48", Reach.PRIVATE),  # NAT64 of a network's own (RFC 8215)
        ("2001::/23", Reach.PRIVATE),  # protocols (RFC 2928): Teredo, benchmarks, ORCHID
        ("2001:db8::/32", Reach.PRIVATE),
        ("2002::/16", Reach.PRIVATE),  # 6to4, which nobody serves any more (RFC 7526)
        ("3fff::/20", Reach.PRIVATE),  # documentation (RFC 9637)
        ("fc00::/7", Reach.PRIVATE),
        ("fd00:ec2::254/128", Reach.METADATA),  # Amazon
        ("fd20:ce::254/128", Reach.METADATA),  # Google
        ("fe80::/10", Reach.METADATA),
        ("fec0::/10", Reach.PRIVATE),  # site-local (RFC 3879)
        ("ff00::/8", Reach.NEVER),
    )
]
_GLOBAL = IPv6Network("2000::/3")
"""All that was ever given out as global unicast (RFC 4291, 2.4)."""
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_TEREDO = IPv6Network("2001::/32")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface identifier that ends in an IPv4 address (RFC 5214, 6.1)."""


def spelled(host: str) -> Address | None:
    """Return the address that a host of a URL is, in any spelling; None for a name.

    An IPv4 address has one to four parts, each decimal, octal or hexadecimal (URL Standard, "IPv4
    parser"): `2130706433`, `0x7f.1` and `0177.0.0.1` are 127.0.0.1, for the system's resolver too.
    Raises ValueError for what ends in a number and is none, and for IPv6 with a zone.
    """
    host = host.strip("[]").rstrip(".")
    if ":" in host:
        if "%" in host:
            raise ValueError("an address with a zone is no address of the web")
        return ip_address(host)
    parts = host.lower().split(".")
    if not _is_number(parts[-1]):
        return None
    if len(parts) > 4:
        raise ValueError("this is no IPv4 address")
    *first, last = (_number(part) for part in parts)
    if any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        raise ValueError("this is no IPv4 address")
    return IPv4Address(last + sum(part << 8 * (3 - place) for place, part in enumerate(first)))


def _is_number(part: str) -> bool:
    return part.isascii() and (part.isdigit() or part.startswith("0x"))


def _number(part: str) -> int:
    """Return a part's value. Raises ValueError."""
    if not part.isascii() or not part.isalnum():
        raise ValueError("this is no IPv4 address")
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def plain(address: Address) -> Address:
    """Return the address that a connection really goes to: IPv4 out of its IPv6 form."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(4096)
def reach(address: Address) -> Reach:
    """Return where an address is, by the worst of what is wrapped in it."""
    if isinstance(address, IPv4Address):
        return max((found for network, found in _V4 if address in network), default=Reach.PUBLIC)
    if address in _MAPPED or address in _NAT64:
        return reach(IPv4Address(address.packed[12:]))
    own = max((found for network, found in _V6 if address in network), default=Reach.PUBLIC)
    if own is Reach.PUBLIC and address not in _GLOBAL:
        own = Reach.PRIVATE
    return max([own, *(reach(IPv4Address(inner)) for inner in _wrapped(address))])


def _wrapped(address: IPv6Address) -> list[bytes]:
    """Return the IPv4 addresses to which tunnels and translators may take this one."""
    packed = address.packed
    inner = []
    if address in _SIX_TO_FOUR:
        inner.append(packed[2:6])
    if address in _TEREDO:  # the server, and the client with its bits turned (RFC 4380, 4)
        inner += [packed[4:8], bytes(byte ^ 0xFF for byte in packed[12:])]
    if int.from_bytes(packed[8:12], "big") in _ISATAP or address in _TRANSLATED:
        inner.append(packed[12:])
    if address in _COMPATIBLE and address.packed[12:14] != b"\0\0":
        inner.append(packed[12:])
    return inner
