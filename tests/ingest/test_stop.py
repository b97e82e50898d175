"""The end of the daemon waits for what is being stored."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from facetd.ingest.sink import Sink
from tests.house import opened
from tests.photos import make_photo


async def test_a_stop_during_the_last_store_of_a_scan_keeps_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    for number in range(3):
        make_photo(tmp_path / "Pictures" / f"{number}.jpg", number)
    closing = asyncio.Event()
    close = Sink.close

    async def slowly(self: Sink) -> None:
        closing.set()
        await asyncio.sleep(0.1)
        await close(self)

    monkeypatch.setattr(Sink, "close", slowly)
    async with opened(tmp_path / "data") as house:
        from facetd.ingest.scan import ScanOptions

        house.ingest.start_scan(await house.add_directories([str(tmp_path / "Pictures")]), ScanOptions())
        await closing.wait()
        house.ingest.look_at_soon(str(tmp_path / "Pictures" / "0.jpg"))
    monkeypatch.undo()
    assert "Traceback" not in caplog.text
    async with opened(tmp_path / "data") as house:
        found = await house.db.row("SELECT COUNT(*) FROM photo")
    assert found is not None
    assert found[0] == 3
