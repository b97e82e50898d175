"""Open connections over real sockets: many of one network, slow ones, and downloads that take their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from facetd.http import connections, openapi
from facetd.http.atonce import proxied
from facetd.http.connections import Connection, Crowd, listening, most_connections, receiving
from facetd.http.remote import network_to_bound
from facetd.ingest import progress
from tests.house import config, opened
from tests.http.serving import Site, served

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Door:
    """A listening server, and clients at addresses of their own."""

    def __init__(self, port: int, crowd: Crowd) -> None:
        self.port = port
        self.crowd = crowd
        self.go_on = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def come(self, address: str = "127.0.0.1", said: bytes = b"") -> Stream:
        """A connection from this address."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        self._writers.append(writer)
        writer.write(said)
        return reader, writer

    async def ask(self, stream: Stream, path: str = "/") -> bytes:
        """The status line of an answer, and its text."""
        stream[1].write(ASK.replace(b"/ ", f"{path} ".encode(), 1))
        return await head(stream)

    def everybody(self) -> list[Connection]:
        """All connections of the server."""
        return [connection for inside in self.crowd._inside.values() for connection in inside]

    def leave(self) -> None:
        """All clients go."""
        for writer in self._writers:
            writer.transport.abort()


async def head(stream: Stream) -> bytes:
    """The next line that comes, empty when the connection ended; what belongs to an answer is read."""
    try:
        line = await asyncio.wait_for(stream[0].readline(), 10)
        while line and (await asyncio.wait_for(stream[0].readline(), 10)).strip():
            pass
    except ConnectionError:
        return b""
    return line.strip()


async def until(crowd: Crowd, count: int) -> None:
    async with asyncio.timeout(10):
        while len(crowd) != count:
            await asyncio.sleep(0.01)


