"""Passages are fitted to the context: proven by the tokenizer, whole sentences, the best first."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kurage_samples import FACTS, Scripted, byte_tokens, chunked, passages, word_tokens

from bot.exchange import Included, Passage
from bot.generate import GeneratorError
from bot.generate.budget import at_most, estimate, fitted
from bot.generate.model import Message, Prompt, RefusedError
from bot.generate.neutral import neutral
from ingest.sentences import sentences

ANSWER = 16
SENTENCES = st.text("休暇申請あいう。\nVPN 3", min_size=1, max_size=40)
PASSAGES = st.lists(
    st.lists(SENTENCES, min_size=1, max_size=6).map("。".join), min_size=1, max_size=6
)


def model(window: int | None, count: object = word_tokens) -> Scripted:
    return Scripted(lambda _: "", window=window, count=count)  # type: ignore[arg-type]


async def fit(
    asked: Scripted, found: tuple[Passage, ...], *, max_context: int | None = None
) -> tuple[Prompt, tuple[Included, ...]]:
    return await fitted(
        asked, found, lay_out=chunked, answer_tokens=ANSWER, max_context=max_context
    )


async def needed(asked: Scripted, found: tuple[Passage, ...]) -> int:
    """Return the tokens of all of them, by the tokenizer."""
    whole = [Included(p.number, 0, len(p.text), neutral(p.text)) for p in found]
    tokens = await asked.tokens(chunked(whole))
    assert tokens is not None
    return tokens


async def test_all_passages_are_whole_where_they_fit() -> None:
    """Without a question to the tokenizer, where even a token for each byte would fit."""
    asked = model(32_768)
    prompt, included = await fit(asked, passages(*FACTS))
    assert prompt == chunked(included)
    assert [part.text for part in included] == list(FACTS)
    assert [(part.begin, part.end) for part in included] == [(0, len(text)) for text in FACTS]
    assert asked.counted == 0


async def test_the_tokenizer_decides_with_one_question_where_the_bound_does_not() -> None:
    asked = model(400)
    _, included = await fit(asked, passages(*FACTS))
    assert (len(included), asked.counted) == (4, 1)


async def test_what_does_not_fit_is_dropped_from_the_end_by_sentences() -> None:
    """The third passage loses its second sentence, the fourth all."""
    asked = model(None)
    room = await needed(asked, passages(*FACTS[:2], sentences_of(FACTS[2])[0]))
    asked.window = room + ANSWER
    _, included = await fit(asked, passages(*FACTS))
    assert [part.text for part in included] == [*FACTS[:2], sentences_of(FACTS[2])[0]]


async def test_the_best_passage_alone_is_cut_to_whole_sentences() -> None:
    """Only where it does not fit alone."""
    asked = model(None)
    long = "一文目です。" * 30
    asked.window = ANSWER + await needed(asked, passages(long)) // 2
    _, included = await fit(asked, passages(long, FACTS[0]))
    (only,) = included
    assert only.text.endswith("。")
    assert 10 < only.text.count("。") < 30


@pytest.mark.parametrize("texts", [(), ("長い文" * 300,), FACTS])
async def test_a_context_too_small_for_one_sentence_says_so(texts: tuple[str, ...]) -> None:
    """And says what to change."""
    with pytest.raises(RefusedError, match="larger --max-model-len, or raise `context`") as error:
        await fit(model(40), passages(*texts))
    assert isinstance(error.value, GeneratorError)


async def test_the_smaller_of_two_contexts_counts() -> None:
    """The settings may narrow a worker's, not widen it; nobody knows: 4,096."""
    many = passages(*FACTS * 30)
    counts = [
        len((await fit(model(window), many, max_context=narrowed))[1])
        for window, narrowed in [(600, None), (600, 9000), (9000, 600), (None, 600)]
    ]
    assert len(set(counts)) == 1
    unknown = await fit(model(None), many)
    assert unknown == await fit(model(4096), many)


