"""Who may read a document of a folder: every layer on the way counts, and errors let nobody."""

from __future__ import annotations

import pytest
from connector_contract import listing
from folder_site import FolderSite

from connectors.base import READABLE_BY_ANYONE, ConnectorError
from connectors.folder import SIDE_FILE


def readers_of(site: FolderSite, name: str) -> set[frozenset[str]]:
    connector = site.connector()
    return set(connector.readers(listing(connector)[name]))


def test_without_a_side_file_anyone_may_read(site: FolderSite) -> None:
    site.write("a.md", "x")
    connector = site.connector()
    assert connector.readers(listing(connector)["a.md"]) == READABLE_BY_ANYONE


def test_every_glob_and_every_side_file_on_the_way_adds_a_layer(site: FolderSite) -> None:
    site.write("公開.md", "x")
    site.write("人事/規程.md", "x")
    site.write("人事/給与/表.xlsx", "x")
    site.write(SIDE_FILE, '[readers]\n"人事/" = ["group:hr", "user:Sato@Example.co.jp"]\n')
    site.write(
        f"人事/{SIDE_FILE}", '[readers]\n"給与/*" = ["group:board"]\n"*.xlsx" = ["anyone"]\n'
    )
    hr = frozenset({"group:hr", "user:sato@example.co.jp"})
    assert readers_of(site, "公開.md") == set(READABLE_BY_ANYONE)
    assert readers_of(site, "人事/規程.md") == {hr}
    assert readers_of(site, "人事/給与/表.xlsx") == {
        hr,
        frozenset({"group:board"}),
        frozenset({"anyone"}),
    }


def test_a_link_does_not_lead_around_a_side_file(site: FolderSite) -> None:
    site.write(".store/secret.md", "x")
    site.write(f".store/{SIDE_FILE}", '[readers]\n"*" = ["group:board"]\n')
    (site.root / "open.md").symlink_to(".store/secret.md")
    assert readers_of(site, "open.md") == {frozenset({"group:board"})}


@pytest.mark.parametrize(
    "content",
    [
        "not toml",
        '"*" = ["anyone"]',
        '[readers]\n"*" = "anyone"',
        '[readers]\n"*" = ["everyone"]',
        '[readers]\n"*" = ["administrator"]',
        '[readers]\n"*" = ["user:"]',
        '[readers]\n"*" = [1]',
        '[readers]\n"!*" = ["anyone"]',
        '[readers]\n"" = ["anyone"]',
        '[reader]\n"*" = ["group:hr"]',
        '[readers]\n"*" = ["group:hr"]\n[more]\n',
        '[readers]\n"*" = [["group:hr"]]',
        b"\xff\xfe",
    ],
)
def test_a_side_file_that_is_not_understood_lets_nobody_read(
    site: FolderSite, content: str | bytes
) -> None:
    site.write("free.md", "x")
    site.write("sub/a.md", "x")
    data = content.encode() if isinstance(content, str) else content
    (site.root / "sub" / SIDE_FILE).write_bytes(data)
    connector = site.connector()
    refs = listing(connector)
    with pytest.raises(ConnectorError, match=f"nobody may read it until sub/{SIDE_FILE}"):
        connector.readers(refs["sub/a.md"])
    with pytest.raises(ConnectorError, match="nobody may read it"):
        connector.fetch(refs["sub/a.md"])
    assert connector.readers(refs["free.md"]) == READABLE_BY_ANYONE


def test_a_side_file_that_is_a_broken_link_or_a_folder_lets_nobody_read(site: FolderSite) -> None:
    """It was meant to restrict."""
    for folder in ("a", "b"):
        site.write(f"{folder}/x.md", "x")
    (site.root / "a" / SIDE_FILE).symlink_to("missing.toml")
    (site.root / "b" / SIDE_FILE).mkdir()
    connector = site.connector()
    for ref in listing(connector).values():
        with pytest.raises(ConnectorError, match="nobody may read it"):
            connector.readers(ref)


def test_an_empty_list_is_nobody(site: FolderSite) -> None:
    site.write("a.md", "x")
    site.write(SIDE_FILE, '[readers]\n"a.md" = []\n')
    assert readers_of(site, "a.md") == {frozenset()}


def test_a_check_fails_closed_where_readers_can_not_be_read(site: FolderSite) -> None:
    site.write("a.md", "x")
    connector = site.connector()
    ref = listing(connector)["a.md"]
    site.write(SIDE_FILE, "broken")
    with pytest.raises(ConnectorError, match="nobody may read it"):
        connector.check(ref)
