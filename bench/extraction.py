"""Extraction held to the source: what an independent reading of each document says against ours.

    python -m bench.extraction [--list] [--only TEXT] [FOLDER…]

Without a folder: the handbook, and the sample pages and Office files where they are at hand.
docs/extraction.md explains what is left.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bench import sources
from bench.figures import ROOT, documents
from bench.sources import EITHER, HARD, SOFT, Source
from ingest.extract import Extracted, ExtractError, extract

KINDS = ("space", "hidden", "heading", "made up", "anchor", "lost", "repeated", "unread")
"""What is counted: a space inside Japanese, hidden text, a heading lost, a heading that is none, an
anchor that leads nowhere, text lost, text repeated, a file that one of the two can not read."""

_JAPANESE = "ぁ-ゖゝゞァ-ヺーヽヾ一-龠々〆〇㐀-䶿ｦ-ﾟ"
_PARTED = re.compile(rf"(?<=[{_JAPANESE}])([ \n\u3000]+)(?=[{_JAPANESE}])")
_ENDS = re.compile(r"\n(?:\s*(?:-|\d+\.) )?| \| ")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]")
_BLANK = frozenset(" \t\u00a0\u2003\u2002\u3000" + HARD + SOFT + EITHER)
_NUMBER = re.compile(r"(?:第?[0-9一二三四五六七八九十]*[編章節条項]?|[a-z])*", re.IGNORECASE)
_CONTEXTS = (12, 8, 4, 2)
_GRAM = 8
_COLUMNS, _ROWS = 16_384, 1_048_576  # of any sheet
_FRAGMENT = 8
"""Characters; what is shorter is found in any text."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that ours has and the source has not, or the other way round."""

    path: str
    kind: str
    text: str


@dataclass(slots=True)
class Report:
    """What was found in the documents of one format."""

    documents: int = 0
    violations: list[Violation] = field(default_factory=list)
    visible: int = 0
    """Letters that a reader sees."""
    missing: int = 0
    """Of these, those in no run of 8 that ours has."""

    def count(self, kind: str) -> int:
        """How many violations of one kind."""
        return sum(violation.kind == kind for violation in self.violations)


def check(path: str, data: bytes) -> tuple[list[Violation], int, int]:
    """Compare one document; returns its violations, the letters seen, and those of them lost."""
    try:
        ours = extract(data, media_type=None, name=Path(path).name)
    except ExtractError as error:
        return [Violation(path, "unread", str(error))], 0, 0
    found, visible, missing = compare(ours, sources.read(path, data))
    listed = [Violation(path, kind, text) for kind, texts in found.items() for text in texts]
    return listed, visible, missing


def compare(ours: Extracted, source: Source) -> tuple[dict[str, list[str]], int, int]:
    """Return the violations by kind, the letters seen, and those of them lost."""
    if letters(ours.title or "") not in letters(source.text):
        ours = replace(ours, title=None)  # the file's name or property: no words of the document's
    lost, visible, missing = _lost(ours, source)
    found = {
        "space": list(_spaces(ours, source)),
        "hidden": list(_hidden(ours, source)),
        "heading": list(_headings_lost(ours, source)),
        "made up": list(_headings_made_up(ours, source)),
        "anchor": list(_anchors(ours, source)),
        "lost": lost,
        "repeated": _repeated(ours, source),
    }
    return found, visible, missing


