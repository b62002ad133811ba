"""Bad input through all of ingest: one clear line for each, the rest goes on, nothing is lost.

Real folder, real child processes, real extraction, encoding and embedded index.
"""

from __future__ import annotations

import io
import os
import random
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pytest

from connectors.folder import FolderConnector
from ingest.edge import EdgeIndex, EdgeWriter
from ingest.encode import Encoder
from ingest.index import SearchIndexError
from ingest.japanese import Analyzer
from ingest.lexical import LexicalEncoder
from ingest.prepare import build_pipeline, pipeline_fingerprint
from ingest.state import ADMINISTRATOR, Base, State, StateError, open_engine
from ingest.sync import Progress, Report, sync
from ingest.workers import Workers

GOOD = "# 休暇\n有給休暇は取得日の3営業日前までに申請します。\n"


def build_encoder() -> Encoder:
    return LexicalEncoder(Analyzer())


@dataclass
class Desk:
    """A folder, and a state directory that it is ingested into."""

    path: Path
    memory_mb: int = 1500
    seconds: float = 60.0
    reserve: int = 0

    @cached_property
    def root(self) -> Path:
        root = self.path / "handbook"
        root.mkdir(exist_ok=True)
        return root

    @cached_property
    def home(self) -> Path:
        home = self.path / "home"
        home.mkdir(exist_ok=True)
        return home

    @cached_property
    def encoder(self) -> Encoder:
        return build_encoder()

    @cached_property
    def state(self) -> State:
        engine = open_engine(f"sqlite:///{self.home / 'kurage.db'}")
        Base.metadata.create_all(engine)
        return State(engine)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def ingest(self, on_progress: Callable[[Progress], None] = lambda _: None) -> Report:
        fingerprint = pipeline_fingerprint(self.encoder)
        with (
            EdgeWriter(
                self.home / "index", fingerprint, self.encoder.vectors, reserve=self.reserve
            ) as index,
            Workers(
                partial(build_pipeline, build_encoder),
                fingerprint,
                count=1,
                memory_mb=self.memory_mb,
                seconds=self.seconds,
            ) as prepare,
        ):
            connector = FolderConnector(self.root, memory=self.home / "folder.db")
            return sync(
                connector, index, self.state, prepare, source="handbook", on_progress=on_progress
            )

    def documents(self, question: str = "有給休暇") -> set[str]:
        """Return the ids of the documents that a question finds."""
        index = EdgeIndex(self.home / "index")
        try:
            hits = index.search(
                self.encoder.encode_query(question),
                readers=self.state.reader_set_ids({ADMINISTRATOR}),
                limit=1000,
            )
            return {hit.document.id for hit in hits}
        finally:
            index.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with one good document."""
    desk = Desk(tmp_path)
    desk.write("good.md", GOOD)
    yield desk
    if "state" in desk.__dict__:
        desk.state._engine.dispose()


def line(report: Report, name: str) -> str:
    """Return the one line about a document that failed."""
    lines = [reason for failed, reason in report.failed if failed == name]
    assert len(lines) == 1, report.failed
    assert "\n" not in lines[0]
    assert len(lines[0]) < 300
    assert "please report" not in lines[0], "a fault of ours, not a bad file"
    return lines[0]


# Files


def pdf(text: str = "Hello", trailer: str = "") -> bytes:
    """Return a PDF of one page."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 7\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size 7 /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def encrypted_pdf() -> bytes:
    """Return a PDF whose password is not the empty one: its check value is none of any password."""
    secret = "00" * 32
    return pdf(
        trailer=f"/ID [<{secret}> <{secret}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4"
        f" /O <{secret}> /U <{secret}> >>"
    )


def docx(document: bytes | Iterator[bytes]) -> bytes:
    """Return a Word file with this main part."""
    out = io.BytesIO()
    office = "http://schemas.openxmlformats.org"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{office}/package/2006/content-types"><Override '
            f'PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        with package.open("word/document.xml", "w") as part:
            for piece in [document] if isinstance(document, bytes) else document:
                part.write(piece)
    return out.getvalue()


def word_xml(body: str, before: str = "") -> bytes:
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return (
        f'<?xml version="1.0"?>{before}<w:document xmlns:w="{namespace}"><w:body>'
        f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>"
    ).encode()


def zip_bomb() -> bytes:
    """Return a Word file of 300 kB whose text has 300 MB."""
    head, tail = word_xml("TEXT").split(b"TEXT")
    return docx(iter([head, *[b"a" * (10 << 20)] * 30, tail]))


def expanding_xml() -> bytes:
    """Return a Word file whose entities expand to a billion words."""
    entities = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
    )
    return docx(word_xml("&e9;", before=f"<!DOCTYPE w [{entities}]>"))


@dataclass(frozen=True)
class Bad:
    """A document that can be read, and what becomes of it."""

    title: str
    name: str
    good: Callable[[], bytes]
    bad: Callable[[], bytes]
    said: str
    """What the line about it has to say."""


def text() -> bytes:
    return GOOD.encode()


def word() -> bytes:
    return docx(word_xml("有給休暇は取得日の3営業日前までに申請します。"))


