"""Which files of a folder are its documents: the walk, the globs, the symbolic links.

Knows nothing of what the files hold, nor of who may read them.
"""

# a listing of a million files: pathlib is several times slower.
# ruff: noqa: PTH112, PTH118, PTH122

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from pathspec import GitIgnoreSpec

from connectors.base import ConnectorError
from connectors.folder.globs import compile_globs

DEFAULT_EXCLUDE = (
    ".*",  # dot files and folders: .git, .DS_Store, editors' settings
    "node_modules/",
    "__pycache__/",
    "__MACOSX/",  # resource forks in archives packed on a Mac
    "~$*",  # Office's lock files
    ".~lock.*#",  # LibreOffice's
    "*~",
    "*.tmp",
    "*.swp",
    "Thumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN/",
    "System Volume Information/",
)
"""What no folder source means by a document; a `!` glob of the operator brings one back."""

MEDIA_SUFFIXES = frozenset(
    [
        *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".bmp", ".heic", ".psd"),
        *(".mp3", ".m4a", ".wav", ".mp4", ".mov", ".avi", ".wmv"),
        *(".css", ".js", ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot"),
    ]
)
"""Pictures, sound, films and what dresses web pages: documents only if `include` says so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that the globs select."""

    id: str
    """POSIX path relative to the root, in NFC and always valid UTF-8."""
    path: str
    """The same as the disk spells it."""
    real: str
    """Where it lies after symbolic links, relative to the root; equals `path` without them."""
    status: os.stat_result | None
    problem: str | None = None
    """Why it can not be read although it is there."""


class Selection:
    """The globs of a source, with gitignore's meaning.

    `*.md` matches at any depth, `/top.md` at the top, `規程/` a folder, `**` any folders; a later
    `!glob` takes a match back. As in git, nothing below an excluded folder can be brought back.
    """

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        include = tuple(include)
        self._include = _spec("include", include or ("**",))
        self._skipped = frozenset() if include else MEDIA_SUFFIXES
        self._exclude = _spec("exclude", (*DEFAULT_EXCLUDE, *exclude))

    def enters(self, folder_id: str) -> bool:
        """Tell whether files below this folder may be documents."""
        return not self._exclude.match_file(f"{folder_id}/")

    def selects(self, document_id: str) -> bool:
        """Tell whether this file, in folders that are entered, is a document."""
        if os.path.splitext(document_id)[1].lower() in self._skipped:
            return False
        return self._include.match_file(document_id) and not self._exclude.match_file(document_id)

    def lists(self, document_id: str) -> bool:
        """Tell whether a file with this path is a document, its folders considered."""
        return self.selects(document_id) and all(
            self.enters(document_id[:position])
            for position, character in enumerate(document_id)
            if character == "/"
        )


def _spec(setting: str, globs: Iterable[str]) -> GitIgnoreSpec:
    try:
        return compile_globs(globs)
    except ValueError as error:
        raise ConnectorError(f"{setting}: {error}") from error


