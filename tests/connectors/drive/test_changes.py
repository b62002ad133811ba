"""What a run after another tells of a Drive: the change logs, and what they are silent about."""

from __future__ import annotations

import pytest
from drive_site import HR, DriveSite, listing, told

from connectors.base import ANYONE, ConnectorError, Cursor, Ref
from connectors.drive import Scope

BOARD = "board@example.co.jp"


def fetched(drive: DriveSite) -> int:
    """Return how many files were downloaded or exported."""
    return sum(drive.rig.served.values())


def told_until_it_raised(
    drive: DriveSite, scope: Scope, cursor: Cursor | None
) -> tuple[list[object], str]:
    """Return what was told before a run failed, and with which words it did."""
    heard: list[object] = []
    try:
        heard.extend(drive.connector(scope).changes(cursor))
    except ConnectorError as error:
        return heard, str(error)
    raise AssertionError("it was to raise")


class TestRequests:
    """What a run costs, in requests."""

    def test_nothing_changed_takes_five_requests(self, drive: DriveSite) -> None:
        """A token, the drives, a shared drive's log and its members, the account's own log."""
        shared = drive.site.add_drive("規程")
        for number in range(30):
            drive.site.add_file(f"{number}.md", "本文", shared)
            drive.site.add_file(f"私-{number}.md", "本文")
        _, _, cursor = told(drive.connector(), None)
        before = drive.rig.requests
        refs, gone, _ = told(drive.connector(), cursor)
        assert (refs, gone) == ({}, set())
        assert drive.rig.requests - before <= 5

    def test_dead_shortcuts_cost_nothing_while_nothing_changes(self, drive: DriveSite) -> None:
        target = drive.site.add_file("消える.md", "本文")
        drive.site.add_shortcut(target, name="行き止まり")
        drive.site.delete(target)
        _, _, cursor = told(drive.connector(), None)
        before = drive.rig.requests
        told(drive.connector(), cursor)
        assert drive.rig.requests - before <= 4

    def test_a_change_takes_three_requests_at_most(self, drive: DriveSite) -> None:
        """Of all kinds: edited, new, renamed, moved, shared, deleted; with the fetching."""
        shared = drive.site.add_drive("規程")
        inner = drive.site.add_folder("下", shared)
        ids = [drive.site.add_file(f"{number}.md", "本文", shared) for number in range(100)]
        _, _, cursor = told(drive.connector(), None)
        for number, one in enumerate(ids):
            match number % 5:
                case 0:
                    drive.site.edit(one, f"あたらしい {number}")
                case 1:
                    drive.site.rename(one, f"別名-{number}.md")
                case 2:
                    drive.site.move(one, inner)
                case 3:
                    drive.site.share(one, f"user{number}@example.co.jp")
                case 4:
                    drive.site.delete(one)
        before = drive.rig.requests
        connector = drive.connector()
        refs, gone, _ = told(connector, cursor)
        for ref in refs.values():
            connector.readers(ref)
        news = [ref for ref in refs.values() if ref.name.startswith("別名")]
        list(connector.fetch_all([*news, *(ref for ref in refs.values() if ref.id in ids[::5])]))
        assert len(refs) == 80
        assert len(gone) == 20
        assert drive.rig.requests - before <= 5 + 3 * 100

    def test_a_first_listing_takes_a_request_per_page_and_set_of_readers(
        self, drive: DriveSite
    ) -> None:
        """Readers of files on a shared drive are asked for once per set of grantees."""
        shared = drive.site.add_drive("規程")
        closed = drive.site.add_folder("人事", shared)
        drive.site.share(closed, HR)
        for number in range(250):
            drive.site.add_file(f"{number}.md", "本文", shared)
            drive.site.add_file(f"人事-{number}.md", "本文", closed)
        before = drive.rig.requests
        connector = drive.connector()
        refs = listing(connector)
        assert len(refs) == 500
        readers = {connector.readers(ref) for ref in refs.values()}
        assert len(readers) == 2
        assert drive.rig.requests - before <= 20
        before = drive.rig.requests
        assert len(list(connector.fetch_all(list(refs.values())))) == 500
        assert drive.rig.requests - before == 500


