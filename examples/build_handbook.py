"""Builds the handbook's Office, PDF and Shift_JIS files from the texts in `sources/`.

Run `python examples/build_handbook.py` after changing a source, and commit what it writes: a demo
must not need the generators (python-docx, python-pptx, xlsxwriter, reportlab). The same sources
and library versions give the same bytes: dates come from the sources, zip entries carry a fixed
time. The rest of the handbook (Markdown, UTF-8 HTML) is written by hand and not touched.

It does not know what a bot does with the files; it plays the part of Word, Excel and the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from builders.pdf import pdf_bytes
from builders.slides import pptx_bytes
from builders.word import docx_bytes
from builders.workbook import xlsx_bytes

HERE = Path(__file__).resolve().parent


def cp932_bytes(source: Path) -> bytes:
    """Return the text as Windows in Japan saved it for decades: code page 932, CRLF line ends."""
    return source.read_text("utf-8").replace("\n", "\r\n").encode("cp932")


BUILT: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "accounting/travel-allowance-table.xlsx": ("travel-table.toml", xlsx_bytes),
    "accounting/出張旅費規程.pdf": ("travel-rules.md", pdf_bytes),
    "general/equipment.xlsx": ("equipment.toml", xlsx_bytes),
    "general/meeting-rooms.html": ("meeting-rooms.html", cp932_bytes),
    "general/内線・担当者一覧.csv": ("contacts.csv", cp932_bytes),
    "general/鍵の取り扱いと入退館について.txt": ("keys-and-entry.txt", cp932_bytes),
    "hr/benefits.docx": ("benefits.md", docx_bytes),
    "hr/入社手続きのご案内.docx": ("onboarding.md", docx_bytes),
    "it/security-training.pptx": ("security-training.md", pptx_bytes),
}
"""Path under the handbook: its source under `sources/`, and what writes it."""


def main() -> None:
    """Write every built file below `--out`, by default the handbook itself."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--out", type=Path, default=HERE / "handbook")
    out: Path = options.parse_args().out
    for name, (source, build) in BUILT.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(build(HERE / "sources" / source))
        print(f"{target.stat().st_size:>7,} bytes  {name}")


if __name__ == "__main__":
    main()
