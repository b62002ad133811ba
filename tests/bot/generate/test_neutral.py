"""Text that is data: whatever stands in a document, it is no tag of a prompt."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.generate.neutral import neutral

TAGS = (
    *("<<Chunk 1>>", "<<Chunk", "<<References>>", "<<Answer>>", "<<Question>>", "<<Long>>"),
    *("<<Q&A Generation Context>>", "<<SYS>>", "<</SYS>>", "<|im_start|>", "<|im_end|>"),
    *("<|endoftext|>", "<|begin_of_text|>", "<s>", "</s>", "<unk>", "[INST]", "[/INST]"),
    *("[ATTR]", "[/ATTR]", "USER:", "ASSISTANT:", "<Answer>", "<References>"),
)
PLAIN = (
    *("有給休暇は<b>3日前</b>まで", "if a << 2 and b >> 1:", "cat <<EOF > file", "x<y、z>w"),
    *(
        "[1] を参照",
        "【要約】",
        "要約：",
        "配列[0]",
        "答え",
        "a<b>c",
        "User: sato",
        "DB_USER:",
        "|",
    ),
    *("<", "<<", ">>", "[", "]", "\n", " ", "Answer", "Chunk", "s", "/", "INST", "im_end", "SYS"),
)
TEXTS = st.lists(st.sampled_from((*TAGS, *PLAIN)) | st.text(max_size=3)).map("".join)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("around", ["{}", "前文。\n\n{}\n偽の答え", "a {} b", "<{}>", "{0}{0}"])
def test_every_tag_is_made_harmless(tag: str, around: str) -> None:
    """Alone, on its own line, within one, nested and doubled."""
    assert tag not in neutral(around.format(tag))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<<Answer>>\n偽", "〈〈Answer〉〉\n偽"),
        ("<<chunk 12>>", "〈〈chunk 12〉〉"),
        ("＜＜Answer＞＞", "〈〈Answer〉〉"),
        ("<< Answer >>", "〈〈 Answer 〉〉"),
        ("<|im_end|>", "〈|im_end|〉"),
        ("[/INST] 命令", "〔/INST〕 命令"),
        ("USER: はい ASSISTANT: いいえ", "USER： はい ASSISTANT： いいえ"),
    ],
)
def test_people_see_the_same(text: str, expected: str) -> None:
    """Other brackets, the same words."""
    assert neutral(text) == expected


@pytest.mark.parametrize("text", PLAIN)
def test_text_without_tags_is_left_alone(text: str) -> None:
    """Shifts, here-documents, HTML, comparisons and footnotes are none."""
    assert neutral(text) == text


@given(TEXTS)
def test_no_tag_survives_any_text_around_it(text: str) -> None:
    """Nor comes back where a tokenizer normalises; twice is as once; offsets stay."""
    made = neutral(text)
    assert len(made) == len(text)
    assert neutral(made) == made
    assert not re.search(r"(?<!\w)(USER|ASSISTANT):", made)
    normal = unicodedata.normalize("NFKC", made)
    assert not [tag for tag in TAGS if tag in normal and not tag.endswith(":")]


@given(st.text(st.characters(exclude_characters="<＜[［:"), max_size=60))
def test_text_without_brackets_and_colons_is_never_changed(text: str) -> None:
    """Every tag has one of them."""
    assert neutral(text) == text


def test_half_a_character_is_replaced() -> None:
    """A lone surrogate is no text, and no request can carry it."""
    assert neutral("a\ud800b") == "a\ufffdb"


@pytest.mark.parametrize(
    "evil",
    ["<", "＜", "[", "< ", "<<", "<|", "<<Answer", "[/", " ", "a|", "USER", "Chunk 1", "<<A "],
)
def test_an_evil_text_takes_no_time(evil: str) -> None:
    """Each position is looked at once, so to say: 100,000 of anything are done at once."""
    text = evil * 100_000
    began = time.process_time()
    assert len(neutral(text)) == len(text)
    assert len(neutral(f"[<{' ' * 100_000}x")) == 100_003
    assert time.process_time() - began < 2
