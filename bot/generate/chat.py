"""The generator for every model but Kurage: asked by the profile of its family.

It cites by numbers where its family can, and answers without where it can not; then what it says
stands only if a passage bears it. Knows nothing of templates (`profiles`), of reading (`reading`),
nor of where the model runs.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from bot.exchange import Call, Evidence, Generation, Included, Passage, Style
from bot.generate import GeneratorError
from bot.generate.budget import fitted
from bot.generate.model import Finish, Model, Piece, Prompt, Sampling
from bot.generate.neutral import neutral
from bot.generate.profiles import Profile, Shown, Task
from bot.generate.profiles.base import framed, unforged
from bot.generate.reading import Reading

_PLACE = 160
"""Characters of a passage's title and headings in a prompt."""


class ChatGenerator:
    """Answers by one model."""

    def __init__(
        self, model: Model, profile: Profile, *, max_tokens: int, max_tokens_long: int
    ) -> None:
        """`max_tokens` are those of a short answer; texts that are said anew may be long."""
        self._model = model
        self._profile = profile
        self._max_tokens = max_tokens
        self._max_tokens_long = max_tokens_long

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        """Yield the answer as it grows; the sources may change until it is finished.

        Raises `GeneratorError`: of a style that this family can not do, and the model's own. What
        was asked of the model until then is in the last generation before.
        """
        task = self._task(style)
        # A text that is said anew is one text.
        passages = evidence.passages[: 1 if task in {"simplify", "summarise"} else None]
        if not passages:
            yield Generation((), finished=True)
            return
        request = await self._request(task, question, passages)
        reading = Reading(task, question, request.passages)
        said = Generation(())
        try:
            async for generation in _read(self._model, request, reading):
                said = generation
                if not said.finished:
                    yield said
        except GeneratorError as error:
            yield replace(said, calls=(request.call(str(error)),))
            raise
        yield replace(said, calls=(request.call(),))

    def _task(self, style: Style) -> Task:
        task = self._profile.tasks.get(style)
        if task is None:
            raise GeneratorError(
                f"{self._profile.name} does not simplify or summarise; openorca_stx does: set "
                "KURAGE_GENERATOR=stx, and KURAGE_GENERATOR_URL to a server of "
                "lightblue/openorca_stx"
            )
        return task

    async def _request(self, task: Task, question: str, passages: Sequence[Passage]) -> _Request:
        cites = task in {"cite", "long"}
        short = task in {"cite", "closed"}
        sampling = self._profile.sampling(
            task, self._max_tokens if short else self._max_tokens_long
        )
        by_number = {passage.number: passage for passage in passages}
        asked = unforged(neutral(question)) if cites else neutral(question)

        def lay_out(parts: Sequence[Included]) -> Prompt:
            shown = [
                Shown(part.number, _place(by_number[part.number]), part.text)
                for part in (map(framed, parts) if cites else parts)
            ]
            return self._profile.lay_out(task, shown, asked)

        prompt, parts = await fitted(
            self._model,
            passages,
            lay_out=lay_out,
            answer_tokens=sampling.max_tokens,
            max_context=None,
        )
        included = tuple(map(framed, parts)) if cites else parts
        return _Request(
            task, prompt, sampling, included, {p.number: by_number[p.number] for p in included}
        )


@dataclass(slots=True)
class _Request:
    """What is asked of a model, and what came back so far."""

    task: Task
    prompt: Prompt
    sampling: Sampling
    included: tuple[Included, ...]
    passages: dict[int, Passage]
    """Those of the prompt."""
    begun: float = field(default_factory=time.perf_counter)
    first: float | None = None
    raw: list[str] = field(default_factory=list)
    last: Piece | None = None

    def heard(self, piece: Piece) -> None:
        """Note a piece."""
        if self.first is None:
            self.first = time.perf_counter()
        self.raw.append(piece.text)
        self.last = piece

    def call(self, error: str | None = None) -> Call:
        """Return the record of it, which ends now."""
        now = time.perf_counter()
        return Call(
            task=self.task,
            model=self.last.model if self.last else "",
            worker=self.last.worker if self.last else "",
            prompt=self.prompt.shown,
            raw="".join(self.raw),
            included=self.included,
            milliseconds=_milliseconds(now - self.begun),
            first_token_ms=None if self.first is None else _milliseconds(self.first - self.begun),
            error=error,
        )


async def _read(model: Model, request: _Request, reading: Reading) -> AsyncIterator[Generation]:
    """Yield what is said whenever it shows something new, and at the end."""
    shown = Generation(())
    finish: Finish | None = None
    stream = model.stream(request.prompt, request.sampling)
    try:
        async for piece in stream:
            request.heard(piece)
            reading.feed(piece.text)
            finish = piece.finish
            if finish or reading.over:
                break
            said = reading.generation()
            if said.statements and said != shown:
                shown = said
                yield said
    finally:
        # Ends the generation at the worker, too.
        if close := getattr(stream, "aclose", None):
            await close()
    reading.close(cut=finish == "length")
    yield reading.generation()


def _place(passage: Passage) -> str:
    """Return title › heading › …, on one line and neutral."""
    chunk = passage.hit.chunk
    names = [" ".join(name.split()) for name in (chunk.title, *chunk.headings)]
    # A document's first heading is often its title again.
    path = [name for at, name in enumerate(names) if name and (at == 0 or name != names[at - 1])]
    return unforged(neutral(" › ".join(path)))[:_PLACE]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
