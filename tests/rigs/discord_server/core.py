"""What every part of the rig shares: company, clock, journal, limits, faults, gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rigs.discord_server.clock import Clock
from rigs.discord_server.gateway import Gateway
from rigs.discord_server.journal import Journal
from rigs.discord_server.limits import Limits
from rigs.discord_server.world import World
from rigs.faults import Faults

if TYPE_CHECKING:
    from rigs.discord_server.interactions import Interaction


@dataclass
class Core:
    """One Discord."""

    world: World
    clock: Clock
    journal: Journal
    limits: Limits
    faults: Faults
    gateway: Gateway
    commands: dict[int | None, dict[int, dict[str, Any]]] = field(default_factory=dict)
    """Registered commands by server (None: everywhere) and id."""
    commands_made: list[float] = field(default_factory=list)
    """When commands of new names were registered: 200 a day are allowed."""
    interactions: dict[int, Interaction] = field(default_factory=dict)
    revoked: bool = False
    """Whether the bot's token was reset: everything is answered with 401."""
    typing: dict[int, float] = field(default_factory=dict)
    """Until when the bot is seen typing, by channel."""
    base: str = ""
    """The address of this server, for links to attachments."""


def furnished(seed: int, *, speed: float, heartbeat: float) -> Core:
    """Return a Discord with the company of this seed in it."""
    world, clock = World(seed), Clock(speed)
    journal, limits = Journal(clock), Limits(clock)
    gateway = Gateway(world, clock, journal, limits, heartbeat=heartbeat)
    return Core(world, clock, journal, limits, Faults(seed), gateway)
