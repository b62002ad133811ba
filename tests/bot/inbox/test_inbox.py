"""Every question ends in exactly one visible state, and a conversation goes on from it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from memory import incoming, until
from office import Office

from bot.conversations import Thread
from bot.inbox import Limits


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

    async def test_more_asked_for_in_words_is_the_button(self, office: Office) -> None:
        """Whoever writes it wants more of the answer above, not a search for these words."""
        inbox = await office.open(standalone=lambda question, _: f"searched: {question}")
        thread = Thread("slack", "C1", "1.0")
        for number, text in enumerate(["長い話", "もっと詳しく", "もっと詳しく"]):
            await inbox.receive(incoming(f"1.{number}", text, thread=thread))
        await office.settled()
        assert office.reader.asked == ["長い話"] * 3
        first, second, third = office.room.texts
        assert second == f"{first}もっと"
        assert third == "line: nothing_more"

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
