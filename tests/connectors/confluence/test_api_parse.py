"""What is read of an answer, also of one that is odd: never less protection than the site has."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ConnectorError
from connectors.confluence.api import parse
from connectors.confluence.values import Content, Restriction

BASE = "https://example.atlassian.net/wiki"
ROW: dict[str, Any] = {
    "id": "1",
    "type": "page",
    "status": "current",
    "title": "題名",
    "space": {"key": "ENG"},
    "version": {"number": 3},
}


def content(**changes: Any) -> Content:
    found = parse.content({**ROW, **changes}, BASE, "cloud")
    assert found
    return found


def listed(*rows: dict[str, str], limit: int = 200, **more: Any) -> dict[str, Any]:
    return {"results": list(rows), "start": 0, "limit": limit, "size": len(rows), **more}


def restricted(users: Any, groups: Any) -> Restriction | None:
    read = {"operation": "read", "restrictions": {"user": users, "group": groups}}
    return content(restrictions={"read": read}).restriction


def test_nobody_in_it_is_no_restriction() -> None:
    assert restricted(listed(), listed()) == Restriction()


@pytest.mark.parametrize("user", [{}, {"displayName": "Former user"}, {"accountId": None}])
def test_a_restriction_to_somebody_unknown_is_one(user: dict[str, str]) -> None:
    """Otherwise the page of a person who left would be everybody's."""
    assert restricted(listed(user), listed())


def test_a_deleted_group_is_in_the_restriction_by_its_id() -> None:
    assert restricted(listed(), listed({"id": "g-1"})) == Restriction(groups=frozenset({"g-1"}))


@pytest.mark.parametrize(
    ("users", "groups"),
    [
        (listed({"accountId": "a"}, limit=1), listed()),
        (listed(), listed({"name": "jinji"}, limit=1)),
        (listed(_links={"next": "/rest/api/more"}), listed()),
        (None, listed()),
        (listed(), None),
    ],
)
def test_a_restriction_that_is_not_whole_is_not_known(users: Any, groups: Any) -> None:
    assert restricted(users, groups) is None


@pytest.mark.parametrize("held", [None, {}, {"_expandable": {"read": ""}}, {"read": None}])
def test_a_restriction_that_was_not_expanded_is_not_known(held: Any) -> None:
    assert content(restrictions=held).restriction is None


@pytest.mark.parametrize(
    "row",
    [
        {"space": {"key": "ENG"}},
        {"container": {"id": 5, "key": "ENG"}},
        {"container": {"id": "7", "space": {"key": "ENG"}}},
        {"_expandable": {"space": "/rest/api/space/ENG"}},
        {"container": {"id": "7", "_expandable": {"space": "/rest/api/space/ENG"}}},
    ],
)
def test_the_space_is_found_wherever_it_is_told(row: dict[str, Any]) -> None:
    assert parse.space_key(row) == "ENG"


@pytest.mark.parametrize("missing", ["id", "type", "version", "space"])
def test_half_an_answer_is_no_answer(missing: str) -> None:
    row = {name: value for name, value in ROW.items() if name != missing}
    with pytest.raises(ConnectorError, match="a form that is not known"):
        parse.content(row, BASE, "cloud")


@pytest.mark.parametrize("status", ["draft", "trashed", "historical", "archived", "deleted"])
def test_only_what_is_current_counts(status: str) -> None:
    assert parse.content({**ROW, "status": status}, BASE, "cloud") is None


def test_a_kind_that_is_not_known_is_another() -> None:
    assert content(type="whiteboard").kind == "other"


def test_the_key_of_a_personal_space_stands_in_the_address() -> None:
    key = "~712020:ab/c"
    assert content(space={"key": key}).url == f"{BASE}/spaces/~712020%3Aab%2Fc/pages/1"


def test_a_blog_post_without_a_date_in_its_link_has_an_address_by_id() -> None:
    assert content(type="blogpost").url == f"{BASE}/pages/viewpage.action?pageId=1"


@pytest.mark.parametrize("when", [None, "", "yesterday", 5])
def test_a_time_that_can_not_be_read_is_none(when: Any) -> None:
    assert content(version={"number": 1, "when": when}).updated is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["id", "type", "title", "space", "version", "ancestors", "container", "restrictions",
         "body", "extensions", "metadata", "_links", "_expandable", "status"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(["cloud", "data-center"]))
def test_any_answer_is_a_content_or_an_error_of_ours(changes: dict[str, Any], edition: Any) -> None:
    """Whatever a proxy or the next release makes of it."""
    with suppress(ConnectorError):
        found = parse.content({**ROW, **changes}, BASE, edition)
        assert found is None or json.dumps(found.id)