class TestFolders:
    """A log tells of the folder alone."""

    @pytest.mark.parametrize("on_a_drive", [False, True])
    def test_a_folder_that_is_shared_again_has_its_readers_right_at_once(
        self, drive: DriveSite, on_a_drive: bool
    ) -> None:
        """With all that is below it, and nothing is fetched again."""
        parent = drive.site.add_drive("規程") if on_a_drive else None
        top = drive.site.add_folder("上", parent)
        inner = [drive.site.add_folder(f"{number}", top) for number in range(5)]
        for number in range(60):
            drive.site.add_file(f"{number}.md", "本文", inner[number % 5])
        first, _, cursor = told(drive.connector(), None)
        drive.site.share(top, BOARD)
        connector = drive.connector()
        refs, gone, _ = told(connector, cursor)
        assert gone == set()
        assert refs.keys() == first.keys()
        for name, ref in refs.items():
            assert ref.version == first[name].version
            assert ref.readers_version != first[name].readers_version
        before = drive.rig.requests
        for ref in refs.values():
            assert f"user:{BOARD}" in connector.readers(ref)[0]
        assert drive.rig.requests == before, "a sync asks for each of them"
        assert refs == listing(drive.connector())
        assert fetched(drive) == 0

    def test_a_folder_in_the_bin_takes_along_what_is_below(self, drive: DriveSite) -> None:
        top = drive.site.add_folder("上")
        inner = drive.site.add_folder("下", top)
        ids = {drive.site.add_file(f"{number}.md", "本文", inner) for number in range(30)}
        kept = drive.site.add_file("残る.md", "本文")
        _, _, cursor = told(drive.connector(), None)
        drive.site.trash(top)
        refs, gone, cursor = told(drive.connector(), cursor)
        assert (refs, gone) == ({}, ids)
        drive.site.restore(top)
        refs, gone, _ = told(drive.connector(), cursor)
        assert {ref.id for ref in refs.values()} == ids
        assert gone == set()
        assert {ref.id for ref in listing(drive.connector()).values()} == ids | {kept}

    @pytest.mark.parametrize("on_a_drive", [False, True])
    def test_a_folder_that_is_deleted_takes_along_what_is_below(
        self, drive: DriveSite, on_a_drive: bool
    ) -> None:
        top = drive.site.add_folder("上", drive.site.add_drive("規程") if on_a_drive else None)
        ids = {drive.site.add_file(f"{number}.md", "本文", top) for number in range(30)}
        drive.site.add_file("残る.md", "本文")
        _, _, cursor = told(drive.connector(), None)
        drive.site.delete(top)
        _, gone, _ = told(drive.connector(), cursor)
        assert gone == ids

    def test_a_folder_that_moves_out_of_scope_takes_along_what_is_below(
        self, drive: DriveSite
    ) -> None:
        root, other = drive.site.add_folder("根"), drive.site.add_folder("外")
        top = drive.site.add_folder("上", root)
        ids = {drive.site.add_file(f"{number}.md", "本文", top) for number in range(5)}
        scope = Scope(folders=(root,))
        _, _, cursor = told(drive.connector(scope), None)
        drive.site.move(top, other)
        refs, gone, cursor = told(drive.connector(scope), cursor)
        assert (refs, gone) == ({}, ids)
        drive.site.move(top, root)
        refs, gone, _ = told(drive.connector(scope), cursor)
        assert ({ref.id for ref in refs.values()}, gone) == (ids, set())

    def test_what_lies_in_an_excluded_folder_is_no_document(self, drive: DriveSite) -> None:
        closed = drive.site.add_folder("下書き")
        inner = drive.site.add_folder("中", closed)
        inside = drive.site.add_file("下書き.md", "本文", inner)
        outside = drive.site.add_file("正式.md", "本文")
        scope = Scope(exclude_folders=(f"https://drive.google.com/drive/folders/{closed}",))
        first, _, cursor = told(drive.connector(scope), None)
        assert [ref.id for ref in first.values()] == [outside]
        drive.site.move(outside, inner)
        refs, gone, cursor = told(drive.connector(scope), cursor)
        assert (refs, gone) == ({}, {outside})
        drive.site.move(inner, drive.site.add_folder("公開"))
        refs, gone, _ = told(drive.connector(scope), cursor)
        assert {ref.id for ref in refs.values()} == {inside, outside}

    def test_cycles_of_folders_end(self, drive: DriveSite) -> None:
        root = drive.site.add_folder("根")
        inner = drive.site.add_folder("中", root)
        drive.site.add_parent(root, inner)
        drive.site.add_file("中身.md", "本文", inner)
        scope = Scope(folders=(root,))
        refs, _, cursor = told(drive.connector(scope), None)
        assert refs.keys() == {"中身.md"}
        drive.site.share(inner, BOARD)
        refs, _, _ = told(drive.connector(scope), cursor)
        assert refs.keys() == {"中身.md"}


