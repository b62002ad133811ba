"""The log of conversations, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import signal
import string
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Engine,
    delete,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import OperationalError

from bot.conversations import (
    Conversations,
    ConversationsError,
    RepeatedMessageError,
    Selection,
    Thread,
    turn_id,
)
from bot.conversations.errors import explain, place
from bot.conversations.mapping import passage_rows
from bot.conversations.store import ID_ALPHABET, new_turn_id
from bot.conversations.tables import (
    ConversationRow,
    FeedbackRow,
    PassageRow,
    TurnRow,
    clean,
)
from bot.conversations.values import STATES, TurnState
from bot.exchange import Answer, Question, Source, State, Statement
from bot.migrations import connect, open_database
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

SLACK = Thread("slack", "C1", "1700000000.000100")
TERMINAL = Thread("terminal", "localhost")
EPOCH = datetime(2026, 4, 1, tzinfo=UTC)
# Lone surrogates included: they come from file names and from careless JSON.
any_text = st.text(st.characters(exclude_categories=()), max_size=80)


def ask(text: str = "有給休暇は何日前までに申請しますか？") -> Question:
    return Question(text, frozenset({"anyone"}))


def hit(document: str = "hr/leave.md", ordinal: int = 0, *, source: str = "handbook") -> Hit:
    indexed = IndexedDocument(
        source, document, "v1", "r1", 1, "就業規則", f"https://docs.example/{document}"
    )
    chunk = Chunk(ordinal, "就業規則", ("第5章 休暇", "申請"), "本文です。", "paragraph", "申請")
    return Hit(9.0 - ordinal, indexed, chunk)


def answered(*statements: str, sources: tuple[Source, ...] = ()) -> Answer:
    said = tuple(Statement(text, (1,)) for text in statements)
    return Answer("answered", said, sources, (), ranking=tuple(s.hit for s in sources))


def rows(engine: Engine) -> dict[str, int]:
    """Return how many rows each table of conversations has."""
    tables = (ConversationRow, TurnRow, PassageRow, FeedbackRow)
    with engine.connect() as connection:
        return {
            table.__tablename__: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


def _conversation_values(thread: Thread) -> dict[str, object]:
    where = {"platform": thread.platform, "channel": thread.channel, "thread": thread.root}
    return {"id": 1, "started": EPOCH, **where}


def _turn_values(turn: str, created: datetime) -> dict[str, object]:
    return {
        "id": turn,
        "conversation_id": 1,
        "platform": "slack",
        "channel": "C1",
        "asker": "U1",
        "question": f"質問 {turn}",
        "state": "received",
        "style": "short",
        "language": "ja",
        "statements": [],
        "timings_ms": {},
        "created": created,
        "updated": created,
    }


def bulk(engine: Engine, count: int, *, moments: int) -> list[tuple[datetime, str]]:
    """Store turns, several at each moment; return their times and ids, newest first."""
    turns = [(EPOCH + timedelta(hours=n % moments), f"{n:06}") for n in range(count)]
    with engine.begin() as connection:
        connection.execute(insert(ConversationRow), [_conversation_values(SLACK)])
        connection.execute(insert(TurnRow), [_turn_values(turn, at) for at, turn in turns])
    return sorted(turns, reverse=True)


# A turn's life


def test_a_turn_is_stored_before_anything_is_answered(conversations: Conversations) -> None:
    opened = conversations.open_turn(SLACK, ask(), asker="U1", message="17.1")
    assert opened.state == "received"
    assert conversations.get(opened.id) == opened


def test_a_process_killed_while_answering_leaves_its_turn_open(
    engine: Engine, database_url: str
) -> None:
    script = """
