"""Bad files of a folder: too large, unreadable, vanishing, still written; none is waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from connector_contract import listing
from folder_site import FolderSite, names, refused

from connectors.base import ConnectorError, Ref
from connectors.folder import FolderConnector


def test_a_file_above_the_limit_is_refused_without_being_read(site: FolderSite) -> None:
    site.write("a.md", "x")
    with (site.root / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    assert refused(site.connector(), "huge.txt") == (
        "its 200 MB are more than the limit of 50 MB; raise `max_bytes` or exclude it"
    )


def test_a_name_that_is_no_utf8_is_told_with_what_it_probably_says(site: FolderSite) -> None:
    site.write("a.md", "x")
    (site.root / os.fsdecode("旅費規程.md".encode("cp932"))).write_bytes(b"x")
    connector = site.connector()
    (name,) = names(connector) - {"a.md"}
    assert name.encode()
    assert "in CP932 it reads 「旅費規程.md」" in refused(connector, name)


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_what_is_no_regular_file_is_told_and_not_waited_for(site: FolderSite, kind: str) -> None:
    site.write("a.md", "x")
    if kind == "fifo":
        os.mkfifo(site.root / "pipe")
    else:
        here = Path.cwd()
        os.chdir(site.root)  # a socket's path may be 107 bytes long
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind("pipe")
        finally:
            os.chdir(here)
    assert "no regular file" in refused(site.connector(), "pipe")


def test_a_file_that_is_replaced_by_a_pipe_is_not_waited_for(site: FolderSite) -> None:
    site.write("a.md", "x")
    connector = site.connector()
    ref = listing(connector)["a.md"]
    (site.root / "a.md").unlink()
    os.mkfifo(site.root / "a.md")
    with pytest.raises(ConnectorError, match="no regular file"):
        connector.fetch(ref)


def test_a_file_that_is_removed_while_the_folder_is_listed_is_gone(site: FolderSite) -> None:
    for n in range(3):
        site.write(f"{n}.md", "x")
    changes = site.connector().changes(None)
    next(changes)
    site.remove("1.md")
    assert [change.id for change in changes if isinstance(change, Ref)] == ["2.md"]


def test_a_folder_that_is_replaced_while_it_is_listed_is_an_error(
    site: FolderSite, tmp_path: Path
) -> None:
    """A mount that goes away leaves an empty folder behind; its documents are not gone."""
    for n in range(3):
        site.write(f"{n}/x.md", "x")
    changes = site.connector().changes(None)
    next(changes)
    site.root.rename(tmp_path / "unmounted")
    site.root.mkdir()
    with pytest.raises(ConnectorError, match="was replaced"):
        list(changes)


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


def reachable(path: Path) -> None:
    """Let everybody pass through the folders above, which pytest closes."""
    for folder in (path, *path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o755)


def test_an_unreadable_file_is_told_and_an_unreadable_folder_ends_the_listing_with_an_error(
    site: FolderSite,
) -> None:
    site.write("a.md", "x")
    site.write("secret.md", "x")
    site.write("closed/b.md", "x")
    site.write("later/c.md", "x")
    reachable(site.root)
    (site.root / "secret.md").chmod(0)
    (site.root / "closed").chmod(0)

    with without_roots_rights():
        connector = FolderConnector(site.root)
        changes = connector.changes(None)
        refs = {change.id: change for change in islice(changes, 3) if isinstance(change, Ref)}
        assert set(refs) == {"a.md", "secret.md", "later/c.md"}
        with pytest.raises(ConnectorError, match=r"closed \(Permission denied\)"):
            next(changes)
        with pytest.raises(ConnectorError, match="make it readable"):
            connector.fetch(refs["secret.md"])
        assert connector.fetch(refs["a.md"]).body == b"x"
    (site.root / "closed").chmod(0o755)


WRITE_FOREVER = """
import sys
print(flush=True)
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        file.write(b"x")
"""


def test_a_file_that_is_being_written_is_left_to_the_next_run(site: FolderSite) -> None:
    site.write("log.txt", "x" * 100_000)
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            WRITE_FOREVER,
            str(site.root / "log.txt"),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        connector = FolderConnector(site.root, max_bytes=1 << 40)
        outcomes = set()
        for _ in range(50):
            try:
                document = connector.fetch(listing(connector)["log.txt"])
                outcomes.add("whole" if len(document.body) == document.ref.size else "torn")
            except ConnectorError as error:
                outcomes.add("later" if "being written" in str(error) else str(error))
        assert outcomes <= {"whole", "later"}
    finally:
        writer.kill()
        writer.communicate()
