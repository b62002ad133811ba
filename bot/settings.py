"""The only reader of the environment and of `kurage.toml`.

Secrets come from the environment or `.env` alone; everything else from `kurage.toml`. Knows nothing
of what the settings are used for: `app.py` builds the program from them.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

# Looking for plugins reads the metadata of every installed package, 20 ms of each command's start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

GeneratorName = Literal["extractive"]
EncoderName = Literal["lexical"]

RESERVED_SOURCE_NAMES = frozenset({"folder", "web", "confluence", "drive"})
"""`kurage ingest folder PATH` and its like: no source may be called so."""

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SettingsError(Exception):
    """`kurage.toml`, `.env` or the environment holds something unusable; the message says where."""


class _Table(BaseModel):
    """A table of `kurage.toml`: unknown keys are typing errors, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds(text: str) -> int:
    """Return a duration such as `30m`, `1h` or `90d` in seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if not match:
        raise ValueError(f"{text!r} is no duration; write a number and s, m, h or d, such as 30m")
    return int(match[1]) * _SECONDS[match[2]]


class FolderSource(_Table):
    """A folder of files."""

    kind: Literal["folder"]
    path: Path
    """Relative to the folder of `kurage.toml`."""
    url_prefix: str | None = None
    """What a document's path is appended to, so that links work for others."""
    include: tuple[str, ...] = ()
    """Globs; empty: every supported file."""
    exclude: tuple[str, ...] = ()
    every: str | None = None
    """How often `kurage serve` syncs it, such as `1h`; None: only by hand."""

    @field_validator("every")
    @classmethod
    def _every_is_a_duration(cls, value: str | None) -> str | None:
        if value is not None and seconds(value) == 0:
            raise ValueError("0 would sync without a pause; leave `every` out to sync by hand")
        return value


Source = Annotated[FolderSource, Field(discriminator="kind")]


class Search(_Table):
    """How Japanese is read on the search side."""

    user_words: tuple[str, ...] = ()
    """Product names and abbreviations that must stay one term."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words that mean the same here, such as `["年休", "有給"]`."""
    passages: int = Field(default=8, ge=1, le=50)
    """How many passages an answer is made from."""


class Ingest(_Table):
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


class Index(_Table):
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


class Log(_Table):
    """What is kept of conversations."""

    keep: str = "365d"
    """`kurage serve` purges turns older than this; `0d` keeps everything."""

    @field_validator("keep")
    @classmethod
    def _keep_is_a_duration(cls, value: str) -> str:
        seconds(value)
        return value


class Config(_Table):
    """The whole of `kurage.toml`."""

    language: Literal["ja", "en"] | None = None
    """Of the command line and the bot; None: by locale."""
    sources: dict[str, Source] = Field(default_factory=dict)
    search: Search = Search()
    ingest: Ingest = Ingest()
    index: Index = Index()
    log: Log = Log()

    @field_validator("sources")
    @classmethod
    def _no_reserved_names(cls, value: dict[str, FolderSource]) -> dict[str, FolderSource]:
        for name in value:
            if name in RESERVED_SOURCE_NAMES:
                raise ValueError(f"{name!r} is a kind of source; give the source another name")
        return value


class Settings(BaseModel):
    """Everything the program is told from outside."""

    model_config = ConfigDict(frozen=True)

    home: Path
    """Where state lives; absolute."""
    config_path: Path | None
    """The `kurage.toml` that was read; None: there is none."""
    config: Config
    database_url: SecretStr
    """SQLAlchemy URL; may carry a password."""
    qdrant_url: str | None = None
    """Of a Qdrant server; None: the embedded index."""
    qdrant_api_key: SecretStr | None = None
    generator: GeneratorName = "extractive"
    encoder: EncoderName = "lexical"

    @field_validator("qdrant_url")
    @classmethod
    def _url_of_a_server(cls, value: str | None) -> str | None:
        if value is None or _is_server_url(value):
            return value
        raise ValueError(
            "QDRANT_URL is no address such as http://localhost:6333 (a key belongs into "
            "QDRANT_API_KEY)"
        )

    @field_validator("qdrant_api_key")
    @classmethod
    def _key_fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("QDRANT_API_KEY holds spaces or letters beyond ASCII; copy it again")
        return value


