"""A folder as a source: it keeps the contract, and lists which files, links followed or told."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from connector_contract import ConnectorContract, Site, listing
from folder_site import FolderSite, names, refused
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ConnectorError, Ref
from connectors.folder import SIDE_FILE, FolderConnector
from connectors.folder.walk import Selection


class TestContract(ConnectorContract):
    @pytest.fixture(params=["with memory", "without memory"])
    def site(self, request: pytest.FixtureRequest, tmp_path: Path) -> Site:
        memory = tmp_path / "memory.db" if request.param == "with memory" else None
        return FolderSite(tmp_path / "handbook", memory)


# Which files


def test_what_no_one_means_by_a_document_is_left_out(site: FolderSite) -> None:
    for name in (
        "規程.md",
        "sub/a.txt",
        ".git/config",
        ".DS_Store",
        "node_modules/x/readme.md",
        "~$規程.docx",
        ".~lock.a.odt#",
        "Thumbs.db",
        "sub/desktop.ini",
        "a.md~",
        "b.tmp",
        "__MACOSX/._a.md",
        "$RECYCLE.BIN/a.md",
    ):
        site.write(name, "x")
    site.write(SIDE_FILE, '[readers]\n"*" = ["anyone"]\n')
    assert names(site.connector()) == {"規程.md", "sub/a.txt"}


def test_globs_choose_and_later_ones_take_back(site: FolderSite) -> None:
    for name in (
        "a.md",
        "sub/b.md",
        "sub/c.txt",
        "sub/deep/d.md",
        "drafts/e.md",
        ".well-known/f.md",
    ):
        site.write(name, "x")

    def chosen(**globs: Any) -> set[str]:
        return names(FolderConnector(site.root, **globs))

    assert chosen(include=["*.md"]) == {"a.md", "sub/b.md", "sub/deep/d.md", "drafts/e.md"}
    assert chosen(include=["/*.md"]) == {"a.md"}
    assert chosen(include=["sub/**/*.md"]) == {"sub/b.md", "sub/deep/d.md"}
    assert chosen(include=["sub/"]) == {"sub/b.md", "sub/c.txt", "sub/deep/d.md"}
    assert chosen(exclude=["drafts/", "*.txt"]) == {"a.md", "sub/b.md", "sub/deep/d.md"}
    assert ".well-known/f.md" in chosen(exclude=["!.well-known/"])


def test_pictures_are_no_documents_unless_they_are_asked_for(site: FolderSite) -> None:
    """A documentation site has hundreds; a line for each would bury the lines that matter."""
    for name in ("a.md", "img/図.PNG", "style.css", "scan.tiff", "unknown.xyz"):
        site.write(name, "x")
    assert names(site.connector()) == {"a.md", "scan.tiff", "unknown.xyz"}
    assert names(FolderConnector(site.root, include=["*.PNG"])) == {"img/図.PNG"}


def test_globs_match_japanese_names_however_a_disk_spells_them(site: FolderSite) -> None:
    site.write(unicodedata.normalize("NFD", "就業規則/がいよう.md"), "x")
    site.write("その他.md", "x")
    globs = [unicodedata.normalize("NFD", "就業規則/"), "が*.md"]
    assert names(FolderConnector(site.root, include=globs)) == {"就業規則/がいよう.md"}


def test_a_glob_that_is_none_is_named(site: FolderSite) -> None:
    with pytest.raises(ConnectorError, match="exclude"):
        FolderConnector(site.root, exclude=["!"])


@given(st.text("ab.*?[]!/\\# ", max_size=8))
def test_any_text_is_a_glob_or_an_error_that_names_it(glob: str) -> None:
    try:
        selection = Selection(include=[glob])
    except ConnectorError:
        return
    assert selection.lists("a/b.md") in (True, False)


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "nothing selected"])
def test_a_folder_without_documents_is_an_error(tmp_path: Path, kind: str) -> None:
    """It may be a mount that is gone: nothing must be deleted for it."""
    root = tmp_path / "handbook"
    if kind == "file":
        root.write_text("x")
    elif kind != "missing":
        root.mkdir()
    if kind == "nothing selected":
        (root / ".hidden").write_text("x")
    with pytest.raises(ConnectorError, match=str(root)):
        list(FolderConnector(root).changes(None))


# Symbolic links


def test_a_link_out_of_the_folder_is_told_and_not_followed(
    site: FolderSite, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("secret")
    site.write("a.md", "x")
    (site.root / "out").symlink_to(tmp_path / "outside")
    (site.root / "out.md").symlink_to(tmp_path / "outside" / "secret.md")
    (site.root / "nowhere.md").symlink_to("missing.md")
    connector = site.connector()
    assert names(connector) == {"a.md", "out", "out.md", "nowhere.md"}
    assert "out of the folder" in refused(connector, "out")
    assert "out of the folder" in refused(connector, "out.md")
    assert "to nothing" in refused(connector, "nowhere.md")
    inside = Ref("out/secret.md", "1", "1", "out/secret.md")
    for fresh in (connector, site.connector()):
        with pytest.raises(ConnectorError, match="out of the folder"):
            fresh.fetch(inside)
        assert not fresh.check(inside).exists


def test_a_file_that_a_listed_path_leads_to_is_listed_once(site: FolderSite) -> None:
    site.write("real/a.md", "x")
    (site.root / "b.md").symlink_to("real/a.md")
    (site.root / "also").symlink_to("real")
    assert names(site.connector()) == {"real/a.md"}


def test_a_file_that_only_a_link_leads_to_is_listed_under_the_link(site: FolderSite) -> None:
    """As Kubernetes mounts a ConfigMap: files are links into a hidden folder."""
    site.write("..2026_04_01/policy.md", "x")
    site.write("..2026_04_01/sub/b.md", "y")
    (site.root / "..data").symlink_to("..2026_04_01")
    (site.root / "policy.md").symlink_to("..data/policy.md")
    (site.root / "sub").symlink_to("..data/sub")
    connector = site.connector()
    assert names(connector) == {"policy.md", "sub/b.md"}
    assert connector.fetch(listing(connector)["sub/b.md"]).body == b"y"


def test_links_that_lead_back_end(site: FolderSite) -> None:
    site.write("a/b/c.md", "x")
    site.write(".hidden/d.md", "y")
    (site.root / "a" / "b" / "up").symlink_to("../..")
    (site.root / "a" / "self").symlink_to(".")
    (site.root / "x").symlink_to("y")
    (site.root / "y").symlink_to("x")
    (site.root / "shown").symlink_to(".hidden")
    (site.root / ".hidden" / "again").symlink_to(".")
    (site.root / ".hidden" / "other").symlink_to("../shown")
    assert names(site.connector()) == {"a/b/c.md", "shown/d.md", "x", "y"}


def test_a_file_that_became_a_link_since_the_listing_is_not_followed_out(
    site: FolderSite, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("secret")
    site.write("a.md", "x")
    connector = site.connector()
    ref = listing(connector)["a.md"]
    (site.root / "a.md").unlink()
    (site.root / "a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(ConnectorError, match="out of the folder"):
        connector.fetch(ref)
