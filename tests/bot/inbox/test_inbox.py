"""Every question ends in exactly one visible state, whatever happens on the way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from memory import incoming, refusal, until
from office import Office
from sqlalchemy import text

from bot.conversations import Thread
from bot.generate import GeneratorError
from bot.inbox import Limits, Owner, PlatformError, RefusedError
from bot.inbox.keys import turn_id_of


class TestReceiving:
    async def test_a_question_is_stored_before_it_counts_as_received(self, office: Office) -> None:
        """Only then may its event be acknowledged: the platform does not deliver it again."""
        office.reader.gate.clear()
        inbox = await office.open()
        assert await inbox.receive(incoming())
        [turn] = office.turns()
        assert turn.state in {"received", "answering"}
        office.reader.gate.set()
        [turn] = await office.settled()
        assert (turn.state, turn.statements[0].references) == ("answered", (1,))
        assert office.room.texts == ["有給は？: 取得日の3営業日前までに申請します。"]

    async def test_a_message_that_comes_again_is_answered_once(self, office: Office) -> None:
        """Slack delivers twice, and a mention is two events."""
        inbox = await office.open()
        received = await asyncio.gather(*(inbox.receive(incoming()) for _ in range(5)))
        assert all(received)
        assert len(await office.settled()) == 1
        assert await inbox.receive(incoming())
        assert len(office.room.messages) == 1

    async def test_many_at_once_are_all_answered(self, office: Office) -> None:
        inbox = await office.open(limits=Limits(concurrency=4, per_minute=100))
        await asyncio.gather(*(inbox.receive(incoming(f"{n}.0", f"質問{n}")) for n in range(60)))
        turns = await office.settled()
        assert len(turns) == len(office.room.messages) == 60
        assert {turn.state for turn in turns} == {"answered"}

    async def test_who_asks_too_often_is_asked_to_wait(self, office: Office) -> None:
        inbox = await office.open(limits=Limits(per_minute=2))
        for number in range(4):
            await inbox.receive(incoming(f"{number}.0"))
        await inbox.receive(incoming("9.0", asker="U2"))
        await office.settled()
        assert office.room.texts.count("line: too_many") == 2
        assert len(office.room.messages) == 5

    async def test_who_has_to_wait_is_told_how_many_are_before(self, office: Office) -> None:
        office.reader.gate.clear()
        inbox = await office.open(limits=Limits(concurrency=1))
        for number in range(3):
            await inbox.receive(incoming(f"{number}.0"))
        await until(lambda: queued(office) == [1, 2])
        office.reader.gate.set()
        await office.settled()

    async def test_a_question_that_is_too_old_gets_an_apology(self, office: Office) -> None:
        inbox = await office.open(limits=Limits(max_age=60))
        await inbox.receive(incoming(asked=datetime.now(UTC) - timedelta(minutes=2)))
        [turn] = await office.settled()
        assert (turn.state, office.room.texts) == ("failed", ["line: late"])

    async def test_what_lets_others_in_is_forgotten_with_the_answer(self, office: Office) -> None:
        """A response URL or an interaction's token is a key to the channel."""
        inbox = await office.open()
        await inbox.receive(
            incoming(reach={"private": True, "response_url": "https://x", "token": "t"})
        )
        [turn] = await office.settled()
        assert turn.reach == {"private": True}


