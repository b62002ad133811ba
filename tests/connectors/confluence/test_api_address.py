"""Which site and edition an address means, and by which way a token is taken there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from api_sites import found, opened
from hypothesis import given
from hypothesis import strategies as st
from rigs.confluence import ConfluenceRig

from connectors.base import ConnectorError
from connectors.confluence.api import open_site
from connectors.confluence.api.address import Address
from connectors.http import HttpError

CLOUD = "https://example.atlassian.net/wiki"
GATEWAY = "https://api.atlassian.com/ex/confluence/1a-2b/wiki"


@pytest.mark.parametrize(
    ("url", "base", "edition"),
    [
        ("https://example.atlassian.net", CLOUD, "cloud"),
        ("https://example.atlassian.net/", CLOUD, "cloud"),
        (" https://example.atlassian.net/wiki/ ", CLOUD, "cloud"),
        ("https://example.atlassian.net/wiki/spaces/ENG/pages/1/%E4%BC%91", CLOUD, "cloud"),
        ("https://wiki.example.com/wiki", "https://wiki.example.com/wiki", "cloud"),
        ("https://api.atlassian.com/ex/confluence/1a-2b", GATEWAY, "cloud"),
        ("https://api.atlassian.com/ex/confluence/1a-2b/wiki/", GATEWAY, "cloud"),
        ("https://c.example.co.jp", "https://c.example.co.jp", "data-center"),
        ("http://c.example.co.jp:8090/confluence/", "http://c.example.co.jp:8090/confluence",
         "data-center"),
        ("https://c.example.co.jp/confluence/pages/viewpage.action?pageId=1",
         "https://c.example.co.jp/confluence", "data-center"),
        ("https://c.example.co.jp/display/ENG/Home", "https://c.example.co.jp", "data-center"),
        ("https://c.example.co.jp/dashboard.action", "https://c.example.co.jp", "data-center"),
    ],
)  # fmt: skip
def test_an_address_tells_base_and_edition(url: str, base: str, edition: str) -> None:
    address = Address.read(url, None)
    assert (address.base, address.edition) == (base, edition)
    assert address.by_gateway == (base == GATEWAY)


def test_the_edition_that_is_given_counts() -> None:
    assert Address.read("https://wiki.example.com", "cloud").base == "https://wiki.example.com/wiki"
    assert Address.read("https://a.example/wiki", "data-center").base == "https://a.example/wiki"


@pytest.mark.parametrize(
    "url",
    ["", "example.atlassian.net", "ftp://a.example", "https://", "https://[", "https://u:p@x"],
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ConnectorError, match="must be like https://"):
        open_site(url, email=None, token="secret")


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    with suppress(ConnectorError):
        open_site(f"https://{text}", email="a@example.com", token="secret").close()


@pytest.fixture
def rig() -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition="cloud", scoped=True) as rig:
        rig.site.add_space("ENG")
        rig.site.add_page("ENG", "題名")
        yield rig


def test_a_scoped_token_is_taken_by_the_gateway(rig: ConfluenceRig) -> None:
    """The site refuses it and tells its id; links are still the site's own."""
    with opened(rig, gateway=rig.core.root) as site:
        (page,) = site.search("type = page")
        assert page.url.startswith(f"{rig.url}/spaces/ENG/pages/")
        assert site.host == rig.core.root.removeprefix("http://")
        assert found(site) == [page.id]
        assert site.requests == rig.requests == 5


def test_the_address_of_the_gateway_may_be_given(rig: ConfluenceRig) -> None:
    with opened(rig, url=rig.gateway) as site:
        assert site.host == rig.core.root.removeprefix("http://")
        (page,) = site.search("type = page")
        assert page.url.startswith(f"{rig.url}/spaces/ENG/pages/")
        file = rig.site.attach(page.id, "a.txt", b"bytes")
        (told,) = site.search(f"id = {file}")
        assert site.download(told, max_bytes=10) == b"bytes"
        assert len(site.spaces()) == 1
        assert site.exists([page.id]) == {page.id: "ENG"}


def test_a_token_that_nobody_takes_is_said_once(rig: ConfluenceRig) -> None:
    with opened(rig, gateway=rig.core.root, token="wrong-token") as site:
        for _ in range(2):
            with pytest.raises(HttpError, match=r"401: .*mistyped") as raised:
                site.myself()
            assert "wrong-token" not in str(raised.value)
        # Refused, the site's id, refused by the gateway; then no more than once.
        assert rig.requests == 4


def test_a_gateway_that_is_away_leaves_the_refusal(rig: ConfluenceRig) -> None:
    """What is wrong is the token, not an address that nobody wrote."""
    with (
        opened(rig, gateway="http://127.0.0.1:1") as site,
        pytest.raises(HttpError, match="401"),
    ):
        site.myself()


def test_a_site_on_this_machine_is_none_of_the_gateways(rig: ConfluenceRig) -> None:
    """No test, and no mock of a service, sends its token into the internet."""
    with opened(rig) as site, pytest.raises(HttpError, match="401"):
        site.myself()
    assert rig.requests == 1


def test_data_center_knows_no_gateway() -> None:
    with ConfluenceRig(edition="data-center") as rig:
        rig.expire_token()
        with opened(rig, gateway=rig.core.root) as site, pytest.raises(HttpError, match="401"):
            site.myself()
        assert rig.requests == 1
