"""Which addresses are the internet's: by the registries, in every form and spelling."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http.errors import FailedError
from connectors.web.net.guard import Guard
from connectors.web.net.ranges import Reach, plain, reach, spelled

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1", "198.17.0.1",
    "198.20.0.1", "223.255.255.255", "2001:4860:4860::8888", "2600:1406:bc00:53::b81e:94ce",
    "2a00:1450:4001:829::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip
PRIVATE = [
    "10.0.0.5", "10.255.255.255", "100.64.0.1", "100.127.255.255", "172.16.3.4", "172.31.255.255",
    "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.7", "203.0.113.9", "64:ff9b:1::5", "100::1", "2001:1::1", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1", "fc00::5",
    "fdff::1", "fec0::5", "::8.8.8.8", "::ffff:10.0.0.5", "64:ff9b::10.0.0.5",
    "::ffff:0:8.8.8.8", "2001:0:808:808::f7f7:f7f7",
]  # fmt: skip
LOOPBACK = [
    "127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1",
    "2002:7f00:1::", "2001:0:7f00:1::f7f7:f7f7", "2a00:1450::5efe:7f00:1",
    "2a00:1450::200:5efe:127.0.0.1", "::ffff:0:127.0.0.1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fe80::1", "febf::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::f7f7:f7f7", "fe80::5efe:10.0.0.1",
    "2001:0:808:808::5601:5601",  # Teredo's client, its bits turned
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.0.0.1", "0.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "ff02::1", "ff0e::1", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
    "64:ff9b::255.255.255.255", "2002:e000:1::",
]  # fmt: skip
TABLE = [
    *((one, Reach.PUBLIC) for one in PUBLIC),
    *((one, Reach.PRIVATE) for one in PRIVATE),
    *((one, Reach.LOOPBACK) for one in LOOPBACK),
    *((one, Reach.METADATA) for one in METADATA),
    *((one, Reach.NEVER) for one in NEVER),
]
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)


@pytest.mark.parametrize(("address", "expected"), TABLE)
def test_each_address_is_where_the_registries_say(address: str, expected: Reach) -> None:
    assert reach(ip_address(address)) is expected


@given(V4)
def test_an_address_in_its_ipv6_form_or_behind_nat64_is_where_the_address_is(
    v4: IPv4Address,
) -> None:
    assert reach(IPv6Address(f"::ffff:{v4}")) is reach(v4)
    assert reach(IPv6Address(f"64:ff9b::{v4}")) is reach(v4)
    assert plain(IPv6Address(f"::ffff:{v4}")) == v4


@given(V4)
def test_an_address_in_a_tunnel_is_never_public_and_no_better_than_what_is_wrapped(
    v4: IPv4Address,
) -> None:
    """6to4, Teredo's server and client, IPv4-compatible and translated addresses."""
    number = int(v4)
    wrapped = [
        IPv6Address((0x2002 << 112) | number << 80),
        IPv6Address((0x20010000 << 96) | number << 64),
        IPv6Address((0x20010000 << 96) | (8 << 88) | (number ^ 0xFFFFFFFF)),
        IPv6Address(f"::ffff:0:{v4}"),
    ]
    if number > 0xFFFF:  # below lie `::` and `::1` and what nobody has
        wrapped.append(IPv6Address(number))
    for one in wrapped:
        assert reach(one) >= max(Reach.PRIVATE, reach(v4))


@given(V4, st.sampled_from(["2a00:1450:4001:829", "fe80:0:0:0"]), st.sampled_from(["0", "200"]))
def test_isatap_is_no_better_than_what_it_wraps(v4: IPv4Address, prefix: str, bits: str) -> None:
    assert reach(IPv6Address(f"{prefix}:{bits}:5efe:{v4}")) >= reach(v4)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_what_was_never_given_out_as_unicast_is_not_public(address: IPv6Address) -> None:
    """But IPv4 addresses in their IPv6 forms."""
    if reach(address) is Reach.PUBLIC and int(address) >> 125 != 1:
        assert reach(plain(address)) is Reach.PUBLIC
        assert address.packed[:12] in {b"\0" * 10 + b"\xff\xff", b"\0\x64\xff\x9b" + b"\0" * 8}


