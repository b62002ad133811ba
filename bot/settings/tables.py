"""The whole of `kurage.toml`: sources, search, ingest, index, log; `chat.py` has the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from bot.settings.chat import Discord, Serve, Slack
from bot.settings.tokens import is_server_url
from bot.settings.values import DiscordPerson, SlackPerson, Table, seconds

RESERVED_SOURCE_NAMES = frozenset({"folder", "web", "confluence", "drive"})
"""`kurage ingest folder PATH` and its like: no source may be called so."""


class _Source(Table):
    """What every kind of source has."""

    every: str | None = None
    """How often `kurage serve` syncs it, such as `1h`; None: only by hand."""
    list_every: str = "24h"
    """How often a sync lists everything, not only what a change feed tells; `0s`: each time."""
    owner: str | None = None
    """The person or department to ask about documents that name nobody."""
    readers: tuple[str, ...] = ()
    """Principals who may read where the source does not tell who may; see docs/configuration.md."""
    keep_deleted: str = "30d"
    """How long what is gone can be restored; `0d`: not at all."""
    slack_handover: tuple[SlackPerson, ...] = ()
    """Who takes over questions about it in Slack; a channel's own setting wins."""
    discord_handover: tuple[DiscordPerson, ...] = ()
    """The same in Discord."""

    @field_validator("every")
    @classmethod
    def _every_is_a_duration(cls, value: str | None) -> str | None:
        if value is not None and seconds(value) == 0:
            raise ValueError("0 would sync without a pause; leave `every` out to sync by hand")
        return value

    @field_validator("list_every", "keep_deleted")
    @classmethod
    def _is_a_duration(cls, value: str) -> str:
        seconds(value)
        return value

    @field_validator("readers")
    @classmethod
    def _readers_are_principals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for principal in value:
            if principal != "anyone" and not principal.startswith(("domain:", "group:", "user:")):
                raise ValueError(
                    f"{principal!r} is no principal; write `anyone`, `domain:example.co.jp`, "
                    "`group:…` or `user:name@example.co.jp`"
                )
        return value


class FolderSource(_Source):
    """A folder of files."""

    kind: Literal["folder"]
    path: Path
    """Relative to the folder of `kurage.toml`."""
    url_prefix: str | None = None
    """What a document's path is appended to, so that links work for others."""
    include: tuple[str, ...] = ()
    """Globs; empty: every supported file."""
    exclude: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """Where it is, for people."""
        return str(self.path)


class ConfluenceSource(_Source):
    """A Confluence site, or a part of it."""

    kind: Literal["confluence"] = "confluence"
    url: str | None = None
    """Address of the site, such as https://example.atlassian.net/wiki; None: `CONFLUENCE_URL`."""
    account: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]{0,31}$")
    """For a second site: `LEGACY` takes `CONFLUENCE_LEGACY_TOKEN` and its like."""
    edition: Literal["cloud", "data-center"] | None = None
    """None: by the address (…atlassian.net, api.atlassian.com and /wiki are Cloud)."""
    list_every: str = "1h"
    """So often deletions and changed restrictions are looked for; edits are found each time."""
    spaces: tuple[str, ...] = ()
    """Keys; empty: every space that is seen, but personal ones."""
    exclude_spaces: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    """Ids or addresses: only these pages and what is below them."""
    exclude_pages: tuple[str, ...] = ()
    """Ids or addresses: neither these pages nor what is below them."""
    labels: tuple[str, ...] = ()
    """Only pages with one of them."""
    exclude_labels: tuple[str, ...] = ()
    cql: str | None = None
    """A further condition in Confluence's query language, for pages and blog posts."""
    blogposts: bool = True
    comments: bool = True
    """Threads under pages and beside their lines, but resolved ones."""
    attachments: bool = True
    licensed_groups: tuple[str, ...] = ()
    """Groups whose members count as "everyone who may use Confluence"; empty: those whose names
    begin with `confluence-users`."""
    everyone_licensed: bool = False
    """Whether all whom the bot serves may use Confluence: then what every licensed user may view
    is for `anyone`."""
    requests_at_once: int = Field(default=4, ge=1, le=32)

    @field_validator("url")
    @classmethod
    def _url_of_a_site(cls, value: str | None) -> str | None:
        if value is None or is_server_url(value):
            return value
        # It is not repeated: there may be a password in it.
        raise ValueError(
            "it is no address such as https://example.atlassian.net/wiki (a token belongs into "
            "CONFLUENCE_TOKEN)"
        )

    @field_validator("spaces", "exclude_spaces")
    @classmethod
    def _spaces_are_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if not re.fullmatch(r"~?[\w.:@-]+", key):
                raise ValueError(
                    f"{key!r} is no key of a space; the key stands in the space's address, after "
                    "/spaces/ or /display/"
                )
        return value

    @field_validator("pages", "exclude_pages")
    @classmethod
    def _pages_are_told_by_id(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for page in value:
            if not re.fullmatch(r"\d+|https?://\S+", page, re.ASCII):
                raise ValueError(
                    f"{page!r} is neither the id nor the address of a page; titles change"
                )
        return value

    @field_validator("cql")
    @classmethod
    def _cql_is_a_condition(cls, value: str | None) -> str | None:
        if value is not None and re.search(r"\border\s+by\b", value, re.IGNORECASE):
            raise ValueError("it is a condition alone; leave `order by` out")
        return value

    @property
    def location(self) -> str:
        """Where it is, for people."""
        return " ".join([self.url or "CONFLUENCE_URL", *self.spaces, *self.pages])


Source = Annotated[FolderSource | ConfluenceSource, Field(discriminator="kind")]


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
