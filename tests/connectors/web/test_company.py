"""The whole site of a company, generated, against what is true of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.website import WebsiteRig, journal
from web_site import WebSite, refs

from connectors.base import Document

PAGES = 120
SLACK = 10
"""Requests that were on their way when a trap was noticed."""
KEPT = 30
"""Pages of eight traps that hold something of their own, or were the first to say it."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[WebSite]:
    with WebsiteRig(pages=PAGES) as rig:
        made = WebSite(rig, tmp_path / "web.db")
        yield made
        made.close()
        assert not rig.violations


def versions(site: WebSite) -> dict[str, str]:
    """Return a full listing without what lies in traps."""
    listed = refs(site.connector())
    return {url: ref.version for url, ref in listed.items() if not site.rig.company.in_trap(url)}


def test_every_page_in_scope_is_there_once_and_traps_are_bounded(company: WebSite) -> None:
    rig = company.rig
    connector = company.connector()
    listed = refs(connector).keys()
    assert rig.company.documents <= listed
    beside = listed - rig.company.documents
    assert all(rig.company.in_trap(url) for url in beside)
    assert len(beside) <= KEPT
    counts = journal.counts(journal.pages(rig.journal))
    assert max(counts.values()) == 1
    assert not [one for one in rig.journal if one.target.startswith(tuple(rig.company.forbidden))]
    spent = rig.company.trapped(rig.journal)
    assert all(spent[trap.name] <= trap.deserves + SLACK for trap in rig.company.traps), spent
    assert connector.noticed()


def test_where_nothing_changed_only_conditions_are_asked(company: WebSite) -> None:
    rig = company.rig
    connector = company.connector()
    listed = list(refs(connector).values())
    assert all(isinstance(one, Document) for one in connector.fetch_all(listed))
    versioned = rig.company.documents - rig.company.unversioned
    first = {ref.id: ref.version for ref in listed if ref.id in versioned}
    rig.forget()
    second = versions(company)
    assert {url: second[url] for url in versioned} == first
    targets = {url.removeprefix(rig.url) for url in versioned}
    asked = [one for one in rig.journal if one.target in targets]
    assert len(asked) == len(targets)
    assert {(one.conditional, one.status) for one in asked} == {(True, 304)}


def test_what_changed_is_found_and_a_new_frame_is_no_change(company: WebSite) -> None:
    rig = company.rig
    first = versions(company)
    rig.company.redecorate()
    assert versions(company).keys() == first.keys()
    first = versions(company)
    edited = sorted(rig.company.documents - rig.company.unversioned)[7]
    rig.company.rewrite(edited)
    added = rig.company.add()
    removed = sorted(rig.company.documents - rig.company.unversioned)[-3]
    rig.company.remove(removed, 410)
    second = versions(company)
    assert edited in {url for url in first.keys() & second.keys() if first[url] != second[url]}
    assert second.keys() == rig.company.documents | {removed}
    assert added in second
    versions(company)
    assert versions(company).keys() == rig.company.documents
