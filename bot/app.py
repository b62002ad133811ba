"""The only place that names concrete classes: settings become a working program.

Everything is made when it is first used, so that a command pays for what it needs. A new connector,
generator or encoder is one line in one of the registries below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from bot import settings as settings_
from bot.exchange import Answer, Language, Question, Style

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from bot.answer import Answerer
    from bot.conversations import Conversations, Thread
    from bot.generate import Generator
    from bot.retrieve import Retriever
    from bot.settings import Settings
    from connectors.base import Connector
    from ingest.edge import EdgeIndex
    from ingest.encode import Encoder
    from ingest.japanese import Analyzer
    from ingest.state import State


def _folder(source: settings_.FolderSource, settings: Settings) -> Connector:
    from connectors.folder import FolderConnector

    return FolderConnector(
        source.path,
        url_prefix=source.url_prefix,
        include=source.include,
        exclude=source.exclude,
        max_bytes=settings.config.ingest.max_bytes,
    )


def _extractive(kurage: App) -> Generator:
    from bot.generate.extractive import ExtractiveGenerator

    return ExtractiveGenerator(kurage.analyzer)


def _lexical(kurage: App) -> Encoder:
    from ingest.lexical import LexicalEncoder

    return LexicalEncoder(kurage.analyzer)


CONNECTORS: dict[str, Callable[[settings_.FolderSource, Settings], Connector]] = {"folder": _folder}
GENERATORS: dict[settings_.GeneratorName, Callable[[App], Generator]] = {"extractive": _extractive}
ENCODERS: dict[settings_.EncoderName, Callable[[App], Encoder]] = {"lexical": _lexical}


@contextmanager
def open_app(settings: Settings | None = None) -> Iterator[App]:
    """Yield the program for these settings (default: those of the working directory); close it."""
    kurage = App(settings or settings_.load())
    try:
        yield kurage
    finally:
        kurage.close()


class App:
    """The parts of the program, each made once, when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

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
        from ingest.state import open_engine

        self.home  # noqa: B018 - SQLite needs the folder
        engine = open_engine(self.settings.database_url.get_secret_value())
        migrations.ensure_current(engine)
        return engine

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
        return ENCODERS[self.settings.encoder](self)

    @cached_property
    def index(self) -> EdgeIndex:
        """The published index, opened for reading."""
        from ingest.edge import EdgeIndex

        return EdgeIndex(self.home)

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

        generator = GENERATORS[self.settings.generator](self)
        return Answerer(self.retriever, generator, self.settings.config.search.passages)

    def connector(self, source: settings_.FolderSource) -> Connector:
        """Return the connector of a source."""
        return CONNECTORS[source.kind](source, self.settings)

    def principals(self, email: str | None) -> frozenset[str]:
        """Return who reads: a person with their groups, or the administrator."""
        from bot.access import person
        from ingest.state import ADMINISTRATOR

        if email is None:
            return frozenset({ADMINISTRATOR})
        return self.state.groups_of(person(email))

    async def ask(
        self,
        text: str,
        *,
        principals: frozenset[str],
        thread: Thread,
        asker: str,
        style: Style = "short",
        language: Language,
        sources: frozenset[str] | None = None,
    ) -> Answer:
        """Answer a question and log it: the turn is stored before anything is done about it."""
        from bot.turns import take_turn

        question = Question(text, principals, style, language, sources)
        return await take_turn(
            question,
            self.answerer,
            self.conversations,
            thread=thread,
            asker=asker,
            generator=self.settings.generator,
        )

    def close(self) -> None:
        """Release what was opened."""
        if "index" in self.__dict__:
            self.index.close()
        if "engine" in self.__dict__:
            self.engine.dispose()
