"""A folder as a source: which files, under which ids, read by whom, and what when one is bad."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from connector_contract import ConnectorContract, Site, listing
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import READABLE_BY_ANYONE, ConnectorError, Ref
from connectors.folder import SIDE_FILE, FolderConnector
from connectors.folder.walk import Selection


class FolderSite:
    """A folder that tests write to; half of the contract runs with a memory."""

    def __init__(self, root: Path, memory: Path | None) -> None:
        self.root = root
        self.memory = memory
        root.mkdir()

    def connector(self) -> FolderConnector:
        return FolderConnector(self.root, memory=self.memory)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def restrict(self, name: str, principal: str | None) -> None:
        if principal is None:
            (self.root / SIDE_FILE).unlink()
        else:
            (self.root / SIDE_FILE).write_text(f'[readers]\n"/{name}" = ["{principal}"]\n')

    def hide_readers(self) -> None:
        (self.root / SIDE_FILE).write_text("this is no TOML")

    def break_listing(self) -> None:
        """A path longer than any may be: it can be made step by step, and not be listed."""
        deep = self.root / "d"
        deep.mkdir()
        here = Path.cwd()
        try:
            os.chdir(deep)
            for _ in range(20):
                Path("x" * 250).mkdir()
                os.chdir("x" * 250)
        finally:
            os.chdir(here)


class TestContract(ConnectorContract):
    @pytest.fixture(params=["with memory", "without memory"])
    def site(self, request: pytest.FixtureRequest, tmp_path: Path) -> Site:
        memory = tmp_path / "memory.db" if request.param == "with memory" else None
        return FolderSite(tmp_path / "handbook", memory)


@pytest.fixture
def site(tmp_path: Path) -> FolderSite:
    """A folder whose connectors remember what they read."""
    return FolderSite(tmp_path / "handbook", tmp_path / "memory.db")


def names(connector: FolderConnector) -> set[str]:
    return set(listing(connector))


def refused(connector: FolderConnector, name: str) -> str:
    """Return why a listed document can not be fetched."""
    with pytest.raises(ConnectorError) as raised:
        connector.fetch(listing(connector)[name])
    assert "\n" not in str(raised.value)
    return str(raised.value)


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


# Ids, versions, addresses


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


# Bad files


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


# Who may read


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
