"""The ids that the service's page gives its headings, so that a link with a fragment lands there.

Cloud's renderer writes a hyphen for each white space and `.1`, `.2` for what comes again. Data
Center puts the page's title in front, drops white space, and `id-` before what does not begin with
a letter (`HtmlElementIdCreator` of its code, as readers of it describe it).
"""

from __future__ import annotations

import re

from rigs.confluence.records import Edition

_LONGEST = 255


def cloud(heading: str, taken: set[str]) -> str:
    """Return the id of a heading in Cloud's page; `taken` are the ids before it, and grows."""
    base = re.sub(r"\s", "-", heading.strip())
    number, found = 0, base
    while found in taken:
        number += 1
        found = f"{base}.{number}"
    taken.add(found)
    return found


def data_center(title: str, heading: str, counted: dict[str, int]) -> str:
    """Return the id of a heading in Data Center's page; `counted` are those before it; grows."""
    plain = re.sub(r"[-#]", "", title)
    base = re.sub(r"\s", "", f"{plain}-{heading}")
    if not re.match(r"[a-zA-Z]", base):
        base = f"id-{base}"
    base = base.encode("utf-16-le", "surrogatepass")[: 2 * _LONGEST].decode("utf-16-le", "ignore")
    times = counted.get(base, 0)
    counted[base] = times + 1
    return f"{base}.{times}" if times else base


def identified(edition: Edition, title: str, headings: list[str]) -> list[tuple[str, str]]:
    """Return the headings of a page in order, each with its id; those without text have none."""
    taken: set[str] = set()
    counted: dict[str, int] = {}
    found = []
    for heading in headings:
        if not heading.strip():
            continue
        if edition == "cloud":
            found.append((heading, cloud(heading, taken)))
        else:
            found.append((heading, data_center(title, heading, counted)))
    return found
