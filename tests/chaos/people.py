"""People who ask the bot on Slack or on Discord, and what they have in front of them in the end.

The same few acts on both rigs, so that a rule is written once. Knows nothing of the bot.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rigs.discord_rig import DiscordRig
from rigs.discord_server.seen import Posted
from rigs.slack_rig import SlackRig

_POLL_S = 0.1
_STILL_S = 0.4
"""Without a sign of the bot: longer than a generator in a test takes between two pieces."""


@dataclass(frozen=True)
class Asked:
    """A question to the bot."""

    place: str
    """The channel's id."""
    id: str
    text: str


@dataclass(frozen=True)
class Waited:
    """How long its asker waited for the bot, in seconds; None: in vain."""

    first_sign: float | None
    complete: float | None


class People(Protocol):
    """The people of one rig."""

    name: str
    """Of the platform."""

    def gather(self, channels: int, *, hasty: bool = True) -> None:
        """Begin anew, with so many channels and without limits.

        `hasty`: where the platform waits for minutes, it waits for seconds.
        """
        ...

    def ask(self, questions: Sequence[str]) -> list[Asked]:
        """Mention the bot so often in one moment, in the channels in turn."""
        ...

    def edit(self, asked: Asked, text: str) -> Asked:
        """Change a question; return it as it is now."""
        ...

    def delete(self, asked: Asked) -> None:
        """Take a question back."""
        ...

    def answers(self, asked: Asked) -> list[str]:
        """Return what the bot's messages to a question say now, unfinished ones too."""
        ...

    def leftovers(self, asked: Sequence[Asked]) -> list[str]:
        """Return what still looks like work in progress: a status, a stream, typing."""
        ...

    def waited(self, asked: Sequence[Asked]) -> list[Waited]:
        """Return how long each one waited."""
        ...

    def hear_twice(self) -> None:
        """Let everything be delivered to the bot twice, until `recover`."""
        ...

    def recover(self, timeout: float = 90.0) -> None:
        """End all trouble, and wait until the bot listens as before it. Raises TimeoutError."""
        ...

    def still(self) -> None:
        """Wait until the bot does nothing visible any more."""
        ...


def wait(people: People, asked: Sequence[Asked], timeout: float = 60.0) -> list[Asked]:
    """Wait until each question is answered and nothing moves; return those without an answer."""
    deadline = time.monotonic() + timeout
    left = list(asked)
    while (left := [one for one in left if not people.answers(one)]) or people.leftovers(asked):
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    people.still()
    return left


class SlackPeople:
    """The people of a Slack workspace."""

    name = "slack"

    def __init__(self, rig: SlackRig) -> None:
        self.rig = rig
        self._channels: list[str] = []
        self._turn = self._sockets = 0

    def gather(self, channels: int, *, hasty: bool = True) -> None:
        self.rig.reset(limits={"enabled": False})
        if hasty:
            # Slack's patience of six minutes is a few here, in many short steps: a bot that is
            # killed again and again on a busy machine is there for a second now and then.
            self.rig.configure(redelivery=[0.1, *[1.0] * 120], ack_deadline=1.0)
        self._channels = [self.rig.add_channel(f"chaos-{n}") for n in range(channels)]
        self._turn = self._sockets = 0

    def ask(self, questions: Sequence[str]) -> list[Asked]:
        self._sockets = self._sockets or len(self.rig.sockets())
        said = []
        for question in questions:
            place = self._channels[self._turn % len(self._channels)]
            said.append({"channel": place, "user": "sato", "text": question})
            self._turn += 1
        ids = self.rig.mention_many(said)
        return [Asked(a["channel"], ts, a["text"]) for a, ts in zip(said, ids, strict=True)]

    def edit(self, asked: Asked, text: str) -> Asked:
        bot = self.rig.who()["user"]
        self.rig.edit(asked.place, asked.id, f"<@{bot}> {text}", raw=True)
        return Asked(asked.place, asked.id, text)

    def delete(self, asked: Asked) -> None:
        self.rig.delete(asked.place, asked.id)

    def answers(self, asked: Asked) -> list[str]:
        return [str(one["text"]) for one in self.rig.answers(asked.id)]

    def leftovers(self, asked: Sequence[Asked]) -> list[str]:
        found = []
        for place in dict.fromkeys(one.place for one in asked):
            threads = {one.id for one in asked if one.place == place}
            streams = [one for one in self.rig.screen(place) if one["own"] and one["streaming"]]
            found += [f"a stream in {place}: {one['text'][:40]!r}" for one in streams]
            for thread in threads:
                if shown := self.rig.status(place, thread):
                    found.append(f"a status below {thread}: {shown!r}")
        return found

    def waited(self, asked: Sequence[Asked]) -> list[Waited]:
        return [Waited(**one) for one in self.rig.timings([one.id for one in asked])]

    def hear_twice(self) -> None:
        self.rig.duplicate(2)

    def recover(self, timeout: float = 90.0) -> None:
        self.rig.recover()
        deadline = time.monotonic() + timeout
        while len(self.rig.sockets()) < max(1, self._sockets):
            if time.monotonic() > deadline:
                raise TimeoutError(f"of {self._sockets} sockets {self.rig.sockets()} are open")
            time.sleep(_POLL_S)

    def still(self) -> None:
        self.rig.quiet(_STILL_S)


class DiscordPeople:
    """The people of a Discord server, and one who writes to the bot directly."""

    name = "discord"

    def __init__(self, rig: DiscordRig) -> None:
        self.rig = rig
        self._channels: list[str] = []
        self._turn = 0

    def gather(self, channels: int, *, hasty: bool = True) -> None:
        self.rig.reset()
        self.rig.recover()
        self.rig.unlimited()
        self._channels = [self.rig.add_channel(f"chaos-{n}") for n in range(channels)]
        self._turn = 0

    def ask(self, questions: Sequence[str]) -> list[Asked]:
        said = []
        for question in questions:
            said.append((self._channels[self._turn % len(self._channels)], "tanaka", question))
            self._turn += 1
        posted = self.rig.burst(said)
        return [Asked(one.channel, one.id, a[2]) for a, one in zip(said, posted, strict=True)]

    def edit(self, asked: Asked, text: str) -> Asked:
        self.rig.edit(asked.id, text)
        return Asked(asked.place, asked.id, text)

    def delete(self, asked: Asked) -> None:
        self.rig.delete(asked.id)

    def answers(self, asked: Asked) -> list[str]:
        return [one.text for one in self._posted(asked)]

    def _posted(self, asked: Asked) -> list[Posted]:
        # A message that is sent away for one person is not one that has to be there once.
        return self.rig.answers(asked.id)

    def leftovers(self, asked: Sequence[Asked]) -> list[str]:
        places = dict.fromkeys(one.place for one in asked)
        return [f"typing in {place}" for place in places if self.rig.typing(place)]

    def waited(self, asked: Sequence[Asked]) -> list[Waited]:
        timelines = [self.rig.timeline(one.id) for one in asked]
        return [Waited(one.first_sign, one.complete) for one in timelines]

    def hear_twice(self) -> None:
        for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"):
            self.rig.copies(event, 2, times=1_000_000)

    def recover(self, timeout: float = 90.0) -> None:
        self.rig.recover()
        self.rig.wait_for_sockets(1, timeout)

    def still(self) -> None:
        self.rig.quiet(_STILL_S)