def _is_server_url(text: str) -> bool:
    """Tell whether a server can be found there; never with a password, which errors would show."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = not (url.username or url.password or url.query or url.fragment)
    return plain and url.scheme in {"http", "https"} and bool(url.hostname) and port != 0


def load(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Return the settings of a working directory; variables win over `.env`.

    Raises SettingsError with the file and key that is wrong.
    """
    directory = (directory or Path.cwd()).resolve()
    env = {**_dotenv(directory / ".env"), **(os.environ if environ is None else environ)}
    home = (directory / (env.get("KURAGE_HOME") or ".kurage")).resolve()
    config_path = _config_path(env, directory)
    try:
        return Settings(
            home=home,
            config_path=config_path,
            config=_config(config_path) if config_path else Config(),
            database_url=SecretStr(
                env.get("KURAGE_DATABASE_URL") or f"sqlite:///{home / 'kurage.db'}"
            ),
            qdrant_url=(env.get("QDRANT_URL") or "").strip() or None,
            qdrant_api_key=SecretStr(key) if (key := env.get("QDRANT_API_KEY")) else None,
            generator=env.get("KURAGE_GENERATOR") or "extractive",  # type: ignore[arg-type]
            encoder=env.get("KURAGE_ENCODER") or "lexical",  # type: ignore[arg-type]
        )
    except ValidationError as error:
        raise SettingsError(_explain(error, "the environment", Settings)) from None


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - most commands run without a .env

    return {key: value for key, value in dotenv_values(path).items() if value is not None}


def _config_path(env: Mapping[str, str], directory: Path) -> Path | None:
    named = env.get("KURAGE_CONFIG")
    path = directory / (named or "kurage.toml")
    if named and not path.is_file():
        raise SettingsError(f"KURAGE_CONFIG names {path}, which is not there")
    return path if path.is_file() else None


def _config(path: Path) -> Config:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} can not be read: {error}") from None
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        raise SettingsError(_explain(error, str(path), Config)) from None
    ca_file = config.index.ca_file
    index = config.index.model_copy(
        update={"ca_file": path.parent / ca_file.expanduser() if ca_file else None}
    )
    sources = _anchored(config.sources, path.parent)
    return config.model_copy(update={"sources": sources, "index": index})


def _anchored(sources: Mapping[str, FolderSource], root: Path) -> dict[str, FolderSource]:
    return {
        name: source.model_copy(update={"path": root / source.path.expanduser()})
        for name, source in sources.items()
    }


def _explain(error: ValidationError, where: str, model: type[BaseModel]) -> str:
    """Return one line a problem: where it stands, what is wrong, what was probably meant."""
    return "; ".join(
        f"{where}: {_dotted(problem['loc'])}: {_reason(problem['type'], problem, model)}"
        for problem in error.errors()
    )


def _dotted(location: tuple[int | str, ...]) -> str:
    # A discriminated union puts the tag ("folder") into the path, which no user has written.
    parts = [str(part) for part in location]
    if len(parts) > 2 and parts[0] == "sources" and parts[2] in RESERVED_SOURCE_NAMES:
        del parts[2]
    return ".".join(parts)


def _reason(kind: str, problem: Any, model: type[BaseModel]) -> str:
    if kind != "extra_forbidden":
        return str(problem["msg"])
    key = str(problem["loc"][-1])
    known = _keys_beside(problem["loc"], model)
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(known))}"
    return f"unknown key {key!r}; {hint}"


def _keys_beside(location: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """Return the keys that the table at `location` may have."""
    if location[0] == "sources":
        return list(FolderSource.model_fields)
    for part in location[:-1]:
        model = type(model.model_fields[str(part)].get_default(call_default_factory=True))
    return list(model.model_fields)
