"""A document of a folder under which id, version and address, wherever the folder stands."""

from __future__ import annotations

import os
import time
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from connector_contract import listing
from folder_site import FolderSite, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.folder import FolderConnector


def test_ids_survive_a_move_of_the_root(tmp_path: Path) -> None:
    before = FolderSite(tmp_path / "old", None)
    before.write("規程/就業規則.md", "x")
    first = listing(FolderConnector(before.root, url_prefix="https://intra.example/docs"))
    before.root.rename(tmp_path / "new")
    moved = listing(FolderConnector(tmp_path / "new", url_prefix="https://intra.example/docs"))
    assert moved == first
    assert set(moved) == {"規程/就業規則.md"}


def test_where_addresses_change_with_the_root_every_version_does(site: FolderSite) -> None:
    """The index holds addresses: they have to be written anew."""
    site.write("a.md", "x")
    versions = {
        listing(FolderConnector(root, url_prefix=prefix))["a.md"].version
        for root, prefix in (
            (site.root, None),
            (site.root, "https://a.example"),
            (site.root, "https://b.example"),
        )
    }
    assert len(versions) == 3


def test_a_decomposed_name_has_a_composed_id_and_can_be_fetched(site: FolderSite) -> None:
    """Macs write が as か and a mark; the same folder on Linux must have the same ids."""
    site.write(unicodedata.normalize("NFD", "規程/がぎぐ.md"), "本文")
    connector = site.connector()
    (ref,) = listing(connector).values()
    assert ref.id == "規程/がぎぐ.md"
    document = site.connector().fetch(ref)
    assert document.body.decode() == "本文"
    assert Path(unquote(urlsplit(document.url).path)).exists()


def test_two_names_that_differ_in_how_accents_are_written_are_told(site: FolderSite) -> None:
    """Both have the same id; the composed one is read."""
    site.write("が.md", "composed")
    site.write(unicodedata.normalize("NFD", "が.md"), "decomposed")
    if len(list(site.root.iterdir())) == 1:
        pytest.skip("this disk takes both names for one")
    connector = site.connector()
    assert connector.fetch(listing(connector)["が.md"]).body == b"composed"
    assert "remove one" in refused(connector, unicodedata.normalize("NFD", "が.md"))


def test_links_lead_to_the_file_or_below_the_prefix(site: FolderSite) -> None:
    site.write("sub/a b#1?.md", "x")

    def url(prefix: str | None) -> str:
        connector = FolderConnector(site.root, url_prefix=prefix)
        return connector.fetch(listing(connector)["sub/a b#1?.md"]).url

    assert url("https://intra.example/docs") == "https://intra.example/docs/sub/a%20b%231%3F.md"
    assert url("https://intra.example/docs/") == "https://intra.example/docs/sub/a%20b%231%3F.md"
    assert url("https://intra.example/?p=") == "https://intra.example/?p=sub/a%20b%231%3F.md"
    assert url(None) == f"{site.root.as_uri()}/sub/a%20b%231%3F.md"


def test_a_touched_file_with_the_same_bytes_has_not_changed(site: FolderSite) -> None:
    """A fresh clone touches everything."""
    site.write("a.md", "本文")
    connector = site.connector()
    ref = listing(connector)["a.md"]
    connector.fetch(ref)
    os.utime(site.root / "a.md", (1, 1))
    assert listing(site.connector())["a.md"] == ref
    os.utime(site.root / "a.md", (2, 2))
    assert site.connector().fetch(ref).ref == ref
    site.write("a.md", "文本")
    os.utime(site.root / "a.md", (1, 1))
    assert listing(site.connector())["a.md"] != ref


def test_a_rewritten_file_has_changed_although_size_and_time_have_not(site: FolderSite) -> None:
    site.write("a.md", "12")
    status = (site.root / "a.md").stat()
    connector = site.connector()
    before = listing(connector)["a.md"]
    connector.fetch(before)
    time.sleep(0.02)  # the change time has the grain of the kernel's clock
    site.write("a.md", "21")
    os.utime(site.root / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    after = listing(site.connector())["a.md"]
    assert after.version != before.version
    assert site.connector().fetch(after).ref == after


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.sampled_from(["a", "b", "cc"]), st.integers(1, 3)),
            st.tuples(st.just("fetch")),
            st.tuples(st.just("restart")),
        ),
        max_size=12,
    )
)
def test_versions_tell_contents_apart(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Whatever is written at whatever time, fetched or not: other bytes have another version."""
    site = FolderSite(tmp_path_factory.mktemp("v") / "f", tmp_path_factory.mktemp("m") / "m.db")
    connector = site.connector()
    site.write("d.md", "start")
    fetched: dict[str, bytes] = {}
    for step in steps:
        match step:
            case ("write", text, when):
                site.write("d.md", text)
                os.utime(site.root / "d.md", (when, when))
            case ("fetch",):
                document = connector.fetch(listing(connector)["d.md"])
                held = fetched.setdefault(document.ref.version, document.body)
                assert held == document.body
            case ("restart",):
                connector = site.connector()


def test_folders_may_share_a_memory(site: FolderSite, tmp_path: Path) -> None:
    other = FolderSite(tmp_path / "other", site.memory)
    for folder, text in ((site, "x"), (other, "another")):
        folder.write("a.md", text)
    before = [listing(folder.connector()) for folder in (site, other)]
    for _ in range(2):
        for folder in (site, other):
            connector = folder.connector()
            connector.fetch(listing(connector)["a.md"])
    assert [listing(folder.connector()) for folder in (site, other)] == before


@pytest.mark.parametrize("damage", ["not a database", "unwritable place"])
def test_a_memory_that_can_not_be_used_costs_no_document(
    site: FolderSite, tmp_path: Path, damage: str
) -> None:
    site.write("a.md", "x")
    assert site.memory is not None
    if damage == "not a database":
        site.memory.write_bytes(b"garbage" * 1000)
    else:
        (tmp_path / "file").write_text("x")
        site.memory = tmp_path / "file" / "memory.db"
    connector = site.connector()
    assert connector.fetch(listing(connector)["a.md"]).body == b"x"
