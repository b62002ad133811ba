"""`kurage init`: what it asks, what it writes, and what it leaves alone."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from bot import settings
from bot.cli import app
from bot.cli.init import answers, checks, files
from bot.cli.init.answers import Answers, Folder
from bot.cli.init.dialogue import Dialogue

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a folder of two documents and one that can not be read."""
    docs = tmp_path / "社内資料"
    docs.mkdir()
    (docs / "a.md").write_text("# 食堂\n\n食堂は11時に開きます。\n", "utf-8")
    (docs / "b.txt").write_text("本文です。\n", "utf-8")
    (docs / "c.doc").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    for name in ("KURAGE_HOME", "KURAGE_CONFIG", "KURAGE_DATABASE_URL", "QDRANT_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def init(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["init", *arguments])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Without questions


def test_what_is_written_is_what_every_command_reads(here: Path) -> None:
    done = init(
        *("--yes", "--folder", "社内資料", "--every", "30m", "--language", "ja"),
        *("--url-prefix", "https://intra.example.co.jp/docs/"),
    )
    assert done.exit_code == 0, done.output
    read = settings.load(environ={}, directory=here)
    assert read.config.language == "ja"
    source = read.config.sources["社内資料"]
    assert (source.path, source.every) == (here / "社内資料", "30m")
    assert source.url_prefix == "https://intra.example.co.jp/docs/"
    assert done.stdout.index("kurage ingest --all") < done.stdout.index("kurage chat")


def test_the_file_of_secrets_is_for_its_owner_alone(here: Path) -> None:
    assert init("--yes").exit_code == 0
    assert stat.S_IMODE((here / ".env").stat().st_mode) == 0o600


def test_a_second_run_with_the_same_answers_changes_nothing(here: Path) -> None:
    assert init("--yes", "--folder", "社内資料").exit_code == 0
    before = {name: (here / name).stat().st_mtime_ns for name in ("kurage.toml", ".env")}
    assert init("--yes", "--folder", "社内資料").exit_code == 0
    assert {name: (here / name).stat().st_mtime_ns for name in before} == before
    assert names(here) == {"kurage.toml", ".env", "社内資料"}


def test_a_file_that_is_there_is_not_changed_without_being_told_to(here: Path) -> None:
    (here / "kurage.toml").write_text('language = "en"\n')
    refused = init("--yes", "--folder", "社内資料")
    assert refused.exit_code == 1
    assert "+[sources" in refused.stdout
    assert (here / "kurage.toml").read_text() == 'language = "en"\n'
    assert names(here) == {"kurage.toml", "社内資料"}


def test_overwriting_keeps_what_was_written_by_hand_and_a_copy(here: Path) -> None:
    """Comments, order and other tables stay; a second copy does not replace the first."""
    by_hand = '# ours\n[search]  # words\nuser_words = ["くらげ"]\n'
    (here / "kurage.toml").write_text(by_hand, "utf-8")
    (here / ".env").write_text("# tokens\nSLACK_BOT_TOKEN=xoxb-1\n", "utf-8")
    assert init("--yes", "--folder", "社内資料", "--overwrite").exit_code == 0
    written = (here / "kurage.toml").read_text("utf-8")
    assert written.startswith("# ours\n")
    assert by_hand.removeprefix("# ours\n") in written
    assert "# tokens\nSLACK_BOT_TOKEN=xoxb-1\n" in (here / ".env").read_text("utf-8")
    assert (here / "kurage.toml.bak").read_text("utf-8") == by_hand
    assert stat.S_IMODE((here / ".env.bak").stat().st_mode) == 0o600
    assert init("--yes", "--every", "2h", "--folder", "社内資料", "--overwrite").exit_code == 0
    assert (here / "kurage.toml.bak").read_text("utf-8") == by_hand
    assert (here / "kurage.toml.bak2").exists()
    read = settings.load(environ={}, directory=here).config
    assert read.search.user_words == ("くらげ",)
    assert read.sources["社内資料"].every == "2h"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--folder", "nowhere"], "nowhere"),
        (["--every", "soon"], "soon"),
        (["--language", "fr"], "ja or en"),
        (["--generator", "oracle"], "oracle"),
        (["--url-prefix", "ftp://x"], "ftp://x"),
        (["--qdrant-url", "http://127.0.0.1:1"], "127.0.0.1:1"),
        (["--database-url", "postgresql://u:hunter2@127.0.0.1:1/x"], "127.0.0.1:1/x"),
    ],
)
def test_an_answer_that_can_not_be_used_writes_nothing(
    here: Path, options: list[str], words: str
) -> None:
    done = init("--yes", *options)
    assert done.exit_code in {1, 2}
    assert words in done.output
    assert "hunter2" not in done.output
    assert names(here) == {"社内資料"}