def letters(text: str) -> str:
    """Letters and digits alone, full width as half width: what formats and layouts agree on."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def _outline(ours: Extracted) -> list[str]:
    """Our headings in the order in which they come; a heading above nothing is a block."""
    found = [ours.title or ""]
    path: tuple[str, ...] = ()
    anchor = ""
    for block in ours.blocks:
        same = 0
        while same < min(len(path), len(block.headings)) and path[same] == block.headings[same]:
            same += 1
        if same == len(block.headings) == len(path) and block.anchor != anchor:
            same = max(same - 1, 0)  # two of one name in a row
        found += block.headings[same:]
        if block.kind == "paragraph" and len(block.text) < 200:
            found.append(block.text)
        path, anchor = block.headings, block.anchor
    return found


def _all(ours: Extracted) -> str:
    return HARD.join((*_outline(ours), *(block.text for block in ours.blocks)))


# --- spaces -------------------------------------------------------------------------------------


class _Gaps:
    """The letters of a text, and which blanks stood before each of them."""

    def __init__(self, text: str) -> None:
        kept: list[str] = []
        self.before: dict[int, set[str]] = defaultdict(set)
        for char in unicodedata.normalize("NFKC", _UNSEEN.sub("", text)):
            if char in _BLANK:
                self.before[len(kept)].add(char)
            elif char.isalnum():
                kept.append(char)
        self.before[0].add(HARD)
        self.before[len(kept)].add(HARD)
        self.text = "".join(kept)

    def between(self, left: str, right: str) -> list[set[str]]:
        """The blanks at each place where `left` meets `right`."""
        both, found, start = left + right, [], 0
        while (start := self.text.find(both, start)) >= 0:
            found.append(self.before.get(start + len(left), set()))
            start += 1
        return found

    def beside(self, text: str, *, after: bool) -> list[set[str]]:
        """The blanks behind or before each place with the longest end or beginning of `text`."""
        for size in _CONTEXTS:
            part = text[-size:] if after else text[:size]
            places = self.between(part, "") if after else self.between("", part)
            if part and places:
                return places
        return []


def _spaces(ours: Extracted, source: Source) -> Iterator[str]:
    reference = _Gaps(source.text + HARD + HARD.join(source.margins))
    for block in ours.blocks:
        for text in (*block.headings, block.text):
            for found in _PARTED.finditer(text):
                left = _Gaps(_ENDS.split(text[: found.start()])[-1][-40:]).text
                right = _Gaps(_ENDS.split(text[found.end() :], maxsplit=1)[0][:40]).text
                row_ends = block.kind == "table" and "\n" in found[1]
                if row_ends and not _is_one_word(left[-_FRAGMENT:], right[:_FRAGMENT]):
                    continue
                if not _is_authors(reference, left, right):
                    shown = f"{text[: found.start()][-15:]}␣{text[found.end() :][:15]}"
                    yield shown.replace("\n", "⏎")


def _is_authors(reference: _Gaps, left: str, right: str) -> bool:
    """Whether the reader sees a blank or a line's end where ours has one."""
    for size in _CONTEXTS:
        places = reference.between(left[-size:], right[:size])
        if places:
            if size > _CONTEXTS[-1] or any(_parts(place, left, right) for place in places):
                return any(_parts(place, left, right) for place in places)
            break  # two letters beside two are found anywhere
    return _meet_as_ends(reference, left, right)


def _meet_as_ends(reference: _Gaps, left: str, right: str) -> bool:
    """Whether a block of the source ends as `left` does, and another begins as `right` does."""
    ends = any(place & {HARD, EITHER} for place in reference.beside(left, after=True))
    return ends and any(place & {HARD, EITHER} for place in reference.beside(right, after=False))


def _parts(place: set[str], left: str, right: str) -> bool:
    if HARD in place:
        return True
    if EITHER in place:
        return not _is_one_word(left[-_FRAGMENT:], right[:_FRAGMENT])
    return bool(place) and SOFT not in place  # blanks beside a soft line end are its indentation


@cache
def _tokenizer() -> Any:
    import sudachipy

    return sudachipy.Dictionary(dict="core").tokenizer(mode=sudachipy.SplitMode.C)


def _is_one_word(left: str, right: str) -> bool:
    """Whether the dictionary knows a word that begins in the one and ends in the other."""
    return any(
        token.begin() < len(left) < token.end() and not token.is_oov()
        for token in _tokenizer().tokenize(left + right)
    )


# --- hidden text, headings, anchors -------------------------------------------------------------


def _hidden(ours: Extracted, source: Source) -> Iterator[str]:
    visible = letters(source.text + HARD.join(source.margins))
    indexed = letters(_all(ours))
    for text in source.hidden:
        for line in re.split(r"[\n\r.。]+", text):
            fragment = letters(line)
            if len(fragment) >= _FRAGMENT and fragment in indexed and fragment not in visible:
                yield line.strip()[:80]


def _headings_lost(ours: Extracted, source: Source) -> Iterator[str]:
    """Each heading of the source, in order; a number that is ours may stand before it."""
    have = [letters(text) for text in _outline(ours)]
    at = 0
    for heading in source.headings:
        wanted = letters(heading)
        if not wanted:
            continue
        found = next((i for i in range(at, len(have)) if _is_named(have[i], wanted)), None)
        if found is None:
            yield heading.strip()[:80]
        else:
            at = found


def _is_named(ours: str, heading: str) -> bool:
    return ours.endswith(heading) and _NUMBER.fullmatch(ours[: -len(heading)]) is not None


def _headings_made_up(ours: Extracted, source: Source) -> Iterator[str]:
    if not source.outlined:
        return
    known = {letters(heading) for heading in source.headings}
    made_up = {heading for block in ours.blocks for heading in block.headings}
    for heading in sorted(made_up):
        if not any(_is_named(letters(heading), name) for name in known if name):
            yield heading[:80]


def _anchors(ours: Extracted, source: Source) -> Iterator[str]:
    known = source.anchors or set()
    for anchor in dict.fromkeys(block.anchor for block in ours.blocks if block.anchor):
        if anchor.startswith("sheet="):
            if not _is_in_sheet(anchor, known):
                yield anchor
        elif anchor not in known:
            yield anchor


