"""The sample knowledge base: what the demo, the evaluation and the documentation rely on."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import unicodedata
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.access import person
from connectors.base import Readers, Ref
from connectors.folder import FolderConnector
from ingest.extract import extract, media
from ingest.extract.blocks import Extracted

EXAMPLES = Path(__file__).parents[2] / "examples"
HANDBOOK = EXAMPLES / "handbook"
DOCUMENTS = sorted(
    path.relative_to(HANDBOOK).as_posix() for path in HANDBOOK.rglob("[!.]*") if path.is_file()
)
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
]
ANSWERABLE = [q for q in QUESTIONS if q["answerable"]]
RESTRICTED = {
    "board/取締役会議事録_20260925.docx",
    "hr/confidential/bonus-rules.docx",
    "hr/confidential/evaluation-2026.xlsx",
}
EMPLOYEE = "nishino@example.co.jp"
MANAGED = (".md", ".rst", ".yaml", ".docx", ".xlsx", ".pptx", ".pdf")
"""Suffixes of the formats in which a document can say who keeps it, and since when."""
GENERATORS = ("docx", "pptx", "xlsxwriter", "reportlab")


def read(path: Path) -> Extracted:
    """What the bot reads of a file."""
    return extract(path.read_bytes(), media_type=None, name=path.name)


@cache
def text_of(document: str) -> str:
    """All text of a document of the handbook, a block a line."""
    return "\n".join(block.text for block in read(HANDBOOK / document).blocks)


def loose(text: str) -> str:
    """Text without what people type differently: width of characters, spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@cache
def listed() -> dict[str, Readers]:
    """What a sync of the handbook finds, with who may read it."""
    connector = FolderConnector(HANDBOOK)
    refs = [change for change in connector.changes(None) if isinstance(change, Ref)]
    return {ref.id: connector.readers(ref) for ref in refs}


def may_read(email: str, document: str) -> bool:
    """Whether a member of the organisation may read a document of the handbook."""
    layers, principals = listed()[document], person(email)
    return bool(layers) and all(layer & principals for layer in layers)


def test_it_is_a_company_in_every_format_that_is_read() -> None:
    """All but .xlsb, which only Excel writes."""
    found = {
        media.detect((HANDBOOK / name).read_bytes(), media_type=None, name=name)
        for name in DOCUMENTS
    }
    assert len(DOCUMENTS) >= 60
    assert found == {
        media.MARKDOWN,
        media.RST,
        media.YAML,
        media.HTML,
        media.PLAIN,
        media.CSV,
        media.TSV,
        media.PDF,
        media.DOCX,
        media.XLSX,
        media.XLS,
        media.ODS,
        media.PPTX,
    }


def test_it_stays_small_as_a_whole() -> None:
    """It is part of every clone."""
    files = [path for path in EXAMPLES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_000_000


def test_a_sync_finds_every_document_and_no_other() -> None:
    """Side files and sources are no documents."""
    assert sorted(listed()) == DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_read_without_a_warning_and_stays_small(document: str) -> None:
    """A demo that starts with warnings, or a clone that takes long, loses the newcomer."""
    extracted = read(HANDBOOK / document)
    assert extracted.warnings == ()
    assert len(text_of(document)) >= 400
    assert (HANDBOOK / document).stat().st_size < 100_000


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if not d.endswith((".txt", ".csv", ".tsv", ".xls", ".ods"))]
)
def test_every_format_that_can_say_so_names_its_title(document: str) -> None:
    path = HANDBOOK / document
    renamed = extract(path.read_bytes(), media_type=None, name=f"renamed{path.suffix}")
    assert renamed.title != "renamed"


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.endswith(MANAGED)])
def test_owner_and_date_are_told(document: str) -> None:
    """By front matter, fields or properties, as the format has them."""
    extracted = read(HANDBOOK / document)
    assert extracted.owner
    assert extracted.updated is not None
    assert 2021 <= extracted.updated.year <= 2026


@pytest.mark.parametrize(
    "document",
    [
        "general/内線・担当者一覧.csv",
        "general/meeting-rooms.html",
        "general/福岡営業所移転のお知らせ.txt",
        "general/鍵の取り扱いと入退館について.txt",
    ],
)
def test_legacy_files_are_code_page_932_with_crlf_and_read_as_such(document: str) -> None:
    """Git or an editor that "repairs" them would take the case out of the demo."""
    raw = (HANDBOOK / document).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 0
    assert "総務" in raw.decode("cp932")
    assert "総務" in text_of(document)


@pytest.mark.parametrize(
    ("document", "encoding", "shown"),
    [
        ("accounting/invoices.html", "euc_jp", "電子データのまま保存する"),
        ("hr/年末調整のご案内.txt", "iso2022_jp", "紙の申告書はお配りしません"),
        ("hr/資格取得支援_対象一覧.tsv", "utf-16", "物流技術管理士"),
    ],
)
def test_rarer_encodings_are_kept_and_read(document: str, encoding: str, shown: str) -> None:
    """Git, an editor or a rebuild that "repairs" them would take the case out of the demo."""
    raw = (HANDBOOK / document).read_bytes()
    with pytest.raises((UnicodeDecodeError, AssertionError)):
        assert "の" in raw.decode("utf-8")
    assert raw.decode(encoding).count("\r\n") > 10
    assert shown in text_of(document)


@pytest.mark.parametrize(
    ("document", "shown", "deleted"),
    [
        ("board/取締役会議事録_20260925.docx", "割合が7.5パーセント", "8パーセント"),
        ("it/personal-information.docx", "手数料は無料とする", "手数料は1,000円"),
        ("general/社用車管理規程.docx", "走行距離が100,000km", "80,000"),
    ],
)
def test_tracked_changes_are_read_as_if_accepted(document: str, shown: str, deleted: str) -> None:
    assert shown in text_of(document)
    assert deleted not in text_of(document)


