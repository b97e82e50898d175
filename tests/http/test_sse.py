"""Live streams: at once, during a scan, through silence, and to a clean end."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from facetd.http import sse
from tests.house import HaltingWorkers, scan
from tests.http.serving import Site
from tests.photos import make_photo

STREAMS = ("/api/events", "/api/scan/stream")


async def event(response: ClientResponse) -> tuple[str, Any]:
    """The next event of a stream."""
    name = ""
    while True:
        line = (await asyncio.wait_for(response.content.readline(), 20)).decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))
        elif not line and response.content.at_eof():
            return "end", None


@pytest.mark.parametrize("path", STREAMS)
async def test_the_state_comes_at_once(library: Site, path: str) -> None:
    async with library.client.get(path) as response:
        assert response.content_type == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        name, data = await event(response)
    assert name == "scan"
    assert data == await library.json("/api/scan/status")


@pytest.mark.parametrize("path", STREAMS)
async def test_a_scan_is_told_from_beginning_to_end(own: Site, tmp_path: Path, path: str) -> None:
    for number in range(4):
        make_photo(tmp_path / "Pictures" / f"{number}.jpg", number)
    async with own.client.get(path) as response:
        assert (await event(response))[1]["running"] is False
        await own.house.add_directories([str(tmp_path / "Pictures")])
        started = await own.client.post("/api/scan/start", json={"directories": ["/Pictures"]})
        assert started.status == 200
        seen: list[tuple[str, Any]] = []
        while not seen or seen[-1][0] != "scan" or seen[-1][1]["finished_at"] is None:
            seen.append(await event(response))
    last = seen[-1][1]
    assert (last["state"], last["added"], last["done"], last["total"], last["failed"]) == ("idle", 4, 4, 4, 0)
    assert [root["name"] for root in last["roots"]] == ["Pictures"]
    told = [data for name, data in seen if name == "photos"]
    if path == "/api/events":
        assert sum(data["added"] for data in told) == 4
        assert sorted(number for data in told for number in data["ids"]) == [1, 2, 3, 4]
    else:
        assert told == []


async def test_silence_is_filled(library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.05)
    async with library.client.get("/api/events") as response:
        await event(response)
        assert await asyncio.wait_for(response.content.readline(), 20) in (b"\n", b": still here\n")
        assert b": still here\n" in [await asyncio.wait_for(response.content.readline(), 20) for _ in range(4)]


async def test_the_end_of_the_daemon_ends_the_streams(library: Site) -> None:
    async with library.client.get("/api/events") as response, library.client.get("/api/scan/stream") as other:
        await event(response)
        await event(other)
        before = time.monotonic()
        await library.client.server.close()
        assert (await event(response))[0] == "end"
        assert (await event(other))[0] == "end"
        assert time.monotonic() - before < 30  # the server would wait a minute for them


async def test_who_comes_after_the_end_is_sent_home(library: Site) -> None:
    library.house.ingest.events.close()
    async with library.client.get("/api/events") as response:
        assert (await event(response))[0] == "scan"
        assert (await event(response))[0] == "end"


async def test_a_client_that_does_not_read_delays_nobody(library: Site) -> None:
    host, port = library.client.host, library.client.port
    _, writer = await asyncio.open_connection(host, port, limit=1)
    writer.write(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await writer.drain()
    async with library.client.get("/api/events") as response:
        await event(response)
        padding = {"text": "x" * 200_000}
        for number in range(200):
            library.house.ingest.events.publish("photos", {**padding, "number": number})
            if number % 20 == 0:
                assert (await asyncio.wait_for(library.client.get("/health"), 20)).status == 200
        numbers = [(await event(response))[1]["number"] for _ in range(200)]
        assert numbers == list(range(200))
    writer.close()


async def test_a_client_that_leaves_is_forgotten(library: Site) -> None:
    for _ in range(3):
        async with library.client.get("/api/events") as response:
            await event(response)
            response.close()
    for _ in range(1000):
        library.house.ingest.events.publish("scan", {})
        if not library.house.ingest.events._listeners:
            return
        await asyncio.sleep(0.02)
    pytest.fail("streams of clients that left are still served")


async def test_a_scan_can_be_cancelled_and_started_once_only(own: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = HaltingWorkers(3)
    monkeypatch.setattr(own.house.ingest, "_workers", workers)
    for number in range(30):
        make_photo(tmp_path / "Pictures" / f"{number:02}.jpg", number)
    await own.house.add_directories([str(tmp_path / "Pictures")])
    assert (await own.client.post("/api/scan/start", json={})).status == 200
    assert (await own.client.post("/api/scan/start", json={})).status == 409
    assert await (await own.client.post("/api/scan/cancel")).json() == {"cancelled": True}
    status = await own.json("/api/scan/status")
    assert (status["running"], status["cancelled"]) == (False, True)
    assert await (await own.client.post("/api/scan/cancel")).json() == {"cancelled": False}
    workers.go_on.set()
    progress = await scan(own.house)
    assert progress.done + status["added"] >= 30
    assert (await own.json("/api/photos"))["total"] == 30


@pytest.mark.parametrize("directory", ["/Other", "/Pictures/../x", "..", "/Pictures/%2e%2e", "/etc"])
async def test_only_known_directories_are_scanned(library: Site, directory: str) -> None:
    response = await library.client.post("/api/scan/start", json={"directories": [directory]})
    if directory.startswith("/Pictures/%"):  # a folder of that name may exist; it is looked for inside the root
        assert response.status == 200
        return
    inside = directory.startswith("/Pictures/")  # a root that there is, and no folder of it
    assert response.status == (404 if inside else 400)
    if not inside:
        assert (await response.json())["errors"][0]["field"] == "directories.0"