class TestDrives:
    """Shared drives: their members, and whether they are seen at all."""

    def test_members_of_a_drive_are_noticed(self, drive: DriveSite) -> None:
        shared = drive.site.add_drive("規程")
        for number in range(20):
            drive.site.add_file(f"{number}.md", "本文", shared)
        first, _, cursor = told(drive.connector(), None)
        drive.site.share(shared, HR)
        connector = drive.connector()
        refs, _, cursor = told(connector, cursor)
        assert refs.keys() == first.keys()
        assert all(f"group:google:{HR}" in connector.readers(ref)[0] for ref in refs.values())
        drive.site.unshare(shared, HR)
        refs, _, _ = told(drive.connector(), cursor)
        assert refs == first

    def test_a_new_drive_is_listed(self, drive: DriveSite) -> None:
        _, _, cursor = told(drive.connector(), None)
        drive.site.add_file("規程.md", "本文", drive.site.add_drive("規程"))
        refs, _, _ = told(drive.connector(), cursor)
        assert refs.keys() == {"規程.md"}

    def test_a_drive_that_vanishes_is_gone(self, drive: DriveSite) -> None:
        """Where it is not named: the sync's guard watches how much that is."""
        shared = drive.site.add_drive("規程")
        inside = drive.site.add_file("規程.md", "本文", shared)
        drive.site.add_file("私.md", "本文")
        _, _, cursor = told(drive.connector(), None)
        drive.site.unshare(shared, drive.rig.email)
        refs, gone, _ = told(drive.connector(), cursor)
        assert gone == {inside}
        assert inside not in {ref.id for ref in refs.values()}
        assert drive.connector().confirm_gone([inside]) == {inside}

    @pytest.mark.parametrize("after_a_run", [False, True])
    def test_a_drive_that_is_named_and_not_seen_deletes_nothing(
        self, drive: DriveSite, after_a_run: bool
    ) -> None:
        shared = drive.site.add_drive("規程")
        drive.site.add_file("規程.md", "本文", shared)
        scope = Scope(drives=(shared,))
        _, _, cursor = told(drive.connector(scope), None)
        drive.site.unshare(shared, drive.rig.email)
        heard, error = told_until_it_raised(drive, scope, cursor if after_a_run else None)
        assert heard == []
        assert "`drives`" in error
        assert "\n" not in error

    @pytest.mark.parametrize("how", ["trash", "delete", "unshare"])
    @pytest.mark.parametrize("after_a_run", [False, True])
    def test_a_folder_that_is_named_and_not_seen_deletes_nothing(
        self, drive: DriveSite, how: str, after_a_run: bool
    ) -> None:
        root = drive.site.add_folder("根")
        drive.site.add_file("規程.md", "本文", root)
        scope = Scope(folders=(root,))
        _, _, cursor = told(drive.connector(scope), None)
        match how:
            case "trash":
                drive.site.trash(root)
            case "delete":
                drive.site.delete(root)
            case _:
                drive.site.unshare(root, drive.rig.email)
        heard, error = told_until_it_raised(drive, scope, cursor if after_a_run else None)
        assert heard == []
        assert "`folders`" in error