import os, signal, sys
from bot.conversations import Conversations, Thread
from bot.exchange import Question
from bot.migrations import connect, open_database
conversations = Conversations(connect(sys.argv[1]))
turn = conversations.open_turn(Thread("slack", "C1"), Question("？", frozenset()), asker="U1")
conversations.start_turn(turn.id, searched="検索")
print(turn.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", script, database_url], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    turn = Conversations(engine).get(killed.stdout.strip())
    assert (turn.state, turn.searched, turn.finished) == ("answering", "検索", None)


def test_an_answer_is_kept_with_what_was_found_and_what_it_cites(
    conversations: Conversations,
) -> None:
    opened = conversations.open_turn(SLACK, ask(), asker="U1")
    conversations.start_turn(opened.id, searched="有給休暇 申請 期限")
    statements = (Statement("3営業日前まで。", (1, 2), verbatim=True), Statement("以上です。", ()))
    answer = Answer(
        "answered",
        statements,
        sources=(Source(1, hit(ordinal=2), "3営業日前まで。"), Source(2, hit(ordinal=0), None)),
        nearest=(),
        confidence=0.93,
        timings_ms={"retrieve": 1.5, "generate": 12.0},
        ranking=(hit(ordinal=0), hit(ordinal=1), hit(ordinal=2)),
    )
    conversations.finish_turn(opened.id, answer, generator="extractive", index_revision="g7")
    turn = conversations.get(opened.id)
    assert (turn.state, turn.statements, turn.confidence) == ("answered", statements, 0.93)
    assert (turn.searched, turn.generator, turn.index_revision) == (
        "有給休暇 申請 期限",
        "extractive",
        "g7",
    )
    assert turn.timings_ms == {"retrieve": 1.5, "generate": 12.0}
    assert turn.finished is not None
    assert turn.created <= turn.finished <= turn.updated
    found = [(p.position, p.ordinal, p.cited, p.quote) for p in turn.passages]
    assert found == [(1, 0, 2, None), (2, 1, None, None), (3, 2, 1, "3営業日前まで。")]
    best = turn.passages[0]
    assert (best.source, best.document_id, best.score) == ("handbook", "hr/leave.md", 9.0)
    assert (best.title, best.heading) == ("就業規則", "第5章 休暇 › 申請")
    assert best.url == hit().url


def test_an_abstention_keeps_the_documents_that_it_named(conversations: Conversations) -> None:
    opened = conversations.open_turn(SLACK, ask(), asker="U1")
    conversations.finish_turn(opened.id, Answer("abstained", (), (), (hit("a.md"), hit("b.md"))))
    turn = conversations.get(opened.id)
    assert turn.state == "abstained"
    assert [(p.document_id, p.cited) for p in turn.passages] == [("a.md", None), ("b.md", None)]


def test_a_failure_keeps_its_reason(conversations: Conversations) -> None:
    by_call = conversations.open_turn(SLACK, ask(), asker="U1").id
    conversations.fail_turn(by_call, "the index is locked")
    by_answer = conversations.open_turn(SLACK, ask(), asker="U1").id
    conversations.finish_turn(by_answer, Answer("failed", (), (), (), reason="no worker"))
    kept = [conversations.get(turn) for turn in (by_call, by_answer)]
    assert [(turn.state, turn.error) for turn in kept] == [
        ("failed", "the index is locked"),
        ("failed", "no worker"),
    ]


@pytest.mark.parametrize("state", ["answered", "abstained", "failed"])
def test_a_finished_turn_is_never_changed(conversations: Conversations, state: State) -> None:
    turn = conversations.open_turn(SLACK, ask(), asker="U1").id
    conversations.finish_turn(turn, Answer(state, (), (), (), reason="first"))
    before = conversations.get(turn)
    with pytest.raises(ConversationsError, match=f"{turn} is {state} already"):
        conversations.finish_turn(turn, answered("second"))
    with pytest.raises(ConversationsError, match="already"):
        conversations.fail_turn(turn, "second")
    with pytest.raises(ConversationsError, match="already"):
        conversations.start_turn(turn)
    assert conversations.get(turn) == before


def test_a_turn_that_is_gone_is_named(conversations: Conversations) -> None:
    for act in (
        lambda: conversations.get("ZZZZZZ"),
        lambda: conversations.start_turn("ZZZZZZ"),
        lambda: conversations.add_feedback("ZZZZZZ", user="U1", vote="up"),
    ):
        with pytest.raises(ConversationsError, match="no turn ZZZZZZ"):
            act()


@given(st.lists(st.integers(0, 120), max_size=80), st.lists(st.integers(0, 120), max_size=5))
def test_each_passage_has_one_row_and_every_citation_has_its_number(
    ranking: list[int], cited: list[int]
) -> None:
    """Also where a source repeats, stands outside the ranking or far down in it."""
    sources = tuple(Source(n, hit(ordinal=o), None) for n, o in enumerate(cited, start=1))
    answer = Answer("answered", (), sources, (), ranking=tuple(hit(ordinal=o) for o in ranking))
    kept = passage_rows("K7F3Q2", answer)
    assert [row["position"] for row in kept] == list(range(1, len(kept) + 1))
    numbers = {row["cited"]: row["ordinal"] for row in kept if row["cited"]}
    assert numbers == dict(enumerate(cited, start=1))
    uncited = [row["ordinal"] for row in kept if not row["cited"]]
    assert len(uncited) == len(set(uncited))
    assert set(uncited) == set(ranking[:50]) - set(cited)


# The inbox


def test_a_message_that_is_delivered_twice_is_one_turn(conversations: Conversations) -> None:
    first = conversations.open_turn(SLACK, ask(), asker="U1", message="17.1")
    with pytest.raises(RepeatedMessageError) as refused:
        conversations.open_turn(SLACK, ask("別の文"), asker="U1", message="17.1")
    assert refused.value.turn == first.id
    assert conversations.count(Selection()) == 1


def test_of_simultaneous_deliveries_exactly_one_is_received(conversations: Conversations) -> None:
    def deliver(message: str) -> bool:
        try:
            conversations.open_turn(SLACK, ask(), asker="U1", message=message)
        except RepeatedMessageError:
            return False
        return True

    messages = [f"17.{n}" for n in range(8)] * 4
    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(deliver, messages))
    assert sum(received) == 8
    assert conversations.count(Selection()) == 8


