"""A TCP proxy before a Postgres server, which fails as networks do."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from program import free_port

BLOCK = 1 << 16

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Link:
    """A connection of the program's, and that to the server which belongs to it."""

    def __init__(self, client: Streams, server: Streams) -> None:
        self.client = client
        self.server = server
        # Who was told that no more will come.
        self.deaf: asyncio.StreamWriter | None = None

    def close_towards(self, one: Streams) -> None:
        self.deaf = one[1]
        with contextlib.suppress(OSError):
            self.deaf.write_eof()

    def abort(self) -> None:
        """Both ends see a reset."""
        for _, writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """A port of 127.0.0.1 for a server on a Unix socket; nobody listens there until it is asked to."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.port = free_port()
        # Seconds that each block waits, and bytes a second that pass in each direction of a connection.
        self.delay = 0.0
        self.rate = 0.0
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server: asyncio.Server | None = None

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listen(self) -> None:
        self._do(self._listen())

    def refuse(self) -> None:
        """As a port where nobody listens."""
        self._call(self._close)

    # MARK: Faults

    def cut(self) -> None:
        """Resets all connections; the next ones pass."""
        self._call(self._abort_links)

    def stall(self) -> None:
        """Nothing passes, and nobody is told."""
        self._call(self._flows.clear)

    def half_close(self, chance: random.Random) -> None:
        """One direction of each connection ends: what is sent there is lost, and the sender does not see it."""
        is_client = chance.random() < 0.5

        def close() -> None:
            for link in self._links:
                link.close_towards(link.client if is_client else link.server)

        self._call(close)

    def heal(self) -> None:
        """All passes again; what lost a direction is closed."""
        self.delay = 0

        def heal() -> None:
            self._flows.set()
            for link in self._links:
                if link.deaf:
                    link.abort()

        self._call(heal)

    # MARK: Plumbing

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _call(self, work: Callable[[], None]) -> None:
        async def called() -> None:
            work()

        self._do(called())

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=BLOCK)

    def _close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    async def _end(self) -> None:
        self._close()
        self._flows.set()
        self._abort_links()
        await asyncio.gather(*self._tasks)

    def _abort_links(self) -> None:
        for link in self._links:
            link.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            server = await asyncio.open_unix_connection(str(self.socket), limit=BLOCK)
        except OSError:
            # No server there.
            writer.transport.abort()
            return
        link = Link((reader, writer), server)
        self._links.add(link)
        try:
            await asyncio.gather(self._pump(link, reader, server[1]), self._pump(link, server[0], writer))
        except OSError:
            # One of the two has gone: so does the other.
            pass
        finally:
            link.abort()
            self._links.discard(link)

    async def _pump(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            await self._flows.wait()
            if link.deaf is writer:
                continue
            seconds = self.delay + (len(block) / self.rate if self.rate else 0)
            if seconds:
                await asyncio.sleep(seconds)
            writer.write(block)
            await writer.drain()
        if not writer.transport.is_closing():
            with contextlib.suppress(OSError):
                writer.write_eof()
