"""Answers by a model: what we add to vLLM's own time, and what is left when a worker dies.

    python -m bench.generate [--only PART …]

Parts: overhead, stream, single, burst, kills, parser. The real vLLM on the CPU serves the tiny
Kurage of the tests (`make test-models` makes the environment); the little handbook is in an
embedded index. Everything is greedy. Ours and the raw client take turns, in the same process, with
the same prompts: what retrieval found, as `answer()` sent it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from openai import AsyncOpenAI

from bench.figures import KURAGE, ROOT, Figure, run, table
from bot import settings
from bot.answer import Answerer
from bot.app import App, open_app
from bot.exchange import Answer, Evidence, Question
from bot.generate.fallback import Fallback
from bot.generate.kurage import KurageGenerator
from bot.generate.kurage.parse import said
from bot.generate.repeatable import Repeatable
from ingest.state import ADMINISTRATOR

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "bot" / "generate"))

import kurage_cases
from kurage_cases import HANDBOOK, facts
from kurage_samples import mutations
from rigs import vllm_server
from rigs.first_words import FirstWords
from rigs.serving import Serving
from rigs.slack_rig import SlackRig
from rigs.vllm_server import VllmServer

_PAIRS = 60
_MENTIONS = 30
_ROUNDS = 15
_AT_ONCE = 64
_BURSTS = 10
_MORTAL = 50
_MUTATED = 10_000
_SEED = 5
_PATIENCE = 60.0
SHORT = {fact.sayings["ja"].question: fact.sayings["ja"].short for fact in facts()}
QUESTIONS = list(SHORT)
TELEPHONE = next(question for question in QUESTIONS if "電話" in question)
"""Its answer is the longest of the short ones."""
_EYES = frozenset({ADMINISTRATOR, "anyone"})


class Bench:
    """A worker, and a home with the little handbook in it."""

    def __init__(self, folder: Path, checkpoint: Path, worker: VllmServer) -> None:
        self.folder, self.checkpoint, self.worker = folder, checkpoint, worker
        self.home = folder / "home"
        self.home.mkdir()
        run((*KURAGE, "ingest", "folder", str(HANDBOOK)), {"KURAGE_HOME": str(self.home)})

    def environ(self, *workers: VllmServer) -> dict[str, str]:
        """Return what names the workers to the bot."""
        urls = ",".join(worker.url for worker in workers or (self.worker,))
        told = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_MODEL": "kurage"}
        return {**told, "KURAGE_GENERATOR_URL": urls}

    @contextmanager
    def app(self, *workers: VllmServer) -> Iterator[App]:
        """Yield the program, greedy."""
        told = {"KURAGE_HOME": str(self.home), **self.environ(*workers)}
        with open_app(settings.load(told), repeatable=True) as app:
            yield app


async def _answer(app: App, question: str) -> Answer:
    return await app.answerer.answer(Question(question, _EYES))


@asynccontextmanager
async def _raw(worker: VllmServer) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Yield what streams the answer to a prompt, read to its end, by the plain `openai` client."""
    async with AsyncOpenAI(base_url=worker.url, api_key="none", max_retries=0) as client:

        async def ask(prompt: str) -> str:
            stream = await client.chat.completions.create(
                model="kurage",
                messages=[{"role": "user", "content": prompt}],
                temperature=0,
                top_p=1,
                seed=0,
                max_tokens=128,
                stream=True,
            )
            pieces = [event.choices[0].delta.content or "" async for event in stream]
            return "".join(pieces)

        yield ask


def _prompt(answer: Answer) -> str:
    """Return the prompt of an answer that was found with one request."""
    (call,) = answer.calls
    return call.prompt.removeprefix("[user]\n")


def overhead(bench: Bench) -> list[Figure]:
    """Return what `answer()` takes longer than the request it makes: retrieval, checks, parsing."""

    async def pairs(app: App) -> tuple[list[float], list[float]]:
        ours, raws = [], []
        async with _raw(bench.worker) as raw:
            prompts = {one: _prompt(await _answer(app, one)) for one in await _simple(app)}
            for question in islice(cycle(prompts), _PAIRS):
                ours.append(await _timed(_answer(app, question)))
                raws.append(await _timed(raw(prompts[question])))
        return ours, raws

    with bench.app() as app:
        ours, raws = app.run(pairs(app))
    mine, theirs = statistics.median(ours), statistics.median(raws)
    most = 1.1 * theirs + 15
    return [
        Figure(
            f"`answer()` over the raw request with the same prompt, p50 of {_PAIRS} pairs",
            f"raw {theirs:.1f} ms (same run)",
            f"≤ 1.10 × + 15 ms ({most:.1f} ms)",
            f"{mine:.1f} ms",
            mine <= most,
        )
    ]


