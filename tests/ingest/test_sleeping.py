"""A box that sleeps: photos are stored all the same, and looked at when it wakes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from facetd.errors import Asleep
from facetd.ingest import models
from facetd.records.sightings import Sighting
from facetd.watch.change import Change
from tests.eyes import FakeEyes, thing
from tests.house import InlineWorkers, config, listed, opened, scan
from tests.photos import make_photo

DOG = Sighting(objects=(thing("dog"),), faces=())


class SleepyEyes(FakeEyes):
    """Falls asleep before the look number `falls` and wakes at `wakes`."""

    def __init__(self, falls: int = 0) -> None:
        super().__init__(self._seen)
        self.falls = falls
        self.wakes = asyncio.Event()
        self.asked = 0
        self.on_cpu = False

    def _seen(self, _pixels: np.ndarray, _kinds: frozenset[str]) -> Sighting:
        self.falls -= 1
        if self.falls < 0 and not self.wakes.is_set():
            raise Asleep("http://gpu-box:8000: it is off")
        return DOG

    async def awake(self, kinds: frozenset[str]) -> str:
        assert kinds <= {"objects", "faces"}
        self.asked += 1
        return "" if self.wakes.is_set() else "http://gpu-box:8000: it is off"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(models, "LONGEST_PAUSE_S", 0.05)


def photos(folder: Path, count: int = 8) -> None:
    for number in range(count):
        make_photo(folder / f"{number}.jpg", number)


@pytest.mark.parametrize("falls", [0, 3])
async def test_a_scan_waits_for_the_box_and_goes_on(tmp_path: Path, falls: int) -> None:
    photos(tmp_path / "photos")
    eyes, workers = SleepyEyes(falls), InlineWorkers()
    async with opened(tmp_path / "data", eyes=eyes, workers=workers) as house:
        running = asyncio.create_task(scan(house, tmp_path / "photos"))
        async with asyncio.timeout(30):
            while house.ingest.progress.phase != "waiting":
                await asyncio.sleep(0.01)
        stored = await listed(house)
        assert len(stored) == 8  # with thumbnails, and judged as far as is known
        assert house.ingest.progress.waiting_for == "http://gpu-box:8000: it is off"
        assert house.ingest.progress.unseen == 8 - falls
        eyes.wakes.set()
        progress = await running
        found = await listed(house, tag="dog")
        failures = await house.db.rows("SELECT * FROM analysis WHERE error IS NOT NULL")
    assert (progress.unseen, progress.waiting_for, progress.error) == (0, "", None)
    assert len(found) == 8
    assert failures == []
    assert (progress.added, progress.failed) == (8, 0)


async def test_a_scan_that_waited_long_enough_ends_and_the_photos_are_looked_at_later(tmp_path: Path) -> None:
    photos(tmp_path / "photos")
    eyes = SleepyEyes()
    async with opened(tmp_path / "data", config(inference={"server_wait_s": 0.1}), eyes=eyes) as house:
        progress = await scan(house, tmp_path / "photos")
        assert progress.unseen == 8
        assert progress.waiting_for == "http://gpu-box:8000: it is off"
        assert not house.ingest.scanning
        asked = len(eyes.shapes)
        await scan(house)  # the box is not asked in vain
        assert len(eyes.shapes) == asked
        eyes.wakes.set()
        async with asyncio.timeout(30):
            while len(await listed(house, tag="dog")) < 8:
                await asyncio.sleep(0.02)


async def test_what_the_watcher_brings_while_the_box_sleeps_is_looked_at_later(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 1)
    eyes = SleepyEyes(1)
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        make_photo(tmp_path / "photos" / "new.jpg", 77)
        (root,) = await house.db.rows("SELECT id FROM root")
        change = Change(root[0], str(tmp_path / "photos"), paths=(str(tmp_path / "photos" / "new.jpg"),))
        await house.ingest.apply(change)
        assert len(await listed(house)) == 2
        assert len(await listed(house, tag="dog")) == 1
        eyes.wakes.set()
        async with asyncio.timeout(30):
            while len(await listed(house, tag="dog")) < 2:
                await asyncio.sleep(0.02)


async def test_a_scan_is_cancelled_while_it_waits(tmp_path: Path) -> None:
    photos(tmp_path / "photos", 2)
    async with opened(tmp_path / "data", eyes=SleepyEyes()) as house:
        running = asyncio.create_task(scan(house, tmp_path / "photos"))
        async with asyncio.timeout(30):
            while house.ingest.progress.phase != "waiting":
                await asyncio.sleep(0.01)
        assert await house.ingest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(await listed(house)) == 2
