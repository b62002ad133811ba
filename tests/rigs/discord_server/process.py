"""The rig's process: started, ended and spoken to from a test."""

from __future__ import annotations

import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_TESTS = Path(__file__).parents[2]
_START_S = 30.0


class Process:
    """A Discord in a process of its own; a context manager."""

    def __init__(self, *, seed: int = 0, speed: float = 1.0, heartbeat: float = 41.25) -> None:
        """Prepare a Discord.

        `seed` makes the company and draws faults. `speed` is how many of Discord's seconds pass in
        one: rate limits, the 3 s to answer an interaction and the 15 min of its token all shrink.
        `heartbeat` is what the gateway asks for, in seconds that no speed changes.
        """
        self._options = ["--seed", str(seed), "--speed", str(speed), "--heartbeat", str(heartbeat)]
        self._port = self._admin_port = 0
        self._process: subprocess.Popen[str] | None = None
        self._idle: list[http.client.HTTPConnection] = []
        self.token = ""
        """The bot's."""

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

    @property
    def url(self) -> str:
        """The REST API; `DISCORD_API_URL` of the bot and `Route.BASE` of discord.py."""
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway(self) -> str:
        """The gateway; `DiscordWebSocket.DEFAULT_GATEWAY` of discord.py."""
        return f"ws://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start the process and wait until it serves; raises RuntimeError where it does not."""
        ports = ["--port", str(self._port), "--admin-port", str(self._admin_port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.discord_server", *ports, *self._options],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if waiting.select(_START_S) else ""
        if not line:
            self.stop()
            raise RuntimeError("the rig did not start; it says why on standard error")
        self._port, self._admin_port, self.token = json.loads(line)

    def stop(self) -> None:
        """End the process; connections are refused from then on."""
        while self._idle:
            self._idle.pop().close()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def reset(self, **options: float) -> None:
        """Make a new company in the same process; `options` as at the beginning."""
        self.token = self._do("reset", **options)

    def _do(self, name: str, /, **asked: Any) -> Any:
        body = json.dumps(asked).encode()
        # Connections are kept: a test's burst is not to be slowed by handshakes.
        connection = self._idle.pop() if self._idle else self._connection()
        connection.request("POST", f"/{name}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        self._idle.append(connection)
        if answer.status == 200:
            return said
        kinds: dict[str, type[Exception]] = {"TimeoutError": TimeoutError, "KeyError": KeyError}
        raise kinds.get(said["error"], RuntimeError)(f"{name}: {said['message']}")

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._admin_port, timeout=120)
