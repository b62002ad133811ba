"""Nobody is connected to who must not be: whatever pages, redirects and name servers say."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from rigs.website import WebsiteRig, html, namespace
from rigs.website.canaries import SECRET, Canaries
from rigs.website.names import Names

from connectors.http import HttpError
from connectors.web.net import RobotsError, Web

SITE = "127.0.0.1"
ELSEWHERE = "127.0.0.66"
"""Where a canary sits; none of it is allowed by name."""


@pytest.fixture
def rig() -> Iterator[WebsiteRig]:
    with WebsiteRig(addresses=[SITE]) as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def canaries() -> Iterator[Canaries]:
    with Canaries([(ELSEWHERE, 0), ("::1", 0)] if socket.has_ipv6 else [(ELSEWHERE, 0)]) as there:
        yield there
        assert there.connections == []


@pytest.fixture
def names() -> Names:
    return Names({"localhost": SITE})


@pytest.fixture
def web(rig: WebsiteRig, canaries: Canaries, names: Names) -> Iterator[Web]:
    """A client that may ask the rig, and the ports of the canaries, but not their addresses."""
    ports = [port for _, port in canaries.addresses]
    client = Web(
        login_hosts=[rig.url, *(f"http://{SITE}:{port}/" for port in ports)],
        private_hosts=[SITE],
        delay=0,
        backoff=0.001,
        timeout=5,
        resolve=names,
    )
    yield client
    client.close()


def forms(canaries: Canaries) -> list[str]:
    """Return the canaries' addresses in all the forms that lead there."""
    port = canaries.addresses[0][1]
    hosts = [
        ELSEWHERE, "2130706498", "0x7f000042", "0x7F.0x42", "017700000102", "0177.0.0.0102",
        "127.66", "127.0.66", "127.0.0.66.", "0x7f.0.0.102", f"[::ffff:{ELSEWHERE}]",
        "[::ffff:7f00:42]", f"[::{ELSEWHERE}]", f"[64:ff9b::{ELSEWHERE}]", "[2002:7f00:42::1]",
        "[::ffff:0:7f00:42]", "127。0。0。66", "１２７.0.0.66", "127.0.0.66%00", "127.0.0.66%2f",
        f"{SITE}@{ELSEWHERE}", f"user:pass@{ELSEWHERE}", "①②⑦.0.0.66",
    ]  # fmt: skip
    found = [f"http://{host}:{port}/" for host in hosts]
    if len(canaries.addresses) > 1:
        six = canaries.addresses[1][1]
        found += [
            f"http://{host}:{six}/"
            for host in ("[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[0::0001]", "localhost6")
        ]
    return found


def test_a_link_leads_to_no_inner_address_in_any_form(web: Web, canaries: Canaries) -> None:
    for url in forms(canaries):
        with pytest.raises(HttpError):
            web.get(url, max_bytes=1000)
    assert canaries.connections == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_to_no_inner_address_in_any_form(
    rig: WebsiteRig, web: Web, canaries: Canaries, status: int
) -> None:
    for url in [*forms(canaries), f"//{ELSEWHERE}:{canaries.addresses[0][1]}/"]:
        rig.site.redirect("/away", url, status)
        with pytest.raises(HttpError):
            web.get(f"{rig.url}/away", max_bytes=1000)
    assert canaries.connections == []


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://127.0.0.66/", "ftp://127.0.0.66/",
    "javascript:alert(1)", "http://[", "dict://127.0.0.66:11211/"])  # fmt: skip
def test_a_redirect_out_of_the_web_is_an_error(rig: WebsiteRig, web: Web, to: str) -> None:
    rig.site.redirect("/away", to)
    with pytest.raises(HttpError, match=r"redirects|no name"):
        web.get(f"{rig.url}/away", max_bytes=1000)


def test_each_of_many_hops_is_checked(rig: WebsiteRig, web: Web, canaries: Canaries) -> None:
    """Also those that come after hops which are allowed."""
    for hop in range(5):
        rig.site.redirect(f"/{hop}", f"{rig.url}/{hop + 1}")
    rig.site.redirect("/5", canaries.urls[0])
    with pytest.raises(HttpError, match="private_hosts"):
        web.get(f"{rig.url}/0", max_bytes=1000)


@pytest.mark.parametrize(
    "address", [ELSEWHERE, "::1", f"::ffff:{ELSEWHERE}", f"64:ff9b::{ELSEWHERE}"]
)
def test_a_name_leads_to_no_inner_address(
    web: Web, names: Names, canaries: Canaries, address: str
) -> None:
    names.add("www.example.com", address)
    port = canaries.addresses[address == "::1"][1]
    with pytest.raises(HttpError, match=r"www\.example\.com"):
        web.get(f"http://www.example.com:{port}/", max_bytes=1000)


def test_of_several_addresses_of_a_name_no_inner_one_is_tried(
    web: Web, names: Names, canaries: Canaries
) -> None:
    """Neither before nor after the others: the last one is public, and nobody answers there."""
    names.add("www.example.com", [ELSEWHERE, "::1"])
    with pytest.raises(HttpError):
        web.get(f"http://www.example.com:{canaries.addresses[0][1]}/", max_bytes=1000)


