"""Open connections: how many there may be, of all networks and of one, and how long each may keep us waiting.

aiohttp bounds none of it but silence between requests. A slow download goes on; only one that takes no byte for a quarter of an hour ends.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

from aiohttp import web

MOST = 1000
RESERVED = 200  # file descriptors for the database, decode workers, watches
DESCRIPTORS = 2  # of one connection: the socket, and the file that is sent
PER_NETWORK = 100
MANY = 25  # of one network: then an answer may be cut for somebody of another one, when there is no room at all
KEEP_ALIVE_S = 180.0  # between requests; longer than reverse proxies keep their connections, so that these end them and not we
HEAD_S = 30.0  # for the head of a request, from its first byte
STALLED_S = 900.0  # without a byte taken of what was sent
SWEEP_S = 5.0
LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def most_connections() -> int:
    """How many connections the file descriptors of this process allow."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(8, min(MOST, (soft - RESERVED) // DESCRIPTORS))


class Connection(web.RequestHandler):
    """One connection, known to the crowd that it came in with."""

    __slots__ = ("_crowd", "_head_since", "_network", "_refused", "_sent", "_sent_since", "_socket", "active_at", "answered", "receiving")

    def __init__(self, server: web.Server, crowd: Crowd, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._crowd = crowd
        self._network: str | None = None
        self._socket: asyncio.Transport | None = None
        self._refused = False
        self._head_since: float | None = None
        self._sent = 0
        self._sent_since = 0.0
        self.active_at = 0.0
        self.answered = False  # whether there ever was a request to be answered
        self.receiving = False  # the body of a request

    @property
    def waiting(self) -> bool:
        """Whether there is nothing to answer: not the whole of a request is here, or what was left of one is not wanted."""
        return self.receiving or not (self._request_in_progress or self._messages)

    @property
    def _between(self) -> bool:
        """Whether the next thing to come is the head of a request."""
        return self._waiter is not None and not self._waiter.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or send it away."""
        self._socket = cast(asyncio.Transport, transport)
        self.active_at = self._loop.time()
        peer = transport.get_extra_info("peername")
        self._network = self._crowd.network(peer[0] if isinstance(peer, tuple) else None)
        self._refused = not self._crowd.enter(self._network, self)
        if self._refused:
            self._socket.write(FULL)
            self._socket.close()
        else:
            super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note since when the head of a request has been coming."""
        if self._refused:
            return
        self.active_at = self._loop.time()
        super().data_received(data)
        if not self._between:
            self._head_since = None
            self.answered = True
        elif self._head_since is None and data:
            self._head_since = self.active_at

    def connection_lost(self, exc: BaseException | None) -> None:
        """Leave the crowd."""
        if not self._refused:
            self._crowd.leave(self._network, self)
            super().connection_lost(exc)

    def end(self, last_words: bytes = b"") -> None:
        """End it now, whatever has not been sent."""
        if last_words and self._socket is not None and not self._socket.get_write_buffer_size():
            self._socket.write(last_words)  # as far as the kernel takes it at once
        self.force_close()
        if self._socket is not None:
            self._socket.abort()

    def look(self, now: float) -> None:
        """End it when it takes too long to ask, or takes nothing of the answer."""
        if self._socket is None:
            return
        unsent = self._socket.get_write_buffer_size()
        if unsent != self._sent:
            self._sent, self._sent_since = unsent, now
        if unsent and now - self._sent_since > STALLED_S:
            self.end()
        elif self._between and self._head_since is not None and now - self._head_since > HEAD_S:
            self.end(LATE)


class Crowd:
    """All open connections by network. When there is no room for one more, a connection that waits makes room: of the newcomer's own
    network when that has its share, else of one that has more; first those that never asked for anything, of the network that has most.
    Where all are being answered, one of the largest network with MANY goes.

    `network` gives the network of an address, None for one that speaks for many and has no share to keep to.
    """

    def __init__(self, network: Callable[[str | None], str | None], *, most: int | None = None, per_network: int = PER_NETWORK) -> None:
        self.network = network
        self._most = most or most_connections()
        self._per_network = per_network
        self._inside: dict[str | None, set[Connection]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._inside.values()))

    def enter(self, network: str | None, connection: Connection) -> bool:
        """Whether it may come in; another one may have to go for it."""
        theirs = len(self._inside.get(network, ()))
        if network is not None and theirs >= self._per_network and not self._make_room([network]):
            return False
        if len(self) >= self._most and not (self._make_room(self._larger(network, theirs)) or self._cut(theirs)):
            return False
        self._inside.setdefault(network, set()).add(connection)
        return True

    def leave(self, network: str | None, connection: Connection) -> None:
        """It is gone."""
        theirs = self._inside.get(network, set())
        theirs.discard(connection)
        if not theirs:
            self._inside.pop(network, None)

    def look(self, now: float) -> None:
        """End what takes too long."""
        for connection in [connection for theirs in self._inside.values() for connection in theirs]:
            connection.look(now)

    def _larger(self, network: str | None, theirs: int) -> list[str | None]:
        """This network, and those that have more connections."""
        return [network, *(other for other, inside in self._inside.items() if other not in (None, network) and len(inside) > theirs)]

    def _make_room(self, networks: Iterable[str | None]) -> bool:
        waiting = [
            (connection.answered, -len(inside), connection.active_at, network, connection)
            for network in networks
            for inside in [self._inside.get(network, set())]
            for connection in inside
            if connection.waiting
        ]
        return self._end(min(waiting, key=lambda each: each[:3])[3:] if waiting else None)

    def _cut(self, theirs: int) -> bool:
        crowds = [(len(inside), network) for network, inside in self._inside.items() if network is not None and len(inside) >= MANY]
        count, largest = max(crowds, default=(0, None))
        if count <= theirs:
            return False
        return self._end((largest, min(self._inside[largest], key=lambda connection: connection.active_at)))

    def _end(self, chosen: tuple[str | None, Connection] | None) -> bool:
        if chosen is None:
            return False
        network, connection = chosen
        connection.end()
        self.leave(network, connection)
        return True


@contextmanager
def receiving(request: web.Request) -> Iterator[None]:
    """While the body of a request comes, its connection is one that waits."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        yield
        return
    connection.receiving = not request.content.is_eof()
    try:
        yield
    finally:
        connection.receiving = False


@asynccontextmanager
async def listening(server: web.Server, host: str, port: int, crowd: Crowd, **options: Any) -> AsyncIterator[int]:
    """Answer by `server` what comes to this address; yields the port. `options` are those of aiohttp's RequestHandler. Raises OSError.

    At the end nobody new comes in; whoever is there is the server's to end.
    """
    loop = asyncio.get_running_loop()

    def made() -> Connection:
        return Connection(server, crowd, access_log=None, keepalive_timeout=KEEP_ALIVE_S, **options)

    listener = await loop.create_server(made, host, port, reuse_address=True)
    sweeping = asyncio.create_task(_sweep(crowd))
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        sweeping.cancel()


async def _sweep(crowd: Crowd) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_S)
        crowd.look(loop.time())
