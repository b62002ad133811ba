"""PostgreSQL for a test: a schema of its own, and a line to it that can be cut and mended.

    with schema() as url, DatabaseProxy(url) as line:
        …                    # work with line.url
        line.cut()           # connections end, new ones are refused
        line.mend()

The proxy knows nothing of PostgreSQL's protocol: it carries bytes.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

SERVER = "postgresql+psycopg://127.0.0.1:5432/test"
_PIECE = 1 << 16


def answers() -> bool:
    """Tell whether a PostgreSQL is there to test with."""
    engine = create_engine(SERVER, connect_args={"connect_timeout": 2})
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@contextmanager
def schema() -> Iterator[str]:
    """Yield the URL of an empty schema, in the form that people write; drop it at the end."""
    name = f"kurage_{uuid.uuid4().hex}"
    admin = create_engine(SERVER)
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        yield f"postgresql://127.0.0.1:5432/test?options=-csearch_path%3D{name}"
    finally:
        with admin.begin() as connection:
            # A process that was killed may hold locks until the server notices.
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND pid IN (SELECT pid FROM pg_locks l"
                    " JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n"
                    " ON n.oid = c.relnamespace WHERE n.nspname = :name)"
                ),
                {"name": name},
            )
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        admin.dispose()


class DatabaseProxy:
    """Carries bytes between a port of its own and a database; a context manager."""

    def __init__(self, url: str) -> None:
        """Prepare a line to the database of a URL."""
        self._target = make_url(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """The database's URL by way of this line."""
        there = self._target.set(host="127.0.0.1", port=self._port)
        return there.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End all connections; new ones are refused until `mend`."""
        self._do(self._cut())

    def freeze(self) -> None:
        """Let nothing through, and close nothing: what a lost network looks like."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def mend(self) -> None:
        """Let everything through again."""
        self._do(self._mend())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _mend(self) -> None:
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._carrying.add(task)
        there = self._target.host or "127.0.0.1", self._target.port or 5432
        self._writers.add(back)
        try:
            far, forth = await asyncio.open_connection(*there)
            self._writers.add(forth)
            await asyncio.gather(self._copy(near, forth), self._copy(far, back))
        except (OSError, asyncio.CancelledError):
            pass  # the line was cut, or somebody hung up
        finally:
            self._carrying.discard(task)
            for writer in (back, *(w for w in self._writers if w.is_closing())):
                self._writers.discard(writer)
                writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await self._flowing.wait()
            writer.write(piece)
            with suppress(ConnectionError):
                await writer.drain()
        writer.close()
