"""The sources of `kurage.toml`: a class a kind, and the union of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from bot.settings.tokens import is_server_url
from bot.settings.values import DiscordPerson, SlackPerson, Table, seconds

RESERVED_SOURCE_NAMES = frozenset({"folder", "web", "confluence", "drive"})
"""`kurage ingest folder PATH` and its like: no source may be called so."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


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


class DriveSource(_Source):
    """What one Google account sees of Google Drive, or a part of it."""

    kind: Literal["drive"] = "drive"
    account: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]{0,31}$")
    """For a second account: `HR` takes `GOOGLE_HR_APPLICATION_CREDENTIALS`."""
    folders: tuple[str, ...] = ()
    """Ids or addresses: only these folders and what is below them."""
    exclude_folders: tuple[str, ...] = ()
    """Ids or addresses: neither these folders nor what is below them."""
    drives: tuple[str, ...] = ()
    """Ids or addresses of shared drives; empty, and no `folders`: every one that is seen."""
    my_drive: bool = True
    """Whether what lies in My Drive, or is shared with the account, counts; where neither `folders`
    nor `drives` says what does."""
    users: tuple[str, ...] = ()
    """Whose My Drive is read, by domain-wide delegation; `*`: everybody's in the directory."""
    admin: str | None = None
    """As whom the directory is asked for groups and users, by domain-wide delegation."""
    link_shared: bool = False
    """Whether what may be read by whoever has its link may be found by them, too."""
    requests_at_once: int = Field(default=8, ge=1, le=32)

    @field_validator("folders", "exclude_folders", "drives")
    @classmethod
    def _told_by_id(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not re.fullmatch(r"[A-Za-z0-9_-]{6,}|https://\S+", one):
                raise ValueError(
                    f"{one!r} is neither the id nor the address of a folder; names change"
                )
        return value

    @field_validator("users")
    @classmethod
    def _users_have_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for user in value:
            if user != "*" and not _EMAIL.fullmatch(user):
                raise ValueError(f"{user!r} is no e-mail address; `*` means everybody")
        return value

    @field_validator("admin")
    @classmethod
    def _admin_has_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _EMAIL.fullmatch(value):
            raise ValueError(f"{value!r} is no e-mail address")
        return value

    @model_validator(mode="after")
    def _everybody_is_found_by_an_admin(self) -> Self:
        if "*" in self.users and not self.admin:
            raise ValueError(
                '`users = ["*"]` needs `admin`, the address of an administrator who may read the '
                "directory"
            )
        return self

    @property
    def location(self) -> str:
        """Where it is, for people."""
        return " ".join(["drive", *self.folders, *self.drives])


class WebSource(_Source):
    """Web pages: what can be reached from some addresses, within bounds."""

    kind: Literal["web"] = "web"
    urls: tuple[str, ...] = Field(min_length=1)
    """Where to begin; pages below their folders count, on their hosts."""
    hosts: tuple[str, ...] = ()
    """Further hosts whose pages count; `*.example.co.jp`: every one below it."""
    include: tuple[str, ...] = ()
    """Globs of paths, such as `/docs/**`; empty: what is below the folders of `urls`."""
    exclude: tuple[str, ...] = ()
    """Globs of paths that do not count, with their query: `/search*`, `**?print=1`."""
    sitemaps: tuple[str, ...] = ()
    """Addresses of site maps, beside those that robots.txt names."""
    follow: bool = True
    """Whether links are followed; else only `urls` and site maps count."""
    depth: int = Field(default=20, ge=0, le=1000)
    """How many links a page may be away from `urls`."""
    max_pages: int = Field(default=10_000, ge=1)
    """How many pages are asked for at most."""
    ignore_parameters: tuple[str, ...] = ()
    """Parameters of addresses that do not change the page, beside the usual ones (`utm_…`)."""
    robots: bool = True
    """Whether robots.txt holds; turn it off for a site of your own alone."""
    delay: float = Field(default=0.5, ge=0, le=600)
    """Seconds between two requests to a host; a longer `Crawl-delay` of robots.txt wins."""
    requests_at_once: int = Field(default=2, ge=1, le=16)
    """To one host; one where there is a `Crawl-delay`."""
    javascript: bool = False
    """Whether pages are drawn by a browser first; needs the extra `javascript`."""
    account: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]{0,31}$")
    """For pages behind a login: `INTRA` takes `WEB_INTRA_COOKIE` and its like."""
    private_hosts: tuple[str, ...] = ()
    """Hosts that may be at addresses inside of your network; all others may not."""
    gone_after: int = Field(default=3, ge=1, le=100)
    """A page is gone when so many syncs in a row got 404 or 410 for it."""

    @field_validator("urls", "sitemaps")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not is_server_url(url.partition("?")[0]):
                # It is not repeated: there may be a password in it.
                raise ValueError(
                    "it is no address such as https://www.example.co.jp/docs/ (a login belongs "
                    "into WEB_…; see docs/web.md)"
                )
        return value

    @field_validator("hosts", "private_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"(\*\.)?[\w.-]+|\[?[0-9A-Fa-f:.]+\]?", host):
                raise ValueError(f"{host!r} is no name of a host, such as www.example.co.jp")
        return value

    @model_validator(mode="after")
    def _a_login_has_readers(self) -> Self:
        if self.account and not self.readers:
            raise ValueError(
                'pages behind a login need `readers`: who may read them, such as ["anyone"] or '
                '["domain:example.co.jp"]'
            )
        return self

    @property
    def location(self) -> str:
        """Where it is, for people."""
        return " ".join(self.urls)


Source = Annotated[
    FolderSource | ConfluenceSource | DriveSource | WebSource, Field(discriminator="kind")
]
