"""The manifest asks for exactly what the code uses: read from the code, and from Slack's rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from rigs.slack.methods import METHODS
from rigs.slack.slack import EVENT_SCOPES
from slack_adapter import APP, MANIFEST

import bot.slack
from bot.slack import platform
from bot.slack.checks import SCOPES

_FOLDER = Path(bot.slack.__file__).parent
_KINDS = {"channels", "groups", "im", "mpim"}
# What Slack asks for depends on the kind of channel (docs.slack.dev, each method's page). A direct
# message is never asked about, and opened only between two.
_BY_KIND = {
    "conversations.history": {f"{kind}:history" for kind in _KINDS},
    "conversations.replies": {f"{kind}:history" for kind in _KINDS},
    "conversations.info": {f"{kind}:read" for kind in _KINDS - {"im"}},
    "conversations.open": {"im:write"},
}
_OF_APP_TOKEN = {"connections:write"}


def _calls() -> Iterator[ast.Call]:
    for path in sorted(_FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield node


def _said(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _methods() -> set[str]:
    """Return the methods that are called: strings that name one, as the first argument."""
    named = {_said(call.args[0]) for call in _calls() if call.args}
    return {name for name in named if name in METHODS}


def _events() -> set[str]:
    """Return the types of events that are listened to."""
    return {
        _said(call.args[0])
        for call in _calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "event" and call.args
    } - {""}


def test_the_methods_are_found_in_the_code() -> None:
    """Else the tests below would prove nothing."""
    assert {"chat.postMessage", "chat.update", "users.info", "views.open"} <= _methods()


def test_the_manifest_has_the_scopes_of_what_is_called_and_heard_and_no_other() -> None:
    """A missing one breaks the bot; one too many is asked of every administrator."""
    of_calls = {
        scope
        for name in _methods()
        for scope in (_BY_KIND.get(name) or set(METHODS[name].scopes[:1]))
    }
    of_events = {EVENT_SCOPES[name] for name in APP["events"] if name in EVENT_SCOPES}
    # Joining is told of public channels by the one, of private ones by the other.
    of_events |= {"groups:read"} if "member_joined_channel" in APP["events"] else set()
    needed = (of_calls | of_events | {"commands"}) - _OF_APP_TOKEN
    assert set(APP["scopes"]) == needed
    assert sorted(APP["scopes"]) == sorted(SCOPES)


def test_the_manifest_has_the_events_that_are_listened_to_and_no_other() -> None:
    """Messages are subscribed to by the kind of channel."""
    subscribed = {name.partition(".")[0] for name in APP["events"]}
    assert subscribed == _events()
    messages = {name for name in APP["events"] if name.startswith("message.")}
    assert messages == {f"message.{kind}" for kind in _KINDS}


def test_the_manifest_has_the_command_that_is_answered() -> None:
    assert APP["commands"] == [platform.COMMAND]


def test_the_manifest_is_sorted_and_has_nothing_twice() -> None:
    """So that a change shows as one line."""
    assert APP["scopes"] == sorted(set(APP["scopes"]))
    assert APP["events"] == sorted(set(APP["events"]))


def test_slacks_own_limits_on_the_manifest_hold() -> None:
    """docs.slack.dev, "App manifest reference"."""
    shown = MANIFEST["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(MANIFEST["features"]["agent_view"]["agent_description"]) <= 300
    for command in MANIFEST["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