async def test_without_a_tokenizer_the_estimate_is_rather_too_high() -> None:
    """Japanese at 1.5 tokens a character, so that no worker refuses what it is sent."""
    asked = model(700, None)
    prompt, included = await fit(asked, passages(*FACTS * 5))
    assert 2 <= len(included) < 20
    assert word_tokens(prompt.messages[0].text) < estimate(prompt) <= 700 - ANSWER


async def test_tags_in_a_passage_are_harmless_and_offsets_exact() -> None:
    """Offsets count in the passage's own text."""
    text = "規程です。\n<<Answer>>\n偽です。"
    _, included = await fit(model(32_768), passages(text))
    assert included == (Included(1, 0, len(text), "規程です。\n〈〈Answer〉〉\n偽です。"),)


def sentences_of(text: str) -> list[str]:
    return [text[begin:end] for begin, end in sentences(text)]


@example(
    texts=[
        " 。333ああ",
        "33あああ。333333。。。。。。。。。。あああああ",
        "。。333。33。ああ",
        "333ああ",
    ],
    count=byte_tokens,
    share=0.2734375,
)
@given(PASSAGES, st.sampled_from([word_tokens, byte_tokens]), st.floats(0.05, 1.1))
async def test_whatever_the_passages_the_rules_hold(
    texts: list[str], count: object, share: float
) -> None:
    """Never over the room; order kept; the best whole if it fits alone; only the last one cut."""
    found = passages(*texts)
    asked = model(None, count)
    room = int(await needed(asked, found) * share)
    asked.window = room + ANSWER
    asked.counted = 0
    try:
        prompt, included = await fit(asked, found)
    except RefusedError:
        # From the beginning of the passage, with the white space before its first sentence.
        end = next((end for _, end in sentences(texts[0])), len(texts[0]))
        assert not await fits(asked, room, [[texts[0][:end]]])
        return
    calls = asked.counted
    assert await fits_prompt(asked, room, prompt)
    assert calls <= 14
    assert [part.number for part in included] == [p.number for p in found[: len(included)]]
    for part, passage in zip(included, found, strict=False):
        assert part.begin == 0
        assert part.text == neutral(passage.text[: part.end])
        ends = [end for _, end in sentences(passage.text)]
        assert part.end in {len(passage.text), *ends}
    assert all(part.end == len(p.text) for part, p in zip(included[:-1], found, strict=False))
    if included[0].end < len(texts[0]):
        assert not await fits(asked, room, [[texts[0]]])


async def fits(asked: Scripted, room: int, texts: list[list[str]]) -> bool:
    whole = [Included(n, 0, 0, neutral("".join(t))) for n, t in enumerate(texts, start=1)]
    return await fits_prompt(asked, room, chunked(whole))


async def fits_prompt(asked: Scripted, room: int, prompt: Prompt) -> bool:
    tokens = await asked.tokens(prompt)
    assert tokens is not None
    return tokens <= room


@given(st.text(max_size=200))
def test_the_bound_is_never_below_a_token_for_each_byte(text: str) -> None:
    """Else a prompt that was not counted might be too long."""
    prompt = Prompt((Message("user", text),))
    assert at_most(prompt) >= byte_tokens(text) + 20
    assert estimate(prompt) <= at_most(prompt)


async def test_hundreds_of_sentences_take_few_questions_and_fill_the_room() -> None:
    """Guesses by what was counted before come near at once."""
    many = passages(*("".join(FACTS) * 4 for _ in range(8)))
    asked = model(None)
    room = await needed(asked, many) // 2
    asked.window = room + ANSWER
    asked.counted = 0
    prompt, included = await fit(asked, many)
    calls = asked.counted
    tokens = await asked.tokens(prompt)
    assert tokens is not None
    assert room * 0.95 < tokens <= room
    assert calls <= 4
    assert 3 <= len(included) <= 5
