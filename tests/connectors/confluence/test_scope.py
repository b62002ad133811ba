"""What an operator selects: keys, ids, addresses, labels, conditions; and how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rigs.confluence.cql import parse
from world_site import HOST, URL, WorldSite

from connectors.base import ConnectorError, Ref
from connectors.confluence import ConfluenceConnector, Scope, addresses, cql
from connectors.confluence.addresses import Address

Make = Callable[..., ConfluenceConnector]
CLOUD = "https://example.atlassian.net/wiki"


def titles(connector: ConfluenceConnector) -> set[str]:
    return {change.name for change in connector.changes(None) if isinstance(change, Ref)}


# Addresses


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("98335", Address(page="98335")),
        (f"{CLOUD}/spaces/ENG/pages/98335", Address(page="98335")),
        (f"{CLOUD}/spaces/ENG/pages/98335/%E4%BC%91%E6%9A%87", Address(page="98335")),
        (f"{CLOUD}/spaces/ENG/pages/98335/2026#%E4%BC%91%E6%9A%87", Address(page="98335")),
        (f"{CLOUD}/spaces/ENG/pages/edit-v2/98335", Address(page="98335")),
        (f"{CLOUD}/spaces/HR/blog/2026/11/22/98335", Address(page="98335")),
        (f"{CLOUD}/spaces/HR/blog/2026/11/22/98335/Title", Address(page="98335")),
        (
            f"{CLOUD}/spaces/~71202/pages/98335/x?focusedCommentId=77",
            Address("98335", comment="77"),
        ),
        (f"{CLOUD}/spaces/ENG/overview?homepageId=98335", Address(page="98335")),
        (f"{URL}/pages/viewpage.action?pageId=98335", Address(page="98335")),
        (f"{URL}/pages/viewpage.action?pageId=98335#id-x", Address(page="98335")),
        (f"{URL}/pages/viewpage.action?spaceKey=HR&title=A+B", Address(space="HR", title="A B")),
        (f"{URL}/pages/viewpage.action?pageId=98335#comment-77", Address("98335", comment="77")),
        (f"{URL}/display/HR/A+%26+B", Address(space="HR", title="A & B")),
        (f"{URL}/display/HR/2026/11/22/News", Address(space="HR", title="News")),
        (f"{URL}/x/AYAB", Address(page="98305")),
        (f"{URL}/download/attachments/98335/a%20b.pdf?version=1", Address("98335", file="a b.pdf")),
        (
            f"{URL}/pages/viewpageattachments.action?pageId=98335&preview=/98335/98340/a.pdf",
            Address("98335", attachment="98340"),
        ),
        (f"{URL}/dashboard.action", None),
        (f"{URL}/display/HR", None),
        (f"{URL}/x/!", None),
        ("https://[", None),
        ("", None),
        ("\x00", None),
        ("no address", None),
    ],
)
def test_addresses_as_people_copy_them(address: str, found: Address | None) -> None:
    assert addresses.read(address) == found


def test_an_address_of_another_site_leads_nowhere() -> None:
    assert addresses.read(f"{URL}/pages/viewpage.action?pageId=1", HOST) == Address(page="1")
    assert addresses.read("https://elsewhere.example/pages/viewpage.action?pageId=1", HOST) is None


# Queries


@given(st.text())
def test_whatever_a_value_holds_it_stays_one_value(value: str) -> None:
    """Quotation marks, backslashes and line breaks end nothing."""
    query = parse(f"space = {cql.text(value)}", zone=ZoneInfo("UTC"), now=0.0)
    assert query.where.field == "space"  # type: ignore[union-attr]
    (read,) = query.where.values  # type: ignore[union-attr]
    assert read == "".join(one if one.isprintable() else " " for one in value)


@pytest.mark.parametrize(
    "raw", ["(type = page", 'title ~ "a', "a) or (b", "title ~ 'x", "type = page order by title"]
)
def test_a_condition_that_would_break_the_query_is_refused(site: WorldSite, raw: str) -> None:
    with pytest.raises(ConnectorError, match="`cql`"):
        ConfluenceConnector(site, Scope(cql=raw))


@pytest.mark.parametrize("raw", ['title ~ ")"', 'label = "order by"', "(a = 1 or b = 2) and c = 3"])
def test_a_condition_may_quote_what_it_likes(raw: str) -> None:
    assert cql.of_operator(raw) == f"({raw})"


# Scopes


@pytest.fixture
def filled(site: WorldSite) -> WorldSite:
    """Three spaces, one of them personal and one archived, and a tree."""
    world = site.world
    world.add_space("HR")
    world.add_space("~sato", personal=True)
    world.add_page("~sato", "日記")
    world.add_space("OLD", archived=True)
    world.add_page("HR", "給与")
    world.add_blogpost("ENG", "記事")
    root = world.add_page("ENG", "設計", labels=["公開"])
    world.add_page("ENG", "部品", parent=root)
    world.add_page("ENG", "秘", parent=root, labels=["内部"])
    world.comment(root, "<p>問い</p>")
    world.attach(root, "表.txt", b"text", "text/plain")
    world.attach(root, "図.png", b"png", "image/png")
    return site


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(), {"給与", "記事", "設計", "部品", "秘", "設計 / comment", "設計 / 表.txt"}),
        (Scope(spaces=("hr",)), {"給与"}),
        (Scope(spaces=("~sato", "HR")), {"日記", "給与"}),
        (Scope(exclude_spaces=("ENG",)), {"給与"}),
        (Scope(labels=("公開",)), {"設計", "設計 / comment", "設計 / 表.txt"}),
        (Scope(exclude_labels=("公開", "内部"), spaces=("ENG",)), {"記事", "部品"}),
        (Scope(cql='title ~ "給" or title ~ "部"'), {"給与", "部品"}),
        (
            Scope(blogposts=False, comments=False, spaces=("ENG",)),
            {"設計", "部品", "秘", "設計 / 表.txt"},
        ),
        (Scope(attachments=False, comments=False, spaces=("ENG",)), {"記事", "設計", "部品", "秘"}),
    ],
)
def test_a_scope_selects(filled: WorldSite, connector: Make, scope: Scope, found: set[str]) -> None:
    assert titles(connector(scope)) == found


def of_title(site: WorldSite, title: str) -> str:
    return next(one.id for one in site.world.contents.values() if one.title == title)


@pytest.mark.parametrize(
    "written", ["{id}", f"{URL}/pages/viewpage.action?pageId={{id}}", f"{URL}/display/ENG/設計"]
)
def test_page_roots_by_id_and_address(filled: WorldSite, connector: Make, written: str) -> None:
    root = written.format(id=of_title(filled, "設計"))
    tree = {"設計", "部品", "秘", "設計 / comment", "設計 / 表.txt"}
    assert titles(connector(Scope(pages=(root,)))) == tree
    assert titles(connector(Scope(exclude_pages=(root,)))) == {"給与", "記事"}
    below = of_title(filled, "部品")
    assert titles(connector(Scope(pages=(root,), exclude_pages=(below,)))) == tree - {"部品"}


@pytest.mark.parametrize(
    "scope",
    [
        Scope(spaces=("ENG", "GONE")),
        Scope(pages=("{root}", "1")),
        Scope(pages=("{root}", f"{URL}/display/HR/Gone")),
        Scope(pages=("{root}", "{hr}"), spaces=("ENG",)),
    ],
)
def test_what_was_asked_for_and_is_not_seen_raises_after_the_rest(
    filled: WorldSite, connector: Make, scope: Scope
) -> None:
    """It must not look as if it were deleted."""
    ids = {"root": of_title(filled, "設計"), "hr": of_title(filled, "給与")}
    scope = Scope(spaces=scope.spaces, pages=tuple(one.format(**ids) for one in scope.pages))
    found: list[object] = []
    with pytest.raises(ConnectorError) as raised:
        found.extend(connector(scope).changes(None))
    assert "\n" not in str(raised.value)
    assert {one.name for one in found if isinstance(one, Ref)} >= {"設計", "部品"}


def test_an_excluded_page_that_is_not_found_lists_nothing(
    filled: WorldSite, connector: Make
) -> None:
    """What is below it was meant to be left out."""
    with pytest.raises(ConnectorError, match="exclude_pages"):
        next(connector(Scope(exclude_pages=(f"{URL}/display/ENG/Renamed",))).changes(None))


def test_what_is_no_address_is_said(filled: WorldSite, connector: Make) -> None:
    with pytest.raises(ConnectorError, match="neither"):
        list(connector(Scope(pages=("設計",))).changes(None))
