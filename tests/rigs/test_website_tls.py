"""TLS of the web sites on loopback: a certificate that holds, and those that do not."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx2
import pytest
from rigs.website import WebsiteRig, html
from rigs.website.tls import Kind


@pytest.fixture(scope="module")
def rig() -> Iterator[WebsiteRig]:
    with WebsiteRig(tls=True) as running:
        running.site.add_page("/", html.page("暗号"))
        running.site.alias("localhost")
        yield running
        assert running.violations == []


@pytest.fixture
def visitor(rig: WebsiteRig) -> Iterator[httpx2.Client]:
    assert rig.certificates
    with httpx2.Client(verify=rig.certificates.trusting()) as client:
        yield client


def test_whoever_trusts_the_authority_reads_the_site(
    rig: WebsiteRig, visitor: httpx2.Client
) -> None:
    assert "暗号" in visitor.get(rig.secure_url()).text
    assert visitor.get(rig.secure_url(host="127.0.0.2")).status_code == 404
    assert rig.journal[-1].secure


def test_names_have_certificates_of_their_own(rig: WebsiteRig, visitor: httpx2.Client) -> None:
    assert "暗号" in visitor.get(rig.secure_url(host="localhost")).text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("untrusted", "unable to get local issuer|self.signed"),
        ("expired", "expired"),
        ("other-name", "mismatch|not valid for"),
    ],
)
def test_no_other_certificate_holds_and_nothing_is_asked_for(
    rig: WebsiteRig, visitor: httpx2.Client, kind: Kind, words: str
) -> None:
    before = rig.requests
    with pytest.raises(httpx2.ConnectError, match=words):
        visitor.get(rig.secure_url(kind))
    assert rig.requests == before


def test_those_who_trust_nobody_else_trust_no_rig(rig: WebsiteRig) -> None:
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(rig.secure_url(), verify=ssl.create_default_context())


def test_a_host_can_send_plain_requests_on_to_tls(rig: WebsiteRig, visitor: httpx2.Client) -> None:
    rig.site.add_page("/a?x=1", html.page("暗号だけ"), host="127.0.0.3")
    port = int(rig.secure_url().rpartition(":")[2])
    rig.site.configure("127.0.0.3", secure_only=port)
    got = visitor.get(f"{rig.url_of('127.0.0.3')}/a?x=1", follow_redirects=True)
    assert str(got.url) == f"{rig.secure_url(host='127.0.0.3')}/a?x=1"
    assert "暗号だけ" in got.text
