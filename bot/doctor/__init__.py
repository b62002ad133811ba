"""Examines an installation: each finding says what is, and what to change where it is wrong.

One check never hides another: a broken database is reported beside a healthy index.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bot.app import App
from bot.backup import RESTORING
from bot.conversations import ConversationsError
from bot.doctor import platforms, sources, worker
from bot.doctor.finding import Finding, Level
from bot.settings import SettingsError, load
from ingest.index import SearchIndexError
from ingest.japanese import DictionaryError
from ingest.state import StateError

if TYPE_CHECKING:
    from ingest.server import Address

# An embedded index beyond this is better served by a Qdrant server (measured: docs/decisions.md).
_MANY_CHUNKS = 200_000
# A sync copies the index before it changes the copy.
_LITTLE_SPACE = 500_000_000

# Of a collection, in Qdrant's words.
_STATUSES: dict[str, tuple[Level, str]] = {
    "green": ("ok", ""),
    "yellow": ("ok", ", being optimised (yellow)"),
    "grey": ("warning", ", not optimised since the server started (grey); the next sync wakes it"),
    "red": ("problem", ", in a failed state (red): see the log of the Qdrant server"),
}


Check = Callable[[App], Iterator[Finding]]


def examine() -> Iterator[Finding]:
    """Yield the findings for the settings of the working directory."""
    try:
        settings = load()
    except SettingsError as error:
        yield Finding("settings", "problem", str(error))
        return
    kurage = App(settings, repeatable=True)  # the sample answer is the same each time
    try:
        for name, check in CHECKS.items():
            try:
                yield from check(kurage)
            except (
                ConversationsError,
                DictionaryError,
                SearchIndexError,
                SettingsError,
                StateError,
            ) as error:
                yield Finding(name, "problem", str(error))
    finally:
        kurage.close()


def _settings(kurage: App) -> Iterator[Finding]:
    path = kurage.settings.config_path
    count = len(kurage.settings.config.sources)
    message = f"{path}, {count} sources" if path else "no kurage.toml; the defaults hold"
    yield Finding("settings", "ok", message)


def _home(kurage: App) -> Iterator[Finding]:
    home = kurage.home
    probe = home / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        yield Finding(
            "state", "problem", f"{home} can not be written ({error.strerror}); change its owner"
        )
        return
    if (home / RESTORING).exists():
        yield Finding(
            "state",
            "problem",
            "a restore was broken off; run `kurage restore` with the same file to finish it, "
            "or with another one and --force",
        )
    free = shutil.disk_usage(home).free
    if free < _LITTLE_SPACE:
        yield Finding("state", "warning", f"{home} has only {free / 1e6:.0f} MB left on its disk")
    else:
        yield Finding("state", "ok", f"{home}, {free / 1e9:.0f} GB free")


def _dictionary(kurage: App) -> Iterator[Finding]:
    probe = "有給休暇の申請"
    terms = kurage.analyzer.terms(probe)
    if "申請" in terms:
        yield Finding("dictionary", "ok", f"Sudachi reads {probe} as {' / '.join(terms)}")
    else:
        yield Finding(
            "dictionary",
            "problem",
            f"Sudachi reads {probe} as {terms}; install sudachidict_core again",
        )


def _database(kurage: App) -> Iterator[Finding]:
    place = kurage.engine.url.render_as_string(hide_password=True)
    yield Finding("database", "ok", f"{place} is up to date")


def _index(kurage: App) -> Iterator[Finding]:
    yield from _on_server(kurage, kurage.server) if kurage.server else _embedded(kurage)


def _embedded(kurage: App) -> Iterator[Finding]:
    from ingest.edge import health  # noqa: PLC0415 - the engine, where it is used

    state = health(kurage.home / "index")
    if state.writer:
        yield Finding("index", "ok", f"{state.writer} is writing it")
    if state.unpublished:
        yield Finding("index", "warning", "a sync died; run `kurage ingest` again to go on with it")
    documents, chunks = kurage.index.count()
    yield Finding(
        "index",
        "ok",
        f"revision {state.generation}/{state.revision}: {documents} documents, {chunks} chunks, "
        f"{state.bytes / 1e6:.0f} MB in {state.revisions} revisions",
    )
    if chunks > _MANY_CHUNKS:
        yield Finding(
            "index", "warning", f"more than {_MANY_CHUNKS:,} chunks: a Qdrant server suits better"
        )


def _on_server(kurage: App, server: Address) -> Iterator[Finding]:
    from ingest.server import health  # noqa: PLC0415 - qdrant-client takes a second

    state = health(server, kurage.settings.config.index.collection)
    if state.too_old:
        message = f"Qdrant {state.version} at {server} is too old; update it to 1.16 or newer"
        yield Finding("index", "problem", message)
    else:
        yield Finding("index", "ok", f"Qdrant {state.version} answers at {server}")
    if server.api_key and not server.encrypted and not server.loopback:
        message = f"the API key travels to {server} unencrypted; use https beyond a private network"
        yield Finding("index", "warning", message)
    if state.building:
        names = ", ".join(state.building)
        message = f"not served yet: {names}; run `kurage ingest --all`, or `--switch`"
        yield Finding("index", "warning", message)
    if state.unfinished:
        message = "a sync is writing, or died; if none runs, run `kurage ingest` again to mend it"
        yield Finding("index", "warning", message)
    documents, chunks = kurage.index.count()  # refuses an index that another encoder filled
    if state.generation:
        level, remark = _STATUSES.get(state.generation.status, _STATUSES["green"])
        yield Finding(
            "index",
            level,
            f"collection {state.generation.name}: {documents} documents, {chunks} chunks{remark}",
        )


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "state": _home,
    "dictionary": _dictionary,
    "database": _database,
    "index": _index,
    "source": sources.sources,
    "channels": platforms.channels,
    "slack": platforms.slack,
    "discord": platforms.discord,
    "worker": worker.worker,
}
