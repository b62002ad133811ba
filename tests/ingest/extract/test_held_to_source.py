"""An independent reading of real documents finds nothing in ours that the source has not.

The readers are those of `bench/extraction.py`: html5lib, mistune, docutils' writer, openpyxl,
python-docx, python-pptx, pdfminer. docs/extraction.md explains each exception.
"""

from __future__ import annotations

import random
import sys
import tarfile
from pathlib import Path

import pytest

from ingest.extract import Block, Extracted

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT))  # bench/ is not installed

from bench import extraction  # noqa: E402
from bench.sources import HARD, SOFT, Source  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:DrawingML support is incomplete:UserWarning",  # openpyxl, of shapes: read beside it
    "ignore:.*extension is not supported and will be removed:UserWarning",
    "ignore:Conditional Formatting:UserWarning",
    "ignore:Cannot parse header or footer:UserWarning",
)
HANDBOOK = ROOT / "examples" / "handbook"
ARCHIVE = ROOT.parent / "shared" / "data" / "docs.tar.gz"
SAMPLE = 24
HELD = ("space", "hidden", "heading", "made up", "anchor", "lost", "unread")
EXCEPTIONS = {
    # A cell has two items, one a line; the dictionary knows 名目 and reads ファイル名⏎目次 as it.
    ("space", "23 | 変更 | ファイル名␣目次 1. 画面取引定義 2."),
    # The link back to the top of a section, and a row of links to letters: no text.
    ("lost", "top (3)"),
    ("lost", "A | B | C | D | E | F | H | I | J | L | M | N | P | R | S | U | V | W | X (19)"),
}


def held(folder: Path, paths: list[Path]) -> list[tuple[str, str, str]]:
    found = extraction.report(folder, paths)
    return [
        (violation.path, violation.kind, violation.text)
        for report in found.values()
        for violation in report.violations
        if violation.kind in HELD and (violation.kind, violation.text) not in EXCEPTIONS
    ]


def test_the_handbook_is_indexed_as_it_is_seen() -> None:
    """Every format of the extractors; not one violation, and no exception is needed."""
    paths = extraction.files(HANDBOOK)
    assert len(paths) >= 20
    assert held(HANDBOOK, paths) == []


def test_a_sample_of_real_documents_is_indexed_as_it_is_seen(tmp_path: Path) -> None:
    """Pages and Office files of others; the same sample every time, all of them in `make bench`."""
    if not ARCHIVE.exists():
        pytest.skip("the sample documents are not beside the project")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    paths = random.Random(20261121).sample(extraction.files(tmp_path), SAMPLE)
    assert held(tmp_path, paths) == []


def planted(text: str, *, headings: tuple[str, ...] = (), anchor: str = "") -> Extracted:
    return Extracted((Block(text, "paragraph", headings, anchor),))


SOURCE = "有給休暇は取得日の3営業日前までに申請し、上長の承認を受けます。"


@pytest.mark.parametrize(
    ("ours", "source", "kind"),
    [
        pytest.param(
            planted(SOURCE.replace("申請", "申 請")),
            Source([SOURCE]),
            "space",
            id="space_amid_a_word",
        ),
        pytest.param(
            planted(SOURCE.replace("取得日", "取得日 ")),
            Source([SOURCE.replace("取得日", f"取得日{SOFT}  ")]),
            "space",
            id="space_for_a_line_end_of_the_source",
        ),
        pytest.param(
            planted(f"{SOURCE} 来期は廃止の予定（未公開）"),
            Source([SOURCE], hidden=["来期は廃止の予定（未公開）"]),
            "hidden",
            id="hidden_text",
        ),
        pytest.param(
            planted(SOURCE, headings=("第2章 休暇",)),
            Source(
                ["第1章 総則", HARD, "第2章 休暇", HARD, SOURCE],
                headings=["第1章 総則", "第2章 休暇"],
            ),
            "heading",
            id="heading_lost",
        ),
        pytest.param(
            planted(SOURCE, headings=("# これはコードの注釈",)),
            Source([SOURCE], headings=[]),
            "made up",
            id="heading_made_up",
        ),
        pytest.param(
            planted(SOURCE, anchor="申請②"),
            Source([SOURCE], anchors={"申請"}),
            "anchor",
            id="anchor",
        ),
        pytest.param(
            planted(SOURCE),
            Source([SOURCE, HARD, "退職日の2か月前までに届けます。"]),
            "lost",
            id="lost",
        ),
        pytest.param(planted(f"{SOURCE}\n{SOURCE}"), Source([SOURCE]), "repeated", id="repeated"),
    ],
)
def test_the_check_finds_what_is_planted(ours: Extracted, source: Source, kind: str) -> None:
    found, _, _ = extraction.compare(ours, source)
    assert [name for name, texts in found.items() if texts and name != "lost"] == (
        [kind] if kind != "lost" else []
    )
    assert bool(found["lost"]) == (kind in ("lost", "heading"))


def test_the_check_leaves_the_authors_blanks_alone() -> None:
    """「東京 大阪」 is how somebody wrote it, and a line that somebody ended is one."""
    source = Source([f"出張先は東京 大阪です。{HARD}宿泊費上限{HARD}甲地"])
    ours = planted("出張先は東京 大阪です。\n宿泊費上限\n甲地")
    found, _, _ = extraction.compare(ours, source)
    assert found["space"] == []
