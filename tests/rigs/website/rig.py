"""Starts, ends, hurts and questions the web sites from a test, in a thread of their own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from rigs.faults import Fault, Faults
from rigs.website import html
from rigs.website import tls as tls_kinds
from rigs.website.company import Company
from rigs.website.site import Site
from rigs.website.tls import Certificates
from rigs.website.values import Asked, Policy, Reply, Visit
from rigs.website.wire import Wire

_log = logging.getLogger(__name__)
_WAIT_S = 30.0
_PORT_TRIES = 50

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


class WebsiteRig:
    """Web sites on loopback; a context manager."""

    def __init__(
        self,
        *,
        addresses: Sequence[str] = ADDRESSES,
        port: int = 0,
        policy: Policy = "strong",
        seed: int = 1,
        pages: int = 0,
        tls: bool = False,
        **options: Any,
    ) -> None:
        """Prepare sites that listen on `addresses`, all at one port.

        `policy` is what hosts say of versions unless they are told otherwise. `seed` is that of
        faults that strike by chance, and of a company's site of so many `pages` on the first host;
        `options` are those of `generate`. `tls`: also at `secure_url`, with certificates that hold
        and that do not.
        """
        self.certificates = Certificates() if tls else None
        """Whom clients are to trust: `certificates.authority`, `certificates.trusting()`."""
        self._secure: dict[tls_kinds.Kind, int] = {}
        self._addresses, self._port = tuple(addresses), port
        self.site = Site(self._addresses[0], policy=policy)
        """The sites: what people do to them."""
        self.faults = Faults(seed)
        self._journal: list[Asked] = []
        self._came = threading.Condition()
        self.violations: list[str] = []
        """What went wrong within the rig itself."""
        self._wire = Wire(
            self._answer, self._note, date=self._date, tokens=lambda: self.site.tokens
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

        self._company: Company | None = None
        if pages:
            self.generate(pages, seed=seed, **options)

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
        assert self._loop, "it was entered"
        assert self._thread, "it was entered"
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Where it is

    @property
    def port(self) -> int:
        """The port of all hosts."""
        return self._port

    @property
    def url(self) -> str:
        """The first host's address, without a slash at its end."""
        return self.url_of(self.site.first)

    def url_of(self, host: str) -> str:
        """Return a host's address, without a slash at its end."""
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def secure_url(self, kind: tls_kinds.Kind = "good", host: str | None = None) -> str:
        """Return a host's address by TLS, with a certificate of a kind, on the same sites.

        Kinds are `good`, `untrusted`, `expired` and `other-name`; `good` on all addresses, the
        others on the first one.
        """
        name = host or self.site.first
        return f"https://{f'[{name}]' if ':' in name else name}:{self._secure[kind]}"

    # A company's site

    @property
    def company(self) -> Company:
        """The site that was generated last, and what is true of it."""
        assert self._company, "nothing was generated"
        return self._company

    def generate(
        self, pages: int, *, seed: int = 1, host: str | None = None, **options: Any
    ) -> Company:
        """Put a company's site of so many pages on a host; see `rigs.website.company.Company`."""
        name = host or self.site.first
        self._company = Company(
            self.site, lambda: self.url_of(name), pages=pages, seed=seed, host=name, **options
        )
        return self._company

    # What it saw

    @property
    def requests(self) -> int:
        """How many requests came in."""
        return len(self._journal)

    @property
    def journal(self) -> list[Asked]:
        """The requests, in order; `rigs.website.journal` counts them."""
        return list(self._journal)

    @property
    def connections(self) -> Counter[str]:
        """How many connections were accepted, by the address that they led to."""
        return Counter(self._wire.connections)

    def forget(self) -> None:
        """Set journal and connections back to nothing."""
        with self.site.lock:
            self._journal.clear()
            self._wire.connections.clear()

    def wait_for_requests(self, number: int, timeout: float = 10.0) -> None:
        """Wait until so many requests have come in; TimeoutError where they do not."""
        with self._came:
            if not self._came.wait_for(lambda: len(self._journal) >= number, timeout):
                raise TimeoutError(f"{len(self._journal)} of {number} requests came in")

    # What goes wrong

    def release(self) -> None:
        """Let everything that hangs be answered now."""
        assert self._loop, "the rig runs within its context alone"
        self._loop.call_soon_threadsafe(self._wire.release)

    def fail(self, path: str = "*", *, host: str | None = None, **how: Any) -> None:
        """Let requests that fit fail, at all hosts without `host`; `how`: fields of `Fault`."""
        self.fault(Fault(path=path, **how), host=host)

    def fault(self, fault: Fault, *, host: str | None = None) -> None:
        """Let requests that fit fail."""
        with self.site.lock:
            (self.site.host(host).faults if host else self.faults).add(fault)

    def throttle(
        self,
        times: int | None = 1,
        *,
        seconds: float | str = 1,
        path: str = "*",
        host: str | None = None,
        status: int = 429,
    ) -> None:
        """Let requests be refused with Retry-After: seconds, or a date as it stands."""
        said = {"Retry-After": seconds if isinstance(seconds, str) else f"{seconds:g}"}
        self.fail(path, times=times, status=status, headers=said, host=host)

    def recover(self) -> None:
        """End all faults."""
        with self.site.lock:
            self.faults.clear()
            for host in self.site.hosts.values():
                host.faults.clear()

    # Inside

    def _note(self, asked: Asked) -> None:
        with self._came:
            self._journal.append(asked)
            self._came.notify_all()

    def _answer(self, visit: Visit) -> Reply:
        with self.site.lock:
            try:
                return self._answered(visit)
            except Exception as error:  # noqa: BLE001 - the test hears of it by `violations`
                _log.exception("The rig is at fault")
                self.violations.append(f"{visit.method} {visit.target}: {error!r}")
                return Reply(500, b"the rig is at fault", "text/plain")

    def _answered(self, visit: Visit) -> Reply:
        host = self.site.host(visit.host)
        fault = host.faults.next(visit.method, visit.path)
        fault = fault or self.faults.next(visit.method, visit.path)
        if fault and fault.status:
            said = html.plain(f"{fault.status} {fault.message or 'on purpose'}").encode()
            reply = Reply(fault.status, said, headers=tuple(fault.headers.items()))
        else:
            reply = host.answer(visit, self.site.clock.now())
        if fault is None:
            return reply
        # What a visitor asked for changes nothing here: cut before and after the work are one.
        cut: Any = "before" if fault.cut in {"before", "after"} else fault.cut
        delivery = replace(
            reply.delivery,
            delay=reply.delivery.delay + fault.delay,
            cut=cut or reply.delivery.cut,
            reset=fault.reset,
        )
        return replace(reply, delivery=delivery)

    def _date(self) -> str:
        return formatdate(self.site.clock.now(), usegmt=True)

    async def _start(self) -> None:
        for _ in range(_PORT_TRIES):
            with suppress(OSError):
                self._port = await self._listen(self._port)
                await self._listen_securely()
                return
        raise RuntimeError("no port is free on all of the addresses")

    async def _listen(self, port: int) -> int:
        wanted = port
        for address in self._addresses:
            try:
                wanted = await self._wire.listen(address, wanted)
            except OSError:
                await self._wire.close()
                raise
        return wanted

    async def _listen_securely(self) -> None:
        if self.certificates is None:
            return
        for kind in tls_kinds.KINDS:
            context = self.certificates.context(kind, self._addresses)
            port = 0
            for address in self._addresses if kind == "good" else self._addresses[:1]:
                port = await self._wire.listen(address, port, context)
            self._secure[kind] = port

    async def _stop(self) -> None:
        await self._wire.close()

    def _run(self, coroutine: Any) -> Any:
        assert self._loop, "the rig runs within its context alone"
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_WAIT_S)
