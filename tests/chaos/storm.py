"""Questions asked while bots are killed at random moments. The seed says when what happens."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chaos.judge import Answers
from chaos.people import Asked, People
from rigs.serving import Process

_SPREAD_S = 0.6
"""Over which the questions of a round are asked."""
_KILLED_WITHIN_S = 0.9
"""Of the start of a round: amid its answers, or just after."""
_BLIND = 0.25
"""How likely the next round begins before the bot is back."""


@dataclass(frozen=True)
class _Due:
    at: float
    """Seconds from the start of the round."""
    do: Callable[[], None]


class Storm:
    """Rounds of questions, each with one kill."""

    def __init__(
        self,
        seed: int,
        bots: Sequence[Process],
        crowds: Mapping[People, Mapping[str, Answers]],
    ) -> None:
        """Prepare a storm; `crowds` have the answers of a calm day."""
        self._drawn = random.Random(seed)
        self._bots = list(bots)
        self._crowds = dict(crowds)
        self.asked: dict[People, list[Asked]] = {people: [] for people in crowds}
        """The questions as they are now, of those that still are."""
        self.also: dict[str, list[Answers]] = {}
        """Answers that are as right, by the id of the question."""
        self.taken_back: dict[People, list[Asked]] = {people: [] for people in crowds}

    def rage(self, mentions: int, kills: int, *, changes: float = 0.0) -> None:
        """Ask `mentions` questions in each crowd, and kill a bot so often.

        Of the questions a share of `changes` is edited or taken back by its asker soon after.
        """
        for number in range(kills):
            share = mentions * (number + 1) // kills - mentions * number // kills
            self._round(share, changes)
        for bot in self._bots:
            bot.connected()

    def _round(self, mentions: int, changes: float) -> None:
        due = [
            _Due(self._drawn.uniform(0, _SPREAD_S), self._asking(people, changes))
            for people in self._crowds
            for _ in range(mentions)
        ]
        bot = self._drawn.choice(self._bots)
        due.append(_Due(self._drawn.uniform(0, _KILLED_WITHIN_S), lambda: _replace(bot)))
        began = time.monotonic()
        for one in sorted(due, key=lambda one: one.at):
            time.sleep(max(0.0, began + one.at - time.monotonic()))
            one.do()
        if self._drawn.random() > _BLIND:
            bot.connected()

    def _asking(self, people: People, changes: float) -> Callable[[], None]:
        questions = sorted(self._crowds[people])
        question, other = self._drawn.sample(questions, 2)
        changed, edited = self._drawn.random() < changes, self._drawn.random() < 0.5

        def ask() -> None:
            (asked,) = people.ask([question])
            self.asked[people].append(asked)
            if changed:
                earlier = self._drawn.choice(self.asked[people])
                self._change(people, earlier, other if edited else None)

        return ask

    def _change(self, people: People, asked: Asked, text: str | None) -> None:
        self.asked[people].remove(asked)
        if people.name == "discord":
            # Discord tells nobody later what happened while a bot was away.
            before = [self._crowds[people][asked.text], *self.also.get(asked.id, [])]
            self.also[asked.id] = before
        if text is None:
            people.delete(asked)
            self.taken_back[people].append(asked)
        else:
            self.asked[people].append(people.edit(asked, text))


def _replace(bot: Process) -> None:
    bot.kill()
    bot.start()
