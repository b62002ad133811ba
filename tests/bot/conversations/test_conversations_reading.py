"""What is read from the log of conversations: pages, selections, history, feedback."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from conversation_samples import EPOCH, SLACK, TERMINAL, answered, ask, bulk, hit
from sqlalchemy import (
    Engine,
)

from bot.conversations import (
    Conversations,
    Selection,
    Thread,
)
from bot.exchange import Answer, Source

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
