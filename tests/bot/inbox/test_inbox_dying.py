"""Whoever dies or stops, each question is answered once by the process that takes it over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from memory import incoming, until
from office import Office
from sqlalchemy import text

from bot.inbox import Limits, Owner, PlatformError


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


def test_an_unreadable_owner_is_never_taken_for_dead() -> None:
    for name in ("", "host", "host/x/y", "host/1"):
        assert not Owner.parse(name).gone
