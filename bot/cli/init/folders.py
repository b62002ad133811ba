"""Folders that are named on the command line of `kurage init`, as sources with names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.console import fail, say

if TYPE_CHECKING:
    from bot.cli.init.answers import Folder
    from bot.settings import Settings


def named_folders(paths: list[Path], prefix: str | None, settings: Settings) -> tuple[Folder, ...]:
    """Return them, one that `kurage.toml` has under its name; one that is none ends the command."""
    from bot.cli.init import answers
    from bot.settings import FolderSource

    known = settings.config.sources
    found: list[Folder] = []
    for named in paths:
        try:
            path = answers.folder(str(named))
        except (ValueError, OSError) as error:
            fail(say(f"there is no folder {error}", f"フォルダー {error} が見つかりません"))
        same = [
            name
            for name, source in known.items()
            if isinstance(source, FolderSource) and source.path == path
        ]
        taken = {*known, *(folder.name for folder in found)}
        name = same[0] if same else answers.suggested_name(path, taken)
        found.append(answers.Folder(name, path, prefix))
    return tuple(found)
