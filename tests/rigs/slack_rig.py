"""Starts, ends, hurts and questions a loopback Slack from a test.

    with SlackRig() as rig:
        client = AsyncWebClient(token=rig.bot_token, base_url=rig.api_url)
        handler = AsyncSocketModeHandler(AsyncApp(client=client), rig.app_token)
        …
        ts = rig.mention("soumu", "sato", "有給休暇の申請は？")
        [answer] = rig.wait_for_reply(ts)

People and channels go by name (`rigs/slack/seed.py` lists them) or by id. The rig is a process of
its own and lives on when the bot is killed. Calls here block: drive a bot that is in this process
from another thread than its own. What the rig keeps in its journal has times of the machine's
monotonic clock (`time.monotonic()`), the same in every process.
"""

from __future__ import annotations

import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rigs import faults
from rigs.faults import Fault

Json = dict[str, Any]

_TESTS = Path(__file__).parents[1]
# The description stands beside the checkout; the environment can name another place.
_SPECIFICATION = _TESTS.parents[1] / "shared" / "specs" / "slack-web-2021.openapi.json"
_START_S = 30.0
_ERRORS = {each.__name__: each for each in (LookupError, TypeError, ValueError, TimeoutError)}


def specification() -> Path | None:
    """Return Slack's description of its Web API, None where it is not at hand."""
    path = Path(os.environ.get("SLACK_OPENAPI", _SPECIFICATION))
    return path if path.exists() else None


def from_manifest(manifest: Mapping[str, Any]) -> Json:
    """Return the settings of an app that is installed by a manifest: scopes, events, commands."""
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    home = features.get("app_home", {})
    return {
        "scopes": list(manifest["oauth_config"]["scopes"]["bot"]),
        "events": list(settings.get("event_subscriptions", {}).get("bot_events", [])),
        "commands": [each["command"] for each in features.get("slash_commands", [])],
        "agent": bool({"agent_view", "assistant_view"} & set(features)),
        "home_tab": bool(home.get("home_tab_enabled")),
        "messages_tab": bool(home.get("messages_tab_enabled", True)),
    }


