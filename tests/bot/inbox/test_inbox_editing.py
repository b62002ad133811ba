"""Who edits or deletes a question changes its answers, whenever it is heard of."""

from __future__ import annotations

import asyncio

from memory import incoming, until
from office import Office
from sqlalchemy import text

from bot.conversations import Thread
from bot.inbox import Owner


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

    async def test_a_deletion_may_be_heard_of_before_the_question(self, office: Office) -> None:
        """The two come by different sockets, and a question waits for a look-up."""
        inbox = await office.open()
        asked = incoming(text="有休は？")
        assert await inbox.deleted(asked.thread.platform, asked.thread.channel, asked.message)
        assert await inbox.receive(asked)
        await office.settled()
        assert (office.turns(), office.room.texts) == ([], [])

    async def test_a_deletion_may_come_while_the_question_is_stored(self, office: Office) -> None:
        inbox = await office.open()
        asked = incoming(text="有休は？")
        place = (asked.thread.platform, asked.thread.channel, asked.message)
        await asyncio.gather(inbox.receive(asked), inbox.deleted(*place))
        await office.settled()
        assert office.room.texts == []
