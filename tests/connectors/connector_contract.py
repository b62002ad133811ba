"""What every connector has to do, whatever its source. A connector's tests subclass this.

A subclass provides `site`: a small source that the tests can write to, with a connector on it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from connectors.base import Connector, ConnectorError, Cursor, Document, Gone, Ref, Unread


class Site(Protocol):
    """A source under the hands of a test."""

    def connector(self) -> Connector:
        """Return a new connector on the source, as another run would make it."""
        ...

    def write(self, name: str, text: str) -> None:
        """Make a document, or change the one of this name."""
        ...

    def remove(self, name: str) -> None:
        """Delete a document."""
        ...

    def restrict(self, name: str, principal: str | None) -> None:
        """Let only this principal read the document; None: everybody again."""
        ...

    def hide_readers(self) -> None:
        """Make it impossible to find out who may read."""
        ...

    def break_listing(self) -> None:
        """Make it impossible to see all documents, although some can be seen."""
        ...

    def go_away(self) -> None:
        """Make the source unreachable, or have it refuse everything, until the test ends."""
        ...


def listing(connector: Connector) -> dict[str, Ref]:
    """Return a full listing by name."""
    return {change.name: change for change in connector.changes(None) if isinstance(change, Ref)}


class ConnectorContract:
    """Rules of the port."""

    feed_tells_deletions = True
    """Whether the source's change feed, if it has one, names what is gone."""

    restricted_to = "group:hr"
    """The principal that `Site.restrict` with `group:hr` comes out as: sites name their groups."""

    @pytest.fixture
    def site(self) -> Site:
        raise NotImplementedError

    @pytest.fixture
    def filled(self, site: Site) -> Site:
        """A site with three documents."""
        for name in ("one.md", "two.md", "three.md"):
            site.write(name, f"# {name}\n本文です。")
        return site

    def test_a_full_listing_shows_every_document_once(self, filled: Site) -> None:
        changes = list(filled.connector().changes(None))
        refs = [change for change in changes if isinstance(change, Ref)]
        assert len(refs) == 3
        assert len({ref.id for ref in refs}) == 3
        assert not [change for change in changes if isinstance(change, Gone)]

    def test_nothing_changes_while_nothing_changes(self, filled: Site) -> None:
        """Also for another process, and after everything was fetched."""
        first = listing(filled.connector())
        connector = filled.connector()
        for ref in listing(connector).values():
            connector.fetch(ref)
        assert listing(connector) == first
        assert listing(filled.connector()) == first

    def test_a_changed_document_keeps_its_id_and_gets_another_version(self, filled: Site) -> None:
        before = listing(filled.connector())
        filled.write("two.md", "# two.md\nあたらしい本文です。")
        after = listing(filled.connector())
        assert after["two.md"].id == before["two.md"].id
        assert after["two.md"].version != before["two.md"].version
        assert after["two.md"].readers_version == before["two.md"].readers_version
        assert after["one.md"] == before["one.md"]

    def test_a_removed_document_is_not_listed(self, filled: Site) -> None:
        filled.remove("two.md")
        assert set(listing(filled.connector())) == {"one.md", "three.md"}

    def test_a_fetched_document_is_what_was_listed(self, filled: Site) -> None:
        connector = filled.connector()
        for name, ref in listing(connector).items():
            document = connector.fetch(ref)
            assert document.ref == ref
            assert "本文です。" in document.body.decode()
            assert name.removesuffix(".md") in document.body.decode()
            assert document.readers == connector.readers(ref)
            assert document.updated is None or document.updated.tzinfo is not None

    def test_a_document_that_changed_since_the_listing_is_fetched_as_it_is(
        self, filled: Site
    ) -> None:
        """With the version of what was fetched: else the next run would miss the change."""
        connector = filled.connector()
        ref = listing(connector)["two.md"]
        filled.write("two.md", "# two.md\nあたらしい本文です。")
        document = connector.fetch(ref)
        assert "あたらしい" in document.body.decode()
        assert document.ref == listing(filled.connector())["two.md"]

    def test_an_address_is_absolute_and_without_a_fragment(self, filled: Site) -> None:
        connector = filled.connector()
        for ref in listing(connector).values():
            parts = urlsplit(connector.fetch(ref).url)
            assert parts.scheme
            assert parts.path
            assert not parts.fragment

    def test_a_document_that_vanished_fails_alone(self, filled: Site) -> None:
        connector = filled.connector()
        refs = listing(connector)
        filled.remove("two.md")
        with pytest.raises(ConnectorError):
            connector.fetch(refs["two.md"])
        assert connector.fetch(refs["one.md"]).body

    def test_readers_have_a_version_of_their_own(self, filled: Site) -> None:
        before = listing(filled.connector())
        filled.restrict("two.md", "group:hr")
        connector = filled.connector()
        after = listing(connector)
        assert after["two.md"].version == before["two.md"].version
        assert after["two.md"].readers_version != before["two.md"].readers_version
        assert after["one.md"] == before["one.md"]
        assert any(self.restricted_to in layer for layer in connector.readers(after["two.md"]))
        filled.restrict("two.md", None)
        assert listing(filled.connector()) == before

    def test_readers_are_never_an_empty_tuple_by_accident(self, filled: Site) -> None:
        """Nobody would find the document, and nobody would be told why."""
        connector = filled.connector()
        for ref in listing(connector).values():
            readers = connector.readers(ref)
            assert readers
            assert all(layer for layer in readers)

    def test_readers_that_can_not_be_read_raise(self, filled: Site) -> None:
        """For a document that is indexed and for one that is new, so that nobody reads either."""
        before = listing(filled.connector())
        filled.hide_readers()
        connector = filled.connector()
        for name, ref in listing(connector).items():
            assert ref.readers_version != before[name].readers_version
            with pytest.raises(ConnectorError):
                connector.readers(ref)
            with pytest.raises(ConnectorError):
                connector.fetch(ref)

    def test_a_listing_that_can_not_see_everything_raises(self, filled: Site) -> None:
        """What it leaves out would be deleted."""
        filled.break_listing()
        with pytest.raises(ConnectorError):
            list(filled.connector().changes(None))

    def test_a_check_tells_what_is_there_now(self, filled: Site) -> None:
        connector = filled.connector()
        refs = listing(connector)
        filled.remove("two.md")
        filled.write("three.md", "あたらしい本文です。")
        assert not connector.check(refs["two.md"]).exists
        same, changed = connector.check(refs["one.md"]), connector.check(refs["three.md"])
        assert (same.exists, same.version) == (True, refs["one.md"].version)
        assert same.readers == connector.readers(refs["one.md"])
        assert changed.version != refs["three.md"].version

    def test_a_cursor_stands_behind_what_it_covers(self, filled: Site) -> None:
        """A source without a change feed yields none; windows that overlap repeat what is true."""
        changes = list(filled.connector().changes(None))
        cursors = [change for change in changes if isinstance(change, Cursor)]
        if not cursors:
            return
        assert changes[-1] == cursors[-1]
        first = {change.name: change for change in changes if isinstance(change, Ref)}
        filled.write("four.md", "本文です。")
        filled.write("two.md", "# two.md\nあたらしい本文です。")
        filled.remove("one.md")
        news = list(filled.connector().changes(cursors[-1]))
        now = listing(filled.connector())
        told = {change.name: change for change in news if isinstance(change, Ref)}
        assert {"four.md", "two.md"} <= told.keys()
        assert told.items() <= now.items()
        gone = {change.id for change in news if isinstance(change, Gone)}
        assert gone <= {first["one.md"].id}
        assert gone or not self.feed_tells_deletions
        assert isinstance(news[-1], Cursor)

    def test_ids_and_versions_can_be_stored_anywhere(self, filled: Site) -> None:
        filled.write("日本語 と空白.md", "本文です。")
        for ref in listing(filled.connector()).values():
            for text in (ref.id, ref.version, ref.readers_version, ref.name):
                assert text.encode("utf-8")
                assert text.isprintable()

    def test_many_documents_are_fetched_each_once_as_if_one_by_one(self, filled: Site) -> None:
        connector = filled.connector()
        refs = listing(connector)
        answers = list(connector.fetch_all(list(refs.values())))
        assert sorted(answer.ref.id for answer in answers) == sorted(r.id for r in refs.values())
        for answer in answers:
            assert answer == connector.fetch(answer.ref)
        assert list(connector.fetch_all([])) == []

    def test_of_many_documents_one_that_vanished_is_told_and_the_others_come(
        self, filled: Site
    ) -> None:
        connector = filled.connector()
        refs = listing(connector)
        filled.remove("two.md")
        answers = {answer.ref.id: answer for answer in connector.fetch_all(list(refs.values()))}
        unread = answers.pop(refs["two.md"].id)
        assert isinstance(unread, Unread)
        assert unread.reason
        assert "\n" not in unread.reason
        assert answers.keys() == {refs["one.md"].id, refs["three.md"].id}
        assert all(isinstance(answer, Document) for answer in answers.values())

    def test_fetching_many_can_be_stopped_early(self, filled: Site) -> None:
        """And the connector goes on working."""
        connector = filled.connector()
        refs = listing(connector)
        answers = connector.fetch_all(list(refs.values()))
        next(answers)
        assert isinstance(answers, Generator), "there is no other way to say that it is over"
        answers.close()
        assert connector.fetch(refs["three.md"]).body

    def test_only_what_is_gone_is_confirmed_to_be_gone(self, filled: Site) -> None:
        """A listing that left something out by mistake deletes nothing then."""
        connector = filled.connector()
        refs = listing(connector)
        filled.remove("two.md")
        asked = {ref.id for ref in refs.values()}
        assert connector.confirm_gone(asked) == {refs["two.md"].id}
        assert filled.connector().confirm_gone(asked) == {refs["two.md"].id}
        assert connector.confirm_gone([]) == frozenset()

    def test_nothing_is_confirmed_to_be_gone_while_the_source_is_away(self, filled: Site) -> None:
        connector = filled.connector()
        ids = [ref.id for ref in listing(connector).values()]
        filled.go_away()
        with pytest.raises(ConnectorError):
            connector.confirm_gone(ids)

    def test_a_source_that_is_away_ends_the_fetching_with_one_line(self, filled: Site) -> None:
        """Thousands of documents that fail one by one would each be tried again later."""
        connector = filled.connector()
        refs = list(listing(connector).values())
        filled.go_away()
        with pytest.raises(ConnectorError) as raised:
            list(connector.fetch_all(refs))
        assert "\n" not in str(raised.value)

    def test_a_document_is_found_by_its_address(self, filled: Site) -> None:
        connector = filled.connector()
        for ref in listing(connector).values():
            url = connector.fetch(ref).url
            assert connector.find(url) == ref
            assert filled.connector().find(f"{url}#heading") == ref

    def test_an_address_that_leads_elsewhere_finds_nothing(self, filled: Site) -> None:
        connector = filled.connector()
        gone = connector.fetch(listing(connector)["two.md"]).url
        filled.remove("two.md")
        for url in (
            gone,
            "https://elsewhere.example/one.md",
            "https://[",
            "",
            "\x00",
            "no address",
        ):
            assert connector.find(url) is None

    def test_an_examination_tells_what_is_wrong_and_never_raises(self, filled: Site) -> None:
        remarks = list(filled.connector().examine())
        assert "ok" in {remark.level for remark in remarks}
        assert "problem" not in {remark.level for remark in remarks}
        filled.go_away()
        remarks = list(filled.connector().examine())
        assert "problem" in {remark.level for remark in remarks}
        assert all(remark.message.strip() for remark in remarks)

    def test_requests_are_counted_from_none(self, filled: Site) -> None:
        connector = filled.connector()
        assert connector.requests == 0
        refs = listing(connector)
        listed = connector.requests
        connector.fetch(refs["one.md"])
        assert connector.requests >= listed

    def test_a_connector_can_be_closed_twice(self, filled: Site) -> None:
        connector = filled.connector()
        listing(connector)
        connector.close()
        connector.close()