def test_only_the_same_message_of_the_same_channel_is_a_repetition(
    conversations: Conversations,
) -> None:
    """A terminal has no message ids, and those of two channels or platforms may be equal."""
    for thread in (SLACK, Thread("slack", "C2"), Thread("discord", "C1")):
        conversations.open_turn(thread, ask(), asker="U1", message="17.1")
    for _ in range(2):
        conversations.open_turn(TERMINAL, ask(), asker="root")
    assert conversations.count(Selection()) == 5


# Ids


def test_an_id_that_is_taken_is_drawn_again(engine: Engine) -> None:
    drawn = iter(["AAAAAA", "AAAAAA", "BBBBBB"])
    conversations = Conversations(engine, new_id=lambda: next(drawn))
    turns = [conversations.open_turn(TERMINAL, ask(), asker="U1").id for _ in range(2)]
    assert turns == ["AAAAAA", "BBBBBB"]


def test_a_log_without_free_ids_says_so_instead_of_trying_for_ever(engine: Engine) -> None:
    conversations = Conversations(engine, new_id=lambda: "AAAAAA")
    conversations.open_turn(TERMINAL, ask(), asker="U1")
    with pytest.raises(ConversationsError, match="no free turn id"):
        conversations.open_turn(TERMINAL, ask(), asker="U1")


def test_an_id_survives_being_read_out_and_typed_in() -> None:
    assert not set("01OI") & set(ID_ALPHABET)
    drawn = new_turn_id()
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in drawn)
    assert {turn_id(typed) for typed in (drawn, drawn.lower(), f" {drawn}\n", full_width)} == {
        drawn
    }


