"""What is remembered between runs; without it everything still works, at the cost of requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from random_world import include
from world_site import WorldSite

from connectors.base import Document, Ref
from connectors.confluence import ConfluenceConnector
from connectors.confluence.memory import Memory, Named
from connectors.confluence.values import User

Make = Callable[..., ConfluenceConnector]


def memory(path: Path | None, site: str = "wiki.example.co.jp") -> Memory:
    return Memory(lambda: site, path)


def test_includes_are_remembered_by_host_target_and_name(tmp_path: Path) -> None:
    path = tmp_path / "new" / "memory.db"
    first = memory(path)
    first.remember_includes("1", [(Named("ENG", "共通"), "7"), (Named("HR", "未作成"), "")])
    first.remember_includes("2", [(Named("ENG", "共通"), "7")])
    first.close()
    again = memory(path)
    assert again.lasts
    assert again.includes().keys() == {"1", "2"}
    assert again.included_by("1") == [Named("ENG", "共通"), Named("HR", "未作成")]
    assert again.hosts([("7", Named("ENG", "改名"))]) == {"1", "2"}
    assert again.hosts([("9", Named("HR", "未作成"))]) == {"1"}
    assert again.hosts([("9", Named("ENG", "未作成"))]) == set()
    again.remember_includes("1", [])
    assert again.includes().keys() == {"2"}
    again.close()


def test_sites_do_not_share_what_they_remember(tmp_path: Path) -> None:
    """Two sites have pages and people of the same ids."""
    path = tmp_path / "memory.db"
    one, other = memory(path), memory(path, "other.example.co.jp")
    one.remember_includes("1", [(Named("ENG", "共通"), "7")])
    one.remember_people({"a": User("a", "佐藤", "sato@example.co.jp")})
    assert other.includes() == {}
    assert other.people() == {}
    assert one.people() == {"a": User("a", "佐藤", "sato@example.co.jp")}
    one.close()
    other.close()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 500])
def test_a_damaged_memory_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(content)
    mended = memory(path)
    mended.remember_includes("1", [(Named("ENG", "共通"), "7")])
    assert mended.includes().keys() == {"1"}
    mended.close()


def test_a_memory_that_can_not_be_used_keeps_no_document_back(
    site: WorldSite, connector: Make, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    site.world.add_page("ENG", "共通", "<p>本文</p>")
    site.world.add_page("ENG", "頁", include("共通"))
    mirror = connector(memory=tmp_path / "file" / "memory.db")
    refs = [one for one in mirror.changes(None) if isinstance(one, Ref)]
    got = list(mirror.fetch_all(refs))
    assert len(got) == 2
    assert all(isinstance(one, Document) for one in got)


def test_a_lost_memory_reads_again_what_includes_and_nothing_else(
    site: WorldSite, connector: Make, tmp_path: Path
) -> None:
    site.world.add_page("ENG", "共通", "<p>本文</p>")
    host = site.world.add_page("ENG", "頁", include("共通"))
    mirror = connector()
    refs = [one for one in mirror.changes(None) if isinstance(one, Ref)]
    held = {one.ref.id: one.ref for one in mirror.fetch_all(refs)}
    lost = connector(memory=tmp_path / "other.db")
    changed = {one.id for one in lost.changes(None) if isinstance(one, Ref) and held[one.id] != one}
    assert changed == {host}


def test_people_are_asked_for_once_a_day(site: WorldSite, connector: Make) -> None:
    sato = site.world.add_user("佐藤", "sato@example.co.jp")
    site.world.restrict(site.world.add_page("ENG", "頁"), [sato])
    list(connector().changes(None))
    asked = site.asked["users"]
    list(connector().changes(None))
    assert site.asked["users"] == asked == 1


def test_nothing_is_asked_before_it_is_needed(site: WorldSite, connector: Make) -> None:
    connector().close()
    assert site.requests == 0
    assert site.closed


def test_an_included_page_is_fetched_once_for_all_runs(site: WorldSite, connector: Make) -> None:
    """Until it changes: a run that is killed, or that reads one host anew, asks for it no more."""
    target = site.world.add_page("ENG", "共通", "<p>本文</p>")
    host = site.world.add_page("ENG", "頁", include("共通"))
    first = connector()
    refs = {one.id: one for one in first.changes(None) if isinstance(one, Ref)}
    first.fetch(refs[host])
    again = connector()
    refs = {one.id: one for one in again.changes(None) if isinstance(one, Ref)}
    assert "本文" in again.fetch(refs[host]).body.decode()
    assert "本文" in again.fetch(refs[target]).body.decode()
    assert sorted(site.bodies) == sorted([host, target, host])
    site.world.edit(target, "<p>別文</p>")
    changed = connector()
    refs = {one.id: one for one in changed.changes(None) if isinstance(one, Ref)}
    assert "別文" in changed.fetch(refs[host]).body.decode()


def test_of_an_included_page_nothing_is_kept_of_who_may_read_it(
    site: WorldSite, connector: Make
) -> None:
    """Nor is its text used where it must not be shown any more."""
    target = site.world.add_page("ENG", "共通", "<p>本文</p>")
    host = site.world.add_page("ENG", "頁", include("共通"))
    first = connector()
    refs = {one.id: one for one in first.changes(None) if isinstance(one, Ref)}
    first.fetch(refs[host])
    site.world.restrict(target, [site.world.add_user("佐藤", "sato@example.co.jp")])
    again = connector()
    refs = {one.id: one for one in again.changes(None) if isinstance(one, Ref)}
    assert "本文" not in again.fetch(refs[host]).body.decode()
    own = again.fetch(refs[target])
    assert any("user:sato@example.co.jp" in layer for layer in own.readers)


def test_a_page_that_is_gone_leaves_no_body_behind(
    site: WorldSite, connector: Make, tmp_path: Path
) -> None:
    path = tmp_path / "kept.db"
    target = site.world.add_page("ENG", "共通", "<p>秘密の本文</p>")
    host = site.world.add_page("ENG", "頁", include("共通"))
    first = connector(memory=path)
    refs = {one.id: one for one in first.changes(None) if isinstance(one, Ref)}
    first.fetch(refs[host])
    kept = memory(path, site.host)
    assert kept.included_page(target, refs[target].version) is not None
    site.world.delete(target)
    list(connector(memory=path).changes(None))
    assert kept.included_page(target, refs[target].version) is None
    kept.close()
