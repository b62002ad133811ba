"""The log of `kurage serve`: one line an event, no texts, no secrets, whoever writes it."""

from __future__ import annotations

import io
import json
import logging
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.serve import logs
from bot.serve.redact import GONE, Redactor
from bot.settings import Serve

BOT_TOKEN = "xoxb-1234567890-0987654321-AbCdEfGhIjKlMnOpQrStUvWx"
APP_TOKEN = "xapp-1-A0KURAGE01-1234567890-0123456789abcdef0123456789abcdef"
DISCORD_TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
RESPONSE_URL = "https://hooks.slack.com/commands/T0KURAGE01/123456/AbCdEfGh"
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5OkFiQ2RFZkdo"
HOSTILE = [
    (f"Failed to call with {BOT_TOKEN}", BOT_TOKEN),
    (f"token={APP_TOKEN}&x=1", APP_TOKEN),
    ("xoxe.xoxb-1-Mi0yLTEyMzQ1", "Mi0yLTEyMzQ1"),
    ("refused ATATT3xFfGF0Ab-Cd_Ef=1A2B3C4D", "ATATT3xFfGF0Ab-Cd_Ef=1A2B3C4D"),
    (f"login as {DISCORD_TOKEN} refused", DISCORD_TOKEN),
    (f"posting to {RESPONSE_URL}?x=1", "123456/AbCdEfGh"),
    ("POST http://127.0.0.1:8080/actions/T0KURAGE01/12/AbCdEf", "AbCdEf"),
    (f"https://discord.com/api/v10/webhooks/99887766/{INTERACTION}/messages/1", INTERACTION),
    ("POST /api/v10/interactions/998877/se-cr.et/callback", "se-cr.et"),
    ("postgresql+psycopg://kurage:hunter2@db:5432/kurage", "hunter2"),
    ("postgresql://kurage:hun/ter@2@db/kurage", "hun/ter@2"),
    ("wss://wss.slack.com/link/?ticket=0a1b2c3d&app_id=1", "0a1b2c3d"),
    ("{'Authorization': 'Bot abcdefg', 'X': 1}", "abcdefg"),
    ('{"authorization": "Bearer abcdefg"}', "abcdefg"),
    ("{'token': 'abcdefg', 'ok': True}", "abcdefg"),
    ("PGPASSWORD=hunter2 kurage serve", "hunter2"),
    ('{"response_url": "http://127.0.0.1/x/abcdefg"}', "abcdefg"),
    ("QDRANT_API_KEY: hunter2", "hunter2"),
    ("the token: abcdefghijklmnopqr", "abcdefghijklmnopqr"),
    ("secret=abcdefg", "abcdefg"),
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log as JSON, of a process that knows one secret by heart."""
    yield from configured(Serve(log_format="json"))


def configured(serve: Serve) -> Iterator[io.StringIO]:
    """Yield what is logged; loggers are as before afterwards."""
    levels = {name: logging.getLogger(name).level for name in (*logs.OURS, None)}
    stream = io.StringIO()
    handler = logs.configure(serve, Redactor(["p@ss/word-of-ours"]), stream)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_an_event_is_a_line_with_its_fields(log: io.StringIO) -> None:
    structlog.get_logger("bot.inbox").info("received", turn="K7F3Q2", platform="slack", ms=1.5)
    [line] = lines(log)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "event": "received",
        "logger": "bot.inbox",
        "turn": "K7F3Q2",
        "platform": "slack",
        "ms": 1.5,
    }


def test_the_standard_library_s_lines_look_the_same(log: io.StringIO) -> None:
    """Ours with %-arguments, and those of the platforms' libraries."""
    logging.getLogger("bot.turns").warning("turn %s is answered, but %s", "K7F3Q2", "late")
    logging.getLogger("slack_bolt.AsyncApp").error("Something failed")
    logging.getLogger("discord.gateway").info("Shard ID None has connected")
    assert [(line["logger"], line["level"], line["event"]) for line in lines(log)] == [
        ("bot.turns", "warning", "turn K7F3Q2 is answered, but late"),
        ("slack_bolt.AsyncApp", "error", "Something failed"),
    ]


def test_what_is_bound_to_a_task_is_in_its_lines(log: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(turn="K7F3Q2"):
        logging.getLogger("bot.retrieve").info("found")
    assert lines(log)[0]["turn"] == "K7F3Q2"


@pytest.mark.parametrize(("text", "secret"), HOSTILE, ids=[secret for _, secret in HOSTILE])
def test_no_secret_gets_into_the_log(log: io.StringIO, text: str, secret: str) -> None:
    """Neither in a message, nor in an argument, a field, a nested value or an exception."""
    library = logging.getLogger("slack_sdk.web")
    library.error(text)
    library.error("failed: %s", text)
    structlog.get_logger("bot").warning("failed", reason=text, more=[text], deep={"a": [text]})
    try:
        _fails(OSError(text))
    except OSError:
        library.exception("failed")
    assert secret not in log.getvalue()
    assert log.getvalue().count(GONE) >= 6
    assert len(lines(log)) == 4


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    secret=st.text(string.ascii_letters + string.digits + "!#$@/:-_ é鍵", min_size=5),
)
def test_a_known_secret_is_found_anywhere(before: str, after: str, secret: str) -> None:
    """Word for word, or as it is written in a URL; whatever stands beside it."""
    redact = Redactor([secret])
    assert secret not in redact(before + secret + after).replace(GONE, "")
    assert quote(secret, "") not in redact(f"{before}{quote(secret, '')}{after}").replace(GONE, "")


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_a_line_stays_json_and_says_what_is_no_secret(value: Any) -> None:
    line = json.dumps({"event": value, "token": BOT_TOKEN}, ensure_ascii=False)
    found = json.loads(Redactor()(line))
    assert found["token"] == GONE


@pytest.mark.parametrize(
    "line",
    [
        "received turn=K7F3Q2 platform=slack channel=C0SOUMU001 task=answer",
        "Bot started at http://127.0.0.1:9464/healthz in 3.2 s",
        "Discord refuses DISCORD_BOT_TOKEN: copy the bot's token again",
        "tokens: 128, secretary: 1, ticket office",
        "bot/serve/process.py:120 in run",
        "handbook/服務規程.md と basic な設定",
        "2026-11-21T19:55:00.123456Z",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    """A filter that takes too much takes the log's use away."""
    expected = line.replace("basic な設定", "basic な設定")
    assert Redactor(["p@ss/word-of-ours"])(line) == expected


@pytest.mark.parametrize("key", ["text", "question", "answer", "comment", "content", "title"])
def test_what_people_wrote_is_dropped_whoever_logs_it(log: io.StringIO, key: str) -> None:
    structlog.get_logger("bot.slack").info("received", turn="K7F3Q2", **{key: "給与はいくら？"})
    logging.getLogger("bot.slack").info("received", extra={key: "給与はいくら？"})
    assert "給与" not in log.getvalue()
    assert "K7F3Q2" in log.getvalue()


def test_only_the_question_is_logged_where_it_is_asked_for() -> None:
    made = configured(Serve(log_format="json", log_text=True))
    log = next(made)
    structlog.get_logger("bot").info("received", question="給与はいくら？", answer="秘密です")
    assert lines(log)[0]["question"] == "給与はいくら？"
    assert "秘密" not in log.getvalue()
    next(made, None)


def _fails(error: Exception) -> None:
    raise error


def test_an_exception_says_where_it_was_but_not_what_it_quotes(log: io.StringIO) -> None:
    """`int("給与…")` puts the text into its message, and libraries repeat that in their line."""
    try:
        _fails(ValueError("invalid literal: '給与はいくら？'"))
    except ValueError as error:
        logging.getLogger("slack_sdk").log(40, "Failed to listen: %s", error, exc_info=error)
        structlog.get_logger("bot").error("fault", exc_info=error, reason=error)
    assert "給与" not in log.getvalue()
    for line in lines(log):
        assert "ValueError" in line["exception"]
        assert "in _fails" in line["exception"]


def test_what_led_to_an_exception_is_told_too(log: io.StringIO) -> None:
    """Also those of a group of tasks; errors of the system speak for themselves."""
    try:
        try:
            raise ConnectionResetError(104, "Connection reset by peer")
        except OSError as error:
            raise ExceptionGroup("給与", [KeyError("給与")]) from error
    except ExceptionGroup:
        logging.getLogger("bot").exception("fault")
    [line] = lines(log)
    assert "Connection reset by peer" in line["exception"]
    assert "KeyError" in line["exception"]
    assert "給与" not in log.getvalue()


def test_a_broken_line_does_not_show_its_arguments(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard library would print message and arguments of what it can not format."""
    library = logging.getLogger("discord.client")
    record = library.makeRecord(library.name, 40, __file__, 1, "%d turns", ("給与",), None)
    [ours] = [one for one in logging.getLogger().handlers if isinstance(one, logs._Handler)]
    ours.handle(record)
    assert [(line["event"], line["logger"]) for line in lines(log)] == [
        ("unloggable", "discord.client")
    ]
    assert "給与" not in capsys.readouterr().err


@given(st.text())
def test_on_a_terminal_a_text_can_neither_fake_a_line_nor_steer(text: str) -> None:
    made = configured(Serve(log_format="text"))
    log = next(made)
    structlog.get_logger("bot").info("heard", channel=text)
    logging.getLogger("bot").info("heard %s", text)
    written = log.getvalue()
    next(made, None)
    assert len(written.splitlines()) == 2
    assert all(line.isprintable() for line in written.splitlines())


def test_on_a_terminal_a_line_reads_as_key_and_value() -> None:
    made = configured(Serve(log_format="text"))
    log = next(made)
    structlog.get_logger("bot.inbox").info("received", turn="K7F3Q2", where="a b")
    assert log.getvalue().endswith(' info    received logger=bot.inbox turn=K7F3Q2 where="a b"\n')
    next(made, None)


def test_json_where_nobody_looks_on() -> None:
    made = configured(Serve())
    log = next(made)
    structlog.get_logger("bot").info("received")
    assert lines(log)[0]["event"] == "received"
    next(made, None)
