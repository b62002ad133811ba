"""A company's own words as a Sudachi dictionary, so that analysis itself does not tear them apart.

A post-hoc merge of morphemes would be cheaper to set up, but could only join what Sudachi cut at
the right places, and would find 年休 in 今年休み. Building needs the whole system dictionary (3 s,
0.7 GB), so it runs in a child process, once for each list of words; the result is cached.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# Ids of 名詞,固有名詞,一般 in Sudachi's connection matrix, from its guide to user dictionaries.
_CONNECTION_ID = 4786
_PART_OF_SPEECH = ("名詞", "固有名詞", "一般", "*", "*", "*")
_LONGEST = 100
"""Characters; Sudachi stops at 255 bytes of a headword's UTF-8 form."""


class DictionaryError(Exception):
    """A user dictionary can not be built; the message says what to change."""


def system_dictionary() -> Path:
    """Return the file of the installed system dictionary."""
    spec = find_spec("sudachidict_core")
    if spec is None or spec.origin is None:
        raise DictionaryError("Sudachi's dictionary is missing: pip install sudachidict-core")
    return Path(spec.origin).parent / "resources" / "system.dic"


def versions() -> str:
    """Return what decides how Sudachi analyses: its version and its dictionary's."""
    return f"{version('sudachipy')}/{version('sudachidict-core')}"


def compiled(headwords: Iterable[str], directory: Path) -> Path:
    """Return a binary dictionary of words, given as Sudachi reads them.

    It is built on the first call and found in `directory` afterwards.
    """
    rows = _rows(sorted(set(headwords)))
    name = hashlib.sha256(f"{versions()}\n{rows}".encode()).hexdigest()[:16]
    path = directory / f"user-{name}.dic"
    if not path.exists():
        _build(rows, path)
    return path


def _rows(headwords: Sequence[str]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for headword in headwords:
        if not 0 < len(headword) <= _LONGEST:
            raise DictionaryError(f"User word {headword!r}: between 1 and {_LONGEST} characters")
        writer.writerow(_row(headword))
    return lines.getvalue()


def _row(headword: str) -> tuple[object, ...]:
    text = headword.replace("\\", r"\u005c")  # Sudachi reads escapes in its source files
    identity = (text, _CONNECTION_ID, _CONNECTION_ID, _cost(headword), text)
    # Reading, normalised form, dictionary form; then a word that mode A does not split further.
    return (*identity, *_PART_OF_SPEECH, "", text, "*", "A", "*", "*", "*", "*")


def _cost(headword: str) -> int:
    """Return a cost below what the word's parts would have together, lower the longer it is.

    A common word costs about 5,000. Growing faster than the length, the saving makes a long user
    word beat two short ones; staying moderate, it lets 今年|休み beat 年休.
    """
    return max(4_500 - 250 * len(headword) ** 2, -30_000)


def _build(rows: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as work:
            source, built = Path(work) / "words.csv", Path(work) / "words.dic"
            source.write_text(rows, encoding="utf-8")
            _run_builder(source, built)
            built.replace(path)  # whole or not at all, also beside another process that builds it
    except OSError as error:
        raise DictionaryError(f"Can not write the user dictionary {path}: {error}") from error


def _run_builder(source: Path, built: Path) -> None:
    arguments = ["ubuild", "-s", str(system_dictionary()), "-o", str(built), str(source)]
    run = subprocess.run(  # noqa: S603 - our own interpreter, and no word is part of the command
        [sys.executable, "-m", "sudachipy.command_line", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    if run.returncode or not built.exists():
        reason = (run.stderr or run.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise DictionaryError(f"Sudachi could not build the user dictionary: {reason[0]}")