def test_footnotes_are_text_of_their_document() -> None:
    assert "給油カードの暗証番号は総務課が口頭で伝える" in text_of("general/社用車管理規程.docx")


@pytest.mark.parametrize(
    ("document", "hidden"),
    [
        (
            "it/vpn.html",
            ("vpn-old", "WireGuard", "お気に入り", "サイトマップ", "のぞ", "page loaded"),
        ),
        ("hr/health-check.html", ("2025年度版", "契約単価", "ようせいみつけんさ", "本文へ移動")),
        ("general/meeting-rooms.html", ("長尾作成",)),
        ("accounting/travel-allowance-table.xlsx", ("13,500", "未承認")),
        ("general/equipment.xlsx", ("PC-0113",)),
        ("dev/cloud-cost-2026q2.xlsx", ("値引き率",)),
        ("hr/confidential/evaluation-2026.xlsx", ("M012345", "仮評価")),
    ],
)
def test_what_no_reader_of_the_document_sees_is_not_text(
    document: str, hidden: tuple[str, ...]
) -> None:
    assert [word for word in hidden if word in text_of(document)] == []


def test_two_versions_of_the_paid_leave_rule_contradict_each_other() -> None:
    """The answer has to notice; the newer one is in force."""
    new, old = read(HANDBOOK / "hr/work-rules.md"), read(HANDBOOK / "hr/archive/work-rules-2024.md")
    assert "取得日の3営業日前までに" in text_of("hr/work-rules.md")
    assert "取得日の5営業日前までに" in text_of("hr/archive/work-rules-2024.md")
    assert new.updated is not None
    assert old.updated is not None
    assert new.updated > old.updated


def test_the_leave_rule_stands_under_its_chapter_and_article() -> None:
    block = next(
        b for b in read(HANDBOOK / "hr/work-rules.md").blocks if "取得日の3営業日前" in b.text
    )
    assert block.headings[-2:] == ("第5章 休暇", "第21条（年次有給休暇の申請）")


def test_one_document_was_not_touched_for_three_years() -> None:
    """People have to be told that it is old."""
    dates = [updated for d in DOCUMENTS if (updated := read(HANDBOOK / d).updated)]
    assert max(dates) - min(dates) > timedelta(days=3 * 366)


def test_restricted_documents_are_for_named_readers_and_all_others_for_everybody() -> None:
    assert {d for d in DOCUMENTS if not may_read(EMPLOYEE, d)} == RESTRICTED


def test_readers_of_one_restricted_document_are_no_readers_of_the_next() -> None:
    """A head of section assesses people and sees neither bonuses nor the board."""
    assert may_read("hayase@example.co.jp", "hr/confidential/evaluation-2026.xlsx")
    assert not may_read("hayase@example.co.jp", "hr/confidential/bonus-rules.docx")
    assert not may_read("hayase@example.co.jp", "board/取締役会議事録_20260925.docx")


def test_question_ids_are_unique_and_every_document_is_asked_about() -> None:
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)
    assert len({q["question"] for q in QUESTIONS}) == len(QUESTIONS)
    assert {q["document"] for q in ANSWERABLE} == set(DOCUMENTS)


def test_there_are_enough_questions_to_tell_a_percent() -> None:
    assert len(ANSWERABLE) >= 200
    assert len(QUESTIONS) - len(ANSWERABLE) >= 20


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: str(q["id"]))
def test_the_gold_answer_stands_word_for_word_in_its_document(question: dict[str, Any]) -> None:
    assert question["document"] in DOCUMENTS
    assert loose(question["answer"]) in loose(text_of(question["document"]))


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: str(q["id"]))
def test_who_asks_may_read_the_gold_document(question: dict[str, Any]) -> None:
    """A question on a restricted document says as whom it is asked; no other does."""
    assert ("as" in question) == (question["document"] in RESTRICTED)
    assert may_read(question.get("as", EMPLOYEE), question["document"])


def test_unanswerable_questions_name_no_document() -> None:
    unanswerable = [q for q in QUESTIONS if not q["answerable"]]
    assert all(q["document"] is None and q["answer"] is None for q in unanswerable)


def rebuilt(folder: Path, *options: str) -> list[str]:
    """Build the handbook into a folder; every file must read as the committed one does."""
    script = [sys.executable, str(EXAMPLES / "build_handbook.py"), "--out", str(folder), *options]
    subprocess.run(script, check=True, capture_output=True)
    built = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in built:
        committed = HANDBOOK / path.relative_to(folder)
        assert read(path) == read(committed), committed.name
    return [path.suffix for path in built]


def missing_generators() -> list[str]:
    """The libraries that the build script needs and this environment lacks."""
    return [name for name in GENERATORS if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(bool(missing_generators()), reason="the generators are not installed")
def test_the_build_script_reproduces_the_text_of_the_committed_files(tmp_path: Path) -> None:
    """Bytes may differ with the generators' versions; what a reader sees may not."""
    assert len(rebuilt(tmp_path)) >= 20


@pytest.mark.skipif(
    bool(missing_generators()) or not shutil.which("soffice"),
    reason="LibreOffice or the generators are not installed",
)
def test_libreoffice_reproduces_the_text_of_the_committed_files(tmp_path: Path) -> None:
    """The .xls and .ods files come from it."""
    assert {".xls", ".ods"} <= set(rebuilt(tmp_path, "--office"))
