"""What becomes of each address at the end of a crawl."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.web.fate import Decision, Fates, like_address, stands_for
from connectors.web.known import Known, Outcome

HOST = "https://www.example.co.jp"
GOOD = Known(f"{HOST}/a", kind="content", fingerprint="a", shape="a", document=True, crawl=7)


def decided(*known: Known, gone_after: int = 3, withheld: tuple[str, ...] = ()) -> list[Decision]:
    fates = Fates(
        known,
        crawl=7,
        covers=lambda url: url.startswith(HOST),
        withheld=withheld,
        gone_after=gone_after,
    )
    return [fates.decided(one) for one in known]


def other(path: str, **what: object) -> Known:
    fields = {"fingerprint": path, "shape": path, "canonical": None, **what}
    return replace(GOOD, url=HOST + path, **fields)  # type: ignore[arg-type]


def test_a_page_is_gone_after_so_many_crawls_that_missed_it_and_no_sooner() -> None:
    missing = replace(GOOD, outcome="missing")
    for before, gone in ((0, False), (1, False), (2, True)):
        (decision,) = decided(replace(missing, misses=before))
        assert (decision.document, decision.gone) == (not gone, gone)
        assert decision.misses == before + 1


def test_an_answer_in_between_begins_the_count_anew() -> None:
    (decision,) = decided(replace(GOOD, misses=2))
    assert decision == Decision(document=True, misses=0)


@pytest.mark.parametrize("outcome", ["trouble", "wall"])
@given(misses=st.integers(0, 50), document=st.booleans())
def test_trouble_and_walls_never_change_what_is_known(
    outcome: Outcome, misses: int, document: bool
) -> None:
    known = replace(GOOD, outcome=outcome, misses=misses, document=document)
    (decision,) = decided(known, gone_after=1)
    assert decision == Decision(document=document, misses=misses)


@pytest.mark.parametrize(
    "known",
    [
        replace(GOOD, kind="noindex"),
        replace(GOOD, kind="other"),
        replace(GOOD, outcome="excluded", why="robots.txt does not allow it"),
        replace(GOOD, url="https://elsewhere.example/a"),
    ],
    ids=["noindex", "no text", "robots.txt", "scope"],
)
def test_what_its_site_or_the_scope_takes_out_is_gone_at_once(known: Known) -> None:
    (decision,) = decided(known)
    assert not decision.document
    assert decision.gone
    assert decision.withheld


def test_what_a_trap_made_is_no_document() -> None:
    (decision,) = decided(replace(GOOD, document=False), withheld=(GOOD.url,))
    assert not decision.document
    assert decision.gone


def test_a_document_that_says_not_found_counts_as_missing_and_is_told_at_no_version() -> None:
    for before, gone in ((0, False), (1, False), (2, True)):
        (decision,) = decided(replace(GOOD, misses=before), withheld=(GOOD.url,))
        assert (decision.document, decision.gone) == (not gone, gone)
        assert not decision.told


# Redirects


def moved(to: str = "/b", *, permanent: bool = True, **what: object) -> Known:
    fields = {"outcome": "redirect", "target": HOST + to, "permanent": permanent, **what}
    return replace(GOOD, **fields)  # type: ignore[arg-type]


def test_a_permanent_redirect_to_another_document_is_believed_at_once() -> None:
    decision, there = decided(moved(), other("/b"))
    assert decision.gone
    assert there.document


@pytest.mark.parametrize("outcome", ["trouble", "wall", "missing"])
def test_one_to_what_does_not_answer_changes_nothing(outcome: Outcome) -> None:
    """A login, an outage or a site under repair may be behind it."""
    there = other("/b", outcome=outcome, document=False)
    decision, _ = decided(moved(), there, gone_after=1)
    assert decision.document
    assert not decision.gone


def test_a_temporary_one_is_believed_when_it_goes_on() -> None:
    there = other("/b")
    for misses, gone in ((0, False), (1, False), (2, True)):
        decision, _ = decided(moved(permanent=False, misses=misses), there)
        assert (decision.document, decision.gone) == (not gone, gone)


def test_a_permanent_one_out_of_the_scope_is_believed_when_it_goes_on() -> None:
    away = replace(moved(), target="https://elsewhere.example/")
    assert decided(away)[0].document
    assert decided(replace(away, misses=2))[0].gone


def test_a_temporary_one_out_of_the_scope_is_never_believed() -> None:
    """It is how a login that ended looks."""
    away = replace(moved(permanent=False), target="https://login.example/", misses=99)
    assert decided(away)[0].document


@pytest.mark.parametrize("misses", [0, 2, 99])
def test_where_all_pages_lead_to_one_for_a_while_it_is_a_login_that_nobody_knew(
    misses: int,
) -> None:
    pages = [
        replace(moved("/signin", permanent=False, misses=misses), url=f"{HOST}/p{n}")
        for n in range(9)
    ]
    decisions = decided(*pages, other("/signin"))
    assert all(decision.document and not decision.gone for decision in decisions)


def test_where_many_lead_to_one_for_good_it_is_believed_when_it_goes_on() -> None:
    """Pages that were taken away often lead to the home page; so do all of a site in repair."""
    pages = [replace(moved("/"), url=f"{HOST}/p{n}") for n in range(9)]
    assert all(decision.document for decision in decided(*pages, other("/")))
    later = [replace(page, misses=2) for page in pages]
    assert all(decision.gone for decision in decided(*later, other("/"))[:-1])


def test_a_circle_of_redirects_ends_and_deletes_nothing() -> None:
    one, two = moved("/b"), replace(moved("/a"), url=f"{HOST}/b")
    assert [decision.document for decision in decided(one, two)] == [True, True]


def test_a_chain_ends_where_the_last_one_leads() -> None:
    middle = replace(moved("/c"), url=f"{HOST}/b", document=False)
    decision, _, there = decided(moved("/b"), middle, other("/c"))
    assert decision.gone
    assert there.document


# Canonical addresses


def test_a_copy_of_the_page_that_it_names_is_left_out() -> None:
    copy = other("/copy", fingerprint="same", canonical=f"{HOST}/b")
    decision, there = decided(copy, other("/b", fingerprint="same"))
    assert decision.gone
    assert there.document


def test_the_same_page_in_another_dress_is_left_out_whatever_it_says() -> None:
    decision, there = decided(other("/b/amp", canonical=f"{HOST}/b"), other("/b"))
    assert decision.gone
    assert there.document


@pytest.mark.parametrize(
    "target",
    [
        other("/", outcome="trouble"),
        other("/", outcome="missing"),
        other("/", kind="noindex"),
        other("/", canonical=f"{HOST}/third"),
        other("/elsewhere"),
        other("/"),
    ],
    ids=["trouble", "missing", "noindex", "names a third", "is unknown", "says something else"],
)
def test_a_page_that_names_one_that_can_not_stand_for_it_is_its_own(target: Known) -> None:
    """Sites exist where every page names the home page: they are not swallowed."""
    pages = [other(f"/p{n}", canonical=f"{HOST}/") for n in range(30)]
    decisions = decided(*pages, target)
    assert all(decision.document for decision in decisions[:-1])


def test_a_list_that_all_of_its_articles_name_by_a_lost_parameter_swallows_none() -> None:
    pages = [other(f"/item?id={n}", canonical=f"{HOST}/item") for n in range(30)]
    assert all(decision.document for decision in decided(*pages, other("/item")))


def test_two_pages_that_name_each_other_are_both_documents() -> None:
    one = other("/b", fingerprint="x", canonical=f"{HOST}/c")
    two = other("/c", fingerprint="x", canonical=f"{HOST}/b")
    assert [decision.document for decision in decided(one, two)] == [True, True]


def test_no_page_stands_for_itself() -> None:
    assert not stands_for(GOOD, GOOD)
    assert not stands_for(GOOD, None)


@pytest.mark.parametrize(
    ("one", "other_", "alike"),
    [
        ("/docs/", "/docs", True),
        ("/docs/index.html", "/docs/", True),
        ("/docs/a.html", "/docs/a", True),
        ("/amp/docs/a", "/docs/a", True),
        ("/Docs/A?print=1", "/docs/a", True),
        ("/docs/a", "/docs/b", False),
        ("/docs/a", "/", False),
    ],
)
def test_addresses_are_alike_but_for_dress(one: str, other_: str, *, alike: bool) -> None:
    assert like_address(HOST + one, HOST + other_) == alike


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ok", "redirect", "missing", "trouble", "wall", "excluded"]),
            st.sampled_from(["content", "noindex", "other", ""]),
            st.integers(0, 5),
            st.integers(0, 5),
            st.booleans(),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_leads_where_every_address_gets_one_fate(rows: list[tuple[object, ...]]) -> None:
    """Never is a page gone and a document, and where nothing answered well, all stays."""
    known = [
        Known(
            f"{HOST}/{index}",
            outcome=outcome,  # type: ignore[arg-type]
            kind=kind,  # type: ignore[arg-type]
            target=f"{HOST}/{target}",
            canonical=f"{HOST}/{canonical}",
            permanent=permanent,
            document=document,  # type: ignore[arg-type]
            fingerprint="x",
            crawl=7,
        )
        for index, (outcome, kind, target, canonical, permanent, document) in enumerate(rows)
    ]
    decisions = decided(*known)
    for one, decision in zip(known, decisions, strict=True):
        assert not (decision.document and decision.gone)
        if one.outcome in {"trouble", "wall"}:
            assert decision.document == one.document
    if not any(one.outcome == "ok" for one in known):
        gone = [
            one.outcome for one, decision in zip(known, decisions, strict=True) if decision.gone
        ]
        assert set(gone) <= {"excluded"}
