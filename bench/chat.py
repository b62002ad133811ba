"""Slack and Discord: how fast answers come, and that none is lost or doubled, whatever goes wrong.

    python -m bench.chat [--only PART …] [--quick]

Parts: latency, burst, limits, kills, faults, memory. Whole processes are measured: `kurage serve`
(extractive generator, sample handbook, SQLite) against the loopback rigs of the tests, each in a
process of its own; what a rig costs is part of every time. Beside it, in the same run, bare echo
bots on slack-bolt and discord.py. Times are the rig's: from the moment it has the question until
the bot's request for the last part of the answer arrives.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.figures import ROOT, Figure, table, tree_pss_mb

sys.path.insert(0, str(ROOT / "tests"))

from chaos.judge import Verdict, judge, judged, learn
from chaos.people import Asked, DiscordPeople, People, SlackPeople, wait
from chaos.storm import Storm
from chaos.trouble import endure, troubles
from rigs import serving
from rigs.discord_rig import DiscordRig
from rigs.serving import DiscordEcho, Process, Serving, SlackEcho
from rigs.slack_rig import SlackRig

_SEED = 4
_DISTINCT = 20
_CHANNELS = 50
_WARM_UP = 50
_BURST = 5
"""Posts in a row that Slack's channels are modelled to take, before it is one a second."""
_GLOBAL = 50
"""Requests a second that Discord takes from a bot."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sequential: int = 200
    at_once: int = 200
    mentions: int = 300
    kills: int = 20
    around_a_fault: int = 40
    turns: int = 2000
    most_faults: int | None = None


QUICK = Size(30, 50, 40, 4, 10, 200, 4)


class Bench:
    """The rigs, the people on them, and a home with the handbook in it."""

    def __init__(self, folder: Path, slack: SlackRig, discord: DiscordRig, size: Size) -> None:
        self._folder = folder
        self._ingested = serving.handbook(folder / "ingested")
        self._numbers = count()
        self.size = size
        self.crowds: tuple[People, ...] = (SlackPeople(slack), DiscordPeople(discord))
        rows = (ROOT / "examples" / "questions.jsonl").read_text("utf-8").splitlines()
        asked = [json.loads(row) for row in rows]
        self.questions = [one["question"] for one in asked if one["answerable"]][:_DISTINCT]

    @contextmanager
    def kurage(self, *crowds: People, slow: tuple[int, float] | None = None) -> Iterator[Serving]:
        """Yield a bot that serves these people, with a new home."""
        home = serving.copied(self._ingested, self._folder / f"home-{next(self._numbers)}")
        rigs = {people.name: people.rig for people in crowds}
        with Serving(home, **rigs, slow=slow) as bot:
            yield bot

    @contextmanager
    def echo(self, people: People, *, delay: float = 0.0) -> Iterator[Process]:
        """Yield the bare bot of a platform; the one of Discord never thinks."""
        if isinstance(people, SlackPeople):
            bot: Process = SlackEcho(people.rig, self._folder, delay=delay)
        else:
            bot = DiscordEcho(people.rig, self._folder)
        with bot:
            yield bot

    def some(self, number: int) -> list[str]:
        """Return so many questions; they come again after a while."""
        return list(islice(cycle(self.questions), number))


def _titled(people: People) -> str:
    return people.name.capitalize()


def _quantile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _one_by_one(people: People, questions: Sequence[str]) -> list[Asked]:
    """Ask, wait for the answer, ask again."""
    done = []
    for question in questions:
        (asked,) = people.ask([question])
        people.rig.wait_for_reply(asked.id, timeout=30)
        time.sleep(0.02)  # buttons, read marks and what else follows an answer
        done.append(asked)
    people.still()
    return done


def _completed(people: People, asked: Sequence[Asked]) -> list[float]:
    """Return milliseconds to each complete answer."""
    return [1000 * one.complete for one in people.waited(asked) if one.complete is not None]


def _generating(bot: Serving) -> dict[str, float]:
    """Return the generator's own milliseconds by message, as the log has them."""
    engine = create_engine(bot.database_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT message, timings_ms FROM turns")).all()
    engine.dispose()
    return {row.message: json.loads(row.timings_ms or "{}").get("generate", 0.0) for row in rows}


def latency(bench: Bench) -> list[Figure]:
    """Return the times of questions that come one after another."""
    figures = []
    for people in bench.crowds:
        people.gather(5)
        with bench.echo(people):
            _one_by_one(people, bench.some(_WARM_UP))
            echoed = _completed(people, _one_by_one(people, bench.some(bench.size.sequential)))
        people.gather(5)
        with bench.kurage(people) as bot:
            _one_by_one(people, bench.some(_WARM_UP))
            asked = _one_by_one(people, bench.some(bench.size.sequential))
            signs = [1000 * (one.first_sign or 0) for one in people.waited(asked)]
            complete, generating = _completed(people, asked), _generating(bot)
        less = [ms - generating[one.id] for ms, one in zip(complete, asked, strict=True)]
        p50, p95 = statistics.median(signs), _quantile(signs, 95)
        net, whole = statistics.median(less), statistics.median(complete)
        echo = f"bare echo bot {statistics.median(echoed):.2f} ms (same run)"
        figures += [
            Figure(
                f"{_titled(people)}: mention → first visible sign, p50 / p95",
                "",
                "≤ 100 ms (p95)",
                f"{p50:.1f} / {p95:.1f} ms",
                p95 <= 100,
            ),
            Figure(
                f"{_titled(people)}: mention → complete answer p50, less the log's `generate`",
                echo,
                "≤ 20 ms",
                f"{net:.1f} ms (with it {whole:.1f})",
                net <= 20,
            ),
        ]
    return figures


def _at_once(people: People, questions: Sequence[str], timeout: float) -> tuple[list[Asked], float]:
    """Ask everything in one moment; return the questions and seconds to the last answer."""
    asked = people.ask(questions)
    wait(people, asked, timeout)
    done = _completed(people, asked)
    return asked, max(done, default=0.0) / 1000


def burst(bench: Bench) -> list[Figure]:
    """Return how long many questions of one moment take, without a platform's limits."""
    figures = []
    number = bench.size.at_once
    for people in bench.crowds:
        people.gather(_CHANNELS)
        with bench.echo(people):
            _, echoed = _at_once(people, bench.some(number), 30)
        people.gather(_CHANNELS)
        with bench.kurage(people):
            known = learn(people, bench.some(_CHANNELS))
            asked, seconds = _at_once(people, bench.some(number), 60)
            verdict = judge(people, asked, known)
        figures.append(
            Figure(
                f"{_titled(people)}: {number} mentions at once in {_CHANNELS} channels, no limits",
                f"bare echo bot {echoed:.2f} s (same run)",
                "all within 5 s, none lost, none doubled",
                f"{seconds:.2f} s, {_counted(verdict)}",
                bool(verdict) and seconds <= 5,
            )
        )
    return figures


def limits(bench: Bench) -> list[Figure]:
    """Return the same under the limits that the platforms have."""
    figures = []
    number = bench.size.at_once
    for people in bench.crowds:
        for channels in (_CHANNELS, 5):
            people.gather(channels)
            with bench.kurage(people):
                known = learn(people, bench.questions)
                _limited(people)
                asked, seconds = _at_once(people, bench.some(number), 300)
                verdict = judge(people, asked, known)
                signs = [one.first_sign or seconds for one in people.waited(asked)]
            least = _least(people, number, channels)
            figures.append(
                Figure(
                    f"{_titled(people)}: {number} at once in {channels} channels, real limits",
                    f"the limits allow {least:.0f} s",
                    "the least time they allow, none lost, none doubled",
                    f"{seconds:.1f} s, {_counted(verdict)}; first sign p50 "
                    f"{statistics.median(signs):.2f}, last {max(signs):.2f} s",
                    bool(verdict) and seconds <= least + 5,
                )
            )
    return figures


def _limited(people: People) -> None:
    """Put the platform's limits into force, as a bot meets them after a quiet while."""
    if isinstance(people, SlackPeople):
        people.rig.configure(limits={"enabled": True})
    else:
        people.rig.limit(generous=False, everywhere=True, gateway=True, identify=True, invalid=True)


def _least(people: People, number: int, channels: int) -> float:
    """Return the seconds that so many single posts need under the limits, as the rigs model them.

    Slack: five in a row in a channel, then one a second; 600 a minute are never reached here.
    Discord: five in five seconds in a channel, fifty a second in all.
    """
    each = -(-number // channels)
    if people.name == "slack":
        return max(0.0, float(each - _BURST))
    return max(5.0 * ((each - 1) // 5), float((number - 1) // _GLOBAL))


def _counted(verdict: Verdict) -> str:
    wrong = len(verdict.wrong) + len(verdict.leftovers) + len(verdict.open_turns)
    more = f", {wrong} unfinished" if wrong else ""
    return f"{len(verdict.lost)} lost, {len(verdict.doubled)} doubled{more}"


def kills(bench: Bench) -> list[Figure]:
    """Return what SIGKILL at random moments leaves behind."""
    size = bench.size
    few = max(1, size.kills // 5)
    echoed = {people: _echo_killed(bench, people, few) for people in bench.crowds}
    figures = []
    for slow, how in ((None, "quotes"), ((6, 0.05), "streams")):
        for people in bench.crowds:
            people.gather(5)
        with bench.kurage(*bench.crowds, slow=slow) as bot:
            known = {people: learn(people, bench.questions) for people in bench.crowds}
            for people in bench.crowds:
                people.hear_twice()
            storm = Storm(_SEED, [bot], known)
            storm.rage(size.mentions, size.kills)
            for people, answers in known.items():
                sql = bot.database_url
                verdict = judged(people, storm.asked[people], answers, database_url=sql)
                figures.append(
                    Figure(
                        f"{_titled(people)}, {how}: {size.mentions} mentions × 2 deliveries, "
                        f"{size.kills} × `kill -9` (seed {_SEED})",
                        f"bare bot, {few} kills: {echoed[people]}",
                        "each exactly one answer",
                        _counted(verdict),
                        bool(verdict),
                    )
                )
    return figures


def _echo_killed(bench: Bench, people: People, few: int) -> str:
    people.gather(5)
    with bench.echo(people, delay=0.3) as bot:
        known = learn(people, bench.questions)
        people.hear_twice()
        storm = Storm(_SEED, [bot], {people: known})
        storm.rage(15 * few, few)
        wait(people, storm.asked[people], 15)
        return _counted(judge(people, storm.asked[people], known)) + f" of {15 * few}"


def faults(bench: Bench) -> list[Figure]:
    """Return how long each fault keeps people waiting, on the platform's own schedule."""
    figures = []
    for people in bench.crowds:
        people.gather(5, hasty=False)
        with bench.kurage(people) as bot:
            known = learn(people, bench.questions)
            for name, strike in islice(troubles(people).items(), bench.size.most_faults):
                number = bench.size.around_a_fault
                sql = bot.database_url
                went = endure(people, strike, known, mentions=number, database_url=sql)
                back = "never back" if went.back is None else f"back after {went.back:.2f} s"
                longest = "" if went.longest is None else f" (longest wait {went.longest:.1f} s)"
                figures.append(
                    Figure(
                        f"{_titled(people)}, {number} mentions around: {name}",
                        "",
                        "0 lost, 0 doubled, back within 5 s",
                        f"{_counted(went.verdict)}, {back}{longest}",
                        bool(went.verdict) and went.back is not None and went.back <= 5,
                    )
                )
    return figures


def memory(bench: Bench) -> list[Figure]:
    """Return what a bot holds more after many turns, half of them on each platform."""
    turns, at_once = bench.size.turns, 50
    for people in bench.crowds:
        people.gather(_CHANNELS)
    with bench.kurage(*bench.crowds) as bot:
        held = []
        for rounds in (turns // 4, turns):
            for _ in range(rounds // (2 * at_once)):
                for people in bench.crowds:
                    wait(people, people.ask(bench.some(at_once)))
            time.sleep(1)
            held.append(tree_pss_mb(bot.pid))
    before, after = held
    return [
        Figure(
            f"`kurage serve`, both platforms: memory after {turns:,} more turns (PSS)",
            f"after {turns // 4:,} turns {before:.0f} MB",
            "no growth beyond 20 MB",
            f"{after:.0f} MB, {after - before:+.1f} MB",
            after - before <= 20,
        )
    ]


PARTS = {
    "latency": latency,
    "burst": burst,
    "limits": limits,
    "kills": kills,
    "faults": faults,
    "memory": memory,
}


def figures(parts: Sequence[str] = (), *, quick: bool = False) -> list[Figure]:
    """Return the rows of Slack and Discord, all of them or those of some parts."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        SlackRig(validated=False) as slack,
        DiscordRig() as discord,
    ):
        bench = Bench(Path(folder), slack, discord, QUICK if quick else Size())
        for name in parts or PARTS:
            for figure in PARTS[name](bench):
                # The parts take half an hour: what is known is told, should a later one end it.
                print(f"{figure.name}: {figure.measured}", file=sys.stderr, flush=True)
                found.append(figure)
    return found


def main() -> None:
    """Print what is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.chat", description=__doc__)
    parser.add_argument("--only", metavar="PART", nargs="+", choices=PARTS, default=[])
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    chosen = parser.parse_args()
    print(table(figures(chosen.only, quick=chosen.quick)))


if __name__ == "__main__":
    main()
