"""A running daemon runs plugins, sends webhooks, and ends in time whatever they do."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.daemons import QUICK, eventually, running
from tests.house import InlineWorkers
from tests.ingest.fakedarktable import alive, make_darktable
from tests.photos import make_photo
from tests.plugins.receiver import receiving

HANGING = '''"""Hangs."""
import time
from pathlib import Path
from facetd.plugins import hookimpl

@hookimpl
def photo_scored(photo):
    Path({out!r}).write_text(photo.path)
    time.sleep(600)
'''


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode workers of this process."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_arguments, **_settings: InlineWorkers())


async def test_a_copied_photo_is_told_of(tmp_path: Path, inline: None) -> None:
    (tmp_path / "Pictures").mkdir()
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "hanging.py").write_text(HANGING.format(out=str(tmp_path / "out")))
    async with receiving() as receiver:
        hook = {"url": receiver.url("127.0.0.1"), "events": ["photo_added", "scan_finished"]}
        raw = {**QUICK, "plugins": {"enabled": True, "webhooks": [hook], "allow_private_webhooks": True}}
        async with running(tmp_path / "data", tmp_path / "Pictures", raw=raw):
            await eventually(lambda: [each for each in receiver.got if each["event"] == "scan_finished"])
            make_photo(tmp_path / "Pictures" / "a.jpg", 1)
            added = await eventually(lambda: [each for each in receiver.got if each["event"] == "photo_added"])
            assert added[0]["photo"]["path"] == "/Pictures/a.jpg"
            await eventually((tmp_path / "out").exists)
            began = time.monotonic()
        assert time.monotonic() - began < 10


async def test_no_darktable_outlives_the_daemon(tmp_path: Path, inline: None, corpus_raw: Path) -> None:
    fake = make_darktable(tmp_path / "bin")
    fake.tell(seconds=600)
    (tmp_path / "Pictures").mkdir()
    (tmp_path / "Pictures" / "a.dng").write_bytes(corpus_raw.read_bytes())
    raw = {**QUICK, "viewer": {"raw_processor": {"darktable": {"executable": fake.executable, "profiles": {"Web": {}}}}}}
    asking = None
    async with running(tmp_path / "data", tmp_path / "Pictures", raw=raw) as daemon:
        await eventually(lambda: daemon.house is not None and daemon.house.ingest.progress.finished_at)
        asking = asyncio.create_task(fetch(daemon.port, "/api/download?path=/Pictures/a.dng&type=darktable&profile=Web"))
        await eventually(lambda: fake.calls)
        assert alive(fake.calls[0]["pid"])
    assert not alive(fake.calls[0]["pid"])
    await asyncio.wait([asking])


async def fetch(port: int, path: str) -> bytes:
    """What a daemon sends until it ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()
