"""A Discord on loopback for the tests of our side of it."""

from rigs.discord_fixtures import discord_process, discord_rig

__all__ = ["discord_process", "discord_rig"]
