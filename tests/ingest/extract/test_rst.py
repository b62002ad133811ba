"""reStructuredText and Sphinx's dialect keep their text, print nothing and read no other file."""

from __future__ import annotations

import pytest

from ingest.extract import Extracted, extract


def read(source: str) -> Extracted:
    return extract(source.encode(), media_type=None, name="文書.rst")


def texts(source: str) -> list[str]:
    return [block.text for block in read(source).blocks]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("これは **重要** な *点* です", "これは 重要 な 点 です"),
        ("これは\\ **重要**\\ です", "これは重要です"),
        ("郵便物**の発送**は", "郵便物の発送は"),
        ("変数``x``を使う", "変数xを使う"),
        ("詳細は :ref:`申請方法 <apply>` を見る", "詳細は 申請方法 を見る"),
        (":kbd:`Ctrl+C` を押す", "Ctrl+C を押す"),
        (":menuselection:`設定 --> 一般` を開く", "設定 ‣ 一般 を開く"),
        (":py:meth:`~a.b.run` と :unknown:`役割` ", "a.b.run と 役割"),
        ("`案内 <https://example.com>`__ と `別`_\n\n.. _別: https://example.com", "案内 と 別"),
        ("有給\n休暇を\n取る", "有給休暇を取る"),
        ("|会社| の規程\n\n.. |会社| replace:: 株式会社くらげ", "株式会社くらげ の規程"),
        ("|未定義| の規程", "未定義 の規程"),
        ("規定する [1]_ 。\n\n.. [1] 労働基準法", "規定する 。"),
    ],
)
def test_inline_markup_is_taken_off(source: str, text: str) -> None:
    assert texts(source)[0] == text


def test_sections_have_the_ids_of_sphinx() -> None:
    extracted = read(
        ".. _leave:\n\n####\n休暇\n####\n\n一\n\n申請\n====\n\n二\n\nApply now\n=========\n\n三\n"
    )
    assert extracted.title == "休暇"
    assert [(block.headings, block.anchor) for block in extracted.blocks] == [
        (("休暇",), "leave"),
        (("休暇", "申請"), "id2"),
        (("休暇", "Apply now"), "apply-now"),
    ]


def test_directives_keep_their_text() -> None:
    extracted = read(
        ".. note:: 注意\n\n   本文\n\n.. tab-item:: Windows\n\n   手順\n\n"
        ".. code-block:: sh\n   :linenos:\n\n   ls  -l\n\n"
        ".. versionadded:: 2.0 新機能\n\n.. unknown:: 引数\n   :option: 値\n\n"
        "   中身\n\n.. image:: a.png\n   :alt: 図の説明\n\n"
        ".. mermaid::\n\n   graph TD\n\n.. figure:: b.png\n\n   図1 流れ\n"
    )
    assert [block.text for block in extracted.blocks] == [
        "注意", "本文", "Windows", "手順", "ls  -l", "2.0 新機能", "引数", "中身", "図の説明",
        "graph TD", "図1 流れ",
    ]  # fmt: skip
    assert [block.kind for block in extracted.blocks].count("code") == 2


def test_what_is_not_shown_is_not_indexed() -> None:
    source = (
        "本文\n\n.. 秘密のコメント\n\n.. comment\n\n   秘密\n\n.. toctree::\n\n"
        "   秘密\n\n.. index:: 秘密\n\n"
        ".. raw:: html\n\n   <p>秘密</p>\n\n.. meta::\n   :keywords: 秘密\n\n.. _秘密: https://example.com\n"
    )
    assert texts(source) == ["本文"]


def test_other_files_are_never_read_and_that_is_said(tmp_path: object) -> None:
    extracted = read(
        "本文\n\n.. include:: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n\n"
        ".. literalinclude:: a.py\n"
    )
    assert "root:" not in repr(extracted)
    assert extracted.warnings == ("included files were not read: /etc/passwd, a.py",)


def test_lists_tables_and_definitions() -> None:
    extracted = read(
        "1. 申請\n\n   - 紙\n   - 電子\n\n2. 承認\n\n年休\n  年次有給休暇\n\n:期限: 3日前\n\n"
        "====  ====\n等級  日当\n====  ====\n部長  3000\n課長  2500\n====  ====\n\n"
        "+------+------+\n| 結合        |\n+======+======+\n| a    | b    |\n+------+------+\n\n"
        ".. list-table:: 表題\n   :header-rows: 1\n\n   * - a\n     - b\n   * - c\n     - d\n"
    )
    assert [(block.kind, block.text) for block in extracted.blocks] == [
        ("list", "1. 申請\n  - 紙\n  - 電子\n2. 承認"),
        ("list", "年休\n  年次有給休暇"),
        ("list", "期限: 3日前"),
        ("table", "等級 | 日当\n部長 | 3000\n課長 | 2500"),
        ("table", "結合\na | b"),
        ("paragraph", "表題"),
        ("table", "a | b\nc | d"),
    ]
    assert extracted.blocks[3].header_rows == 1


def test_the_fields_at_the_top_are_metadata() -> None:
    extracted = read(":author: 総務部\n:date: 2024-04-01\n\n規程\n====\n\n本文\n")
    assert extracted.owner == "総務部"
    assert extracted.updated is not None
    assert extracted.metadata == {"author": "総務部", "date": "2024-04-01"}
    assert [block.text for block in extracted.blocks] == ["本文"]


def test_errors_of_the_author_lose_no_text_and_print_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = (
        "題\n=\n\n本文\n\n.. image::\n   :width: 秘\n\n* 項目\n次の行\n\n副題\n~~~~\n\n"
        "別\n\n逆\n----\n\n終わり\n\n.. table:: 壊れた\n\n   == ==\n   表の中\n"
    )
    everything = repr(read(source).blocks)
    for word in ("題", "本文", "項目", "次の行", "副題", "別", "逆", "終わり", "表の中"):
        assert word in everything
    assert capfd.readouterr() == ("", "")
