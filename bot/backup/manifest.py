"""What a backup says of itself, read before anything else of it.

The file is a tar archive, so that `tar -xOf FILE manifest.json` shows this and
`tar -xf FILE && sha256sum -c SHA256SUMS` checks it without this program. Members, in this order:

    manifest.json           this, padded with spaces: it is written last, in its place at the start
    kurage.toml             as it was, without what looked like a secret
    index/points.gz         what the index holds (`bot.backup.points`)
    sql/TABLE.jsonl.gz      a table each (`bot.backup.tables`)
    SHA256SUMS              of all of the above

Knows nothing of files.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.backup.errors import BackupError
from bot.reply import JST
from ingest.encode import VectorSpec
from ingest.index import Origin

FORMAT = 1
"""Raised when an older program could no longer read what this one writes."""
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
CONFIGURATION = "kurage.toml"
POINTS = "index/points.gz"

# Text and vectors compress to a third, repetitive logs to a thirtieth; a bomb to a thousandth.
_RATIO = 250
_FREE = 1_000_000
"""Bytes that may come out of however little."""

Kind = Literal["text", "integer", "float", "boolean", "datetime", "json", "bytes"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Part(_Part):
    """One member of the archive."""

    name: str
    bytes: int = Field(ge=0)
    """In the archive."""
    content: int = Field(ge=0)
    """Bytes when unpacked."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of what is in the archive."""


class Column(_Part):
    """A column of a table."""

    name: str
    kind: Kind


class Table(_Part):
    """A table of the SQL database."""

    name: str
    columns: tuple[Column, ...]
    rows: int = Field(ge=0)

    @property
    def part(self) -> str:
        """Return the name of the member that holds it."""
        return f"sql/{self.name}.jsonl.gz"


class StoredIndex(_Part):
    """What the index part holds."""

    pipeline: str
    encoder: str
    vectors: dict[str, VectorSpec]
    points: int = Field(ge=0)
    documents: int = Field(ge=0)
    chunks: int = Field(ge=0)
    torn: tuple[tuple[str, str], ...] = ()
    """Source and id of documents that changed while they were read; a sync reads them again."""

    @property
    def origin(self) -> Origin:
        """Return which pipeline filled it."""
        return Origin(self.pipeline, self.encoder, self.vectors)


class Manifest(_Part):
    """The whole of `manifest.json`."""

    format: int
    program: str
    """Version of the program that wrote it."""
    created: AwareDatetime
    schema_revision: str = Field(pattern="^[0-9]{4}$")
    """Of the SQL tables."""
    encoder: str
    """`KURAGE_ENCODER` of the installation."""
    generator: str
    """`KURAGE_GENERATOR` of the installation."""
    index: StoredIndex | None
    """None: nothing was indexed."""
    tables: tuple[Table, ...]
    """Those that others refer to come first."""
    masked: int = 0
    """How many values of `kurage.toml` looked like secrets and were left out."""
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part | None:
        """Return the member of this name."""
        return next((part for part in self.parts if part.name == name), None)


def parse(text: bytes) -> Manifest:
    """Return the manifest, or raise `BackupError`, also for one of a newer format."""
    try:
        said = _Format.model_validate_json(text)
        if said.format > FORMAT:
            raise BackupError(
                f"this backup was written by kurage {said.program}, in a newer format "
                f"({said.format}; this program knows {FORMAT}); update this program first"
            )
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise damaged(f"its manifest is not valid: {where} {problem['msg']}") from None
    _check(manifest)
    return manifest


class _Format(_Part):
    format: int = Field(ge=1)
    program: str


def _check(manifest: Manifest) -> None:
    wanted = {table.part for table in manifest.tables} | ({POINTS} if manifest.index else set())
    names = [part.name for part in manifest.parts]
    if len(names) != len(set(names)) or not set(names) - {CONFIGURATION} == wanted:
        raise damaged("its manifest does not name the parts that it needs")
    for part in manifest.parts:
        if part.content > _FREE + _RATIO * part.bytes:
            raise damaged(f"{part.name} claims to unpack to {part.content} bytes")


def damaged(why: str) -> BackupError:
    """Return the error for a file that is not what was written."""
    return BackupError(
        f"the backup is damaged or none at all ({why}); nothing was changed. Use another copy of it"
    )


def moment(when: datetime) -> str:
    """Return when a backup was made, as people read it."""
    return f"{when.astimezone(JST):%Y-%m-%d %H:%M} JST"
