"""Model families: a file each, and one line here.

A profile says how a prompt is laid out, which sampling the model wants and what its answer looks
like; `bot.generate.chat` asks with it. Kurage has a generator of its own. `wording` has the
instructions that most of them share. Knows nothing of servers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.generate.profiles import karakuri as karakuri_
from bot.generate.profiles import openai, qarasu, rakuten, stx
from bot.generate.profiles.base import Profile, Shown, Task
from bot.settings import Karakuri

_PROFILES: Mapping[str, Callable[[Karakuri], Profile]] = {
    "karakuri": karakuri_.profile,
    "openai": lambda _: openai.profile(),
    "qarasu": lambda _: qarasu.profile(),
    "rakuten": lambda _: rakuten.profile(),
    "stx": lambda _: stx.profile(),
}

NAMES = tuple(_PROFILES)


def profile(name: str, karakuri: Karakuri) -> Profile:
    """Return a family's profile by its name in `KURAGE_GENERATOR`; KeyError for any other.

    `karakuri` has the attributes that only KARAKURI LM takes.
    """
    return _PROFILES[name](karakuri)


__all__ = ["NAMES", "Profile", "Shown", "Task", "profile"]
