"""A Qdrant server that is down, restarts, refuses, is slow or full: clear errors, nothing lost."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from index_contract import EVERYONE, ask, chunks, document, encode, found, put
from rigs.qdrant import QdrantRig
from server_process import CHUNKS
from servers import Place, running_rig

from ingest.index import Index, SearchIndexError, StoredPoint, payload, point_id
from ingest.server import Address, ServerIndex, ServerWriter, health
from ingest.server.requests import WRITING
from ingest.server.uploads import Uploads

BATCH = "*/points/batch"
PROCESS = Path(__file__).with_name("server_process.py")


@pytest.fixture
def rig() -> Iterator[QdrantRig]:
    """A server that this test alone may hurt."""
    with running_rig() as running:
        yield running
        assert running.violations() == []


@pytest.fixture
def there(rig: QdrantRig) -> Place:
    return Place(Address(rig.url, api_key="hunter2"))


def fill(there: Place, documents: int = 3) -> None:
    with there.writer() as index:
        for number in range(documents):
            put(index, document(str(number)), *"甲乙丙")
        index.publish()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(address: Address, *, patience: float = 0.0) -> str:
    """Return what a question to this address ends with."""
    index = ServerIndex(address, "kurage", patience=patience)
    with pytest.raises(SearchIndexError) as caught:
        index.search(ask("甲"), readers=[EVERYONE], limit=3)
    index.close()
    assert "\n" not in str(caught.value)
    assert "hunter2" not in f"{caught.value} {address!r} {caught.value.__cause__}"
    return str(caught.value)


class TestWhatIsSaid:
    """One line that names the server, says what to change, and never shows the key."""

    def test_of_a_port_where_nothing_listens(self) -> None:
        port = free_port()
        began = time.monotonic()
        line = said(Address(f"http://127.0.0.1:{port}", api_key="hunter2"), patience=0.5)
        assert f"no Qdrant server answers at 127.0.0.1:{port} (" in line
        assert line.endswith("start it, or mend QDRANT_URL")
        assert time.monotonic() - began < 5

    def test_of_a_host_that_nobody_knows(self) -> None:
        line = said(Address("http://qdrant.invalid", api_key="hunter2"))
        assert "no address is known for the host of qdrant.invalid:6333" in line

    def test_of_grpc_where_nothing_listens(self) -> None:
        port = free_port()
        line = said(Address("http://127.0.0.1", api_key="hunter2", grpc_port=port))
        assert f"no Qdrant server answers at 127.0.0.1:{port}" in line

    @pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"result": null}'])
    def test_of_something_else_than_qdrant(self, body: bytes) -> None:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with http.server.HTTPServer(("127.0.0.1", 0), Page) as web:
            thread = threading.Thread(target=web.serve_forever, args=(0.01,))
            thread.start()
            try:
                line = said(Address(f"http://127.0.0.1:{web.server_port}"))
            finally:
                web.shutdown()
                thread.join()
        assert "is no Qdrant server" in line

    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ({"status": 401}, "does not accept the API key; set QDRANT_API_KEY"),
            ({"status": 403}, "does not accept the API key; set QDRANT_API_KEY"),
            ({"status": 400}, "refused it (400 Bad request: this request is refused"),
            ({"status": 429, "retry_after": 30}, "is too busy; try again in 30 s"),
            ({"status": 429}, "is too busy; try again later"),
            ({"status": 503}, "is too busy; try again later"),
            ({"status": 500}, "fails (500 Service internal error: task 42 panicked); see its log"),
            ({"status": 502}, "fails (502"),
            ({"status": 507}, "the disk of Qdrant at"),
            ({"cut": "before"}, "no Qdrant server answers at"),
            ({"cut": "body"}, "no Qdrant server answers at"),
        ],
        ids=lambda value: str(value) if isinstance(value, dict) else "",
    )
    def test_of_an_answer_that_is_none(
        self, rig: QdrantRig, there: Place, how: dict[str, object], words: str
    ) -> None:
        rig.fail(**how)  # type: ignore[arg-type]
        assert words in said(there.address)

    def test_of_a_server_that_takes_too_long(self, rig: QdrantRig) -> None:
        rig.fail(delay=3)
        line = said(Address(rig.url, api_key="hunter2", timeout=1))
        assert "took too long" in line
        assert "`timeout` of [index]" in line


def test_a_certificate_is_checked_against_the_one_that_is_configured(tmp_path: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    pem, ca_file, other = tmp_path / "server.pem", tmp_path / "ca.pem", tmp_path / "other.pem"
    ours.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    ours.cert_pem.write_to_path(str(ca_file))
    theirs.cert_pem.write_to_path(str(other))
    (tmp_path / "empty.pem").touch()
    with running_rig(certificate=pem) as rig:
        assert "nothing is indexed" in said(Address(rig.url, ca_file=ca_file))
        for untrusted in (None, other):
            assert "can not be trusted (unable to" in said(Address(rig.url, ca_file=untrusted))
        assert "holds no certificate" in said(Address(rig.url, ca_file=tmp_path / "empty.pem"))
        assert "can not be read" in said(Address(rig.url, ca_file=tmp_path / "none"))


class TestPatience:
    def test_a_sync_waits_minutes_only_for_a_server_that_was_there(self) -> None:
        began = time.monotonic()
        with Place(Address(f"http://127.0.0.1:{free_port()}")).writer(patience=60) as index:
            with pytest.raises(SearchIndexError, match="no Qdrant server answers"):
                index.versions("handbook")
            assert time.monotonic() - began < 20

    def test_a_question_survives_a_hiccup_and_a_reader_a_restart(
        self, rig: QdrantRig, there: Place
    ) -> None:
        fill(there)
        index = there.reader(patience=2.0)
        everything = [("0", 0), ("1", 0), ("2", 0)]
        rig.fail(path="*/query/batch", status=503)
        rig.fail(path="*/query/batch", cut="after")
        assert sorted(found(index.search(ask("甲"), readers=[EVERYONE], limit=9))) == everything
        rig.kill()
        began = time.monotonic()
        with pytest.raises(SearchIndexError, match="no Qdrant server answers"):
            index.search(ask("甲"), readers=[EVERYONE], limit=9)
        assert time.monotonic() - began < 6
        rig.start()
        assert sorted(found(index.search(ask("甲"), readers=[EVERYONE], limit=9))) == everything
        index.close()

    def test_a_server_that_asks_for_a_pause_gets_it(self, rig: QdrantRig, there: Place) -> None:
        rig.fail("POST", BATCH, status=429, retry_after=1)
        began = time.monotonic()
        fill(there)
        assert time.monotonic() - began >= 1
        assert [request.status for request in rig.requests("POST", BATCH)][:2] == [429, 200]

    @pytest.mark.parametrize("how", ["before", "after", "body"])
    def test_a_change_whose_answer_was_lost_is_made_once(
        self, rig: QdrantRig, there: Place, how: str
    ) -> None:
        rig.fail("*", "*", cut=how, skip=1, times=1)
        rig.fail("POST", BATCH, cut=how)
        fill(there)
        with there.writer() as index:
            assert index.count() == (3, 9)
            assert index._make().unfinished() == 0

    def test_a_server_that_dies_amid_a_sync_and_comes_back_has_everything(
        self, rig: QdrantRig, there: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.server.writer._BATCH", 10)
        rig.fail("POST", BATCH, kill="after", skip=3)
        stop = threading.Event()

        def revive() -> None:
            while not stop.wait(0.1):
                rig.start()

        operator = threading.Thread(target=revive)
        operator.start()
        try:
            fill(there, documents=60)
        finally:
            stop.set()
            operator.join()
        with there.writer() as index:
            assert index.count() == (60, 180)
            assert len(index.versions("handbook")) == 60
            assert index._make().unfinished() == 0

    def test_a_request_that_is_too_large_is_sent_in_parts(self, tmp_path: Path) -> None:
        with running_rig(max_body=30_000) as rig:
            there = Place(Address(rig.url))
            with there.writer() as index:
                for number in range(30):
                    put(index, document(str(number)), *["甲" * 100] * 5)
                assert index.count() == (30, 150)
                assert {r.status for r in rig.requests("POST", BATCH)} == {200, 400}
            with (
                pytest.raises(SearchIndexError, match="max_request_size_mb"),
                there.writer() as index,
            ):
                put(index, document("huge"), "甲" * 20_000)
            assert rig.violations() == []


ENDS: dict[str, Callable[[ServerWriter], object]] = {
    "replace": lambda index: [put(index, document(str(n)), *"甲" * 600) for n in range(99)],
    "publish": lambda index: index.publish(),
    "versions": lambda index: index.versions("handbook"),
    "exit": lambda index: index.__exit__(None, None, None),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_error_of_an_uploading_thread_reaches_the_caller(
    rig: QdrantRig, there: Place, end: str
) -> None:
    fill(there)
    rig.fail("POST", BATCH, status=403, times=None)
    index = there.writer()
    put(index, document("new"), *"甲" * 600)
    with pytest.raises(SearchIndexError, match="QDRANT_API_KEY"):
        ENDS[end](index)
    index.close()
    rig.recover()
    with there.writer() as again:
        assert set(again.versions("handbook")) == {"0", "1", "2"}


def test_a_full_queue_blocks_who_fills_it() -> None:
    """Documents are prepared faster than a slow server takes them, and memory is bounded."""
    go, begun = threading.Event(), threading.Semaphore(0)

    def task() -> None:
        begun.release()
        go.wait()

    uploads: Uploads[int] = Uploads(2)
    submitted: list[int] = []

    def fill_queue() -> None:
        for number in range(9):
            uploads.submit([number], task)
            submitted.append(number)

    filler = threading.Thread(target=fill_queue)
    filler.start()
    assert begun.acquire(timeout=10)
    assert begun.acquire(timeout=10)
    time.sleep(0.2)
    assert submitted == [0, 1, 2, 3]
    assert uploads.writes(0)
    go.set()
    filler.join(timeout=10)
    uploads.drain()
    assert (len(submitted), uploads.writes(0)) == (9, False)
    uploads.close()


class TestDeadWriters:
    def leave(self, index: ServerWriter, document_id: str, *, first: bool) -> None:
        """Leave a document as a writer leaves it that dies amid writing version 2."""
        what = document(document_id, version="2")
        points = index._make()
        note = StoredPoint(
            point_id("notes", document_id, 0),
            {},
            {"source": "handbook", "ordinal": WRITING, "writing": [document_id]},
        )
        points.put([note])
        for chunk in chunks(*"新新新")[0 if first else 1 :]:
            place = point_id("handbook", document_id, chunk.ordinal)
            points.put([StoredPoint(place, encode(chunk.text), payload(what, chunk))])

    def test_what_a_dead_writer_left_is_mended_by_the_next(self, there: Place) -> None:
        """New documents in part are removed: a sync does not know of them, if they are gone."""
        fill(there)
        with there.writer() as index:
            self.leave(index, "new", first=False)
            self.leave(index, "0", first=False)
            self.leave(index, "1", first=True)
        assert health(there.address, there.prefix).unfinished == 3
        with there.writer() as looking:
            before = looking.versions("handbook")
        assert {id_: held.version for id_, held in before.items()} == {"0": "1", "1": "2", "2": "1"}
        assert health(there.address, there.prefix).unfinished == 3, "looking changes nothing"
        with there.writer() as index:
            assert index.versions("handbook") == before
            index.publish()
            assert index.versions("handbook") == before
            assert index.search(ask("新"), readers=[EVERYONE], limit=99) == index.search(
                ask("新"), readers=[EVERYONE], limit=99, sources=["handbook"]
            )
            ids = {point.payload["document_id"] for point in index.points()}
        assert ids == {"0", "1", "2"}
        assert health(there.address, there.prefix).unfinished == 0

    def test_another_source_under_way_is_left_alone(self, there: Place) -> None:
        fill(there)
        with there.writer() as theirs, there.writer() as ours:
            self.leave(theirs, "new", first=False)
            put(ours, document("a", source="wiki"), "甲")
            ours.publish()
        assert health(there.address, there.prefix).unfinished == 1

    def test_a_writer_killed_at_any_moment_leaves_whole_documents(self, there: Place) -> None:
        """Each counts as absent, old or new; the next run makes them what they shall be."""
        environment = {**os.environ, "PYTHONPATH": str(PROCESS.parents[2])}
        environment["PYTHONPATH"] += f"{os.pathsep}{PROCESS.parents[1]}"
        for pause in (0.0, 0.02, 0.07):
            with subprocess.Popen(
                [sys.executable, str(PROCESS), there.address.url, there.prefix, "200"],
                stdout=subprocess.PIPE,
                env=environment,
            ) as process:
                assert process.stdout
                assert process.stdout.readline()
                time.sleep(pause)
                process.send_signal(signal.SIGKILL)
            with there.writer() as index:
                self.check(index)
                for number in range(100):
                    put(index, document(str(number), version="0"), "末")
                index.delete("handbook", [str(number) for number in range(100, 200)])
                index.publish()
                assert index.count() == (100, 100)
                assert len(list(index.points())) == 100

    def check(self, index: Index) -> None:
        for document_id, held in index.versions("handbook").items():
            if held.version != "0":
                hits = index.chunks("handbook", document_id)
                assert len(hits) == CHUNKS
                # The dead writer's last request may have arrived since: its own version counts.
                assert hits[0].chunk.text == f"全{hits[0].document.version}"
