"""A platform that refuses or a database that is away loses no question and answers none twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from memory import incoming, refusal, until
from office import Office
from sqlalchemy import text

from bot.conversations import Thread
from bot.generate import GeneratorError
from bot.inbox import PlatformError, RefusedError
from bot.inbox.keys import turn_id_of


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


def rename(office: Office, old: str, new: str) -> None:
    """Take a table away, or bring it back: the database refuses what needs it."""
    with office.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_refusals_are_platform_errors() -> None:
    """Who handles the wider one sees both, so the narrower one is caught first."""
    assert issubclass(RefusedError, PlatformError)
