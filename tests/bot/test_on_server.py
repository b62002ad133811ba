"""The whole program on a Qdrant server instead of the embedded index."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from rigs.qdrant import QdrantRig
from test_cli import runner

from bot.app import App
from bot.doctor import CHECKS, Finding
from bot.settings import FolderSource, Settings, load

TEXT = """# 就業規則

## 有給休暇の申請

年次有給休暇は、取得日の3営業日前までに勤怠システムから申請する。
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[QdrantRig]:
    """A server that this test alone uses."""
    with QdrantRig(tmp_path / "qdrant", api_key="hunter2") as running:
        yield running
        assert running.violations() == []


@pytest.fixture
def settings(tmp_path: Path, rig: QdrantRig) -> Settings:
    """An installation whose index is on the server."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "rules.md").write_text(TEXT, "utf-8")
    return load({"QDRANT_URL": rig.url, "QDRANT_API_KEY": "hunter2"}, tmp_path)


def index_findings(kurage: App) -> list[Finding]:
    return list(CHECKS["index"](kurage))


def test_a_folder_is_mirrored_asked_and_changed(tmp_path: Path, settings: Settings) -> None:
    """Nothing of the index lies in KURAGE_HOME, and a change is answered from without a restart."""
    rules = tmp_path / "docs" / "rules.md"
    source = FolderSource(kind="folder", path=rules.parent, url_prefix="https://intra.example/")
    kurage = App(settings)
    try:
        report = kurage.sync("docs", source)
        assert (report.written, report.stopped) == (1, None)
        ask = kurage.ask("有給休暇は何日前までに申請する？", as_=None, language="ja")
        answer = asyncio.run(ask)
        assert answer.state == "answered"
        assert "3営業日前" in "".join(statement.text for statement in answer.statements)
        [cited] = answer.sources
        assert cited.hit.url.startswith("https://intra.example/rules.md#")
        [first, second] = index_findings(kurage)
        assert (first.level, second.level) == ("ok", "ok")
        assert second.message.endswith("1 documents, 1 chunks")
        rules.write_text(TEXT.replace("3営業日前", "5営業日前"), "utf-8")
        assert kurage.sync("docs", source).written == 1
        assert kurage.sync("docs", source).unchanged == 1
        [hit] = kurage.retriever.search("有給休暇", kurage.principals(None), limit=3)
        assert "5営業日前" in hit.chunk.text
        assert not (settings.home / "index").exists()
    finally:
        kurage.close()


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        ("yellow", "ok", "being optimised (yellow)"),
        ("grey", "warning", "(grey)"),
        ("red", "problem", "see the log of the Qdrant server"),
    ],
)
def test_the_doctor_tells_how_a_collection_is(
    rig: QdrantRig, settings: Settings, status: str, level: str, words: str
) -> None:
    kurage = App(settings)
    try:
        with kurage.index_writer() as index:
            index.delete("docs", ["none"])  # makes an empty collection
            index.publish()
        rig.report(status)
        finding = index_findings(kurage)[-1]
        assert finding.level == level
        assert words in finding.message
    finally:
        kurage.close()


def test_the_key_is_accepted_from_the_environment_alone_and_never_shown(
    settings: Settings,
) -> None:
    assert "hunter2" not in repr(settings)
    wrong = settings.model_copy(update={"qdrant_api_key": SecretStr("guessed")})
    kurage = App(wrong)
    try:
        with pytest.raises(Exception, match="QDRANT_API_KEY") as caught:
            kurage.index.count()
        assert "guessed" not in str(caught.value)
    finally:
        kurage.close()


def test_a_server_that_is_down_ends_each_command_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    (tmp_path / "kurage.toml").write_text('[sources.docs]\nkind = "folder"\npath = "."\n', "utf-8")
    kurage = runner(tmp_path / "home", tmp_path)
    for arguments in (["ask", "有給は？"], ["search", "有給"], ["ingest", "docs", "--dry-run"]):
        done = kurage(*arguments, code=1, QDRANT_URL=url)
        [line] = done.stderr.strip().splitlines()
        assert f"no Qdrant server answers at {url.removeprefix('http://')}" in line
        assert done.stdout == ""
    findings = kurage("doctor", code=1, QDRANT_URL=url).stdout
    assert "no Qdrant server answers" in findings


def test_the_embedded_index_does_not_load_the_client_of_the_server(tmp_path: Path) -> None:
    """It takes a second, of the 0.8 that a question has."""
    code = (
        "import sys; from bot import app, doctor; kurage = app.App(app.settings_.load({}));"
        "kurage.index; kurage.index_writer(); kurage.close();"
        "print([m for m in sys.modules if m.split('.')[0] in {'qdrant_client', 'grpc', 'httpx'}])"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