class TestTokens:
    """Where a log was read up to."""

    @pytest.mark.parametrize("status", [400, 404, 410])
    def test_a_token_that_is_refused_lists_its_log_anew(
        self, drive: DriveSite, status: int
    ) -> None:
        """And what is gone meanwhile is told."""
        shared = drive.site.add_drive("規程")
        kept = drive.site.add_file("残る.md", "本文", shared)
        lost = drive.site.add_file("消える.md", "本文", shared)
        drive.site.add_file("私.md", "本文")
        _, _, cursor = told(drive.connector(), None)
        drive.site.delete(lost)
        drive.site.edit(kept, "あたらしい本文")
        drive.rig.configure(refused_token_status=status)
        drive.rig.forget_changes()
        refs, gone, cursor = told(drive.connector(), cursor)
        assert gone == {lost}
        assert refs == listing(drive.connector())
        assert told(drive.connector(), cursor)[:2] == ({}, set())

    def test_a_run_that_was_lost_is_told_again(self, drive: DriveSite) -> None:
        """Its cursor was not saved: also what was gone then is gone now."""
        lost = drive.site.add_file("消える.md", "本文")
        top = drive.site.add_folder("上")
        below = drive.site.add_file("下.md", "本文", top)
        _, _, cursor = told(drive.connector(), None)
        drive.site.delete(lost)
        drive.site.share(top, BOARD)
        once = told(drive.connector(), cursor)
        again = told(drive.connector(), cursor)
        assert once[:2] == again[:2]
        assert once[1] == {lost}
        assert {ref.id for ref in once[0].values()} == {below}

    def test_a_run_that_died_midway_is_told_again(self, drive: DriveSite) -> None:
        ids = {drive.site.add_file(f"{number}.md", "本文") for number in range(5)}
        _, _, cursor = told(drive.connector(), None)
        for one in ids:
            drive.site.delete(one)
        new = drive.site.add_file("新.md", "本文")
        dying = drive.connector().changes(cursor)
        assert isinstance(next(dying), Ref)
        dying.close()
        refs, gone, _ = told(drive.connector(), cursor)
        assert gone == ids
        assert [ref.id for ref in refs.values()] == [new]

    def test_a_cursor_of_another_scope_lists_everything(self, drive: DriveSite) -> None:
        drive.site.add_file("私.md", "本文")
        first, _, cursor = told(drive.connector(), None)
        assert told(drive.connector(link_shared=True), cursor)[0].keys() == first.keys()
        assert told(drive.connector(Scope(my_drive=False)), cursor)[0] == {}

    def test_a_memory_that_is_lost_lists_everything(self, drive: DriveSite) -> None:
        drive.site.add_file("私.md", "本文")
        first, _, cursor = told(drive.connector(), None)
        drive.close()
        assert drive.memory is not None
        drive.memory.write_bytes(b"not a database at all, but long enough to be taken for one" * 99)
        assert told(drive.connector(), cursor)[0] == first

    def test_what_changes_while_it_is_listed_is_told_by_the_next_run(
        self, drive: DriveSite
    ) -> None:
        """The tokens are older than the listing."""
        for number in range(150):
            drive.site.add_file(f"{number}.md", "本文")
        running = drive.connector().changes(None)
        first = next(running)
        assert isinstance(first, Ref)
        drive.site.edit(first.id, "あたらしい本文")
        drive.site.add_file("新.md", "本文")
        cursor = list(running)[-1]
        refs, _, _ = told(drive.connector(), cursor)  # type: ignore[arg-type]
        assert {"新.md", first.name} <= refs.keys()
        assert refs[first.name].version != first.version


class TestShortcuts:
    """They lead to what nothing else shows."""

    def test_a_shortcut_leads_to_its_target(self, drive: DriveSite) -> None:
        root = drive.site.add_folder("根")
        elsewhere = drive.site.add_folder("外")
        target = drive.site.add_file("外の規程.md", "本文", elsewhere)
        aim = drive.site.add_folder("外の部屋")
        inner = drive.site.add_file("部屋の中.md", "本文", aim)
        scope = Scope(folders=(root,))
        _, _, cursor = told(drive.connector(scope), None)
        first, second = drive.site.add_shortcut(target, root), drive.site.add_shortcut(aim, root)
        refs, gone, cursor = told(drive.connector(scope), cursor)
        assert ({ref.id for ref in refs.values()}, gone) == ({target, inner}, set())
        assert refs == listing(drive.connector(scope))
        _, _, cursor = told(drive.connector(scope), None)
        drive.site.edit(target, "あたらしい本文")
        new = drive.site.add_file("後から.md", "本文", aim)
        refs, _, cursor = told(drive.connector(scope), cursor)
        assert {ref.id for ref in refs.values()} == {target, new}
        drive.site.delete(first)
        drive.site.trash(second)
        refs, gone, _ = told(drive.connector(scope), cursor)
        assert (refs, gone) == ({}, {target, inner, new})

    def test_a_shortcut_to_nothing_is_left_out(self, drive: DriveSite) -> None:
        root = drive.site.add_folder("根")
        target = drive.site.add_file("外の規程.md", "本文", shared=False)
        drive.site.add_shortcut(target, root)
        drive.site.add_file("中.md", "本文", root)
        assert listing(drive.connector(Scope(folders=(root,)))).keys() == {"中.md"}

    def test_a_resource_key_is_handed_over(self, drive: DriveSite) -> None:
        """Some links open nothing without it: the shortcut has it."""
        root = drive.site.add_folder("根")
        target = drive.site.add_file("鍵つき.md", "本文", shared=False)
        drive.site.share(target)
        drive.site.key(target)
        drive.site.add_shortcut(target, root)
        # Who may only open it may not see who else may.
        connector = drive.connector(Scope(folders=(root,)), readers=(ANYONE,))
        refs = listing(connector)
        assert refs.keys() == {"鍵つき.md"}
        assert connector.fetch(refs["鍵つき.md"]).readers == (frozenset({ANYONE}),)

    def test_shortcuts_in_circles_end(self, drive: DriveSite) -> None:
        root = drive.site.add_folder("根")
        aim = drive.site.add_folder("外")
        drive.site.add_shortcut(root, aim)
        drive.site.add_shortcut(aim, root)
        drive.site.add_file("外.md", "本文", aim)
        assert listing(drive.connector(Scope(folders=(root,)))).keys() == {"外.md"}
