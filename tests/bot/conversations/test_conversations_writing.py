"""What is written to the log of conversations: turns, repeated messages, ids, any text."""

from __future__ import annotations

import signal
import string
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conversation_samples import SLACK, TERMINAL, answered, any_text, ask, hit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Engine,
)

from bot.conversations import (
    Conversations,
    ConversationsError,
    RepeatedMessageError,
    Selection,
    Thread,
    turn_id,
)
from bot.conversations.mapping import passage_rows
from bot.conversations.store import ID_ALPHABET, new_turn_id
from bot.conversations.tables import (
    clean,
)
from bot.exchange import Answer, Source, State, Statement

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