def mojibake() -> bytes:
    return (GOOD * 9).encode().decode("cp932", "replace").encode()


OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(99)
NOISE = random.Random(7).randbytes(5000)

BAD = [
    Bad("an encrypted PDF", "encrypted.pdf", pdf, encrypted_pdf, "password|encrypted"),
    Bad("a truncated PDF", "truncated.pdf", pdf, lambda: pdf()[:200], "damaged|truncated"),
    Bad("a PDF of 0 bytes", "empty.pdf", pdf, bytes, "0 bytes"),
    Bad("a zip bomb as docx", "bomb.docx", word, zip_bomb, "bomb|too large"),
    Bad("XML with entity expansion", "laughs.docx", word, expanding_xml, "DTD|DOCTYPE|entit"),
    Bad("a truncated docx", "truncated.docx", word, lambda: word()[:300], "truncated|damaged"),
    Bad("a picture called docx", "picture.docx", word, lambda: PICTURE, "image|PNG"),
    Bad("mojibake", "mojibake.txt", text, mojibake, "mojibake"),
    Bad("an unknown media type", "noise.xyz", text, lambda: NOISE, "type|text"),
    Bad("an old Word file", "old.doc", text, lambda: OLD_WORD, "Word|OLE2|doc"),
    Bad("a page without text", "empty.html", text, lambda: b"<html><img></html>", "no text"),
]
by_title = pytest.mark.parametrize("bad", [pytest.param(bad, id=bad.title) for bad in BAD])


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Report, set[str]]:
    """A folder is read while its documents are good, and again when all but one are bad.

    Returns both reports, and the names of what is found after the second run.
    """
    desk = Desk(tmp_path_factory.mktemp("bad"))
    desk.write("good.md", GOOD)
    for bad in BAD:
        desk.write(bad.name, bad.good())
    before = desk.ingest()
    for bad in BAD:
        desk.write(bad.name, bad.bad())
    desk.write("new.md", GOOD)
    after = desk.ingest()
    found = desk.documents() | desk.documents("Hello")
    desk.state._engine.dispose()
    return before, after, found


@by_title
def test_a_bad_file_is_one_line_that_says_what_to_do(
    bad_files: tuple[Report, Report, set[str]], bad: Bad
) -> None:
    _, report, _ = bad_files
    assert re.search(bad.said, line(report, bad.name)), line(report, bad.name)


@by_title
def test_a_document_that_turned_bad_is_found_as_it_was(
    bad_files: tuple[Report, Report, set[str]], bad: Bad
) -> None:
    before, _, found = bad_files
    assert bad.name not in dict(before.failed)
    assert bad.name in found


def test_beside_bad_files_the_rest_goes_on(bad_files: tuple[Report, Report, set[str]]) -> None:
    before, after, found = bad_files
    assert before.written == len(BAD) + 1
    assert (after.written, after.deleted, after.unchanged) == (1, 0, 1)
    assert {"good.md", "new.md"} <= found


def test_a_wrong_extension_does_not_keep_a_document_from_being_read(desk: Desk) -> None:
    desk.write("really-word.txt", word())
    desk.write("really-html.md", f"<!DOCTYPE html><html><body><p>{GOOD}</p></body></html>")
    desk.write("no-suffix", GOOD)
    desk.write("really-text.pdf", GOOD)
    report = desk.ingest()
    assert "no pdf" in line(report, "really-text.pdf"), "what claims to be binary may be damaged"
    assert desk.documents() == {"good.md", "really-word.txt", "really-html.md", "no-suffix"}


def test_a_text_file_of_200_mb_is_refused_without_being_read(desk: Desk) -> None:
    with (desk.root / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)  # sparse: reading it would take no disk, but 200 MB of memory
    report = desk.ingest()
    assert "200 MB are more than the limit of 50 MB" in line(report, "huge.txt")
    assert desk.documents() == {"good.md"}


def test_a_file_that_vanishes_while_the_folder_is_read_fails_alone(desk: Desk) -> None:
    for n in range(40):
        desk.write(f"{n:02}.md", GOOD)

    def vanish(progress: Progress) -> None:
        if progress.stage == "read":
            (desk.root / "39.md").unlink(missing_ok=True)

    report = desk.ingest(vanish)
    assert line(report, "39.md") == "it was removed while the folder was read"
    assert len(desk.documents()) == 40
    again = desk.ingest()
    assert (again.failed, again.deleted, again.written) == ([], 0, 0)


def test_a_document_that_takes_too_much_memory_costs_only_itself(desk: Desk) -> None:
    desk.memory_mb = 150
    desk.write("large.csv", "番号,内容\n" + "1,有給休暇の申請\n" * 1_000_000)
    report = desk.ingest()
    assert "150 MB of memory" in line(report, "large.csv")
    assert desk.documents() == {"good.md"}


def test_a_document_that_takes_too_long_costs_only_itself(desk: Desk) -> None:
    desk.seconds = 6.0
    desk.write("long.txt", "有給休暇は取得日の3営業日前までに申請します。\n" * 200_000)
    report = desk.ingest()
    assert "longer than 6 s" in line(report, "long.txt")
    assert desk.documents() == {"good.md"}


# The machine


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
from test_bad_input import Desk
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
