"""The sample knowledge base: what the demo, the evaluation and the documentation rely on."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.extract import extract
from ingest.extract.blocks import Extracted

EXAMPLES = Path(__file__).parents[2] / "examples"
HANDBOOK = EXAMPLES / "handbook"
DOCUMENTS = sorted(
    path.relative_to(HANDBOOK).as_posix() for path in HANDBOOK.rglob("*") if path.is_file()
)
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
]
ANSWERABLE = [q for q in QUESTIONS if q["answerable"]]
GENERATORS = ("docx", "pptx", "xlsxwriter", "reportlab")


def read(path: Path) -> Extracted:
    """What the bot reads of a file."""
    return extract(path.read_bytes(), media_type=None, name=path.name)


@cache
def text_of(document: str) -> str:
    """All text of a document of the handbook, a block a line."""
    return "\n".join(block.text for block in read(HANDBOOK / document).blocks)


def test_it_has_at_least_fifteen_documents_in_every_format_of_the_extractors() -> None:
    suffixes = {Path(name).suffix for name in DOCUMENTS}
    assert len(DOCUMENTS) >= 15
    assert suffixes == {".md", ".html", ".txt", ".csv", ".docx", ".xlsx", ".pptx", ".pdf"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_read_without_a_warning_and_stays_small(document: str) -> None:
    """A demo that starts with warnings, or a clone that takes long, loses the newcomer."""
    extracted = read(HANDBOOK / document)
    assert extracted.warnings == ()
    assert len(text_of(document)) >= 400
    assert (HANDBOOK / document).stat().st_size < 100_000


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if not d.endswith((".txt", ".csv"))])
def test_every_format_that_can_say_so_names_its_title(document: str) -> None:
    assert read(HANDBOOK / document).title


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.endswith(".md")])
def test_front_matter_tells_owner_and_date(document: str) -> None:
    extracted = read(HANDBOOK / document)
    assert extracted.owner
    assert extracted.updated is not None
    assert 2024 <= extracted.updated.year <= 2026


@pytest.mark.parametrize(
    "document",
    [
        "general/内線・担当者一覧.csv",
        "general/meeting-rooms.html",
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


def test_question_ids_are_unique_and_every_document_is_asked_about() -> None:
    """The outdated rules are the exception: nothing should be answered from them alone."""
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)
    assert len({q["question"] for q in QUESTIONS}) == len(QUESTIONS)
    asked = {q["document"] for q in ANSWERABLE}
    assert set(DOCUMENTS) - asked == {"hr/archive/work-rules-2024.md"}


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda q: str(q["id"]))
def test_the_gold_answer_stands_word_for_word_in_its_document(question: dict[str, Any]) -> None:
    assert question["document"] in DOCUMENTS
    assert question["answer"] in text_of(question["document"])


def test_at_least_ten_questions_have_no_answer_and_name_no_document() -> None:
    unanswerable = [q for q in QUESTIONS if not q["answerable"]]
    assert len(unanswerable) >= 10
    assert all(q["document"] is None and q["answer"] is None for q in unanswerable)


def test_the_build_script_reproduces_the_text_of_the_committed_files(tmp_path: Path) -> None:
    """Bytes may differ with the generators' versions; what a reader sees may not."""
    missing = [name for name in GENERATORS if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"generators not installed: {', '.join(missing)}")
    script = [sys.executable, str(EXAMPLES / "build_handbook.py"), "--out", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True)
    built = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(built) >= 9
    for path in built:
        committed = HANDBOOK / path.relative_to(tmp_path)
        assert read(path) == read(committed), committed.name
