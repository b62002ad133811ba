"""Canaries, resolvers and namespaces: what a guard against forged requests is tried with."""

from __future__ import annotations

import socket

import httpx2
import pytest
from rigs.website import namespace
from rigs.website.canaries import SECRET, Canaries
from rigs.website.names import Names


class TestCanaries:
    def test_nobody_came_where_nobody_came(self) -> None:
        with Canaries([("127.0.0.66", 0), ("127.0.0.67", 0)]) as canaries:
            assert canaries.connections == []
            assert [one[0] for one in canaries.addresses] == ["127.0.0.66", "127.0.0.67"]

    def test_a_visitor_is_noted_with_what_was_asked_for_and_leaves_with_the_secret(self) -> None:
        with Canaries([("127.0.0.66", 0), ("127.0.0.67", 0)]) as canaries:
            assert SECRET in httpx2.get(canaries.urls[1]).text
            (seen,) = canaries.connections
            assert (seen.address, seen.port) == canaries.addresses[1]
            assert seen.first_line == "GET /latest/meta-data/ HTTP/1.1"

    def test_a_connection_counts_although_it_says_nothing(self) -> None:
        with Canaries([("127.0.0.66", 0)]) as canaries:
            for number in range(1, 20):
                socket.create_connection(canaries.addresses[0]).close()
                assert len(canaries.connections) == number

    def test_an_address_that_can_not_be_had_is_an_error(self) -> None:
        with (
            Canaries([("127.0.0.66", 0)]) as one,
            pytest.raises(OSError, match="in use"),
            Canaries(one.addresses),
        ):
            pass


class TestNames:
    def test_a_name_stands_for_what_the_table_says_as_getaddrinfo_would(self) -> None:
        names = Names({"www.example.co.jp": "127.0.0.1", "six.example": ["::1", "127.0.0.2"]})
        real = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
        assert names("WWW.example.co.jp", 80) == real
        assert [one[4][0] for one in names("six.example", 80)] == ["::1", "127.0.0.2"]
        assert [one[4][0] for one in names("six.example", 80, socket.AF_INET)] == ["127.0.0.2"]
        assert names("::1", 443) == socket.getaddrinfo("::1", 443, type=socket.SOCK_STREAM)

    def test_what_is_in_no_table_is_not_found(self) -> None:
        with pytest.raises(socket.gaierror):
            Names()("example.com", 80)

    def test_a_name_answers_differently_the_second_time(self) -> None:
        names = Names()
        names.rebind("evil.example", "203.0.113.9", ["169.254.169.254", "127.0.0.1"])
        got = [[one[4][0] for one in names("evil.example", 80)] for _ in range(3)]
        assert got == [["203.0.113.9"], *[["169.254.169.254", "127.0.0.1"]] * 2]
        assert names.asked == ["evil.example"] * 3


@pytest.mark.skipif(namespace.impossible() is not None, reason=str(namespace.impossible()))
class TestNamespace:
    def test_public_and_forbidden_addresses_are_local_and_everything_else_is_out_of_reach(
        self,
    ) -> None:
        done = namespace.run(_VISITS)
        assert done.returncode == 0, done.stderr
        public, metadata, seen, outside = done.stdout.splitlines()
        assert public == "公開"
        assert SECRET in metadata
        assert "169.254.169.254:80" in seen
        assert outside == "unreachable"

    def test_a_script_that_fails_says_so(self) -> None:
        done = namespace.run("import sys; sys.exit(f'no: {sys.argv[2]}')", "argument")
        assert done.returncode == 1
        assert "no: argument" in done.stderr

    def test_the_machine_itself_has_none_of_it(self) -> None:
        with pytest.raises(OSError, match="assign"), socket.socket() as one:
            one.bind((namespace.METADATA[0], 0))


_VISITS = """
import socket, sys
import httpx2
from rigs.website import WebsiteRig, namespace
from rigs.website.canaries import Canaries

have = sys.argv[1].split(",")
forbidden = [one for one in namespace.FORBIDDEN if one in have]
with (
    WebsiteRig(addresses=[namespace.PUBLIC[0]], port=80) as rig,
    Canaries([(one, 80) for one in forbidden]) as canaries,
):
    rig.site.add_page("/", "公開")
    print(httpx2.get(f"http://{namespace.PUBLIC[0]}/").text)
    print(httpx2.get("http://169.254.169.254/").text)
    print([f"{one.address}:{one.port}" for one in canaries.connections])
try:
    socket.create_connection(("192.0.2.7", 80), 5)
except OSError:
    print("unreachable")
"""