def _is_in_sheet(anchor: str, sheets: Iterable[str]) -> bool:
    from openpyxl.utils import range_boundaries

    found = re.fullmatch(r"sheet=(.*)&range=(.*)", anchor)
    if found is None:
        return False
    _, _, right, bottom = range_boundaries(found[2])
    fits = 0 < (right or 0) <= _COLUMNS and 0 < (bottom or 0) <= _ROWS
    return fits and unquote(found[1]) in sheets


# --- text lost and repeated ---------------------------------------------------------------------


def _units(source: Source) -> Iterator[tuple[str, str]]:
    """Each block of the source as it is and as letters."""
    for unit in source.text.split(HARD):
        if kept := letters(unit):
            yield unit, kept


def _lost(ours: Extracted, source: Source) -> tuple[list[str], int, int]:
    """The blocks of the source that lack more than a tenth, and letters seen and lost in all."""
    have = letters(_all(ours)).casefold()
    grams = {have[i : i + _GRAM] for i in range(len(have) - _GRAM + 1)}
    lost: list[tuple[int, str]] = []
    visible = missing = 0
    for unit, written in _units(source):
        kept = written.casefold()
        visible += len(kept)
        if len(kept) < _GRAM:
            gone = 0 if kept in have else len(kept)
        else:
            covered = bytearray(len(kept))
            for i in range(len(kept) - _GRAM + 1):
                if kept[i : i + _GRAM] in grams:
                    covered[i : i + _GRAM] = b"\1" * _GRAM
            gone = covered.count(0)
        missing += gone
        if gone > 0.1 * len(kept):
            lost.append((gone, re.sub(r"\s+", " ", unit).strip()[:80]))
    return [f"{text} ({gone})" for gone, text in sorted(lost, reverse=True)], visible, missing


def _repeated(ours: Extracted, source: Source) -> list[str]:
    """The blocks of the source that ours has more often; headers of tables are meant to recur."""
    lines = (line for block in ours.blocks for line in block.text.split("\n")[block.header_rows :])
    have = HARD.join(map(letters, lines))
    once = HARD.join(kept for _, kept in _units(source))
    more = []
    for unit, kept in dict(map(reversed, _units(source))).items():  # type: ignore[arg-type]
        if len(unit) >= 2 * _GRAM:
            excess = have.count(unit) - once.count(unit)
            if excess > 0:
                more.append((excess * len(unit), f"{kept.strip()[:80]} (+{excess})"))
    return [text for _, text in sorted(more, reverse=True)]


# --- the table ----------------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    """Return the documents of a folder that the check can read."""
    known = tuple(f".{name}" for name in sources.formats())
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and (path.name.endswith(known) or ".html." in path.name)
    )


def report(folder: Path, paths: Iterable[Path]) -> dict[str, Report]:
    """Check documents; returns what was found by format."""
    reports: dict[str, Report] = defaultdict(Report)
    for path in paths:
        name = path.relative_to(folder).as_posix()
        violations, visible, missing = check(name, path.read_bytes())
        kind = "html" if ".html" in path.name else path.suffix.removeprefix(".")
        found = reports[kind]
        found.documents += 1
        found.violations += violations
        found.visible += visible
        found.missing += missing
    return dict(sorted(reports.items()))


def table(reports: dict[str, Report]) -> str:
    """Return the counts as a Markdown table; recall is of letters, by runs of 8."""
    heads = ("format", "documents", *KINDS, "recall")
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, found in reports.items():
        counts = (str(found.count(kind)) for kind in KINDS)
        recall = 1 - found.missing / max(found.visible, 1)
        rows.append(f"| {name} | {found.documents} | {' | '.join(counts)} | {recall:.4f} |")
    return "\n".join(rows)


def main() -> None:
    """Print a table for each folder, and on request each violation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--list", action="store_true", help="list each violation")
    parser.add_argument("--only", default="", help="only documents whose path has this text")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # openpyxl tells of drawings, which are read beside it
    with tempfile.TemporaryDirectory() as scratch:
        folders = asked.folders or [ROOT / "examples" / "handbook"]
        if not asked.folders and (found := documents(Path(scratch) / "docs.tar.gz")):
            folders.append(found)
        for folder in folders:
            chosen = [path for path in files(folder) if asked.only in path.as_posix()]
            reports = report(folder, chosen)
            print(f"\n{folder.name}\n\n{table(reports)}")
            if asked.list:
                _list(reports)


def _list(reports: dict[str, Report]) -> None:
    for name, found in reports.items():
        for kind in KINDS:
            by_path = Counter(v.path for v in found.violations if v.kind == kind)
            for path, _ in by_path.most_common():
                print(f"\n{name}, {kind}: {path}")
                for violation in found.violations:
                    if (violation.path, violation.kind) == (path, kind):
                        print(f"    {violation.text}")


if __name__ == "__main__":
    main()