@given(st.text(string.ascii_letters + string.digits + "- ", max_size=8))
def test_what_can_be_no_id_is_none(typed: str) -> None:
    read = turn_id(typed)
    assert read is None or (len(read) == 6 and set(read) <= set(ID_ALPHABET))
    assert (read is None) == (
        len(typed.strip()) != 6 or not set(typed.strip().upper()) <= set(ID_ALPHABET)
    )


# Text from outside


@given(any_text)
def test_cleaned_text_can_be_stored_anywhere_and_nothing_else_changes(outside: str) -> None:
    cleaned = clean(outside)
    assert "\x00" not in cleaned
    cleaned.encode()  # no lone surrogate is left
    assert clean(cleaned) == cleaned
    if not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in outside):
        assert cleaned == outside


def test_a_torn_emoji_is_mended_and_half_of_one_is_marked() -> None:
    assert clean("\ud83d\ude00 \ud83d!\ude00\x00") == "😀 \ufffd!\ufffd\ufffd"


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(any_text)
def test_any_text_is_stored_and_found_again(conversations: Conversations, outside: str) -> None:
    """In every column that somebody else fills; PostgreSQL refuses NUL and lone surrogates."""
    thread = Thread("slack", f"C{outside}", outside)
    opened = conversations.open_turn(thread, ask(outside), asker=outside)
    conversations.start_turn(opened.id, searched=outside)
    source = Source(1, hit(outside, source=outside), outside)
    conversations.finish_turn(opened.id, answered(outside, sources=(source,)))
    conversations.add_feedback(opened.id, user=outside, vote="down", comment=outside)
    turn = conversations.get(opened.id)
    cleaned = clean(outside)
    assert {turn.question, turn.asker, turn.searched, turn.thread.root} == {cleaned}
    assert turn.statements[0].text == turn.passages[0].quote == cleaned
    assert turn.feedback[0].comment == cleaned
    found = conversations.turns(Selection(asker=outside, text=outside, source=outside or None))
    assert opened.id in {turn.id for turn in found}


def test_a_question_of_40_000_characters_is_kept_whole(conversations: Conversations) -> None:
    long = "有給休暇の申請😀" * 5_000
    turn = conversations.open_turn(SLACK, ask(long), asker="U1")
    assert conversations.get(turn.id).question == long


# Reading


def test_turns_come_newest_first_and_paging_loses_none_of_equal_age(engine: Engine) -> None:
    """1,203 turns at 7 moments: many share a time across the border of a page."""
    expected = bulk(engine, 1203, moments=7)
    turns = [(turn.created, turn.id) for turn in Conversations(engine).turns()]
    assert turns == expected


def test_no_connection_is_held_while_the_caller_works_on_a_turn(engine: Engine) -> None:
    """An export into a slow pipe must not keep a transaction open."""
    bulk(engine, 3, moments=3)
    pool = engine.pool
    held = [pool.checkedout() for _ in Conversations(engine).turns()]  # type: ignore[attr-defined]
    assert held == [0, 0, 0]


def test_a_selection_narrows_by_half_open_time(engine: Engine) -> None:
    bulk(engine, 4, moments=4)
    conversations = Conversations(engine)
    hour = timedelta(hours=1)
    wanted = Selection(since=EPOCH + hour, until=EPOCH + 3 * hour)
    assert [turn.id for turn in conversations.turns(wanted)] == ["000002", "000001"]
    # 10:00 in Japan is 01:00 in UTC.
    tokyo = datetime.fromisoformat("2026-04-01T10:00:00+09:00")
    assert conversations.count(Selection(since=tokyo)) == 3