def test_a_broken_file_is_told_before_the_first_question(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "kurage.toml").write_text("[serach]\n")
    done = init()
    assert isinstance(done.exception, settings.SettingsError)
    assert "search" in str(done.exception)


def test_without_a_terminal_nobody_is_asked(here: Path) -> None:
    done = init()
    assert done.exit_code == 1
    assert "--yes" in done.stderr
    assert names(here) == {"社内資料"}


# The files


def given_answers(**changes: Any) -> Answers:
    return Answers("en", generator="extractive", **changes)


SECRETS = {
    "database_url": "postgresql://kurage:hunter2@db.example/kurage",
    "qdrant_url": "https://q.example:6333",
    "qdrant_api_key": "hunter2",
}


def test_no_secret_shows_in_what_is_shown(tmp_path: Path) -> None:
    for _ in range(2):  # a new file, then the difference to one that is there
        made = files.drafts(given_answers(**SECRETS), tmp_path)
        shown = "\n".join(line for draft in made for line in (draft.shown(), *draft.diff()))
        assert "hunter2" not in shown
        assert "db.example" in shown
        (tmp_path / ".env").write_text("KURAGE_DATABASE_URL=postgresql://a:hunter2@b/c\n")


def test_secrets_are_read_back_as_they_were_given(tmp_path: Path) -> None:
    files.write(files.drafts(given_answers(**SECRETS), tmp_path))
    read = settings.load(environ={}, directory=tmp_path)
    assert read.database_url.get_secret_value() == SECRETS["database_url"]
    assert read.qdrant_url == SECRETS["qdrant_url"]
    assert read.qdrant_api_key is not None
    assert read.qdrant_api_key.get_secret_value() == SECRETS["qdrant_api_key"]


def test_going_back_to_the_defaults_removes_the_lines(tmp_path: Path) -> None:
    files.write(files.drafts(given_answers(**SECRETS), tmp_path))
    files.write(files.drafts(given_answers(), tmp_path))
    assert "hunter2" not in (tmp_path / ".env").read_text("utf-8")


def test_a_folder_that_can_not_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "kurage.toml").write_text('language = "ja"\n')
    made = files.drafts(given_answers(), tmp_path)
    lost = files.Draft(tmp_path / "gone" / ".env", None, "", private=True)
    with pytest.raises(OSError, match="gone"):
        files.write([*made, lost])
    assert (tmp_path / "kurage.toml").read_text() == 'language = "ja"\n'
    assert names(tmp_path) == {"kurage.toml"}


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "env").write_text("A=1\n")
    (tmp_path / ".env").symlink_to(tmp_path / "real" / "env")
    files.write(files.drafts(given_answers(), tmp_path))
    assert (tmp_path / ".env").is_symlink()
    assert "KURAGE_GENERATOR" in (tmp_path / "real" / "env").read_text()


@given(st.text(min_size=1).map(lambda name: name.replace("/", "").replace("\x00", "")))
def test_any_folder_name_gives_a_name_that_a_source_may_have(name: str) -> None:
    taken = {"docs"}
    chosen = answers.suggested_name(Path("/x") / name, taken)
    assert answers.source_name(chosen) == chosen
    assert chosen not in taken


# The dialogue


