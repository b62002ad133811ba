"""What the tests of a bot that serves a Discord wait for."""

from __future__ import annotations

from typing import Any

from rigs.discord_rig import DiscordRig


def one_answer(rig: DiscordRig, asked: Any, containing: str = "答え") -> Any:
    """Wait for the answer to a message, and see that there is one."""
    reply = rig.wait_for_reply(asked, 15, containing=containing)
    rig.quiet(0.15)
    assert [one.id for one in rig.answers(asked)] == [reply.id]
    assert rig.doubled() == []
    return reply