class TestDying:
    async def test_a_question_that_was_only_stored_is_answered_by_the_next_process(
        self, office: Office, dead: Owner
    ) -> None:
        office.reader.gate.clear()
        inbox = await office.open(owner=dead)
        await inbox.receive(incoming())
        await office.crash()
        assert not office.room.messages
        office.reader.gate.set()
        await office.open()
        [turn] = await office.settled()
        assert (turn.state, len(office.room.messages)) == ("answered", 1)

    async def test_an_answer_that_reached_the_platform_is_not_posted_again(
        self, office: Office, dead: Owner
    ) -> None:
        """The process died between the post and its note of it."""
        inbox = await office.open(owner=dead)
        office.room.lost.append(PlatformError("no answer"))
        await inbox.receive(incoming())
        await until(lambda: len(office.room.messages) == 1)
        await office.crash()
        await office.open()
        [turn] = await office.settled()
        assert len(office.room.messages) == 1
        assert [shown.id for shown in turn.shown] == list(office.room.messages)

    async def test_the_turns_of_a_process_that_lives_are_left_to_it(
        self, office: Office, living: Owner
    ) -> None:
        office.reader.gate.clear()
        inbox = await office.open(owner=living)
        await inbox.receive(incoming())
        await office.crash()
        other = await office.open()
        await asyncio.sleep(0.1)
        assert other.open_turns == 0

    async def test_a_process_that_is_not_heard_of_loses_its_turns(self, office: Office) -> None:
        """It may be on another machine, where nobody can look whether it lives."""
        office.reader.gate.clear()
        inbox = await office.open(owner=Owner("elsewhere", 1, "x"), lease=0.2)
        await inbox.receive(incoming())
        await office.crash()
        office.reader.gate.set()
        await asyncio.sleep(0.25)
        await office.open()
        assert [turn.state for turn in await office.settled()] == ["answered"]

    async def test_what_a_stopping_process_can_not_finish_is_taken_over_at_once(
        self, office: Office, living: Owner
    ) -> None:
        office.reader.gate.clear()
        inbox = await office.open(owner=living)
        await inbox.receive(incoming())
        await until(lambda: bool(office.reader.asked))
        await inbox.close(grace=0.05)
        office.reader.gate.set()
        office._running.clear()
        await office.open()
        assert [turn.state for turn in await office.settled()] == ["answered"]
        assert len(office.room.messages) == 1

    async def test_a_stopping_process_finishes_what_it_can(self, office: Office) -> None:
        inbox = await office.open()
        for number in range(10):
            await inbox.receive(incoming(f"{number}.0"))
        await inbox.close(grace=10)
        assert all(turn.state == "answered" for turn in office.turns())
        assert len(office.room.messages) == 10

    async def test_two_processes_share_the_work_and_answer_once(self, office: Office) -> None:
        """Slack gives an event to any of the sockets, and again to another one."""
        one, other = await office.open(), await office.open()
        messages = [incoming(f"{number}.0", asker=f"U{number}") for number in range(20)]
        await asyncio.gather(*(box.receive(m) for m in messages for box in (one, other)))
        assert len(await office.settled()) == len(office.room.messages) == 20

    async def test_an_answer_that_stands_is_not_replaced_by_an_apology(
        self, office: Office, dead: Owner
    ) -> None:
        """A restored backup holds turns that are open in it, and answered long since."""
        asked = datetime.now(UTC) - timedelta(seconds=50)
        inbox = await office.open(owner=dead)
        office.room.lost.append(PlatformError("no answer"))
        await inbox.receive(incoming(asked=asked))
        await until(lambda: len(office.room.messages) == 1)
        await office.crash()
        await office.open(limits=Limits(max_age=10))
        assert [turn.state for turn in await office.settled()] == ["answered"]
        assert office.room.texts == ["有給は？: 取得日の3営業日前までに申請します。"]

    async def test_a_question_that_ends_every_process_ends_at_last(
        self, office: Office, dead: Owner
    ) -> None:
        office.reader.gate.clear()
        inbox = await office.open(owner=dead)
        await inbox.receive(incoming())
        await until(lambda: bool(office.reader.asked))
        await office.crash()
        with office.engine.begin() as connection:
            connection.execute(text("UPDATE turns SET attempts = 20"))
        await office.open()
        [turn] = await office.settled()
        assert (turn.state, office.room.texts) == ("failed", ["failed"])


