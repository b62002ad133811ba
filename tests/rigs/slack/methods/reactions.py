"""Reactions to messages."""

from __future__ import annotations

import re

from rigs.slack.methods.registry import Args, channel_of, message_of, method
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]+(?:::skin-tone-[2-6])?")


def _meant(slack: Slack, args: Args) -> tuple[Message, str]:
    name = str(args["name"]).strip(":")
    if not _NAME.fullmatch(name):
        raise RefusedError("invalid_name")
    channel = channel_of(slack, args["channel"])
    if not slack.workspace.is_member(channel):
        raise RefusedError("not_in_channel")
    if channel.archived:
        raise RefusedError("is_archived")
    return message_of(channel, args["timestamp"]), name


@method("reactions.add", "channel! timestamp! name!", tier=3, scopes=("reactions:write",))
def add(slack: Slack, args: Args) -> Json:
    message, name = _meant(slack, args)
    users = message.reactions.setdefault(name, [])
    if slack.workspace.app.user in users:
        raise RefusedError("already_reacted")
    users.append(slack.workspace.app.user)
    slack.journal.write("reaction", channel=message.channel, ts=message.ts, name=name, added=True)
    return {}


@method("reactions.remove", "channel! timestamp! name!", tier=2, scopes=("reactions:write",))
def remove(slack: Slack, args: Args) -> Json:
    message, name = _meant(slack, args)
    users = message.reactions.get(name, [])
    if slack.workspace.app.user not in users:
        raise RefusedError("no_reaction")
    users.remove(slack.workspace.app.user)
    if not users:
        del message.reactions[name]
    slack.journal.write("reaction", channel=message.channel, ts=message.ts, name=name, added=False)
    return {}