def identify(path: str) -> str:
    r"""Return the id of a path as the disk spells it.

    NFC, because a Mac decomposes names (が becomes か and a mark); bytes that are no UTF-8 are
    written as `\xNN`, because neither an index nor SQL takes them.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        path = os.fsencode(path).decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", path)


@dataclass(slots=True)
class Walk:
    """One pass over a folder. Iterate over it; then `unreadable` tells what it could not see."""

    root: str
    """Resolved: no symbolic link in it."""
    selection: Selection
    unreadable: list[str] = field(default_factory=list)
    """Folders that are there and can not be listed, each with its reason."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield the documents: plain files first, then what only symbolic links lead to.

        A file that has a listed path of its own is not listed again under a link's; folders that
        link to each other therefore end, and every document has one id whatever links to it.
        """
        links: list[str] = []
        yield from self._folder("", "", links)
        entered: set[str] = set()
        for link in sorted(links):
            yield from self._link(link, entered)

    def _folder(self, path: str, real: str, links: list[str]) -> Iterator[Entry]:
        """Yield the plain files below a folder; note its symbolic links."""
        pending = [(path, real)]
        while pending:
            path, real = pending.pop()
            for item in self._items(real):
                inner = f"{path}/{item.name}" if path else item.name
                inner_real = f"{real}/{item.name}" if real else item.name
                kind = _kind(item)
                if kind == "link":
                    links.append(inner)
                elif kind == "folder":
                    if self.selection.enters(identify(inner)):
                        pending.append((inner, inner_real))
                elif self.selection.selects(identify(inner)):
                    yield from self._file(inner, inner_real)

    def _items(self, real: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, real)) as items:
                return sorted(items, key=lambda item: item.name)
        except (FileNotFoundError, NotADirectoryError):  # removed since its parent was listed
            return []
        except OSError as error:
            self.unreadable.append(f"{identify(real) or '.'} ({error.strerror})")
            return []

    def _file(self, path: str, real: str) -> Iterator[Entry]:
        try:
            status = os.lstat(os.path.join(self.root, real))
        except FileNotFoundError:  # removed since its folder was listed
            return
        except OSError as error:
            yield Entry(identify(path), path, real, None, f"it can not be read: {error.strerror}")
            return
        if self._has_a_twin(path, status):
            problem = "another file has the same name, its accents written otherwise; remove one"
            yield Entry(path, path, real, status, problem)
        else:
            yield Entry(identify(path), path, real, status, _problem(path, status))

    def _has_a_twin(self, path: str, status: os.stat_result) -> bool:
        """Tell whether NFC names another file; on a Mac it names the same one."""
        composed = unicodedata.normalize("NFC", path)
        if composed == path:
            return False
        with suppress(OSError):
            return not os.path.samestat(os.lstat(os.path.join(self.root, composed)), status)
        return False

    def _link(self, link: str, entered: set[str]) -> Iterator[Entry]:
        """Yield what a symbolic link leads to and no listed path does."""
        identity = identify(link)
        problem = None
        try:
            target = os.path.realpath(os.path.join(self.root, link), strict=True)
            if not inside(self.root, target):
                problem = (
                    "it is a symbolic link out of the folder, which is not followed; "
                    "make its target a source of its own"
                )
        except OSError:
            problem = "it is a symbolic link to nothing; remove it or repair it"
        if problem:
            if self.selection.enters(identity) and self.selection.lists(identity):
                yield Entry(identity, link, link, None, problem)
        elif os.path.isdir(target):
            if self.selection.enters(identity):
                yield from self._linked_folder(link, target, entered)
        elif self.selection.lists(identity):
            yield from self._unless_listed(self._file(link, os.path.relpath(target, self.root)))

    def _linked_folder(self, link: str, target: str, entered: set[str]) -> Iterator[Entry]:
        if target in entered or target == self.root:
            return
        entered.add(target)
        links: list[str] = []
        yield from self._unless_listed(
            self._folder(link, os.path.relpath(target, self.root), links)
        )
        for inner in sorted(links):
            yield from self._link(inner, entered)

    def _unless_listed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        return (entry for entry in entries if not self.selection.lists(identify(entry.real)))


def inside(root: str, target: str) -> bool:
    """Tell whether a resolved path is the resolved root or below it."""
    return target == root or target.startswith(os.path.join(root, ""))


def _kind(item: os.DirEntry[str]) -> Literal["link", "folder", "file"]:
    try:
        if item.is_symlink():
            return "link"
        return "folder" if item.is_dir(follow_symlinks=False) else "file"
    except OSError:  # some file systems have to look again, and may fail: reading it will tell
        return "file"


def _problem(path: str, status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file; exclude it"
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"its name is no valid UTF-8{_guess(path)}; rename it"
    return None


def _guess(path: str) -> str:
    """Return what the name probably says: archives packed on Windows carry CP932 names."""
    try:
        return f" (in CP932 it reads 「{os.fsencode(path).decode('cp932')}」)"
    except UnicodeDecodeError:
        return ""
