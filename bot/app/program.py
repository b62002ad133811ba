"""The parts of the program, each made of the settings when it is first used.

So a command pays for what it needs. `registry.py` says which class a name stands for.
"""

from __future__ import annotations

import getpass
import math
from collections.abc import Collection, Coroutine, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from bot import settings as settings_
from bot.app.registry import ENCODERS, GENERATORS, PLATFORMS
from bot.exchange import Answer, Language, Place, Question, Style

if TYPE_CHECKING:
    import asyncio

    from sqlalchemy import Engine

    from bot.answer import Answerer
    from bot.app.mirror import Options
    from bot.conversations import Conversations
    from bot.dialogue import Standalone
    from bot.generate.client import Client
    from bot.generate.extractive import ExtractiveGenerator
    from bot.generate.model import Model
    from bot.inbox import Inbox, Platform
    from bot.indexed import IndexedSource
    from bot.metrics import Metrics
    from bot.retrieve import Retriever
    from bot.settings import Settings, Source
    from connectors.base import Connector
    from ingest.edge import EdgeIndex
    from ingest.encode import Encoder
    from ingest.index import IndexWriter, Origin
    from ingest.japanese import Analyzer
    from ingest.server import Address, ServerIndex
    from ingest.state import State
    from ingest.sync import Report


_Result = TypeVar("_Result")

# Connections of the inbox to a PostgreSQL; the pool of the engine has more for the others.
_DATABASE_THREADS = 4


@contextmanager
def open_app(settings: Settings | None = None, *, repeatable: bool = False) -> Iterator[App]:
    """Yield the program for these settings (default: those of the working directory); close it."""
    kurage = App(settings or settings_.load(), repeatable=repeatable)
    try:
        yield kurage
    finally:
        kurage.close()