@pytest.fixture
def varied(conversations: Conversations) -> dict[str, str]:
    """Turns that differ in everything a selection knows, by name."""
    vpn = conversations.open_turn(SLACK, ask("ＶＰＮにつながりません"), asker="U1")
    conversations.finish_turn(
        vpn.id, answered("情シスへ。", sources=(Source(1, hit(source="it"), None),))
    )
    telework = conversations.open_turn(SLACK, ask("ﾃﾚﾜｰｸの100%_規程は？"), asker="U2")
    conversations.finish_turn(telework.id, Answer("abstained", (), (), (hit(source="hr"),)))
    failed = conversations.open_turn(TERMINAL, ask("それはいつから？"), asker="U1")
    conversations.start_turn(failed.id, searched="テレワーク規程 開始日")
    conversations.fail_turn(failed.id, "reason")
    waiting = conversations.open_turn(Thread("discord", "D"), ask("経費精算は？"), asker="U3")
    return {"vpn": vpn.id, "telework": telework.id, "failed": failed.id, "waiting": waiting.id}


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection(), {"vpn", "telework", "failed", "waiting"}),
        (Selection(platform="slack"), {"vpn", "telework"}),
        (Selection(asker="U1"), {"vpn", "failed"}),
        (Selection(states=frozenset({"abstained", "failed"})), {"telework", "failed"}),
        (Selection(states=frozenset()), set()),
        (Selection(source="it"), {"vpn"}),
        (Selection(source="hr"), {"telework"}),
        (Selection(text="vpn"), {"vpn"}),
        (Selection(text="テレワーク"), {"telework", "failed"}),
        (Selection(text="情シス"), {"vpn"}),
        (Selection(text="%_"), {"telework"}),
        (Selection(text="１００％"), {"telework"}),
        (Selection(text="%"), {"telework"}),
        (Selection(text="_"), {"telework"}),
        (Selection(text="テレワーク", asker="U1"), {"failed"}),
        (Selection(limit=1), {"waiting"}),
        (Selection(limit=1, text="テレワーク"), {"failed"}),
    ],
)
def test_a_selection_finds_exactly_what_it_names(
    conversations: Conversations, varied: dict[str, str], selection: Selection, names: set[str]
) -> None:
    """Width and case do not matter, and what is a wildcard in SQL is a character here."""
    found = {turn.id for turn in conversations.turns(selection)}
    assert found == {varied[name] for name in names}
    if selection.limit is None:
        assert conversations.count(selection) == len(names)


def test_history_is_what_was_finished_in_this_thread_oldest_first(
    conversations: Conversations,
) -> None:
    for number in range(4):
        turn = conversations.open_turn(SLACK, ask(f"質問{number}"), asker="U1")
        conversations.finish_turn(turn.id, answered(f"答え{number}"))
    for thread in (TERMINAL, Thread("slack", "C1", "other"), Thread("slack", "C2", SLACK.root)):
        other = conversations.open_turn(thread, ask("よその質問"), asker="U1")
        conversations.finish_turn(other.id, answered("答え"))
    conversations.open_turn(SLACK, ask("今の質問"), asker="U1")
    earlier = conversations.history(SLACK, 3)
    assert [turn.question for turn in earlier] == ["質問1", "質問2", "質問3"]
    assert conversations.history(Thread("slack", "C9"), 3) == []


# Feedback


def test_the_last_word_of_each_person_counts(conversations: Conversations) -> None:
    turn = conversations.open_turn(SLACK, ask(), asker="U1").id
    conversations.add_feedback(turn, user="U1", vote="down", comment="古い資料です")
    conversations.add_feedback(turn, user="U2", vote="up")
    conversations.add_feedback(turn, user="U1", vote="up")
    kept = {(f.user, f.vote, f.comment) for f in conversations.get(turn).feedback}
    assert kept == {("U1", "up", None), ("U2", "up", None)}


# Forgetting


def _eventful(conversations: Conversations, thread: Thread, asker: str, question: str) -> str:
    turn = conversations.open_turn(thread, ask(question), asker=asker).id
    conversations.finish_turn(turn, answered("答え", sources=(Source(1, hit(), "引用"),)))
    conversations.add_feedback(turn, user="U9", vote="up", comment="よい")
    return turn


