"""What `kurage doctor` is told of a site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from world_site import WorldSite

from connectors.confluence import ConfluenceConnector, Scope

Make = Callable[..., ConfluenceConnector]


def said(connector: ConfluenceConnector, level: str) -> str:
    remarks = list(connector.examine())
    assert not any("\n" in remark.message for remark in remarks)
    return " ".join(remark.message for remark in remarks if remark.level == level)


def test_a_healthy_site_has_no_problem(site: WorldSite, connector: Make) -> None:
    well = said(connector(), "ok")
    for part in ("Confluence Cloud", "くらげ", "ENG", "confluence-users", "E-mail", "clocks"):
        assert part in well
    assert not said(connector(), "problem")
    assert not said(connector(), "warning")


@pytest.mark.parametrize(
    ("method", "status", "words"),
    [
        ("myself", 401, "CONFLUENCE_TOKEN"),
        ("*", None, "no answer"),
        ("spaces", 403, "read:space:confluence"),
        ("space_readers", 403, "nobody may read"),
        ("group_names", 403, "read:group:confluence"),
        ("members", 403, "members of"),
        ("clock", 500, "time"),
    ],
)
def test_what_is_refused_is_a_problem(
    site: WorldSite, connector: Make, method: str, status: int | None, words: str
) -> None:
    site.refuse(method, status)
    assert words in said(connector(), "problem")


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(spaces=("GONE",)), "GONE"),
        (Scope(pages=("1",)), "page 1"),
        (Scope(pages=("no address",)), "no address"),
        (Scope(exclude_spaces=("ENG",)), "no space"),
    ],
)
def test_what_the_scope_names_and_is_not_seen_is_a_problem(
    site: WorldSite, connector: Make, scope: Scope, words: str
) -> None:
    assert words in said(connector(scope), "problem")


def test_readers_of_the_source_make_closed_permissions_a_warning(
    site: WorldSite, connector: Make
) -> None:
    site.refuse("space_readers", 403)
    mirror = connector(readers=["anyone"])
    assert "`readers`" in said(mirror, "warning")
    assert not said(mirror, "problem")


def test_hidden_addresses_no_licence_and_a_wrong_clock_are_warnings(
    site: WorldSite, connector: Make
) -> None:
    site.world.add_user("佐藤", "sato@example.co.jp", hidden=True)
    assert "1 of 2 people" in said(connector(), "warning")
    site.world.groups["users"] = site.world.groups.pop("confluence-users")
    assert "licensed_groups" in said(connector(), "warning")
    assert "licensed_groups" not in said(connector(licensed_groups=["users"]), "warning")
    site.world.clock.skew = 3600.0
    assert "60 minutes" in said(connector(), "warning")