class TestTrouble:
    async def test_what_can_not_be_posted_now_is_posted_later(self, office: Office) -> None:
        inbox = await office.open()
        office.room.errors = [PlatformError("ratelimited"), PlatformError("502")]
        await inbox.receive(incoming())
        assert [turn.state for turn in await office.settled()] == ["answered"]
        assert len(office.room.messages) == 1

    async def test_a_post_whose_answer_was_lost_is_found_before_a_second_try(
        self, office: Office
    ) -> None:
        inbox = await office.open()
        office.room.lost = [PlatformError("connection reset"), PlatformError("again")]
        await inbox.receive(incoming())
        await office.settled()
        assert len(office.room.messages) == 1

    async def test_a_place_that_is_gone_ends_the_turn_with_its_reason(self, office: Office) -> None:
        inbox = await office.open()
        office.room.errors = [refusal()]
        await inbox.receive(incoming())
        [turn] = await office.settled()
        assert (turn.state, turn.error) == ("failed", "the channel is gone")

    @pytest.mark.parametrize("error", [GeneratorError("no model"), ZeroDivisionError("a fault")])
    async def test_a_failure_is_visible_and_has_its_reason_in_the_log(
        self, office: Office, error: Exception
    ) -> None:
        office.reader.error = error
        inbox = await office.open()
        await inbox.receive(incoming())
        [turn] = await office.settled()
        assert (turn.state, office.room.texts) == ("failed", ["failed"])
        assert str(error) in (turn.error or "")

    async def test_while_the_database_is_away_people_are_told_and_answered_later(
        self, office: Office
    ) -> None:
        """The event is not acknowledged meanwhile, so that a crash loses nothing."""
        inbox = await office.open()
        rename(office, "turns", "away")
        assert not await inbox.receive(incoming())
        assert not await inbox.receive(incoming())
        await until(lambda: office.room.texts == ["line: database_away"])
        rename(office, "away", "turns")
        await until(lambda: inbox.open_turns == 0)
        [turn] = await office.settled()
        [message] = office.room.messages.values()
        assert turn.state == "answered"
        assert (message.history, message.turn) == (["line: database_away"], turn.id)
        assert await inbox.receive(incoming())

    async def test_two_events_of_one_message_are_told_once(self, office: Office) -> None:
        """A mention is two events in Slack, and both fail at the same moment."""
        inbox = await office.open()
        rename(office, "turns", "away")
        assert not any(await asyncio.gather(*(inbox.receive(incoming()) for _ in range(4))))
        await until(lambda: bool(office.room.messages))
        rename(office, "away", "turns")
        await until(lambda: inbox.open_turns == 0)
        await office.settled()
        [message] = office.room.messages.values()
        assert message.history == ["line: database_away"]

    async def test_a_line_of_a_process_that_died_meanwhile_becomes_the_answer(
        self, office: Office
    ) -> None:
        """Nothing was stored; the event comes again, and a turn has the same id everywhere."""
        inbox = await office.open()
        rename(office, "turns", "away")
        await inbox.receive(incoming())
        await until(lambda: office.room.texts == ["line: database_away"])
        await office.crash()
        other = await office.open()
        assert not await other.receive(incoming())
        rename(office, "away", "turns")
        await until(lambda: other.open_turns == 0)
        await office.settled()
        assert office.room.texts == ["有給は？: 取得日の3営業日前までに申請します。"]

    async def test_a_line_of_a_process_that_died_is_found_also_when_the_database_is_back(
        self, office: Office
    ) -> None:
        asked = datetime.now(UTC)
        inbox = await office.open()
        rename(office, "turns", "away")
        await inbox.receive(incoming(asked=asked))
        await until(lambda: office.room.texts == ["line: database_away"])
        await office.crash()
        rename(office, "away", "turns")
        other = await office.open()
        await other.receive(incoming(asked=asked))
        await office.settled()
        assert office.room.texts == ["有給は？: 取得日の3営業日前までに申請します。"]

    async def test_a_turn_that_was_stored_while_nobody_waited_any_more_is_answered(
        self, office: Office
    ) -> None:
        """A call that took too long has failed for who made it, and may have worked."""
        inbox = await office.open()
        turn = inbox._turn(incoming(), "answer")
        assert inbox._store.put(turn)
        assert [turn.state for turn in await office.settled()] == ["answered"]

    async def test_a_question_taken_back_while_the_database_is_away_leaves_nothing(
        self, office: Office
    ) -> None:
        inbox = await office.open()
        rename(office, "turns", "away")
        await inbox.receive(incoming())
        await until(lambda: office.room.texts == ["line: database_away"])
        assert not await inbox.deleted("slack", "C1", "1.1")
        assert not office.room.messages
        rename(office, "away", "turns")
        assert await inbox.deleted("slack", "C1", "1.1")
        assert not office.turns()
        assert not office.room.messages

    async def test_an_id_that_is_taken_by_chance_loses_no_question(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming("1.0"))
        [first] = await office.settled()
        with office.engine.begin() as connection:
            changed = "UPDATE turns SET id = :id, message = 'other'"
            taken = turn_id_of(Thread("slack", "C1", ""), "2.0")
            for table in ("messages", "passages"):
                connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text(changed), {"id": taken})
        await inbox.receive(incoming("2.0"))
        turns = await office.settled()
        assert len({turn.id for turn in turns} - {first.id}) == 2

    async def test_an_answer_is_noted_when_the_database_is_back(self, office: Office) -> None:
        office.room.gate.clear()
        inbox = await office.open()
        await inbox.receive(incoming())
        await until(lambda: bool(office.room.posting))
        rename(office, "turns", "away")
        office.room.gate.set()
        await until(lambda: bool(office.room.messages))
        await until(lambda: not inbox.database_healthy)
        rename(office, "away", "turns")
        assert [turn.state for turn in await office.settled()] == ["answered"]
        assert len(office.room.messages) == 1


