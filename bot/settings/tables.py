"""The whole of `kurage.toml`: search, ingest, index, log; `sources.py`, `chat.py` have the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from bot.settings.chat import Discord, Serve, Slack
from bot.settings.sources import RESERVED_SOURCE_NAMES, Source
from bot.settings.values import Table, seconds


class Search(Table):
    """How Japanese is read on the search side."""

    user_words: tuple[str, ...] = ()
    """Product names and abbreviations that must stay one term."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words that mean the same here, such as `["年休", "有給"]`."""
    passages: int = Field(default=8, ge=1, le=50)
    """How many passages an answer is made from."""


class Ingest(Table):
    """Limits that keep one bad document from harming the rest."""

    max_bytes: int = Field(default=50_000_000, ge=1)
    """A larger file is reported, not read."""
    seconds_per_document: float = Field(default=60, gt=0)
    memory_mb: int = Field(default=1500, ge=256)
    """Of one extraction process."""
    workers: int | None = Field(default=None, ge=1, le=256)
    """Extraction processes; None: one a core."""
    max_delete_share: float = Field(default=0.2, ge=0, le=1)
    """A sync that would delete a larger share of a source stops before it."""


class Index(Table):
    """How a Qdrant server (`QDRANT_URL`) keeps chunks; the embedded index needs none of it."""

    collection: str = Field(default="kurage", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    """Alias of what is served; the collections behind it are called so, too, with a suffix."""
    grpc_port: int | None = Field(default=None, ge=1, le=65535)
    """gRPC instead of REST; None: REST."""
    timeout: float = Field(default=10, ge=1, le=600)
    """Seconds that one request of a question may take."""
    ca_file: Path | None = None
    """Certificate authority of the server, in PEM; None: those that are commonly trusted."""
    shards: int | None = Field(default=None, ge=1)
    """Of a new collection; None: as the server chooses."""
    replicas: int | None = Field(default=None, ge=1)
    """Of each shard of a new collection; None: as the server chooses."""
    on_disk: bool = False
    """Whether a new collection keeps its vectors on disk: less memory, slower questions."""


class Log(Table):
    """What is kept of conversations."""

    keep: str = "365d"
    """`kurage serve` purges turns older than this; `0d` keeps everything."""

    @field_validator("keep")
    @classmethod
    def _keep_is_a_duration(cls, value: str) -> str:
        seconds(value)
        return value


class Karakuri(Table):
    """The nine attributes by which a KARAKURI LM is steered, as its card has them."""

    helpfulness: int = Field(default=4, ge=0, le=4)
    correctness: int = Field(default=4, ge=0, le=4)
    coherence: int = Field(default=4, ge=0, le=4)
    complexity: int = Field(default=4, ge=0, le=4)
    verbosity: int = Field(default=4, ge=0, le=4)
    quality: int = Field(default=4, ge=0, le=4)
    toxicity: int = Field(default=0, ge=0, le=4)
    humor: int = Field(default=0, ge=0, le=4)
    creativity: int = Field(default=0, ge=0, le=4)


class Generator(Table):
    """How a model is asked (`KURAGE_GENERATOR` other than `extractive`)."""

    mode: Literal["multi", "single"] = "multi"
    """`single`: each passage by itself, in parallel; for Kurage."""
    concurrency: int = Field(default=64, ge=1, le=4096)
    """Requests to one worker at once; more wait their turn."""
    first_token: float = Field(default=20, gt=0, le=600)
    """Seconds until a worker has begun to answer; one that is slower counts as away."""
    timeout: float = Field(default=60, gt=0, le=3600)
    """Seconds that one answer may take in all."""
    max_tokens: int = Field(default=128, ge=16, le=4096)
    """Of a short answer."""
    max_tokens_long: int = Field(default=512, ge=16, le=8192)
    """Of a longer one."""
    context: int | None = Field(default=None, ge=256)
    """Tokens that prompt and answer may have together; None: as the worker says."""
    unverified: Literal["mark", "quote"] = "mark"
    """What becomes of a sentence that its sources do not bear: marked, or replaced by the quote."""
    karakuri: Karakuri = Karakuri()


class Config(Table):
    """The whole of `kurage.toml`."""

    language: Literal["ja", "en"] | None = None
    """Of the command line and the bot; None: by locale."""
    sources: dict[str, Source] = Field(default_factory=dict)
    search: Search = Search()
    ingest: Ingest = Ingest()
    index: Index = Index()
    log: Log = Log()
    generator: Generator = Generator()
    slack: Slack = Slack()
    discord: Discord = Discord()
    serve: Serve = Serve()

    @field_validator("sources")
    @classmethod
    def _no_reserved_names(cls, value: dict[str, Source]) -> dict[str, Source]:
        for name in value:
            if name in RESERVED_SOURCE_NAMES:
                raise ValueError(f"{name!r} is a kind of source; give the source another name")
        return value
