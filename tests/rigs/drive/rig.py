r"""Starts, ends, hurts and questions the rig from a test, in a thread of its own.

    with DriveRig() as rig:
        folder = rig.site.add_folder("規程")
        page = rig.site.add_doc("休暇", "# 有給休暇\n申請は前日までです。", folder)
        rig.site.share(folder, "hr@example.co.jp")

For measurements `rigs.drive.process` runs the same in a process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from rigs.drive import credentials, errors, oracle
from rigs.drive.contract import contract
from rigs.drive.core import Core, Oddity, Request, Settings
from rigs.drive.credentials import Kind
from rigs.drive.generator import Generator
from rigs.drive.oauth import Tokens
from rigs.drive.server import Server
from rigs.drive.truth import Truth
from rigs.drive.world import World
from rigs.ending import end
from rigs.faults import Fault

_WAIT_S = 30.0
_APIS = "/[!to]*"
"""Every path but `/token` and `/o/oauth2/…`."""


class DriveRig:
    """A Google Workspace on loopback; a context manager."""

    def __init__(
        self,
        *,
        seed: int = 1,
        files: int = 0,
        validated: bool = True,
        port: int = 0,
        **settings: Any,
    ) -> None:
        """Prepare a Workspace of `files` generated files: see `Generator.fill`.

        `validated` off leaves requests and answers unchecked: for measuring. `settings` are fields
        of `rigs.drive.core.Settings`.
        """
        self.settings = Settings(**settings)
        """May be changed while it runs: `rig.settings.per_second = 10`."""
        self.site = World(seed=seed)
        """The Workspace: what people do in it."""
        self.generator = Generator(self.site, seed=seed)
        """Fills it and goes on writing in it: `add`, `rewrite`."""
        if files:
            self.generator.fill(files)
        self.core = Core(self.site, self.settings, seed=seed)
        self.tokens = Tokens(self.core)
        self._server = Server(self.core, self.tokens, contract() if validated else None)
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runners: list[web.AppRunner] = []

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; connections are refused from then on. A second call does nothing."""
        if self._loop is None or self._thread is None:
            return
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    # Where it is, and who may come in

    @property
    def url(self) -> str:
        """The root of all APIs, for `GOOGLE_API_URL`."""
        return self.core.root

    @property
    def email(self) -> str:
        """Of the service account with which files are shared."""
        return self.site.service

    def credentials(
        self, kind: Kind = "service_account", directory: str | Path = ".", email: str | None = None
    ) -> Path:
        """Write a credentials file and return its path.

        `service_account`: files are shared with it; `delegated`: it may speak for everybody, and
        has nothing of its own; `oauth`: of a person (`email`), who consented.
        """
        path = Path(directory) / f"{kind}.json"
        if kind == "oauth":
            token = self.tokens.refresh_token(email or self.site.owner, credentials.READING)
            return credentials.written(credentials.authorized_user(self.url, token), path)
        who = self.site.service if kind == "service_account" else self.site.delegated
        return credentials.written(credentials.service_account(self.url, who), path)

    def client(self, directory: str | Path) -> Path:
        """Write an installed app's `client_secret.json` and return its path."""
        path = Path(directory) / "client_secret.json"
        return credentials.written(credentials.client(self.url), path)

    def expire_tokens(self) -> None:
        """Let every access token be too old."""
        self.tokens.expire()

    def revoke_tokens(self) -> None:
        """Let every token be revoked, refresh tokens too."""
        self.tokens.revoke()

    # Time

    def advance(self, seconds: float) -> None:
        """Let time pass at the service."""
        self.site.clock.advance(seconds)

    def set_skew(self, seconds: float) -> None:
        """Let the service's clock be so far ahead of ours."""
        self.site.clock.skew = seconds

    def configure(self, **settings: Any) -> None:
        """Change fields of `settings`."""
        for name, value in settings.items():
            if not hasattr(self.settings, name):
                raise KeyError(name)
            setattr(self.settings, name, frozenset(value) if isinstance(value, list) else value)

    def forget_changes(self) -> None:
        """Let every change token of until now be refused."""
        self.site.log.oldest = self.site.log.number + 1
        self.site.log.number += 1

    # What goes wrong

    def fault(self, fault: Fault) -> None:
        """Let requests that fit fail; paths as `/drive/v3/files/*`. `message` may be a reason."""
        self.core.faults.add(fault)

    def fail(
        self,
        reason: str | int,
        path: str = _APIS,
        *,
        times: int | None = 1,
        skip: int = 0,
        retry_after: int | None = None,
        **rule: Any,
    ) -> None:
        """Let requests be refused with a reason of `errors.REASONS`, or with a status.

        `*` in a path stands for slashes too. Tokens are at `/token`, and only refused by name.
        """
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        status = reason if isinstance(reason, int) else errors.REASONS[reason][0]
        message = None if isinstance(reason, int) else reason
        how = {"path": path, "times": times, "skip": skip, "headers": headers}
        self.fault(Fault(**{"status": status, "message": message, **how, **rule}))

    def odd(self, kind: Oddity, path: str = "*", *, times: int | None = 1, skip: int = 0) -> None:
        """Let answers be odd although their status is 200: see `Oddity`."""
        self.core.odd(kind, Fault(path=path, times=times, skip=skip))

    def recover(self) -> None:
        """End all faults and oddities."""
        self.core.recover()

    # What was seen

    @property
    def requests(self) -> int:
        """How many requests came in, those for tokens included."""
        return self.core.requests.total()

    @property
    def routes(self) -> Mapping[str, int]:
        """The same by route: `files.list`, `files.media`, `permissions.list`, `token` and so on."""
        return dict(self.core.requests)

    @property
    def journal(self) -> list[Request]:
        """The requests, in the order of their answers."""
        return list(self.core.journal)

    @property
    def served(self) -> Mapping[str, int]:
        """How many times the content of each item was sent."""
        return dict(self.core.served)

    @property
    def violations(self) -> list[str]:
        """Requests and answers that break the descriptions, or that no route knows."""
        return list(self.core.violations)

    def forget(self) -> None:
        """Set counters and journal back to nothing."""
        self.core.requests.clear()
        self.core.journal.clear()
        self.core.served.clear()
        self.core.violations.clear()

    # What is true

    def generate(self, files: int, seed: int | None = None) -> list[str]:
        """Make so many files with all that is around them; return their ids."""
        if seed is not None:
            self.generator = Generator(self.site, seed=seed)
        return self.generator.fill(files)

    def truth(self, item_id: str) -> Truth:
        """Return what the text of a generated file holds and must not hold, and who may read it."""
        return self.generator.truth(item_id)

    def truths(self) -> dict[str, Truth]:
        """Return the same for every generated file that holds text and is not in the trash."""
        return self.generator.truths()

    def readers(self, item_id: str, *, by_link: bool = False) -> frozenset[str]:
        """Return who may read any item, found without `sharing`: see `oracle`."""
        with self.site.lock:
            return oracle.readers(self.site, item_id, by_link=by_link)

    # In its thread

    def _run(self, work: Any) -> Any:
        assert self._loop, "it was entered"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_S)

    async def _start(self) -> None:
        ports = []
        for app, port in ((self._server.app(), self._port), (self._server.content(), 0)):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self._runners.append(runner)
            ports.append(runner.addresses[0][1])
        self._port = ports[0]
        self.core.root = self.core.content = f"http://127.0.0.1:{ports[0]}"
        # Another host, as the real one is: by name what the APIs are by number.
        self.core.elsewhere = f"http://localhost:{ports[1]}"

    async def _stop(self) -> None:
        await end(self._runners)
        self._runners.clear()