class TestEditing:
    async def test_an_edited_question_is_answered_anew_in_place(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming(text="有休は？"))
        await office.settled()
        for _ in range(2):
            assert await inbox.edited(incoming(text="夏休みは？"), version="7.7")
        first, second = await office.settled()
        assert (first.state, second.state) == ("answered", "answered")
        assert second.replaces == first.id
        assert office.room.texts == ["夏休みは？: 取得日の3営業日前までに申請します。"]
        assert (first.shown, len(second.shown)) == ((), 1)

    async def test_a_question_edited_while_it_is_answered_has_one_answer(
        self, office: Office
    ) -> None:
        for moment in ("generating", "posting"):
            gate = office.reader.gate if moment == "generating" else office.room.gate
            gate.clear()
            inbox = await office.open()
            await inbox.receive(incoming(moment, text="有休は？"))
            seen = office.reader.asked if moment == "generating" else office.room.posting
            await until(lambda seen=seen: bool(seen))  # type: ignore[misc]
            await inbox.edited(incoming(moment, text="夏休みは？"), version="7.7")
            gate.set()
            first, second = await office.settled()
            assert (first.state, second.state) == ("failed", "answered")
            assert office.room.texts == ["夏休みは？: 取得日の3営業日前までに申請します。"]
            await office.crash()
            office.room.messages.clear()
            office.room.posting.clear()
            with office.engine.begin() as connection:
                connection.execute(text("DELETE FROM turns"))

    async def test_an_edit_that_another_process_answers_leaves_one_answer(
        self, office: Office
    ) -> None:
        """It waits until the former answer is over, and changes that."""
        one, other = await office.open(), await office.open()
        office.room.gate.clear()
        await one.receive(incoming(text="有休は？"))
        await until(lambda: bool(office.room.posting))
        await other.edited(incoming(text="夏休みは？"), version="7.7")
        await asyncio.sleep(0.1)
        assert len(office.room.posting) == 1
        office.room.gate.set()
        await office.settled()
        assert office.room.texts == ["夏休みは？: 取得日の3営業日前までに申請します。"]

    async def test_a_deletion_outlives_the_process_that_heard_of_it(
        self, office: Office, dead: Owner
    ) -> None:
        """It is stored before its event is acknowledged, as a question is."""
        one = await office.open(owner=dead)
        await one.receive(incoming())
        await office.settled()
        office.reader.gate.clear()
        follow_up = incoming("1.2", thread=Thread("slack", "C1", "1.1"))
        await one.receive(follow_up)
        await until(lambda: len(office.reader.asked) == 2)
        assert await one.deleted("slack", "C1", "1.1")
        await office.crash()
        assert office.room.messages
        office.reader.gate.set()
        await office.open()
        await office.settled()
        assert [message.turn for message in office.room.messages.values()] == [
            turn.id for turn in office.turns() if turn.message == "1.2"
        ]

    async def test_an_edit_that_comes_again_after_a_later_one_changes_nothing(
        self, office: Office
    ) -> None:
        """After a crash events are delivered again, in whatever order."""
        inbox = await office.open()
        await inbox.receive(incoming(text="一"))
        await inbox.edited(incoming(text="三"), version="3.0")
        await inbox.edited(incoming(text="二"), version="2.0")
        await office.settled()
        assert [text[0] for text in office.room.texts] == ["三"]
        await inbox.deleted("slack", "C1", "1.1")
        await inbox.edited(incoming(text="四"), version="4.0")
        await office.settled()
        assert not office.room.messages

    async def test_a_link_preview_is_no_edit(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming())
        await inbox.edited(incoming(), version="8.8")
        assert len(await office.settled()) == 1

    async def test_a_message_that_is_edited_into_a_question_is_one(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.edited(incoming(), version="8.8")
        await inbox.receive(incoming())
        assert len(await office.settled()) == len(office.room.messages) == 1

    async def test_a_deleted_question_takes_its_answers_along(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming(text="長い話"))
        [first] = await office.settled()
        longer = incoming(
            "long:1", thread=Thread("slack", "C1", "1.1"), style="long", about=first.id
        )
        await inbox.receive(longer)
        await office.settled()
        assert len(office.room.messages) == 2
        assert await inbox.deleted("slack", "C1", "1.1")
        assert await inbox.deleted("slack", "C1", "1.1")
        turns = await office.settled()
        assert not office.room.messages
        assert all(not turn.shown for turn in turns)

    async def test_a_hand_over_outlives_its_question(self, office: Office) -> None:
        """Somebody is at work on it, and its button has to find its turn."""
        inbox = await office.open()
        await inbox.receive(incoming())
        [first] = await office.settled()
        await inbox.receive(incoming("handover:1", task="hand_over", about=first.id))
        await office.settled()
        assert await inbox.deleted("slack", "C1", "1.1")
        await office.settled()
        [message] = office.room.messages.values()
        assert message.text == "to a person: 有給は？"
        assert await inbox.turn_shown_as("slack", "C1", message.id)

    async def test_a_question_deleted_while_it_is_answered_has_no_answer(
        self, office: Office
    ) -> None:
        office.room.gate.clear()
        inbox = await office.open()
        await inbox.receive(incoming())
        await until(lambda: bool(office.room.posting))
        await inbox.deleted("slack", "C1", "1.1")
        office.room.gate.set()
        turn, *_ = await office.settled()
        assert not office.room.messages
        assert (turn.state, turn.error) == ("failed", "its question was deleted")


class TestConversation:
    async def test_questions_of_one_thread_are_answered_in_order(self, office: Office) -> None:
        """A follow-up needs the answer before it."""
        inbox = await office.open()
        thread = Thread("slack", "C1", "1.0")
        for number in range(8):
            await inbox.receive(incoming(f"1.{number}", f"{number}", thread=thread))
        await office.settled()
        assert office.reader.asked == [str(number) for number in range(8)]

    async def test_a_follow_up_is_searched_as_a_question_that_stands_alone(
        self, office: Office
    ) -> None:
        """The log shows what was searched, and the next follow-up goes on from it."""
        inbox = await office.open(
            standalone=lambda question, before: f"{before[-1].question}+{question}"
        )
        thread = Thread("slack", "C1", "1.0")
        for number, question in enumerate("あいう"):
            await inbox.receive(incoming(f"1.{number}", question, thread=thread))
        turns = await office.settled()
        assert [turn.searched for turn in turns] == [None, "あ+い", "あ+い+う"]
        assert office.reader.asked == ["あ", "あ+い", "あ+い+う"]

    async def test_a_longer_answer_answers_the_same_question(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming("1.0", "長い話"))
        await inbox.receive(incoming("2.0", "短い話"))
        turns = await office.settled()
        for turn in turns:
            how = {"text": "詳しく", "style": "long", "about": turn.id}
            await inbox.receive(incoming(f"long:{turn.id}", **how))
        await office.settled()
        assert [text.endswith("もっと") for text in office.room.texts].count(True) == 1, (
            office.room.texts
        )
        assert office.room.texts.count("line: nothing_more") == 1

    async def test_buttons_of_a_purged_turn_say_so(self, office: Office) -> None:
        inbox = await office.open()
        for task in ("hand_over", "share"):
            await inbox.receive(incoming(f"{task}:X", task=task, about="XXXXXX"))
        await inbox.receive(incoming("long:X", style="long", about="XXXXXX"))
        await office.settled()
        assert office.room.texts == ["line: purged"] * 3
        assert not await inbox.vote("XXXXXX", user="U1", vote="up")

    async def test_a_question_is_handed_over_and_shared_as_the_log_holds_it(
        self, office: Office
    ) -> None:
        inbox = await office.open()
        await inbox.receive(incoming())
        [first] = await office.settled()
        for task in ("hand_over", "share"):
            for _ in range(2):
                await inbox.receive(incoming(f"{task}:{first.id}", task=task, about=first.id))
        await office.settled()
        assert office.room.texts[1:] == ["to a person: 有給は？", "shared: 有給は？"]
        found = await inbox.answer(first.id)
        assert found
        [source] = found[1].sources
        assert source.hit.url == "https://example.com/rules#%E4%BC%91%E6%9A%87"
        assert source.hit.document.owner == "人事部"

    async def test_a_vote_is_kept_with_its_reason(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming())
        [turn] = await office.settled()
        assert await inbox.vote(turn.id, user="U1", vote="down", comment="古い")
        [turn] = office.turns()
        assert [(given.vote, given.comment) for given in turn.feedback] == [("down", "古い")]

    async def test_a_message_of_ours_leads_to_its_turn(self, office: Office) -> None:
        inbox = await office.open()
        await inbox.receive(incoming())
        [turn] = await office.settled()
        found = await inbox.turn_shown_as("slack", "C1", turn.shown[0].id)
        assert found
        assert found.id == turn.id
        assert await inbox.turn_shown_as("slack", "C1", "nothing") is None
        assert await inbox.askers(turn.thread) == {"U1"}
        assert not await inbox.askers(Thread("slack", "C1", "other"))

    async def test_the_last_message_of_a_channel_is_known_to_the_next_process(
        self, office: Office
    ) -> None:
        inbox = await office.open()
        await inbox.hear("slack", "C1", "5")
        await inbox.hear("slack", "C1", "6")
        assert await inbox.heard("slack") == {"C1": "6"}
        await inbox.close(grace=1)
        office._running.clear()
        later = await office.open()
        assert await later.heard("slack") == {"C1": "6"}


def queued(office: Office) -> list[int]:
    """Return how many questions people were told to be before theirs."""
    return [before for _, stage, before in office.room.stages if stage == "queued"]


def rename(office: Office, old: str, new: str) -> None:
    """Take a table away, or bring it back: the database refuses what needs it."""
    with office.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_an_unreadable_owner_is_never_taken_for_dead() -> None:
    for name in ("", "host", "host/x/y", "host/1"):
        assert not Owner.parse(name).gone


def test_refusals_are_platform_errors() -> None:
    """Who handles the wider one sees both, so the narrower one is caught first."""
    assert issubclass(RefusedError, PlatformError)
