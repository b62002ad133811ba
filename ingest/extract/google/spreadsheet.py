"""The .xlsx export of Google Sheets, with the ids that Sheets knows its sheets by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.drive.exported import Exported
from connectors.drive.values import Sheet as Tab
from ingest.extract.blocks import Extracted, ExtractError
from ingest.extract.xlsx import blocks_of
from ingest.extract.xlsx.sheet import Sheet
from ingest.extract.xlsx.workbook import Workbook
from ingest.extract.zipguard import Package

_CHANGED: Final = re.compile(r"[\[\]:*?/\\'_ ]")
"""What Excel takes in no name of a sheet, and what may stand in its place."""
_SURELY_KEPT: Final = 24
"""Characters of a title: Excel's 31 less what makes a cut one unique."""


def extract(exported: Exported) -> Extracted:
    """Return the text of visible cells of visible sheets."""
    workbook = Workbook(Package(bytes(exported.body)))
    tabs = matched(workbook.names, exported.sheets)
    blocks = blocks_of(_named(workbook.sheets(), tabs))
    if not blocks:
        raise ExtractError("the file has no text in its visible sheets; nothing to index")
    return Extracted(tuple(blocks), warnings=tuple(workbook.warnings))


def _named(sheets: Iterator[Sheet], tabs: Mapping[str, Tab]) -> Iterator[Sheet]:
    for sheet in sheets:
        tab = tabs.get(sheet.name)
        if tab is None:
            sheet.link = ""
        elif tab.hidden:
            continue
        else:
            sheet.link, sheet.name = f"gid={tab.gid}", tab.title
        yield sheet


def matched(names: Sequence[str], tabs: Sequence[Tab]) -> dict[str, Tab]:
    """Return the tab that each name of an exported sheet stands for, as far as that is sure.

    A title that Excel does not take (more than 31 characters, `/` and its like) is changed by the
    export, in a way that nobody documents: those that remain are matched by their order if they are
    as many, or else by how they begin.
    """
    by_title = {tab.title: tab for tab in tabs}
    found = {name: by_title[name] for name in names if name in by_title}
    taken = {tab.gid for tab in found.values()}
    names = [name for name in names if name not in found]
    tabs = [tab for tab in tabs if tab.gid not in taken]
    if len(names) == len(tabs):
        return found | dict(zip(names, tabs, strict=True))
    for name in names:
        alike = [tab for tab in tabs if _beginning(tab.title) == _beginning(name)]
        rivals = [other for other in names if _beginning(other) == _beginning(name)]
        if len(alike) == len(rivals) == 1:
            found[name] = alike[0]
    return found


def _beginning(title: str) -> str:
    return _CHANGED.sub("", title)[:_SURELY_KEPT]