async def _simple(app: App) -> list[str]:
    """Return the questions that one request answers; the others are asked chunk by chunk."""
    return [one for one in QUESTIONS if len((await _answer(app, one)).calls) == 1]


async def _timed(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - started)


def stream(bench: Bench) -> list[Figure]:
    """Return how long an answer's first words are under way from vLLM to the platform.

    A clock stands before vLLM and notes when a token passes; the rig notes when Slack gets them.
    Kurage names its references first: they are out some tokens before there is an answer.
    """
    told = SHORT[TELEPHONE]
    late, whole = [], []
    with FirstWords(bench.worker.origin) as clock, SlackRig(validated=False) as slack:
        slack.configure(limits={"enabled": False})
        environ = {**bench.environ(), "KURAGE_GENERATOR_URL": f"{clock.root}/v1"}
        with Serving(bench.home, slack=slack, environ=environ):
            for _ in range(_MENTIONS):
                began = time.monotonic()
                slack.wait_for_reply(slack.mention("soumu", "sato", TELEPHONE), _PATIENCE)
                heard = clock.last()
                got = [
                    entry["at"]
                    for entry in slack.journal("call", since=began)
                    if told[:2] in str(entry.get("args"))
                ]
                if heard.answer and got:
                    late.append(1000 * (got[0] - heard.answer))
                    whole.append(1000 * (got[0] - heard.first))
    p50, from_first = statistics.median(late), statistics.median(whole)
    return [
        Figure(
            "vLLM's first token of the answer → first streamed words at Slack, p50",
            f"from its very first token, of the references: {from_first:.1f} ms",
            "≤ 30 ms",
            f"{p50:.1f} ms ({len(late)} mentions)",
            p50 <= 30,
        )
    ]


def single(bench: Bench) -> list[Figure]:
    """Return what asking eight passages in parallel brings, and what it brings the raw client.

    Each passage bears the answer: `None` is said in six tokens, less than a request costs.
    """

    async def rounds(app: App) -> list[list[float]]:
        generator = KurageGenerator(
            Repeatable(app.client), mode="single", max_tokens=128, max_tokens_long=128
        )
        best = app.retriever.retrieve(TELEPHONE, _EYES, limit=1).passages[0]
        found = Evidence(tuple(replace(best, number=number) for number in range(1, 9)))
        alone = [Evidence((passage,)) for passage in found.passages]
        times: list[list[float]] = [[], [], [], []]
        async with _raw(bench.worker) as raw:
            prompts = [kurage_cases.prompt([one.text], TELEPHONE) for one in found.passages]
            for _ in range(_ROUNDS):
                times[0].append(await _timed(_read(generator, found)))
                times[1].append(await _timed(_in_turn(_read(generator, one) for one in alone)))
                times[2].append(await _timed(asyncio.gather(*map(raw, prompts))))
                times[3].append(await _timed(_in_turn(map(raw, prompts))))
        return times

    with bench.app() as app:
        medians = [statistics.median(times) for times in app.run(rounds(app))]
    fast, slow, raw_fast, raw_slow = medians
    return [
        Figure(
            "single-chunk over 8 passages in parallel against one after another, p50",
            f"raw client {raw_slow / raw_fast:.1f} × ({raw_slow:.0f} and {raw_fast:.0f} ms)",
            "≥ 3 × faster",
            f"{slow / fast:.1f} × ({slow:.0f} and {fast:.0f} ms)",
            slow / fast >= 3,
        )
    ]


async def _in_turn(works: Iterable[Awaitable[object]]) -> None:
    for work in works:
        await work


async def _read(generator: KurageGenerator, evidence: Evidence) -> None:
    async for _ in generator.generate(TELEPHONE, evidence, "short"):
        pass