class SlackRig:
    """A Slack workspace of one test; a context manager."""

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float = 1.0,
        app: Mapping[str, Any] | None = None,
        limits: Mapping[str, Any] | None = None,
        validated: bool = True,
    ) -> None:
        """Prepare a workspace.

        `speed` divides every duration that Slack imposes (redelivery, triggers, response URLs,
        status); `limits` are the fields of `rigs.slack.limits.Limits`, `app` those of
        `rigs.slack.workspace.App` (see `from_manifest`). `validated` off leaves calls unchecked
        even where Slack's description is at hand: for measuring.
        """
        self._settings: Json = {
            "seed": seed,
            "speed": speed,
            "app": dict(app or {}),
            "limits": dict(limits or {}),
        }
        described = specification() if validated else None
        self._options = ["--specification", str(described)] if described else []
        self._process: subprocess.Popen[str] | None = None
        self._port = self._admin_port = 0
        self.bot_token = str(self._settings["app"].get("bot_token", "xoxb-rig-bot"))
        self.app_token = str(self._settings["app"].get("app_token", "xapp-1-A0KURAGE01-rig"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """The address of the Web API: what `SLACK_API_URL` and `base_url` are set to."""
        return f"{self.url}/api/"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process; nothing happens where it runs."""
        if self._process:
            return
        ports = ["--port", str(self._port), "--admin-port", str(self._admin_port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.slack", *ports, *self._options],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        json.dump(self._settings, stdin)
        stdin.close()
        with selectors.DefaultSelector() as waiting:
            waiting.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if waiting.select(_START_S) else ""
        if not line:
            self.stop()
            raise RuntimeError("the Slack rig did not start; its words are on standard error")
        self._port, self._admin_port = json.loads(line)

    def stop(self) -> None:
        """End the process; connections are refused from then on. What was said is lost."""
        if not self._process:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def reset(self, **settings: Any) -> None:
        """Begin anew at a tenth of the cost: a fresh workspace, no sockets, faults or records.

        `settings` (`seed`, `speed`, `app`, `limits`) take the place of those before.
        """
        fresh = {"seed": 0, "speed": 1.0, "app": {}, "limits": {}, **self._settings, **settings}
        self._call("reset", **fresh)

    def __getattr__(self, name: str) -> Any:
        """Return what persons do and see: every public method of `rigs.slack`'s
        `Persons`, `Interactions`, `Records` and `Steering` that has no form of its own here.
        """
        if name.startswith("_"):
            raise AttributeError(name)

        def call(**arguments: Any) -> Any:
            return self._call(name, **arguments)

        return call

    def _call(self, name: str, /, **arguments: Any) -> Any:
        timeout = float(arguments.get("timeout") or 0) + 30
        connection = http.client.HTTPConnection("127.0.0.1", self._admin_port, timeout=timeout)
        try:
            connection.request("POST", f"/{name}", json.dumps(arguments))
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status == 404:
            raise AttributeError(f"the rig has no {said['error']!r}")
        if answer.status != 200:
            raise _ERRORS.get(said["type"], RuntimeError)(said["error"])
        return said

    # Persons

    def mention(
        self, channel: str, user: str, text: str, thread: str | None = None, **how: Any
    ) -> str:
        """Mention the bot in a channel or thread; return the message's ts.

        `how`: `raw` (the text as Slack stores it), `files` (`[{"name": …}]`), `ago` (seconds).
        """
        return str(
            self._call("mention", channel=channel, user=user, text=text, thread=thread, **how)
        )

    def mention_many(self, mentions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Mention the bot many times in one moment; each has the arguments of `mention`."""
        return list(self._call("mention_many", mentions=[dict(each) for each in mentions]))

    def say(self, channel: str, user: str, text: str, thread: str | None = None, **how: Any) -> str:
        """Write a message without the bot's name; return its ts."""
        return str(self._call("say", channel=channel, user=user, text=text, thread=thread, **how))

    def direct(self, user: str, text: str, thread: str | None = None, **how: Any) -> str:
        """Write to the bot directly; return the message's ts."""
        return str(self._call("direct", user=user, text=text, thread=thread, **how))

    def direct_channel(self, user: str) -> str:
        """Return the id of the direct messages between a person and the bot."""
        return str(self._call("direct_channel", user=user))

    def edit(self, channel: str, ts: str, text: str, *, raw: bool = False) -> None:
        """Change a person's message."""
        self._call("edit", channel=channel, ts=ts, text=text, raw=raw)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a person's message."""
        self._call("delete", channel=channel, ts=ts)

    def slash(self, user: str, channel: str, command: str, text: str) -> Json:
        """Send a slash command; return `acked`, `ack`, `trigger_id`, `response_url`."""
        return dict(self._call("slash", user=user, channel=channel, command=command, text=text))

    def press(self, channel: str, ts: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a message by its label or action id; return `acked` and more."""
        return dict(
            self._call("press", channel=channel, ts=ts, button=button, user=user, value=value)
        )

    def press_view(self, view: str, button: str, user: str, value: Any = None) -> Json:
        """Press a button of a modal (by the view's id) or of the home tab (`"home"`)."""
        return dict(self._call("press_view", view=view, button=button, user=user, value=value))

    def submit(self, view: str, values: Mapping[str, Any]) -> Json:
        """Send off a modal, `values` by action id; return `acked`, and `errors` if sent back."""
        return dict(self._call("submit", view=view, values=dict(values)))

    def invite(self, channel: str, by: str = "sato") -> None:
        """Add the bot to a channel."""
        self._call("invite", channel=channel, by=by)

    def kick(self, channel: str, by: str = "sato") -> None:
        """Remove the bot from a channel."""
        self._call("kick", channel=channel, by=by)

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open the bot's home tab, or its conversation (`messages`)."""
        self._call("open_home", user=user, tab=tab)

    # Waiting and seeing

    def wait_for_reply(self, ts: str, timeout: float = 5.0) -> list[Json]:
        """Return the answers to a message once one is complete; raises TimeoutError."""
        return list(self._call("wait_for_reply", ts=ts, timeout=timeout))

    def wait_for_replies(self, many: Sequence[str], timeout: float = 10.0) -> None:
        """Wait until each of these messages is answered in its thread; raises TimeoutError."""
        self._call("wait_for_replies", many=list(many), timeout=timeout)

    def wait_for(self, kind: str, timeout: float = 5.0, since: float = 0.0, **facts: Any) -> Json:
        """Return the first entry of the journal of a kind, with these facts; or TimeoutError."""
        return dict(self._call("wait_for", kind=kind, timeout=timeout, facts=facts, since=since))

    def quiet(self, seconds: float = 0.2, timeout: float = 30.0) -> bool:
        """Wait until nothing has happened for so long; tell whether that came to be."""
        return bool(self._call("quiet", seconds=seconds, timeout=timeout))

    def screen(
        self, channel: str, user: str | None = None, thread: str | None = None
    ) -> list[Json]:
        """Return what a person sees in a channel or thread now: text, buttons, links, pings."""
        return list(self._call("screen", channel=channel, user=user, thread=thread))

    def journal(self, *kinds: str, since: float = 0.0, **facts: Any) -> list[Json]:
        """Return what happened, in order: entries of these kinds that have these facts."""
        return list(self._call("journal", kinds=list(kinds), facts=facts, since=since))

    def answers(self, ts: str) -> list[Json]:
        """Return the bot's messages that answer one, so far."""
        return list(self._call("answers", ts=ts))

    def timing(self, ts: str) -> Json:
        """Return seconds to the `first_sign` and to the `complete` answer."""
        return dict(self._call("timing", ts=ts))

    # Trouble

    def fail(
        self, method: str = "*", *, retry_after: int | None = None, verb: str = "*", **how: Any
    ) -> None:
        """Let calls of a method fail; `how` are the fields of `rigs.faults.Fault`.

        `method` is a shell pattern: `chat.*`, `response_url`, `socket` (an upgrade), or the kind of
        an envelope (`events_api/app_mention`, with `verb="ENVELOPE"`: its socket is cut before the
        delivery or after it). `message` without a status is an error of the API. Status 200 answers
        with half of the JSON.

        >>> rig.fail("chat.postMessage", status=429, retry_after=1, times=2)
        """
        if retry_after is not None:
            how["headers"] = {**how.get("headers", {}), "Retry-After": str(retry_after)}
        self._call("fail", **faults.as_json(Fault(method=verb, path=method, **how)))

    def refuse_upgrades(self, times: int | None = 1, status: int = 403) -> None:
        """Refuse sockets; their tickets are spent."""
        self.fail("socket", status=status, times=times)

    def drop(self, sockets: Sequence[int] | None = None, *, reset: bool = False) -> None:
        """End sockets without a word, by FIN or RST; None: all of them."""
        self._call("drop", sockets=sockets and list(sockets), reset=reset)

    def half_open(self, sockets: Sequence[int] | None = None) -> None:
        """Leave sockets as they are, and let nothing through."""
        self._call("half_open", sockets=sockets and list(sockets))

    def close_sockets(self, sockets: Sequence[int] | None = None) -> None:
        """End sockets with a CLOSE frame."""
        self._call("close_sockets", sockets=sockets and list(sockets))

    def disconnect(
        self, reason: str = "refresh_requested", sockets: Sequence[int] | None = None
    ) -> None:
        """Ask the client to leave: `warning`, `refresh_requested`, `too_many_websockets`."""
        self._call("disconnect", reason=reason, sockets=sockets and list(sockets))

    def duplicate(self, copies: int, probability: float = 1.0) -> None:
        """Deliver everything so often, until `recover`."""
        self._call("duplicate", copies=copies, probability=probability)

    def recover(self) -> None:
        """End all faults."""
        self._call("recover")

    def configure(self, **settings: Any) -> None:
        """Change `speed`, `redelivery`, `ack_deadline`, `ping_interval`, `refresh_after`,
        `event_limit` or `limits` while it runs.
        """
        self._call("configure", **settings)
