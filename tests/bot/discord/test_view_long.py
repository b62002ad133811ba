"""Answers beyond one message: cut where a reader pauses, nothing lost, sources whole."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rigs.discord_rig import DiscordRig
from rigs.discord_server.text import links
from view_samples import (
    WIKI,
    addresses,
    answered,
    folded,
    hit,
    loose,
    posted,
    shown,
    source,
    turn,
)

from bot.discord.view import LIMIT, Part, size
from bot.exchange import Statement
from bot.inbox.platform import HandOver, Line, Sharing
from bot.indexed import IndexedSource

PIECES = [
    "申請します。", "取得日の3営業日前までに", "、", "。", "\n", "\n\n", "「はい。」", "（注）",
    "a ", "word", "**太字**", "`code`", "```\n", "```\nx = 1\n```\n", "- ", "\n- 項目", "1. ", "# ",
    "> ", "||", "*", "_", "\\", "[", "](", "<", "<@1>", "@everyone", "https://evil.example/a",
    "👨‍👩‍👧", "𠮷", "　", " ", ":smile:",
]  # fmt: skip

# Long texts of few draws: pieces, each repeated. The examples below go up to 60,000 characters.
runs = st.tuples(st.sampled_from(PIECES), st.integers(1, 300)).map(lambda run: run[0] * run[1])
long_texts = st.lists(runs, min_size=1, max_size=5).map("".join)

# A busy machine is no fault of a text.
untimed = settings(deadline=None)

examples = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


def held(parts: list[Part]) -> list[Part]:
    """Hold messages against what is true of any number of them."""
    assert parts
    for part in parts:
        assert 0 < size(part.content) <= LIMIT
        assert part.content == part.content.strip()
        assert loose(part.content) == []
    assert all(part.buttons == () for part in parts[:-1])
    return parts


def plain(text: str) -> str:
    """Return the signs that a person reads, without those that are markup somewhere."""
    return re.sub(r"[\\*`\-]", "", folded(text))


@examples
@given(st.lists(long_texts, min_size=1, max_size=2), st.booleans())
@example(["x" * 60_000], True)
@example(["あ" * 60_000], False)
@example(["<" * 60_000], False)
@example(["`" * 60_000], False)
@example(["**a" * 20_000], False)
@example(["```\n" * 15_000], False)
@example(["```a\n" * 12_000], False)
@example(["```\n" + "x" * 5_000 + "\n```\n" + "👩" * 5_000], False)
@example(["が\u3099" * 30_000], False)
@example([":a" * 30_000 + ":"], False)
@example(["@everyone" * 2_000], False)
@example(["```\n  \n" + "x" * 3_000 + "\n  \n" + "y" * 3_000 + "\n```"], False)
@example([" " * 30_000 + "# a" + " " * 29_000 + "."], False)
@example(["https://" * 7_500], False)
def test_nothing_is_lost_however_long(texts: list[str], verbatim: bool) -> None:
    if not all(text.strip() for text in texts):
        return
    parts = held(shown(answered(*(Statement(text, (1,), verbatim) for text in texts))))
    said = plain("".join(part.content for part in parts))
    behind = "」[1]" if verbatim else "[1]"
    expected = "".join(f"{'「' if verbatim else ''}{plain(text.strip())}{behind}" for text in texts)
    assert said.startswith(f"{expected}📄出典1.")


@untimed
@given(st.lists(st.sampled_from(["", "\n", "（注）", "「はい。」と", "詳細は"]), max_size=20))
def test_a_message_ends_where_a_sentence_or_line_does(between: list[str]) -> None:
    sentences = "申請は三日前までに行います。" * 20
    whole = "".join(f"{sentences}{one}" for one in [*between, *[""] * 10])
    for part in held(shown(answered(Statement(whole, (1,)))))[:-1]:
        assert re.search(r"(?:行います。|）)$", part.content)


def test_quotations_are_not_cut_where_they_fit_into_a_message() -> None:
    quotes = [f"第{n}条。" + "申請は三日前までに行います。" * 30 for n in range(1, 12)]
    parts = held(shown(answered(*(Statement(text, (1,), verbatim=True) for text in quotes))))
    assert len(parts) > 2
    for text in quotes:
        assert sum(f"「{text}」\\[1\\]" in part.content for part in parts) == 1


def test_numbers_are_never_parted_from_their_sentence() -> None:
    for length in range(1900, 2000, 9):
        sentences = [Statement("あ" * (length - 1) + "。", (1, 2)), Statement("次です。", (2,))]
        parts = held(shown(answered(*sentences, sources=[source(1), source(2)])))
        assert any("あ。\\[1\\]\\[2\\]" in part.content for part in parts)
        assert any("次です。\\[2\\]" in part.content for part in parts)


def test_a_block_of_code_goes_on_as_code() -> None:
    lines = [f"line {number}: {'x' * 40}" for number in range(120)]
    written = "設定:\n```toml\n" + "\n".join(lines) + "\n```\n以上です。"
    parts = held(shown(answered(Statement(written, (1,)))))
    assert len(parts) > 2
    for part in parts:
        assert part.content.count("```") == 2
        assert "```toml\n" in part.content
    inside = "\n".join(
        re.search(r"```toml\n((?:.|\n)*)\n```", part.content)[1]  # type: ignore[index]
        for part in parts
    )
    assert inside.split("\n") == lines


@pytest.mark.parametrize("count", [1, 9, 40, 200])
def test_sources_stay_with_their_numbers_over_any_number_of_messages(
    discord_rig: DiscordRig, count: int
) -> None:
    sources = [
        source(n, hit(f"規程{n}号", f"https://wiki.example.co.jp/{'long/' * (n % 30)}{n}"))
        for n in range(1, count + 1)
    ]
    numbers = tuple(range(1, min(count, 9) + 1))
    parts = held(shown(answered(Statement("はい。", numbers), sources=sources)))
    made = posted(discord_rig, parts, {"parse": []})
    assert addresses(made) == [one.hit.url for one in sources]
    for part in parts:
        # The heading never ends a message, and a line is never cut.
        assert not part.content.endswith("出典")
        for line in part.content.split("\n"):
            numbered = re.match(r"(\d+)\. \[規程(\d+)号\]\(<\S+>\)$", line)
            assert line in {"", "📄 出典"} or line.startswith("はい。") or numbered
            assert not numbered or numbered[1] == numbered[2]
    assert len(links("\n".join(part.content for part in parts))) == count


def test_buttons_stand_below_the_last_message(discord_rig: DiscordRig) -> None:
    long = answered(*(Statement("申請します。" * 90, (1,)) for _ in range(9)))
    parts = held(shown(long, private=True))
    made = posted(discord_rig, parts, {"parse": []})
    assert len(made) > 2
    assert [bool(one.components) for one in made] == [False] * (len(made) - 1) + [True]
    assert "あなただけに表示" in made[-1].text
    assert discord_rig.violations() == []


@examples
@given(long_texts, long_texts)
@example("\n".join(["申請します。" * 100] * 30), "題" * 60_000)
@example("@" * 2000, "📌" * 300)
@example("<" * 60_000, "<" * 60_000)
def test_hand_overs_and_shared_answers_of_any_length_keep_the_question_quoted(
    question: str, title: str
) -> None:
    asked = turn(question=question)
    found = answered(Statement("はい。", (1,)), sources=[source(1, hit(title, owner=title))])
    over = held(unnamed(shown(HandOver(asked, found), people=["user:11111"])))
    shared = held(unnamed(shown(Sharing(asked, found))))
    for parts in (over, shared):
        said = "".join(re.sub(r"(?m)^> ?", "", part.content) for part in parts)
        assert plain(question) in plain(said)
        assert (
            len([line for part in parts for line in part.content.split("\n") if WIKI in line]) == 1
        )


def unnamed(parts: list[Part]) -> list[Part]:
    """Return messages without the people that they name on purpose: ids of more than one digit."""
    return [
        replace(part, content=re.sub(r"<@&?\d{5,}>", "人", part.content), users=())
        for part in parts
    ]


@pytest.mark.parametrize("count", [0, 1, 200])
def test_any_number_of_indexed_sources_is_listed(count: int) -> None:
    listed = [
        IndexedSource(f"source-{number}" + "名" * 90, number, None) for number in range(count)
    ]
    parts = held(unnamed(shown(Line("usage"), indexed=listed)))
    said = "\n".join(part.content for part in parts)
    assert re.findall(r"source-(\d+)名", said) == [str(number) for number in range(count)]


def test_a_title_of_any_length_leaves_its_end_to_be_read() -> None:
    found = hit("題" * 5000, headings=("節" * 5000,), anchor="page=3", owner="部" * 5000)
    content = held(shown(answered(Statement("はい。", (1,)), sources=[source(1, found)])))[
        0
    ].content
    assert re.search(r"1\. \[題+…節+（3ページ）\]\(<\S+>\)— 部+…部+$", content)
