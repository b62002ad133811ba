"""Globs with gitignore's meaning, in whatever normal form they and the names are written.

Knows nothing of what matches are used for.
"""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError


def compile_globs(globs: Iterable[str]) -> GitIgnoreSpec:
    """Return what matches NFC paths with these globs. Raises ValueError for one that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[]`: what a regex may mean one day
        try:
            return GitIgnoreSpec.from_lines(unicodedata.normalize("NFC", glob) for glob in globs)
        except GitIgnorePatternError as error:
            raise ValueError(str(error)) from error
