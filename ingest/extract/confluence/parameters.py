"""Reads the parameters of a macro."""

from __future__ import annotations

from typing import Final

from lxml import etree

from ingest.extract.confluence.markup import AC

PARAMETERS: Final = (f"{AC}parameter", f"{AC}default-parameter")


def parameter(macro: etree._Element, name: str) -> str:
    """Return the text of a macro's parameter, empty where it has none; "" names the unnamed one."""
    for child in macro.iterchildren(*PARAMETERS):
        if (child.get(f"{AC}name") or "") == name:
            return child.text or ""
    return ""
