"""A machine that fails ingest: full disks, missing rights, killed runs; nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ingest_desk import GOOD, Desk

from ingest.edge import EdgeWriter
from ingest.index import SearchIndexError
from ingest.prepare import pipeline_fingerprint
from ingest.state import StateError, open_engine


def test_a_disk_that_fills_up_ends_the_run_with_one_line_and_loses_nothing(desk: Desk) -> None:
    desk.ingest()
    for n in range(30):
        desk.write(f"{n}.md", GOOD)
    desk.reserve = 1 << 60  # as much as must stay free: no disk has it
    with pytest.raises(SearchIndexError, match="disk") as raised:
        desk.ingest()
    assert "\n" not in str(raised.value)
    assert desk.documents() == {"good.md"}
    desk.reserve = 0
    assert desk.ingest().written == 30
    assert len(desk.documents()) == 31


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[None]:
    """Mount a disk of this size; skip where this user may not."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_disk_that_is_really_full_ends_the_run_with_one_line(desk: Desk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home, 400):
        desk.reserve = 50_000_000
        desk.ingest()
        (home / "filler").write_bytes(bytes(360_000_000))
        desk.write("new.md", GOOD)
        with pytest.raises((SearchIndexError, StateError), match=r"disk|space"):
            desk.ingest()
        (home / "filler").unlink()
        assert desk.documents() == {"good.md"}
        assert desk.ingest().written == 1
        assert desk.documents() == {"good.md", "new.md"}
        desk.state._engine.dispose()


@contextmanager
def without_roots_rights() -> Iterator[None]:
    """Act as a user for whom permissions hold; root is stopped by none."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_state_directory_without_write_permission_is_named(desk: Desk) -> None:
    closed = desk.path / "closed"
    closed.mkdir()
    for folder in (closed, *closed.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o555)
    closed.chmod(0o555)
    fingerprint = pipeline_fingerprint(desk.encoder)
    with without_roots_rights():
        with pytest.raises(StateError, match=f"{closed}/kurage.db can not be written"):
            open_engine(f"sqlite:///{closed / 'kurage.db'}")
        with (
            pytest.raises(SearchIndexError, match=f"{closed}"),
            EdgeWriter(closed / "index", fingerprint, desk.encoder.vectors),
        ):
            pytest.fail("it was opened")


KILLED = """
import sys
sys.path[:] = {path!r}
from pathlib import Path
from ingest_desk import Desk
desk = Desk(Path({desk!r}))
print("ready", flush=True)
desk.ingest(lambda progress: print(progress.done, flush=True))
"""


@pytest.mark.parametrize("at", [0, 10, 21])
def test_a_run_that_was_killed_is_completed_by_the_next_one(desk: Desk, at: int) -> None:
    """With `kill -9`, as soon as so many of 21 documents were told as read."""
    for n in range(40):
        desk.write(f"{n}.md", GOOD)
    desk.ingest()
    for n in range(20):
        desk.write(f"{n}.md", f"{GOOD}育児休業も同じです。")
    desk.write("new.md", GOOD)
    (desk.root / "39.md").unlink()
    script = KILLED.format(path=sys.path, desk=str(desk.path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for number, _ in enumerate(child.stdout):
            if number == at:
                break
        child.send_signal(signal.SIGKILL)
        child.stdout.close()
    before = {"good.md", *(f"{n}.md" for n in range(40))}
    after = before - {"39.md"} | {"new.md"}
    assert desk.documents() in (before, after), "never half of the changes"
    report = desk.ingest()
    assert report.failed == []
    assert desk.documents() == after
    assert desk.documents("育児") == {f"{n}.md" for n in range(20)}


def test_no_process_of_ours_stays(desk: Desk) -> None:
    """After a run, and after one that failed; rigs of other tests are not ours."""
    others = set(children(os.getpid()))
    desk.ingest()
    desk.write("new.md", GOOD)
    desk.reserve = 1 << 60
    with pytest.raises(SearchIndexError):
        desk.ingest()
    deadline = time.monotonic() + 30
    while set(children(os.getpid())) - others:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[str]:
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        pytest.skip("only Linux tells a process's children")
    return [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