class Script:
    """A reader whose answers are written down beforehand; at their end somebody leaves."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self.secrets = 0

    def __call__(self, prompt: str, *, secret: bool = False, paths: bool = False) -> str:
        self.secrets += secret
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)


def ask(*lines: str, taken: tuple[str, ...] = ()) -> tuple[Answers, str, Script]:
    script, console = Script(*lines), Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    dialogue = Dialogue(console, script, Answers("en"))
    with console.file:
        found = dialogue.run(taken=taken, generators=["extractive"])
    return found, console.export_text(), script


def test_enter_alone_takes_the_defaults(here: Path) -> None:
    found, shown, _ = ask("", "社内資料", "", "", "", "", "", "")
    folder = Folder("社内資料", here / "社内資料")
    assert found == Answers("en", (folder,), "1h", "extractive")
    assert "2 documents can be read (.md 1, .txt 1)" in shown
    assert "1 can not, such as c.doc" in shown


def test_the_first_answer_changes_the_language_of_the_others(here: Path) -> None:
    found, shown, _ = ask("ja", "社内資料", "", "", "", "", "", "")
    assert found.language == "ja"
    assert "2 件の文書を読めます" in shown


def test_an_answer_that_can_not_be_used_is_explained_and_asked_again(here: Path) -> None:
    lines = ("fr", "en", "nowhere", "社内資料/a.md", "社内資料", "a b", "wiki", "ftp://x", "")
    found, shown, _ = ask(*lines, "", "soon", "２h", "9", "1", "")
    assert [folder.name for folder in found.folders] == ["wiki"]
    assert found.every == "2h"
    for words in ("one of ja・en", "no folder", "is a file", "another name", "https://", "30m"):
        assert words in shown


def test_a_server_that_does_not_answer_is_told_and_another_place_can_be_chosen(here: Path) -> None:
    """The password is asked for apart, unseen, and shows nowhere."""
    qdrant = ("2", "http://127.0.0.1:1", "hunter2", "1")
    database = ("2", "postgresql://u@127.0.0.1:1/x", "hunter2", "1")
    found, shown, script = ask("", "社内資料", "", "", "", "", *qdrant, *database)
    assert (found.qdrant_url, found.database_url) == (None, None)
    assert shown.count("127.0.0.1:1") >= 2
    assert "hunter2" not in shown
    assert script.secrets == 2


def test_with_sources_at_hand_no_folder_is_needed() -> None:
    found, shown, _ = ask("", "", "", "", taken=("wiki",))
    assert found.folders == ()
    assert "Sources so far: wiki" in shown


# What is tried on the spot


class _Qdrant(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/collections":
            body, code = b"<html>", 200
        elif self.headers["api-key"] != "right":
            body, code = b"{}", 403
        else:
            body, code = json.dumps({"result": {"collections": [{"name": "a"}]}}).encode(), 200
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """A server on loopback that answers Qdrant's list of collections to whoever has the key."""
    with HTTPServer(("127.0.0.1", 0), _Qdrant) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_qdrant_server_is_asked_with_its_key(server: str) -> None:
    assert checks.qdrant(f"{server}/", "right") == 1
    with pytest.raises(checks.CheckError, match="API key"):
        checks.qdrant(server, "wrong")
    with pytest.raises(checks.CheckError, match="no Qdrant"):
        checks.qdrant(f"{server}/other", "right")


def test_a_database_is_connected_to(sqlite_url: str) -> None:
    found = checks.database(sqlite_url)
    assert (found.revision, found.current) == (None, False)


def test_a_password_is_put_into_a_url_whatever_its_characters() -> None:
    url = checks.with_password("postgresql://kurage@db/kurage", "p@ss/w:rd%")
    assert checks.has_password(url)
    assert url == "postgresql://kurage:p%40ss%2Fw%3Ard%25@db/kurage"


# In a real terminal


def in_terminal(folder: Path, *sent: bytes) -> tuple[int, str]:
    """Run `kurage init` on a terminal; each text is typed when the next prompt stands there."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "ja_JP.UTF-8",
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-m", "bot.cli", "init"], environ)
    seen, waiting, deadline = b"", list(sent), time.monotonic() + 90
    mark = 0
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
            if waiting and "›".encode() in seen[mark:]:
                mark = len(seen)
                # The prompt is drawn before it listens.
                time.sleep(0.1)
                os.write(terminal, waiting.pop(0))
        else:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(terminal)
    _, status = os.waitpid(child, 0)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode("utf-8", "replace"))
    return os.waitstatus_to_exitcode(status), text


def test_ctrl_c_in_the_middle_leaves_nothing_behind(here: Path) -> None:
    code, shown = in_terminal(here, b"\r", b"\x03")
    assert code == 1
    assert "何も書き込んでいません" in shown
    assert names(here) == {"社内資料"}


def test_the_end_of_input_in_the_middle_leaves_nothing_behind(here: Path) -> None:
    code, _ = in_terminal(here, b"\r", b"\x04")
    assert code == 1
    assert names(here) == {"社内資料"}
