"""Confluence over HTTP: the contract of the port, and what goes wrong on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_contract import ConnectorContract
from rig_site import RigUnderTest
from rigs.confluence import ConfluenceRig, Fault

from connectors.base import ConnectorError, Cursor, Document, Gone, Ref, Unread
from connectors.confluence import ConfluenceConnector, Scope
from connectors.confluence.storage import MEDIA_TYPE, Edition, Storage


@pytest.fixture(params=["cloud", "data-center"])
def edition(request: pytest.FixtureRequest) -> Edition:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def site(edition: Edition, tmp_path: Path) -> Iterator[RigUnderTest]:
    """A site on loopback whose requests and answers are held against the descriptions."""
    with ConfluenceRig(edition=edition) as rig:
        under_test = RigUnderTest(rig, tmp_path / "memory.db")
        yield under_test
        under_test.close()
        assert not rig.violations


class TestConfluenceOverHttp(ConnectorContract):
    """Both editions."""

    feed_tells_deletions = False

    @pytest.fixture(autouse=True)
    def _restricted(self, site: RigUnderTest) -> None:
        self.restricted_to = f"group:confluence:{site.host}:hr"

    @pytest.fixture
    def site(self, site: RigUnderTest) -> RigUnderTest:
        return site


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def broken_off(connector: ConfluenceConnector) -> tuple[list[Ref], str]:
    """Return what a listing yielded before it raised, and the one line that it said."""
    found: list[object] = []
    with pytest.raises(ConnectorError) as raised:
        found.extend(connector.changes(None))
    assert "\n" not in str(raised.value)
    assert not [one for one in found if isinstance(one, Cursor)]
    return [one for one in found if isinstance(one, Ref)], str(raised.value)


def included_in(document: Document) -> dict[str, str | None]:
    if document.media_type != MEDIA_TYPE:
        return {}
    return dict(Storage.from_bytes(document.body).included)


@pytest.fixture
def generated(edition: Edition, tmp_path: Path) -> Iterator[RigUnderTest]:
    """A site of 120 pages with all that pages have."""
    with ConfluenceRig(edition=edition, pages=120, extras=True, size=1000) as rig:
        under_test = RigUnderTest(rig, tmp_path / "memory.db")
        yield under_test
        under_test.close()
        assert not rig.violations


def test_a_site_is_mirrored_whole_and_shows_nobody_what_is_hidden(
    generated: RigUnderTest,
) -> None:
    """Every document that the rig knows of, none beside, each body once, within the requests."""
    rig, connector = generated.rig, generated.connector()
    refs = listing(connector)
    truths = rig.truths()
    assert truths.keys() <= refs.keys()
    got = {one.ref.id: one for one in connector.fetch_all(list(refs.values()))}
    assert got.keys() == refs.keys()
    hid = 0
    for one, document in got.items():
        assert isinstance(document, Document), document
        if one in truths:
            # Placeholders, which the editor alone shows, are for who takes out the text.
            hidden = [text for text in truths[one].hidden if "ここに" not in text]
            included = "".join(filter(None, included_in(document).values()))
            assert not [text for text in hidden if text in included]
            hid += len(hidden)
    assert hid, "the site hides nothing that could leak"
    list(connector.groups())
    # Most are for 24 attachments, five spaces, and on Data Center each person's address.
    assert connector.requests <= 250
    again = listing(generated.connector())
    assert again == {one: document.ref for one, document in got.items()}


def test_a_window_over_http_tells_what_changed_and_no_more(generated: RigUnderTest) -> None:
    rig, connector = generated.rig, generated.connector()
    changes = list(connector.changes(None))
    cursor = changes[-1]
    assert isinstance(cursor, Cursor)
    list(connector.fetch_all([one for one in changes if isinstance(one, Ref)]))
    rig.advance(3600)
    pages = rig.site.ids("page", "ENG")[:5]
    for page in pages:
        rig.generator.rewrite(page)
    thread = rig.generator.remark(pages[0])
    rig.forget()
    news = {one.id: one for one in generated.connector().changes(cursor) if isinstance(one, Ref)}
    now = listing(generated.connector())
    assert {*pages, thread} <= news.keys()
    assert news.items() <= now.items()
    assert not rig.bodies_served


@pytest.mark.parametrize("odd", ["repeat", "lose", "endless", "garbled", "login"])
def test_odd_pages_of_results_never_look_like_deletions(generated: RigUnderTest, odd: str) -> None:
    """A cursor that repeats, half an answer, a log-in page: the listing raises, or is whole.

    A result that the service lost without a trace can not be seen: then nothing is confirmed to be
    gone.
    """
    whole = listing(generated.connector())
    generated.rig.odd(odd, "*/content/search*", times=None)  # type: ignore[arg-type]
    connector = generated.connector()
    found: dict[str, Ref] = {}
    said = ""
    try:
        for change in connector.changes(None):
            if isinstance(change, Ref):
                found[change.id] = change
    except ConnectorError as error:
        said = str(error)
    assert "\n" not in said
    generated.rig.recover()
    missing = whole.keys() - found.keys()
    assert said or not missing or connector.confirm_gone(missing) == frozenset()


def test_a_duplicated_result_is_one_document(generated: RigUnderTest) -> None:
    whole = listing(generated.connector())
    generated.rig.odd("duplicate", "*/content/search*", times=None)
    refs = [one for one in generated.connector().changes(None) if isinstance(one, Ref)]
    assert len(refs) == len(whole)


def test_a_token_that_expires_midway_is_one_line(generated: RigUnderTest) -> None:
    connector = generated.connector()
    refs = list(listing(connector).values())
    generated.rig.expire_token(after=10)
    generated.rig.forget()
    with pytest.raises(ConnectorError, match="CONFLUENCE_TOKEN"):
        list(connector.fetch_all(refs))
    assert generated.rig.requests < 40
    _, said = broken_off(generated.connector())
    assert "CONFLUENCE_TOKEN" in said


def test_waits_and_errors_of_the_service_change_nothing(generated: RigUnderTest) -> None:
    rig = generated.rig
    whole = listing(generated.connector())
    rig.throttle(times=3, seconds=0)
    rig.fault(Fault(path="*", status=503, probability=0.1, times=20))
    connector = generated.connector()
    refs = listing(connector)
    for ref in refs.values():
        connector.readers(ref)
    assert refs == whole
    got = list(connector.fetch_all(list(refs.values())))
    assert not [one for one in got if isinstance(one, Unread)]


def test_restrictions_that_fail_are_readable_by_nobody(site: RigUnderTest) -> None:
    """Those that no listing shows: more people than an answer holds."""
    world = site.rig.site
    people = [world.add_user(f"人{n}", f"p{n}@example.co.jp") for n in range(250)]
    page = world.add_page("ENG", "秘", "<p>本文</p>")
    world.restrict(page, people)
    connector = site.connector()
    layer = min(connector.readers(listing(connector)[page]), key=lambda one: "user:" in one)
    assert layer
    assert sum(map(len, connector.readers(listing(connector)[page]))) >= 250
    site.rig.fault(Fault(path="*/restriction/*", status=403, times=None))
    closed = site.connector()
    ref = listing(closed)[page]
    with pytest.raises(ConnectorError):
        closed.readers(ref)
    assert isinstance(next(iter(closed.fetch_all([ref]))), Unread)


def test_the_index_that_lags_hides_no_edit_and_deletes_nothing(
    edition: Edition, tmp_path: Path
) -> None:
    with ConfluenceRig(edition=edition, lag=300.0) as rig:
        site = RigUnderTest(rig, tmp_path / "memory.db")
        rig.site.add_space("ENG2")
        page = rig.site.add_page("ENG", "頁", "<p>本文</p>")
        connector = site.connector(Scope(spaces=("ENG",)))
        changes = list(connector.changes(None))
        assert [one for one in changes if isinstance(one, Ref)] == []
        assert connector.confirm_gone([page]) == frozenset()
        rig.advance(400)
        cursor = changes[-1]
        assert isinstance(cursor, Cursor)
        news = list(site.connector(Scope(spaces=("ENG",))).changes(cursor))
        assert [one.id for one in news if isinstance(one, Ref | Gone)] == [page]
        site.close()