class App:
    """The parts of the program, each made once, when first asked for."""

    def __init__(self, settings: Settings, *, repeatable: bool = False) -> None:
        self.settings = settings
        self.repeatable = repeatable
        """Whether a model is to say the same twice, and to answer or fail: for `kurage eval`."""

    @cached_property
    def home(self) -> Path:
        """The state directory, which exists and can be written."""
        home = self.settings.home
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise settings_.SettingsError(
                f"KURAGE_HOME {home} can not be made ({error.strerror}); "
                "set KURAGE_HOME to a folder that this user can write"
            ) from None
        return home

    @cached_property
    def engine(self) -> Engine:
        """The database, migrated to what this version needs."""
        from bot import migrations

        self.home  # noqa: B018 - SQLite needs the folder
        return migrations.open_database(self.settings.database_url.get_secret_value())

    @cached_property
    def conversations(self) -> Conversations:
        """The log of turns."""
        from bot.conversations import Conversations

        return Conversations(self.engine)

    @cached_property
    def state(self) -> State:
        """What ingest keeps in SQL."""
        from ingest.state import State

        return State(self.engine)

    @cached_property
    def analyzer(self) -> Analyzer:
        """Japanese, with this company's words."""
        from ingest.japanese import Analyzer

        search = self.settings.config.search
        return Analyzer(
            user_words=search.user_words, synonyms=search.synonyms, cache=self.home / "dictionary"
        )

    @cached_property
    def encoder(self) -> Encoder:
        """The configured encoder."""
        return ENCODERS[self.settings.encoder](self)()

    @cached_property
    def server(self) -> Address | None:
        """Where the Qdrant server is; None: the index is embedded."""
        settings = self.settings
        if settings.qdrant_url is None:
            return None
        from ingest.server import Address

        key, index = settings.qdrant_api_key, settings.config.index
        return Address(
            settings.qdrant_url,
            api_key=key.get_secret_value() if key else None,
            grpc_port=index.grpc_port,
            ca_file=index.ca_file,
            timeout=index.timeout,
        )

    @cached_property
    def index(self) -> EdgeIndex | ServerIndex:
        """The published index, opened for reading."""
        return self.open_index(encoder=self.encoder.fingerprint)

    def open_index(self, *, encoder: str | None = None) -> EdgeIndex | ServerIndex:
        """Return the published index for reading; one that another encoder filled is refused.

        Without `encoder` none is: to look at what is held, not to search it.
        """
        if self.server:
            from ingest.server import ServerIndex

            return ServerIndex(self.server, self.settings.config.index.collection, encoder=encoder)
        from ingest.edge import EdgeIndex

        return EdgeIndex(self.home / "index", encoder=encoder)

    def index_writer(self, restored: Origin | None = None) -> IndexWriter:
        """Return the index for writing, in the generation of the configured pipeline.

        Or in the one of a backup that is `restored`, where work that was broken off must not be
        continued by the next sync.
        """
        origin, config = restored or self._configured(), self.settings.config.index
        if self.server:
            from ingest.server import ServerWriter

            return ServerWriter(
                self.server,
                config.collection,
                origin.pipeline,
                origin.vectors,
                encoder=origin.encoder,
                shards=config.shards,
                replicas=config.replicas,
                on_disk=config.on_disk,
            )
        from ingest.edge import SAVE_EVERY, EdgeWriter

        return EdgeWriter(
            self.home / "index",
            origin.pipeline,
            origin.vectors,
            encoder=origin.encoder,
            save_every=math.inf if restored else SAVE_EVERY,
        )

    def _configured(self) -> Origin:
        from ingest.index import Origin
        from ingest.prepare import pipeline_fingerprint

        encoder = self.encoder
        return Origin(pipeline_fingerprint(encoder), encoder.fingerprint, encoder.vectors)

    @cached_property
    def retriever(self) -> Retriever:
        """Finds passages."""
        from bot.access import ReaderFilter
        from bot.retrieve import Retriever

        return Retriever(self.index, self.encoder, ReaderFilter(self.state))

    @cached_property
    def answerer(self) -> Answerer:
        """Answers questions."""
        from bot.answer import Answerer

        passages = self.settings.config.search.passages
        generator = GENERATORS[self.settings.generator](self)
        if self.settings.generator == "extractive":
            return Answerer(self.retriever, generator, passages)
        if not self.repeatable:
            from bot.generate.fallback import Fallback

            generator = Fallback(generator, self.quoting)
        return Answerer(
            self.retriever,
            generator,
            passages,
            quoting=self.quoting.quotes,
            unverified=self.settings.config.generator.unverified,
        )

    @cached_property
    def quoting(self) -> ExtractiveGenerator:
        """Quotes, where no model writes or none can be reached."""
        from bot.generate.extractive import ExtractiveGenerator

        return ExtractiveGenerator(self.analyzer)

    @property
    def model(self) -> Model:
        """The model that answers."""
        if not self.repeatable:
            return self.client
        from bot.generate.repeatable import Repeatable

        return Repeatable(self.client)

    @cached_property
    def client(self) -> Client:
        """The workers that run the model, whichever of them can be reached."""
        from bot.generate.client import Client

        settings, config = self.settings, self.settings.config.generator
        key = settings.generator_api_key
        return Client(
            settings.generator_urls,
            model=settings.generator_model,
            api_key=key.get_secret_value() if key else None,
            concurrency=config.concurrency,
            first_token=config.first_token,
            timeout=config.timeout,
            context=config.context,
        )

    def indexed(self) -> list[IndexedSource]:
        """Return what each source holds. Raises `SearchIndexError` and `StateError`; blocks."""
        from bot.indexed import indexed

        return indexed(self.state, self.index)

    @property
    def configured_platforms(self) -> list[str]:
        """Names of `PLATFORMS` whose tokens are set; `SettingsError` where one of two is."""
        settings = self.settings
        tokens = {"slack": settings.slack_tokens, "discord": settings.discord_token}
        return [name for name in PLATFORMS if tokens[name]]

    @cached_property
    def standalone(self) -> Standalone:
        """Completes follow-ups."""
        from bot.dialogue import Standalone

        return Standalone(self.analyzer)

    def platforms(self, metrics: Metrics) -> dict[str, Platform]:
        """Return the configured platforms, not yet connected, by name."""
        return {name: PLATFORMS[name](self, metrics) for name in self.configured_platforms}

    def inbox(self, metrics: Metrics) -> Inbox:
        """Return the inbox of this process. Raises what the database and the index raise."""
        from bot.inbox import Inbox
        from bot.inbox.content import Author
        from bot.inbox.desk import Limits
        from bot.inbox.owner import Owner
        from bot.inbox.store import InboxStore

        serve = self.settings.config.serve
        return Inbox(
            InboxStore(self.engine, Owner.current()),
            self.conversations,
            Author(self.answerer, self.standalone, generator=self.settings.generator),
            limits=Limits(
                concurrency=serve.concurrency,
                per_minute=serve.per_minute,
                max_age=settings_.seconds(serve.max_age),
            ),
            metrics=metrics,
            database_threads=1 if self.engine.dialect.name == "sqlite" else _DATABASE_THREADS,
        )

    def sync(self, name: str, source: Source, **options: Unpack[Options]) -> Report:
        """Mirror a source into the index as its settings say, and return what was done."""
        from bot.app.sources import sync_source

        return sync_source(self, name, source, **options)

    def mirror(
        self,
        name: str,
        connector: Connector,
        *,
        kind: str,
        location: str,
        **options: Unpack[Options],
    ) -> Report:
        """Mirror what a connector shows into the index, under a name; see `ingest.sync.sync`."""
        from bot.app.mirror import mirror

        return mirror(self, name, connector, kind=kind, location=location, **options)

    def principals(self, email: str | None) -> frozenset[str]:
        """Return who reads: a person with their groups, or the administrator."""
        from bot.access import person
        from ingest.state import ADMINISTRATOR

        if email is None:
            return frozenset({ADMINISTRATOR})
        return self.state.groups_of(person(email))

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run something to its end, and return what it returns.

        Always in the same loop: connections to workers belong to it, and are used again.
        """
        return self._runner.run(work)

    @cached_property
    def _runner(self) -> asyncio.Runner:
        import asyncio

        return asyncio.Runner()

    async def ask(
        self,
        text: str,
        *,
        as_: str | None,
        language: Language,
        style: Style = "short",
        sources: Collection[str] | None = None,
        session: str = "",
        about: Answer | None = None,
    ) -> Answer:
        """Answer a question from the terminal, as somebody or as the administrator, and log it.

        `session` tells one conversation from another; `about` is the answer that a longer one is
        wanted of.
        """
        from bot.answer import length
        from bot.conversations import Thread
        from bot.turns import take_turn

        question = Question(
            text,
            self.principals(as_),
            style=style,
            language=language,
            sources=frozenset(sources) if sources else None,
            places=tuple(map(Place.of, about.ranking)) if about else (),
            told=length(about.statements) if about else None,
        )
        return await take_turn(
            question,
            self.answerer,
            self.conversations,
            thread=Thread("terminal", getpass.getuser(), session),
            asker=as_ or getpass.getuser(),
            generator=self.settings.generator,
            # Only a conversation has something to go on from.
            standalone=self.standalone if session else None,
        )

    def close(self) -> None:
        """Release what was opened."""
        if "_runner" in self.__dict__:
            if "client" in self.__dict__:
                self.run(self.client.close())
            self._runner.close()
        if "index" in self.__dict__:
            self.index.close()
        if "engine" in self.__dict__:
            self.engine.dispose()
