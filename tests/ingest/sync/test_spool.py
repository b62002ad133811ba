"""The spool gives back what it was given and nothing else, whatever happens to its files."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipelines import document

from connectors.base import Document
from ingest.sync.spool import Spool


def plain(one: Document) -> Document:
    """Return what a spool gives back: nobody may read it yet."""
    return replace(one, readers=())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(max_examples=30, deadline=None)
@given(
    st.binary(max_size=300), st.tuples(st.text(), st.text()), st.none() | st.text(), st.datetimes()
)
def test_a_document_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    body: bytes,
    named: tuple[str, str],
    title: str | None,
    updated: datetime,
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    given_ = document("a", body)
    given_ = replace(
        given_,
        ref=replace(given_.ref, id=named[0], version=named[1]),
        title=title,
        updated=updated.replace(tzinfo=UTC),
        owner=title,
    )
    Spool(folder, "wiki").put(given_)
    assert Spool(folder, "wiki").take(given_.ref) == plain(given_)


def test_another_version_or_id_is_not_there(tmp_path: Path) -> None:
    one = document("a", "text")
    Spool(tmp_path, "wiki").put(one)
    spool = Spool(tmp_path, "wiki")
    assert spool.take(replace(one.ref, version="2")) is None
    assert spool.take(replace(one.ref, id="b")) is None
    assert Spool(tmp_path, "other").take(one.ref) is None


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Spool(tmp_path / "spool", "wiki").put(document("a", "salaries"))
    finally:
        os.umask(old)
    for place in (tmp_path / "spool").rglob("*"):
        mode = stat.S_IMODE(place.stat().st_mode)
        assert mode == (0o700 if place.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700


@pytest.mark.parametrize("harm", ["cut", "changed", "foreign", "empty", "another's", "a folder"])
def test_a_file_that_is_broken_or_foreign_is_ignored(tmp_path: Path, harm: str) -> None:
    one, other = document("a", "the text"), document("b", "another text")
    Spool(tmp_path, "wiki").put(one)
    (path,) = files(tmp_path)
    packed = path.read_bytes()
    if harm == "cut":
        path.write_bytes(packed[:-2])
    elif harm == "changed":
        path.write_bytes(packed.replace(b"the text", b"THE TEXT"))
    elif harm == "foreign":
        path.write_text("a holiday picture")
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "another's":
        Spool(tmp_path, "wiki").put(other)
        path.write_bytes(next(p for p in files(tmp_path) if p != path).read_bytes())
    else:
        path.unlink()
        path.mkdir()
    spool = Spool(tmp_path, "wiki")
    assert spool.take(one.ref) is None
    spool.put(one)
    spool.clear()


def test_what_is_not_wanted_any_more_is_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    first, second = document("a", "one"), document("b", "two")
    spool = Spool(tmp_path, "wiki")
    spool.put(first)
    spool.put(second)
    (folder,) = tmp_path.iterdir()
    (folder / "notes.txt").write_text("somebody's")
    (folder / "dead.part").write_text("half")
    again = Spool(tmp_path, "wiki")
    again.keep_only([first.ref, replace(second.ref, version="2")])
    assert again.take(first.ref) == plain(first)
    assert len(files(tmp_path)) == 2
    again.clear()
    assert [path.name for path in files(tmp_path)] == ["notes.txt"]


def test_beyond_its_size_the_oldest_go(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "wiki", most_bytes=5_000)
    documents = [document(f"d{n}", bytes(1_000)) for n in range(10)]
    for one in documents:
        spool.put(one)
    held = [spool.take(one.ref) is not None for one in documents]
    assert held == [False] * 6 + [True] * 4
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 5_000


def test_a_disk_without_room_keeps_nothing_and_harms_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "wiki", reserve=1 << 60)
    spool.put(document("a", "text"))
    assert files(tmp_path) == []


@pytest.mark.parametrize("place", ["a file", "no such disk"])
def test_a_folder_that_can_not_be_made_keeps_nothing_and_harms_nothing(
    tmp_path: Path, place: str
) -> None:
    folder = tmp_path / "spool" if place == "a file" else Path("/proc/spool")
    if place == "a file":
        folder.write_text("in the way")
    spool = Spool(folder, "wiki")
    one = document("a", "text")
    spool.keep_only([one.ref])
    spool.put(one)
    assert spool.take(one.ref) is None
    spool.clear()
