"""What a listing says of a file: whether it is a document, its version, its name. Pure."""

from __future__ import annotations

import hashlib

from connectors.base import Readers, Ref
from connectors.drive.exported import MEDIA_TYPE
from connectors.drive.values import DOCUMENT, NATIVE, PRESENTATION, SPREADSHEET, File

LONGEST = 300
"""Characters of a name in lines for people."""
UNREADABLE = "unreadable"
"""The version of readers that could not be read: it is none of any that were."""
EXPORTED = frozenset({DOCUMENT, SPREADSHEET, PRESENTATION})
"""Google's own kinds that hold text which can be exported."""


def is_document(file: File) -> bool:
    """Tell whether a file has bytes, or text that can be exported: no folder, no form, no map."""
    return file.media_type in EXPORTED or not file.media_type.startswith(NATIVE)


def ref(file: File, readers: Readers | str) -> Ref:
    """Return the ref of a document."""
    native = file.media_type in EXPORTED
    return Ref(
        file.id,
        version(file),
        readers_version(readers),
        printable(file.name),
        # A Google document may be called "plan.doc": only this type tells what is handed over.
        MEDIA_TYPE if native else file.media_type,
        # What a native file takes of its owner's storage is not what is fetched.
        None if native else file.size,
    )


def version(file: File) -> str:
    """Return the version of a document: of its kind, its name and its content.

    Never Drive's own `version`, which changes with permissions and views.
    """
    content = file.md5 or (file.modified.isoformat() if file.modified else "")
    return _hash(file.media_type, file.name, content)


def readers_version(readers: Readers | str) -> str:
    """Return what changes exactly when the readers change, or become unknown."""
    if isinstance(readers, str):
        return UNREADABLE
    return _hash(*("\t".join(sorted(layer)) for layer in readers))


def printable(name: str) -> str:
    """Return a name as it may stand in a line: without what can not be seen, not too long."""
    short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    plain = "".join(one if one.isprintable() else " " for one in short).strip()
    return plain or "(no name)"


def _hash(*values: str) -> str:
    written = "\0".join(values).encode("utf-8", "replace")
    return hashlib.blake2b(written, digest_size=8).hexdigest()
