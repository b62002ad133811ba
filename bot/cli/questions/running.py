"""One run of `kurage questions generate`: the configured model writes, a bar shows how far it is.

Knows nothing of options, nor of how the report looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.console import fail, say

if TYPE_CHECKING:
    from bot.app import App
    from ingest.questions import Report, Writer


def writer_of(kurage: App) -> Writer:
    """Return the configured generator, if it writes questions."""
    from bot.app import GENERATORS
    from ingest.questions import Writer

    generator = GENERATORS[kurage.settings.generator](kurage)
    if not isinstance(generator, Writer):
        fail(
            say(
                "questions are written by Kurage; set KURAGE_GENERATOR to kurage and "
                "KURAGE_GENERATOR_URL to its worker",
                "質問を作るのは Kurage です。KURAGE_GENERATOR に kurage を、"
                "KURAGE_GENERATOR_URL にワーカーのURLを設定してください",
            )
        )
    return _Writer(generator)


class _Writer:
    """A generator of ours as the Writer of ingest, which knows none of our errors."""

    def __init__(self, generator: Writer) -> None:
        self._generator = generator

    async def questions(self, text: str) -> list[tuple[str, str]]:
        from bot.generate import GeneratorError
        from bot.generate.model import AwayError
        from ingest.questions import WriterAwayError, WriterError

        try:
            return await self._generator.questions(text)
        except AwayError as error:
            raise WriterAwayError(str(error)) from error
        except GeneratorError as error:
            raise WriterError(str(error)) from error


async def generate(
    kurage: App, writer: Writer, sources: Sequence[str], limit: int | None
) -> Report:
    """Have questions written, with a bar that shows how far it is."""
    from bot.cli import progress
    from ingest.questions import generate as run
    from ingest.questions.generate import Parts
    from ingest.state.questions import Questions

    parts = Parts(
        kurage.index, kurage.index_writer, kurage.encoder, kurage.state, Questions(kurage.engine)
    )
    settings = kurage.settings
    with progress.bar() as bar:
        return await run(
            writer,
            parts,
            sources,
            model=settings.generator_model or settings.generator,
            limit=limit,
            on_progress=lambda done, total, title: bar.advance_to(done, total, title[-40:]),
        )