def test_a_purge_takes_what_is_older_with_all_that_hangs_on_it(
    conversations: Conversations, engine: Engine
) -> None:
    for thread in (SLACK, TERMINAL):
        _eventful(conversations, thread, "U1", "昔の質問")
    border = datetime.now(UTC)
    kept = _eventful(conversations, TERMINAL, "U1", "今の質問")
    assert conversations.purge(border) == 2
    assert [turn.id for turn in conversations.turns()] == [kept]
    assert rows(engine) == {"conversations": 1, "turns": 1, "passages": 1, "feedback": 1}
    assert conversations.purge(border) == 0


def test_a_purge_goes_beyond_one_batch(engine: Engine) -> None:
    bulk(engine, 1203, moments=5)
    assert Conversations(engine).purge(EPOCH + timedelta(days=1)) == 1203
    assert rows(engine)["turns"] == 0


def test_erasing_a_person_takes_their_questions_and_opinions_on_that_platform_only(
    conversations: Conversations, engine: Engine
) -> None:
    _eventful(conversations, SLACK, "U1", "本人の質問")
    others = _eventful(conversations, SLACK, "U2", "他人の質問")
    conversations.add_feedback(others, user="U1", vote="down", comment="本人の意見")
    elsewhere = _eventful(conversations, Thread("discord", "D"), "U1", "別の人")
    conversations.add_feedback(elsewhere, user="U1", vote="up", comment="別の人の意見")
    assert conversations.erase("slack", "U1") == 1
    left = {turn.id: {f.user for f in turn.feedback} for turn in conversations.turns()}
    assert left == {others: {"U9"}, elsewhere: {"U9", "U1"}}
    assert rows(engine)["conversations"] == 2