async def becoming(true: Callable[[], bool]) -> None:
    """Until it is true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def door(*, most: int = 100, per_network: int = 100, proxy: str = "") -> AsyncIterator[Door]:
    """A server that knows addresses of 127/8 as networks; `proxy` speaks for others."""
    crowd = Crowd(lambda address: None if address == proxy else str(address), most=most, per_network=per_network)
    app = web.Application()
    found: list[Door] = []

    async def plain(request: web.Request) -> web.Response:
        return web.Response()

    async def held(request: web.Request) -> web.Response:
        await found[0].go_on.wait()
        return web.Response()

    async def body(request: web.Request) -> web.Response:
        with receiving(request):
            await request.read()
        return web.Response()

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _number in range(400):
            await response.write(b"x" * 65536)
        return response

    app.router.add_get("/", plain)
    app.router.add_get("/held", held)
    app.router.add_post("/body", body)
    app.router.add_get("/large", large)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        async with listening(cast(web.Server, runner.server), "127.0.0.1", 0, crowd) as port:
            found.append(Door(port, crowd))
            try:
                yield found[0]
            finally:
                found[0].leave()
    finally:
        await runner.cleanup()


async def test_a_network_has_its_share_and_waiting_ones_make_room() -> None:
    async with door(per_network=3) as site:
        idle = [await site.come() for _ in range(3)]
        assert [await site.ask(each) for each in idle] == [b"HTTP/1.1 200 OK"] * 3
        fourth = await site.come()
        assert await site.ask(fourth) == b"HTTP/1.1 200 OK"
        assert await head(idle[0]) == b"", "the one that waited longest made room"
        assert await site.ask(idle[2]) == b"HTTP/1.1 200 OK"
        assert len(site.crowd) == 3
        busy = [await site.come(said=ASK.replace(b"/ ", b"/held ", 1)) for _ in range(3)]
        await until(site.crowd, 3)
        await becoming(lambda: not any(each.waiting for each in site.everybody()))
        refused = await site.come()
        assert await head(refused) == b"HTTP/1.1 503 Service Unavailable", "all of its network are being answered"
        other = await site.come("127.0.0.2")
        assert await site.ask(other) == b"HTTP/1.1 200 OK", "another network is not concerned"
        site.go_on.set()
        assert [await head(each) for each in busy] == [b"HTTP/1.1 200 OK"] * 3
        assert await site.ask(busy[0]) == b"HTTP/1.1 200 OK"


async def test_whoever_has_most_makes_room_when_the_house_is_full() -> None:
    async with door(most=12, per_network=8) as site:
        few = await site.come("127.0.0.9")
        assert await site.ask(few) == b"HTTP/1.1 200 OK"
        crowds = [await site.come(f"127.0.0.{2 + number % 2}", b"GET / HTT") for number in range(11)]
        await until(site.crowd, 12)
        late = await site.come("127.0.0.10")
        assert await site.ask(late) == b"HTTP/1.1 200 OK"
        assert await site.ask(few) == b"HTTP/1.1 200 OK", "who has one keeps it"
        assert len(site.crowd) == 12
        gone = sum(reader.at_eof() or reader.exception() is not None for reader, _writer in crowds)
        assert gone == 1


async def test_who_never_asked_goes_first_and_bodies_that_come_slowly_wait() -> None:
    async with door(most=4) as site:
        idle = [await site.come(f"127.0.0.{number}") for number in (2, 3)]
        assert [await site.ask(each) for each in idle] == [b"HTTP/1.1 200 OK"] * 2
        slow = await site.come("127.0.0.4", b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        silent = await site.come("127.0.0.5")
        await until(site.crowd, 4)
        await becoming(lambda: any(each.receiving for each in site.everybody()))
        late = await site.come("127.0.0.6")
        assert await site.ask(late) == b"HTTP/1.1 200 OK"
        assert await head(silent) == b"", "it never asked for anything"
        assert [await site.ask(each) for each in idle] == [b"HTTP/1.1 200 OK"] * 2
        site.go_on.clear()
        for each in (*idle, late):
            each[1].write(ASK.replace(b"/ ", b"/held ", 1))
        await becoming(lambda: sum(each.waiting for each in site.everybody()) == 1)
        later = await site.come("127.0.0.7")
        assert await site.ask(later) == b"HTTP/1.1 200 OK"
        assert await head(slow) == b"", "its request was not here yet"
        site.go_on.set()
        assert [await head(each) for each in (*idle, late)] == [b"HTTP/1.1 200 OK"] * 3


async def test_answers_are_cut_only_where_one_network_holds_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MANY", 3)
    async with door(most=4) as site:
        held = ASK.replace(b"/ ", b"/held ", 1)
        many = [await site.come("127.0.0.2", held) for _ in range(2)]
        few = [await site.come(f"127.0.0.{number}", held) for number in (3, 4)]
        await becoming(lambda: len(site.crowd) == 4 and not any(each.waiting for each in site.everybody()))
        assert await head(await site.come("127.0.0.5")) == b"HTTP/1.1 503 Service Unavailable"
        few[0][1].transport.abort()
        await until(site.crowd, 3)
        many.append(await site.come("127.0.0.2", held))
        await becoming(lambda: len(site.crowd) == 4 and not any(each.waiting for each in site.everybody()))
        assert await site.ask(await site.come("127.0.0.5")) == b"HTTP/1.1 200 OK"
        assert await head(many[0]) == b""
        site.go_on.set()
        assert [await head(each) for each in (*many[1:], few[1])] == [b"HTTP/1.1 200 OK"] * 3


async def test_a_proxy_speaks_for_many() -> None:
    async with door(per_network=2, proxy="127.0.0.1") as site:
        many = [await site.come() for _ in range(6)]
        assert [await site.ask(each) for each in many] == [b"HTTP/1.1 200 OK"] * 6
        assert [await site.ask(each) for each in many] == [b"HTTP/1.1 200 OK"] * 6
    assert network_to_bound("127.0.0.1", ()) is None
    assert network_to_bound("::1", ()) is None
    assert network_to_bound("192.168.1.2", ("192.168.1.2",)) is None
    assert network_to_bound("::ffff:192.168.1.2", ("192.168.1.0/24",)) is None
    assert network_to_bound("192.168.1.3", ("192.168.1.2",)) == "192.168.1.3"
    assert network_to_bound("2001:db8::7", ()) == network_to_bound("2001:db8::8", ()) == "2001:db8::/64"


async def test_a_head_that_trickles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    monkeypatch.setattr(connections, "SWEEP_S", 0.05)
    async with door() as site:
        silent = await site.come()
        slow = await site.come(said=b"GET / HTTP/1.1\r\n")
        again = await site.come()
        assert await site.ask(again) == b"HTTP/1.1 200 OK"
        again[1].write(b"GET / HT")

        async def trickle() -> None:
            while True:
                slow[1].write(b"X: y\r\n")
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        assert await head(slow) in (b"HTTP/1.1 408 Request Timeout", b""), "it may be reset while it writes"
        trickling.cancel()
        assert await head(again) == b"HTTP/1.1 408 Request Timeout"
        assert await site.ask(silent) == b"HTTP/1.1 200 OK", "silence is no head that trickles"


async def test_a_slow_download_goes_on_and_one_that_stands_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_S", 0.5)
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    monkeypatch.setattr(connections, "SWEEP_S", 0.05)
    async with door() as site:
        slow = await site.come(said=ASK.replace(b"/ ", b"/large ", 1))
        still = await site.come(said=ASK.replace(b"/ ", b"/large ", 1))
        still[1].transport.pause_reading()  # type: ignore[attr-defined]
        received = 0
        for _number in range(12):
            received += len(await asyncio.wait_for(slow[0].readexactly(1024 * 1024), 10))
            await asyncio.sleep(0.1)
        assert received == 12 * 1024 * 1024
        await until(site.crowd, 1)
        assert received + await asyncio.wait_for(_rest(slow), 20) > 400 * 65536


async def _rest(stream: Stream) -> int:
    count = 0
    while b"0\r\n\r\n" not in (piece := await stream[0].read(1 << 20)):
        count += len(piece)
    return count + len(piece)


async def test_a_body_that_trickles_is_not_waited_for(
    library: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(openapi, "BODY_S", 0.3)
    reader, writer = await asyncio.open_connection(library.client.host, library.client.port)
    writer.write(b"POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")
    with suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_one_network_behind_a_proxy_leaves_room_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.http.app.proxied", lambda: proxied(3))
    settings = config(server={"trusted_proxies": ["127.0.0.1"], "allowed_hosts": ["127.0.0.1"]})
    async with opened(tmp_path / "data", settings) as house, served(house) as site, AsyncExitStack() as streams:

        async def stream(client: str) -> int:
            asked = site.client.get("/api/events", headers={"X-Forwarded-For": client})
            return (await streams.enter_async_context(asked)).status

        assert [await stream("203.0.113.7") for _ in range(4)] == [200, 200, 200, 429]
        assert [await stream(client) for client in ("203.0.113.8", "2001:db8::1")] == [200, 200]
        assert [await stream("127.0.0.9") for _ in range(4)] == [200] * 4, "this machine is not bounded"


async def test_of_too_many_streams_of_one_the_oldest_end(library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LISTENERS", 2)
    async with AsyncExitStack() as streams:
        found = [await streams.enter_async_context(library.client.get("/api/events")) for _ in range(3)]
        ended = await asyncio.wait_for(found[0].read(), 10)
        assert ended.startswith(b"event: scan")
        library.house.ingest.events.publish("job", {"id": 7})
        for each in found[1:]:
            async with asyncio.timeout(10):
                while b"event: job" not in await each.content.readline():
                    pass


def test_descriptors_are_left_for_other_things(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 8 <= most_connections() <= connections.MOST
    for soft, expected in ((1024, 412), (256, 28), (64, 8), (1 << 20, connections.MOST), (-1, connections.MOST)):
        monkeypatch.setattr("resource.getrlimit", lambda _which, soft=soft: (soft, -1))
        assert most_connections() == expected
