"""Builds the handbook's Office, PDF and legacy-encoded files from the texts in `sources/`.

Run `python examples/build_handbook.py` after changing a source, and commit what it writes: a demo
must not need the generators (python-docx, python-pptx, xlsxwriter, reportlab). The same sources
and library versions give the same bytes: dates come from the sources, zip entries carry a fixed
time. The .xls and .ods files are the exception: LibreOffice writes them, asked by `--office`
(`apt-get install libreoffice-calc-nogui`), and dates them itself. The rest of the handbook
(Markdown, reStructuredText, YAML, UTF-8 text and HTML) is written by hand and not touched.

It does not know what a bot does with the files; it plays the part of Word, Excel and the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from builders.converted import ods_bytes, xls_bytes
from builders.pdf import pdf_bytes
from builders.slides import pptx_bytes
from builders.word import docx_bytes
from builders.workbook import xlsx_bytes

HERE = Path(__file__).resolve().parent


def encoded_bytes(encoding: str, source: Path) -> bytes:
    """Return the text as old programs save it: in their encoding, with CRLF line ends."""
    return source.read_text("utf-8").replace("\n", "\r\n").encode(encoding)


cp932_bytes = partial(encoded_bytes, "cp932")
euc_jp_bytes = partial(encoded_bytes, "euc_jp")
jis_bytes = partial(encoded_bytes, "iso2022_jp")
"""As a mail program of the old days saves a message."""
utf16_bytes = partial(encoded_bytes, "utf-16")
"""As Excel saves "Unicode text"."""

BUILT: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "accounting/invoices.html": ("invoices.html", euc_jp_bytes),
    "accounting/ringi-2026-058.docx": ("ringi-copier.md", docx_bytes),
    "accounting/travel-allowance-table.xlsx": ("travel-table.toml", xlsx_bytes),
    "accounting/出張旅費規程.pdf": ("travel-rules.md", pdf_bytes),
    "board/取締役会議事録_20260925.docx": ("board-minutes.md", docx_bytes),
    "dev/cloud-cost-2026q2.xlsx": ("cloud-cost.toml", xlsx_bytes),
    "general/equipment.xlsx": ("equipment.toml", xlsx_bytes),
    "general/meeting-rooms.html": ("meeting-rooms.html", cp932_bytes),
    "general/内線・担当者一覧.csv": ("contacts.csv", cp932_bytes),
    "general/社用車管理規程.docx": ("vehicles.md", docx_bytes),
    "general/福岡営業所移転のお知らせ.txt": ("fukuoka-move.txt", cp932_bytes),
    "general/鍵の取り扱いと入退館について.txt": ("keys-and-entry.txt", cp932_bytes),
    "general/防災・安否確認マニュアル.pdf": ("disaster.md", pdf_bytes),
    "hr/attendance-system.pptx": ("attendance-system.md", pptx_bytes),
    "hr/benefits.docx": ("benefits.md", docx_bytes),
    "hr/資格取得支援_対象一覧.tsv": ("certifications.tsv", utf16_bytes),
    "hr/confidential/bonus-rules.docx": ("bonus-rules.md", docx_bytes),
    "hr/confidential/evaluation-2026.xlsx": ("evaluation.toml", xlsx_bytes),
    "hr/入社手続きのご案内.docx": ("onboarding.md", docx_bytes),
    "hr/副業許可申請書.xlsx": ("side-job-form.toml", xlsx_bytes),
    "hr/年末調整のご案内.txt": ("year-end.txt", jis_bytes),
    "hr/育児・介護休業規程.pdf": ("childcare-leave.md", pdf_bytes),
    "it/personal-information.docx": ("personal-information.md", docx_bytes),
    "it/security-training.pptx": ("security-training.md", pptx_bytes),
}
"""Path under the handbook: its source under `sources/`, and what writes it."""
CONVERTED: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "accounting/費目コード表.xls": ("expense-codes.toml", xls_bytes),
    "general/年間休日カレンダー2026年度.ods": ("calendar.toml", ods_bytes),
}
"""The same for what only LibreOffice can write."""


def main() -> None:
    """Write every built file below `--out`, by default the handbook itself."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--out", type=Path, default=HERE / "handbook")
    options.add_argument("--office", action="store_true", help="write .xls and .ods, too")
    chosen = options.parse_args()
    for name, (source, build) in (BUILT | (CONVERTED if chosen.office else {})).items():
        target = chosen.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(build(HERE / "sources" / source))
        print(f"{target.stat().st_size:>7,} bytes  {name}")


if __name__ == "__main__":
    main()