def test_what_was_erased_is_no_longer_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite would leave it in free pages and in the write-ahead log."""
    engine = open_database(sqlite_url)
    conversations = Conversations(engine)
    secret = "産業医との面談について相談したい"
    # The second one needs pages of its own.
    for question in (secret, secret * 1000):
        _eventful(conversations, TERMINAL, "U1", question)
    _eventful(conversations, TERMINAL, "U2", "残る質問")

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert secret.encode() in held()
    conversations.erase("terminal", "U1")
    assert secret.encode() not in held()
    assert "残る質問".encode() in held()
    engine.dispose()


def test_asking_and_purging_at_once_disturb_neither(conversations: Conversations) -> None:
    def ask_somewhere(number: int) -> str:
        return conversations.open_turn(Thread("slack", f"C{number % 3}"), ask(), asker="U1").id

    with ThreadPoolExecutor(6) as pool:
        purges = [pool.submit(conversations.purge, EPOCH) for _ in range(10)]
        asked = list(pool.map(ask_somewhere, range(60)))
        assert [purge.result() for purge in purges] == [0] * 10
    assert {turn.id for turn in conversations.turns()} == set(asked)


@pytest.mark.parametrize("moment", ["SELECT conversations.id", "INSERT INTO turns"])
def test_a_question_in_a_thread_that_a_purge_removes_that_moment_is_kept(
    postgresql_url: str, moment: str
) -> None:
    """Before or after it found its conversation; SQLite has one writer at a time."""
    engine, other = open_database(postgresql_url), connect(postgresql_url)
    removals = iter(["once"])

    def remove_conversation(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(moment) and next(removals, None):
            with other.begin() as connection:
                connection.execute(delete(ConversationRow))

    with other.begin() as connection:
        connection.execute(insert(ConversationRow), [_conversation_values(SLACK)])
    event.listen(engine, "before_cursor_execute", remove_conversation)
    turn = Conversations(engine).open_turn(SLACK, ask(), asker="U1")
    assert next(removals, None) is None
    assert Conversations(other).get(turn.id) == turn
    engine.dispose()
    other.dispose()


def test_a_purge_spares_a_thread_that_a_question_revives_that_moment(postgresql_url: str) -> None:
    """The question is not committed yet when the purge finds its conversation empty."""
    engine = open_database(postgresql_url)
    with engine.begin() as connection:
        connection.execute(insert(ConversationRow), [_conversation_values(SLACK)])
    with ThreadPoolExecutor(1) as pool, engine.connect() as asking:
        asking.execute(insert(TurnRow), [_turn_values("AAAAAA", EPOCH)])
        purge = pool.submit(Conversations(engine).purge, EPOCH)
        _wait_until_somebody_waits_for(asking, engine)
        asking.commit()
        assert purge.result(timeout=30) == 0
    assert Conversations(engine).get("AAAAAA").thread == SLACK
    engine.dispose()


def _wait_until_somebody_waits_for(holder: Connection, engine: Engine) -> None:
    pid = holder.scalar(text("SELECT pg_backend_pid()"))
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))")
    deadline = time.monotonic() + 30
    with engine.connect() as connection:
        while not connection.scalar(blocked, {"pid": pid}):
            assert time.monotonic() < deadline, "the purge did not wait"
            connection.rollback()  # or the view of the activity stays as it was
            time.sleep(0.01)


# What goes wrong


def test_a_database_without_tables_says_how_to_make_them(empty: Engine) -> None:
    with pytest.raises(ConversationsError, match="kurage db upgrade") as refused:
        Conversations(empty).open_turn(SLACK, ask("秘密の質問"), asker="U1")
    assert "秘密" not in str(refused.value)


def test_a_read_only_database_says_so(sqlite_url: str, tmp_path: Path) -> None:
    writable = open_database(sqlite_url)
    Conversations(writable).open_turn(SLACK, ask(), asker="U1")
    read_only = connect(f"sqlite:///file:{tmp_path / 'kurage.db'}?mode=ro&uri=true")
    conversations = Conversations(read_only)
    assert conversations.count(Selection()) == 1
    with pytest.raises(ConversationsError, match="read-only; make the file and its folder"):
        conversations.open_turn(SLACK, ask(), asker="U1")
    for engine in (writable, read_only):
        engine.dispose()


def test_a_read_only_postgresql_names_the_way_out(postgresql_url: str) -> None:
    open_database(postgresql_url).dispose()
    standby = connect(f"{postgresql_url}%20-cdefault_transaction_read_only%3Don")
    with pytest.raises(ConversationsError, match=r"standby.*KURAGE_DATABASE_URL"):
        Conversations(standby).open_turn(SLACK, ask(), asker="U1")
    standby.dispose()


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("unable to open database file", "folder must exist"),
        ("database is locked", "another process"),
        ("database or disk is full", "free some space"),
        ("file is not a database", "restore a backup"),
        ("database disk image is malformed", "restore a backup"),
        ("no such table: turns", "kurage db upgrade"),
    ],
)
def test_what_sqlite_says_comes_with_what_helps(said: str, advice: str) -> None:
    url = make_url("sqlite:////var/lib/kurage/kurage.db")
    line = explain(OperationalError("INSERT 秘密", {"q": "秘密"}, Exception(said)), url)
    assert "/var/lib/kurage/kurage.db" in line
    assert advice in line
    assert "秘密" not in line


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://kurage:hunter2@db.example:5433/kurage",
        "postgresql+psycopg://kurage@db.example:5433/kurage?password=hunter2",
        "postgresql+psycopg://kurage:x@hunter2@db.example:5433/kurage",
    ],
)
def test_no_message_holds_the_password(address: str) -> None:
    """Not even where an unescaped @ makes the rest of it a part of the host."""
    url = make_url(address)
    line = explain(OperationalError("", {}, Exception(f"no host {url.host} for hunter2")), url)
    assert "hunter2" not in line
    assert place(url) == "db.example:5433/kurage"
    assert place(url) in line


def test_the_states_are_those_of_an_answer_and_two_before_it() -> None:
    expected: set[TurnState] = {"received", "answering", "answered", "abstained", "failed"}
    assert set(STATES) == expected


def test_tables_of_conversations_stand_beside_those_of_ingest(engine: Engine) -> None:
    assert {"turns", "passages", "feedback", "conversations", "sources", "runs"} <= set(
        inspect(engine).get_table_names()
    )