@given(V4, st.lists(st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:X}", "0x0{:x}"]), min_size=4))
def test_an_ipv4_address_is_known_in_every_spelling(v4: IPv4Address, bases: list[str]) -> None:
    """One to four parts, each decimal, octal or hexadecimal, as the system's resolver reads it."""
    number = int(v4)
    for parts in range(1, 5):
        first = [number >> 8 * (3 - place) & 0xFF for place in range(parts - 1)]
        last = number & (256 ** (5 - parts) - 1)
        host = ".".join(
            base.format(part) for base, part in zip(bases, [*first, last], strict=False)
        )
        assert spelled(host) == v4, host
        assert socket.inet_aton(host.lower()) == v4.packed
        assert spelled(f"{host}.") == v4


@given(st.text("0123456789abfx.", max_size=20))
def test_what_the_system_takes_for_a_number_is_none_of_our_names(host: str) -> None:
    """A name that the system would read as an address must not pass as a name."""
    try:
        system = IPv4Address(socket.inet_aton(host))
    except OSError:
        return
    try:
        ours = spelled(host)
    except ValueError:
        return  # refused
    assert ours == system


@pytest.mark.parametrize("host", ["1.2.3.4.5", "256.1", "1.2.3.999", "4294967296", "0x1ffffffff",
    "08.1.1.1", "1..2", "fe80::1%eth0", "[fe80::1%25lo]", "1::2::3", "_.1"])  # fmt: skip
def test_what_ends_in_a_number_and_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        spelled(host)


@pytest.mark.parametrize(
    "host", ["example.co.jp", "1.example", "0x7f.example", "xn--wgv71a119e.jp"]
)
def test_names_are_no_addresses(host: str) -> None:
    assert spelled(host) is None


def answering(*addresses: str):  # noqa: ANN201 - a resolver
    """Return a resolver that says the same of every name."""

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return resolve


@given(st.lists(st.sampled_from([address for address, _ in TABLE]), max_size=6))
def test_of_several_addresses_only_the_allowed_ones_are_taken(addresses: list[str]) -> None:
    guard = Guard(resolve=answering(*addresses))
    allowed = [plain(ip_address(one)) for one in addresses if reach(ip_address(one)) == 0]
    try:
        assert guard.addresses("www.example.co.jp", 443) == list(dict.fromkeys(allowed))
    except FailedError:
        assert not allowed


@pytest.mark.parametrize(
    ("private_hosts", "host", "address", "allowed"),
    [
        (["intra.example.co.jp"], "intra.example.co.jp", "10.0.0.5", True),
        (["Intra.Example.co.jp."], "INTRA.example.co.jp.", "10.0.0.5", True),
        (["intra.example.co.jp"], "intra.example.co.jp", "127.0.0.1", True),
        (["intra.example.co.jp"], "intra.example.co.jp", "169.254.169.254", False),
        (["intra.example.co.jp"], "intra.example.co.jp", "0.0.0.0", False),
        (["intra.example.co.jp"], "other.example.co.jp", "10.0.0.5", False),
        (["*.example.co.jp"], "wiki.example.co.jp", "10.0.0.5", True),
        (["*.example.co.jp"], "a.b.example.co.jp", "fc00::5", True),
        (["*.example.co.jp"], "example.co.jp", "10.0.0.5", False),
        (["*.example.co.jp"], "badexample.co.jp", "10.0.0.5", False),
        (["*.example.co.jp"], "wiki.example.co.jp", "127.0.0.1", False),
        (["*.example.co.jp"], "wiki.example.co.jp", "fe80::1", False),
        (["日本語.jp", "*.社内.jp"], "xn--wgv71a119e.jp", "10.0.0.5", True),
        (["日本語.jp", "*.社内.jp"], "wiki.xn--v6q418g.jp", "10.0.0.5", True),
        (["localhost"], "localhost", "127.0.0.1", True),
        ([], "localhost", "127.0.0.1", False),
        ([], "localhost", "8.8.8.8", False),
        ([], "x.localhost.", "8.8.8.8", False),
        ([], "metadata", "8.8.8.8", False),
        (["10.0.0.5"], "10.0.0.5", "10.0.0.5", True),
        (["10.0.0.5"], "167772165", "10.0.0.5", True),
        (["10.0.0.5"], "10.0.0.6", "10.0.0.6", False),
        (["169.254.169.254"], "169.254.169.254", "169.254.169.254", True),
        (["[::1]"], "[::1]", "::1", True),
        (["::1"], "[0:0::1]", "::1", True),
        (["127.0.0.1"], "[::ffff:127.0.0.1]", "::ffff:127.0.0.1", True),
        (["127.0.0.1"], "evil.example.com", "127.0.0.1", False),
        (["0.0.0.0"], "0.0.0.0", "0.0.0.0", False),
    ],
)  # fmt: skip
def test_a_host_is_allowed_by_its_name_and_no_further_than_is_meant(
    private_hosts: list[str], host: str, address: str, allowed: bool
) -> None:
    guard = Guard(private_hosts, resolve=answering(address))
    if allowed:
        assert guard.addresses(host, 80) == [plain(ip_address(address))]
    else:
        with pytest.raises(FailedError):
            guard.addresses(host, 80)


def test_only_ports_of_websites_and_of_the_seeds_are_asked() -> None:
    guard = Guard(ports={8080}, resolve=answering("8.8.8.8"))
    for port in (80, 443, 8080):
        assert guard.addresses("www.example.co.jp", port)
    for port in (22, 25, 6379, 8081, 9200):
        with pytest.raises(FailedError, match="port"):
            guard.addresses("www.example.co.jp", port)


@given(st.text(max_size=30))
def test_no_host_at_all_breaks_the_guard(host: str) -> None:
    guard = Guard(resolve=answering("10.0.0.5"))
    with pytest.raises(FailedError):
        guard.addresses(host, 80)


@pytest.mark.parametrize(
    ("host", "found", "passes"),
    [
        ("www.example.co.jp", ["8.8.8.8"], True),
        ("www.example.co.jp", None, True),  # only the proxy knows
        ("www.example.co.jp", ["8.8.8.8", "10.0.0.5"], False),
        ("10.0.0.5", None, False),
        ("2130706433", None, False),
        ("[::ffff:169.254.169.254]", None, False),
        ("intranet", None, False),
        ("printer.local", None, False),
        ("metadata.google.internal", None, False),
        ("localhost", None, False),
        ("wiki.corp", None, True),
        ("8.8.8.8", None, True),
    ],
)
def test_a_proxy_is_asked_for_nothing_that_must_not_be_reached(
    host: str, found: list[str] | None, passes: bool
) -> None:
    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return answering(*found)(host, port)

    guard = Guard(["wiki.corp"], resolve=resolve)
    if passes:
        guard.check_for_proxy(host, 443)
    else:
        with pytest.raises(FailedError):
            guard.check_for_proxy(host, 443)
