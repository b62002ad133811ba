"""YAML is read as text: values under their keys, nothing constructed, nothing expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Block, extract
from ingest.extract.yaml import scalars


def values(source: str) -> list[tuple[str, str]]:
    return [(".".join(scalar.path), scalar.value) for scalar in scalars(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 1 # 注", [("a", "1")]),
        ('a: "x # y\\n\\u3042"', [("a", "x # y\nあ")]),
        ("a: 'it''s'", [("a", "it's")]),
        ("'a b': x\n\"c\": y", [("a b", "x"), ("c", "y")]),
        ("a:\n  b:\n    c: 1\n  d: 2\ne: 3", [("a.b.c", "1"), ("a.d", "2"), ("e", "3")]),
        ("a:\n- x\n- y", [("a", "x"), ("a", "y")]),
        ("a:\n  - b: 1\n    c: 2\n  - b: 3", [("a.b", "1"), ("a.c", "2"), ("a.b", "3")]),
        (
            "a: |\n  一行目\n    字下げ\n\n  二行目\nb: x",
            [("a", "一行目\n  字下げ\n\n二行目"), ("b", "x")],
        ),
        ("a: >-\n  長い\n  文\n\n  次", [("a", "長い 文\n\n次")]),
        ("a: 続く\n  行\nb: x", [("a", "続く 行"), ("b", "x")]),
        ("a: [x, 'y', \"z\"]", [("a", "x, y, z")]),
        ("a: https://example.com/x:y", [("a", "https://example.com/x:y")]),
        (
            "%YAML 1.2\n---\na: &anchor !!str x\nb: *anchor\n...\n---\nc: y",
            [("a", "x"), ("c", "y")],
        ),
        ("質問: いつ？\n答え: 3日前", [("質問", "いつ？"), ("答え", "3日前")]),
        ("- - x\n  - y", [("", "x"), ("", "y")]),
        ("# 注\nただの文", [("", "ただの文")]),
    ],
)
def test_values_under_their_keys(source: str, expected: list[tuple[str, str]]) -> None:
    assert values(source) == expected


def test_a_file_becomes_headings_texts_and_lines() -> None:
    source = (
        "id: d1\nupdated: '2024-12-02'\ntags:\n- 画像\n- 代替\ntitle:\n  ja: 代替テキスト\n"
        "  en: Alt\nproblem:\n  ja: |-\n    含める必要はないか。\n\n    ある。\n"
    )
    extracted = extract(source.encode(), media_type=None, name="d1.yaml")
    assert extracted.title == "代替テキスト"
    assert extracted.updated is not None
    assert extracted.updated.date().isoformat() == "2024-12-02"
    assert extracted.blocks == (
        Block(
            "- id: d1\n- updated: 2024-12-02\n- tags: 画像, 代替\n"
            "- title.ja: 代替テキスト\n- title.en: Alt",
            "list",
            ("代替テキスト",),
        ),
        Block("含める必要はないか。", "paragraph", ("代替テキスト", "problem.ja")),
        Block("ある。", "paragraph", ("代替テキスト", "problem.ja")),
    )


def test_the_items_of_a_list_of_maps_stay_together() -> None:
    source = (
        "faq:\n- 質問: 締め日は？\n  答え: 毎月25日です。\n  担当: 経理部\n"
        "- 質問: 上限は？\n  答え: 3万円です。\n"
    )
    extracted = extract(source.encode(), media_type=None, name="faq.yaml")
    assert [(block.headings, block.text) for block in extracted.blocks] == [
        (("faq", "締め日は？"), "答え: 毎月25日です。\n担当: 経理部"),
        (("faq", "上限は？"), "答え: 3万円です。"),
    ]


@given(
    st.dictionaries(
        st.from_regex(r"[a-zあ-ん]{1,5}", fullmatch=True),
        st.text(st.sampled_from("有給休暇ab1"), min_size=1),
        min_size=1,
    )
)
def test_every_value_of_a_map_comes_back(pairs: dict[str, str]) -> None:
    assert values("".join(f"{key}: {value}\n" for key, value in pairs.items())) == list(
        pairs.items()
    )


@given(st.text(st.sampled_from("ab:-|>\"'[]{}&*!# \n\tあ?,%@`\\0")))
def test_no_text_is_an_error(source: str) -> None:
    assert all(scalar.value.strip() for scalar in scalars(source))