def test_a_name_is_resolved_once_for_a_connection(rig: WebsiteRig) -> None:
    """Between the check and the connection, nobody can answer differently (DNS rebinding)."""
    names = Names()
    names.rebind("site.example", SITE, ELSEWHERE)
    with Canaries([(ELSEWHERE, rig.port)]) as canaries:
        web = Web(login_hosts=[rig.url], private_hosts=["site.example"], delay=0, resolve=names)
        rig.site.add_page("/", html.page("題", "本文。"), host="site.example")
        assert web.get(f"http://site.example:{rig.port}/", max_bytes=10_000).status == 200
        assert names.asked == ["site.example"]
        web.close()
        assert canaries.connections == []


def test_a_connection_that_is_kept_goes_where_it_was_checked_to_go(rig: WebsiteRig) -> None:
    names = Names()
    names.rebind("site.example", SITE, ELSEWHERE)
    web = Web(login_hosts=[rig.url], private_hosts=["site.example"], delay=0, resolve=names)
    rig.site.add_page("/", "x", host="site.example")
    for _ in range(3):
        assert web.get(f"http://site.example:{rig.port}/", max_bytes=10_000).status == 200
    assert names.asked == ["site.example"]
    assert rig.connections == {SITE: 1}
    web.close()


def test_a_name_that_turns_inwards_is_refused_at_its_next_connection(
    rig: WebsiteRig, canaries: Canaries
) -> None:
    """The name was public for the first request; for the second one it is the canary's."""
    names = Names({"evil.example": ELSEWHERE, "site.example": SITE})
    rig.site.redirect("/", f"http://evil.example:{canaries.addresses[0][1]}/", host="site.example")
    web = Web(
        login_hosts=[rig.url, f"http://x.example:{canaries.addresses[0][1]}"],
        private_hosts=["site.example"],
        delay=0,
        resolve=names,
    )
    with pytest.raises(HttpError, match=r"evil\.example is at 127\.0\.0\.66"):
        web.get(f"http://site.example:{rig.port}/", max_bytes=1000)
    web.close()


def test_robots_and_site_maps_lead_to_no_inner_address(
    rig: WebsiteRig, web: Web, canaries: Canaries
) -> None:
    """A robots.txt that redirects there can not be had: its site is left alone."""
    rig.site.redirect("/robots.txt", canaries.urls[0])
    with pytest.raises(RobotsError):
        web.may_fetch(f"{rig.url}/x")
    with pytest.raises(RobotsError):
        web.sitemaps(f"{rig.url}/x")
    with pytest.raises(RobotsError):
        web.may_fetch(canaries.urls[0])


def test_other_ports_of_an_allowed_host_are_not_asked(rig: WebsiteRig) -> None:
    """Behind them are databases, and what else listens for this machine alone."""
    with Canaries([(SITE, 0)]) as canaries:
        web = Web(login_hosts=[rig.url], private_hosts=[SITE], delay=0)
        rig.site.redirect("/away", canaries.urls[0])
        for url in (canaries.urls[0], f"{rig.url}/away"):
            with pytest.raises(HttpError, match="port"):
                web.get(url, max_bytes=1000)
        web.close()
        assert canaries.connections == []


@pytest.mark.skipif(namespace.impossible() is not None, reason=str(namespace.impossible()))
def test_where_every_address_answers_only_the_internets_are_asked() -> None:
    """In a network namespace that owns public, private and metadata addresses, at port 80.

    By link, by redirect and by name; in IPv4, IPv6 and the forms that wrap one in the other.
    """
    done = namespace.run(_EVERYWHERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "public 200, canaries 0"
    assert SECRET not in done.stdout


_EVERYWHERE = """
import sys
from rigs.website import WebsiteRig, namespace
from rigs.website.canaries import Canaries
from rigs.website.names import Names
from connectors.http import HttpError
from connectors.web.net import Web

have = sys.argv[1].split(",")
forbidden = [one for one in namespace.FORBIDDEN if one in have]
assert len(forbidden) > 6, have
public = [one for one in namespace.PUBLIC if one in have]
names = Names({"www.example.com": public[0]})
for number, one in enumerate(forbidden):
    names.add(f"n{number}.example.com", one)
names.add("both.example.com", [*forbidden, *public[:1]])

def host(one):
    return f"[{one}]" if ":" in one else one

def refused(url):
    try:
        answer = web.get(url, max_bytes=1000)
    except HttpError:
        return
    raise AssertionError(f"{url}: {answer}")

with (
    WebsiteRig(addresses=public, port=80) as rig,
    Canaries([(one, 80) for one in [*forbidden, "127.0.0.1"]]) as canaries,
):
    web = Web(delay=0, attempts=1, timeout=5, resolve=names)
    for one in [*public, "www.example.com", "both.example.com"]:
        rig.site.add_page("/", "x", host=one)
        got = web.get(f"http://{host(one)}/", max_bytes=1000)
        assert got.status == 200, got
    targets = [host(one) for one in forbidden]
    targets += [f"n{number}.example.com" for number in range(len(forbidden))]
    targets += [f"[::ffff:{one}]" for one in forbidden if ":" not in one]
    targets += [f"[64:ff9b::{one}]" for one in forbidden if ":" not in one]
    targets += ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "0"]
    targets.append("localhost")
    for number, target in enumerate(targets):
        refused(f"http://{target}/latest/meta-data/")
        rig.site.redirect(f"/{number}", f"http://{target}/", host="www.example.com")
        refused(f"http://www.example.com/{number}")
    print(f"public {got.status}, canaries {len(canaries.connections)}")
    web.close()
"""