def burst(bench: Bench) -> list[Figure]:
    """Return the throughput of many questions of one moment."""

    async def bursts(app: App) -> tuple[list[float], list[float]]:
        ours, raws = [], []
        async with _raw(bench.worker) as raw:
            simple = await _simple(app)
            prompts = {one: _prompt(await _answer(app, one)) for one in simple}
            asked = list(islice(cycle(simple), _AT_ONCE))
            for _ in range(_BURSTS):
                ours.append(await _timed(asyncio.gather(*(_answer(app, one) for one in asked))))
                raws.append(await _timed(asyncio.gather(*(raw(prompts[one]) for one in asked))))
        return ours, raws

    with bench.app() as app:
        ours, raws = app.run(bursts(app))
    rates = [_AT_ONCE / statistics.median(times) * 1000 for times in (ours, raws)]
    return [
        Figure(
            f"{_AT_ONCE} questions at once, throughput over the raw client's, p50 of {_BURSTS}",
            f"raw {rates[1]:.0f} answers/s (same run)",
            "≥ 0.9 ×",
            f"{rates[0] / rates[1]:.2f} × ({rates[0]:.0f} answers/s)",
            rates[0] / rates[1] >= 0.9,
        )
    ]


def kills(bench: Bench) -> list[Figure]:
    """Return what becomes of questions while workers are killed: with another one, and without."""
    figures = []
    with VllmServer(bench.checkpoint, bench.folder) as mortal:
        for others, what in (((bench.worker,), "another worker"), ((), "no other: quotes")):
            if not mortal.healthy():
                mortal.kill()
                mortal.start()
                mortal.ready()
            with bench.app(mortal, *others) as app:
                answers = app.run(_dying(app, mortal))
            lost = [one for one in answers if one.state != "answered" or not one.statements]
            quoted = sum(one.model_away is not None for one in answers)
            figures.append(
                Figure(
                    f"a worker killed during {_MORTAL} questions, {what}",
                    "",
                    "all answered, none lost",
                    f"{len(answers) - len(lost)} answered ({quoted} by quotes), "
                    f"{_MORTAL - len(answers) + len(lost)} lost",
                    len(answers) == _MORTAL and not lost,
                )
            )
    return figures


async def _dying(app: App, worker: VllmServer) -> list[Answer]:
    """Ask eight at a time; the worker is killed in the midst of them.

    Only what the model and quotes both answer is asked: what neither knows would look lost.
    """
    places, done = asyncio.Semaphore(8), 0
    quotes = Answerer(app.retriever, app.quoting, 8)
    serving = Answerer(app.retriever, Fallback(app.answerer.generator, app.quoting), 8)
    known = [
        one
        for one in await _simple(app)
        if (await quotes.answer(Question(one, _EYES))).state == "answered"
    ]

    async def ask(question: str) -> Answer:
        nonlocal done
        async with places:
            answer = await serving.answer(Question(question, _EYES))
            done += 1
            if done == _MORTAL // 3:
                worker.kill()
            return answer

    asked = islice(cycle(known), _MORTAL)
    found = await asyncio.gather(*(ask(one) for one in asked), return_exceptions=True)
    return [one for one in found if isinstance(one, Answer)]


def parser(_: Bench) -> list[Figure]:
    """Return what the parser makes of outputs that no model should write."""
    raised = invented = 0
    for raw in mutations(_SEED, _MUTATED):
        for text, finished in ((raw, True), (raw[: len(raw) // 2], False)):
            try:
                read = said(text, chunks=8, finished=finished)
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                raised += 1
                continue
            wrong = set(read.references or ()) - set(range(1, 9))
            invented += bool(wrong) or read.answer not in text
    return [
        Figure(
            f"parser on {_MUTATED:,} mutated outputs (seed {_SEED}), whole and half",
            "",
            "no exception, no answer invented",
            f"{raised} exceptions, {invented} invented",
            raised == invented == 0,
        )
    ]


PARTS = {
    "overhead": overhead,
    "stream": stream,
    "single": single,
    "burst": burst,
    "kills": kills,
    "parser": parser,
}


def figures(parts: Sequence[str] = ()) -> list[Figure]:
    """Return the rows of all parts, or of some; none where no model can be served here."""
    if reason := vllm_server.missing():
        print(f"bench.generate: {reason}", file=sys.stderr, flush=True)
        return []
    found = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        checkpoint = vllm_server.checkpoint()
        worker = stack.enter_context(VllmServer(checkpoint, folder))
        bench = Bench(folder, checkpoint, worker)
        for name in parts or PARTS:
            for figure in PARTS[name](bench):
                print(f"{figure.name}: {figure.measured}", file=sys.stderr, flush=True)
                found.append(figure)
    return found


def main() -> None:
    """Print what is asked for on the command line."""
    parser_ = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__)
    parser_.add_argument("--only", metavar="PART", nargs="+", choices=PARTS, default=[])
    print(table(figures(parser_.parse_args().only)))


if __name__ == "__main__":
    main()
