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
from rigs.slack.driven import Driven, Json

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


class SlackRig(Driven):
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
            [sys.executable, "-m", "rigs.slack", "--with-parent", *ports, *self._options],
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

    # Waiting and asking

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

    def journal(self, *kinds: str, since: float = 0.0, **facts: Any) -> list[Json]:
        """Return what happened, in order: entries of these kinds that have these facts.

        Kinds: `posted`, `updated`, `deleted`, `status`, `reaction`, `view`, `prompts`, `title`;
        `call`, `violation`, `unthreaded`; `event`, `delivery`, `ack`, `ack_missed`, `event_lost`;
        `socket_opened`, `socket_closed`, `socket_cut`, `disconnect`, `upgrade_refused`.
        """
        return list(self._call("journal", kinds=list(kinds), facts=facts, since=since))

    def answers(self, ts: str) -> list[Json]:
        """Return the bot's messages that answer one, so far."""
        return list(self._call("answers", ts=ts))

    def timing(self, ts: str) -> Json:
        """Return seconds to the `first_sign` and to the `complete` answer."""
        return self.timings([ts])[0]

    def timings(self, many: Sequence[str]) -> list[Json]:
        """Return `timing` of many messages at the cost of one walk."""
        return list(self._call("timings", many=list(many)))

    def pinged(self) -> list[Json]:
        """Return whom the bot's messages would ping: `kind`, `target`, `channel`, `ts`, `where`."""
        return list(self._call("pinged"))

    def forged(self) -> list[Json]:
        """Return the links of the bot's messages whose label names another site."""
        return list(self._call("forged"))

    def doubled(self) -> list[Json]:
        """Return the bot's messages that stand more than once in a thread, word for word."""
        return list(self._call("doubled"))

    def violations(self) -> list[str]:
        """Return what Slack's rules or its description do not know, of the bot or of the rig."""
        return list(self._call("violations"))

    def refused(self) -> list[Json]:
        """Return the calls that were answered with an error: `method`, `error`, `status`."""
        return list(self._call("refused"))

    def counts(self) -> Json:
        """Return `calls` by method, and how many of them were `limited`."""
        return dict(self._call("counts"))

    def methods(self) -> dict[str, bool]:
        """Return the methods that the rig has, and whether their answers are validated."""
        return dict(self._call("methods"))

    def forget(self) -> None:
        """Forget the journal and the counts; the workspace stays as it is."""
        self._call("forget")

    def who(self) -> dict[str, str]:
        """Return the ids of the `app`, its `user`, its `bot` and the `team`."""
        return dict(self._call("who"))

    def ids(self) -> dict[str, str]:
        """Return the ids of people and channels by name."""
        return dict(self._call("ids"))

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

    def sockets(self) -> list[int]:
        """Return the numbers of the sockets that are open."""
        return list(self._call("sockets"))

    def hold_events(self) -> None:
        """Deliver nothing until `release_events` or `recover`."""
        self._call("hold_events")

    def release_events(self) -> None:
        """Deliver what was held."""
        self._call("release_events")

    def rate_limit_events(self) -> None:
        """Tell the app that it gets too many events."""
        self._call("rate_limit_events")

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
