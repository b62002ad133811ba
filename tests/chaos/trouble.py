"""What goes wrong between the platform and the bot, and how long people then wait.

Each trouble strikes amid questions. The rigs themselves say what it is on the wire.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

from chaos.judge import Answers, Verdict, judged
from chaos.people import Asked, DiscordPeople, People, SlackPeople
from rigs.discord_rig import DiscordRig
from rigs.slack_rig import SlackRig

_TIMES = 5
"""How many requests fail in a row."""
_MESSAGES = "/channels/*/messages*"

_HTTP: Mapping[str, Mapping[str, object]] = {
    "429": {"status": 429, "retry_after": 1},
    "500": {"status": 500},
    "502": {"status": 502},
    "503": {"status": 503},
    "slow by 3 s": {"delay": 3.0},
    "FIN instead of an answer": {"cut": "before"},
    "RST instead of an answer": {"cut": "before", "reset": True},
    "answer lost after the work, FIN": {"cut": "after"},
    "answer lost after the work, RST": {"cut": "after", "reset": True},
    "answer lost after the work, 500": {"cut": "after", "status": 500},
    "half an answer": {"cut": "body"},
}


def _refused(rig: SlackRig) -> None:
    rig.refuse_upgrades()
    rig.drop()


def _refused_gateway(rig: DiscordRig) -> None:
    rig.refuse_upgrades()
    rig.disturb("drop")


def _first(hurt: Callable[[SlackRig, list[int]], None]) -> Callable[[SlackRig], None]:
    return lambda rig: hurt(rig, rig.sockets()[:1])


SLACK: dict[str, Callable[[SlackRig], None]] = {
    "CLOSE frames": SlackRig.close_sockets,
    "disconnect message": SlackRig.disconnect,
    "FIN, one socket": _first(SlackRig.drop),
    "FIN, all sockets": SlackRig.drop,
    "RST, all sockets": partial(SlackRig.drop, reset=True),
    "half-open, one socket": _first(SlackRig.half_open),
    "half-open, all sockets": SlackRig.half_open,
    "refused upgrade": _refused,
    "event's socket cut before it": partial(
        SlackRig.fail, method="events_api/*", verb="ENVELOPE", cut="before", times=_TIMES
    ),
    "acknowledgement lost": partial(
        SlackRig.fail, method="events_api/*", verb="ENVELOPE", cut="after", times=_TIMES
    ),
    **{
        name: partial(SlackRig.fail, method="chat.*", times=_TIMES, **how)  # type: ignore[arg-type]
        for name, how in _HTTP.items()
    },
    "error of the API": partial(
        SlackRig.fail, method="chat.*", times=_TIMES, message="internal_error"
    ),
    "half the JSON": partial(SlackRig.fail, method="chat.*", times=_TIMES, status=200),
    "everything fails once, 500": partial(SlackRig.fail, method="*", times=_TIMES, status=500),
    "five copies": partial(SlackRig.duplicate, copies=5),
}

DISCORD: dict[str, Callable[[DiscordRig], None]] = {
    "reconnect (op 7)": lambda rig: rig.disturb("reconnect"),
    "invalid session, resumable (op 9)": lambda rig: rig.disturb("invalid_resumable"),
    "invalid session (op 9)": lambda rig: rig.disturb("invalid"),
    "close 4000": lambda rig: rig.disturb("close", code=4000),
    "FIN": lambda rig: rig.disturb("drop"),
    "RST": lambda rig: rig.disturb("reset"),
    "half-open": lambda rig: rig.disturb("half_open"),
    "refused upgrade": _refused_gateway,
    **{
        name: partial(
            DiscordRig.fail,
            path=_MESSAGES,
            times=_TIMES,
            **how,  # type: ignore[arg-type]
        )
        for name, how in _HTTP.items()
    },
    "429 of the proxy": partial(
        DiscordRig.fail, path=_MESSAGES, times=_TIMES, status=429, retry_after=1, via=False
    ),
    "everything fails once, 500": partial(DiscordRig.fail, times=_TIMES, status=500),
    "five copies": partial(DiscordRig.copies, event="MESSAGE_CREATE", copies=5, times=10_000),
}


@dataclass(frozen=True)
class Endured:
    """How a bot got through a trouble."""

    verdict: Verdict
    back: float | None
    """Seconds from the trouble until a question asked after it was answered; None: none was."""
    longest: float | None
    """Seconds that the most patient one around it waited for the whole answer."""


def troubles(people: People) -> dict[str, Callable[[], object]]:
    """Return what can befall the bot of these people, by name."""
    if isinstance(people, SlackPeople):
        return {name: partial(strike, people.rig) for name, strike in SLACK.items()}
    assert isinstance(people, DiscordPeople)
    return {name: partial(strike, people.rig) for name, strike in DISCORD.items()}


def endure(
    people: People,
    strike: Callable[[], object],
    known: Mapping[str, Answers],
    *,
    mentions: int = 40,
    spread: float = 1.0,
    timeout: float = 90.0,
    database_url: str | None = None,
) -> Endured:
    """Ask around a trouble, wait until it is over, and return how that went.

    The questions are asked within `spread` seconds; it strikes in the middle.
    """
    asked: list[tuple[float, Asked]] = []
    struck = 0.0
    began = time.monotonic()
    for number, question in enumerate(islice(cycle(known), mentions)):
        if number == mentions // 2:
            struck = time.monotonic()
            strike()
        time.sleep(max(0.0, began + number * spread / mentions - time.monotonic()))
        asked.append((time.monotonic(), *people.ask([question])))
    questions = [one for _, one in asked]
    verdict = judged(people, questions, known, database_url=database_url, timeout=timeout)
    people.recover()
    return _endured(people, asked, struck, verdict)


def _endured(
    people: People, asked: Sequence[tuple[float, Asked]], struck: float, verdict: Verdict
) -> Endured:
    waited = people.waited([one for _, one in asked])
    done = [
        (at, at + one.complete)
        for (at, _), one in zip(asked, waited, strict=True)
        if one.complete is not None
    ]
    back = [answered - struck for at, answered in done if at >= struck]
    longest = [answered - at for at, answered in done]
    return Endured(verdict, min(back, default=None), max(longest, default=None))
