"""Workbooks as LibreOffice saves them: the binary format of Excel 97 to 2003, and OpenDocument.

Needs `soffice` (Debian: libreoffice-calc-nogui). Its files carry the moment of the conversion, so
their bytes differ from run to run; what a reader sees does not. Knows nothing of the sources.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from builders.workbook import xlsx_bytes

OFFICE = "soffice"


def xls_bytes(source: Path) -> bytes:
    """Return the workbook of a TOML source as Excel 97-2003 (.xls)."""
    return converted(xlsx_bytes(source), "xls")


def ods_bytes(source: Path) -> bytes:
    """Return the workbook of a TOML source as OpenDocument (.ods)."""
    return converted(xlsx_bytes(source), "ods")


def converted(workbook: bytes, suffix: str) -> bytes:
    """Return an .xlsx in another format; the profile of the person who builds stays untouched."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        path.write_bytes(workbook)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [OFFICE, profile, "--headless", "--convert-to", suffix, "--outdir", folder]
        command.append(str(path))
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603
        return path.with_suffix(f".{suffix}").read_bytes()
