"""Kurage's prompts, to the letter: the model was trained on exactly these."""

from __future__ import annotations

from bot.generate.kurage import format as kurage
from bot.generate.model import Message


def test_chunks_stand_above_the_question() -> None:
    """One user message, no system message, a blank line between the parts."""
    prompt = kurage.question_over(["一つ目。", "二つ目。\n続き。"], "いつですか？")
    assert prompt.messages == (
        Message(
            "user",
            "<<Chunk 1>>\n一つ目。\n\n<<Chunk 2>>\n二つ目。\n続き。\n\n<<Question>>\nいつですか？",
        ),
    )
    assert prompt.text is None


def test_a_longer_answer_is_asked_for_behind_the_question() -> None:
    prompt = kurage.question_over(["一つ目。"], "いつですか？", long=True)
    assert prompt.messages[0].text == (
        "<<Chunk 1>>\n一つ目。\n\n<<Question>>\nいつですか？ <<Long>>"
    )


def test_questions_are_asked_for_by_the_context_alone() -> None:
    prompt = kurage.questions_of("一つ目。\n続き。")
    assert prompt.messages == (Message("user", "<<Q&A Generation Context>>\n一つ目。\n続き。"),)


def test_sampling_is_the_cards() -> None:
    assert (kurage.TEMPERATURE, kurage.TOP_P) == (0.2, 0.95)
