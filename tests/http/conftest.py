"""A small library, scanned once; each test serves a copy of its data."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.house import opened, scan
from tests.http.serving import Site, served
from tests.photos import make_photo, scene, sidecar


async def _fill(photos: Path, data: Path) -> None:
    async with opened(data) as house:
        await scan(house, photos)


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `Pictures`, its photos, and `data`, their library."""
    place = tmp_path_factory.mktemp("stocked")
    photos = place / "Pictures"
    make_photo(photos / "Rome" / "a.jpg", 1, model="EOS 6D", iso=400, gps=(41.89, 12.49), lens="EF 50mm")
    make_photo(photos / "Rome" / "b.jpg", 2, model="X-T5", taken="2023:01:01 00:00:00")
    make_photo(photos / "c.jpg", 3, orientation=6, taken=None)
    sidecar(photos / "c.xmp", rating=4, keywords=("beach", "a&lt;b&gt;"), title="&lt;script&gt;alert(1)&lt;/script&gt;")
    scene(4).save(photos / "d.tif")
    Image.new("RGB", (64, 48), (200, 30, 30)).save(photos / "e.png")
    make_photo(photos / "f.jpg", 6).rename(os.fsdecode(os.fsencode(photos) + b"/\xff\xfe.jpg"))
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    make_photo(photos / "Rome (2)" / "<img src=x onerror=alert(1)>.jpg", 7)
    asyncio.run(_fill(photos, place / "data"))
    return place


@pytest.fixture
async def library(stocked: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """The stocked library, served; only the photos are shared with other tests."""
    shutil.copytree(stocked / "data", tmp_path / "data")
    async with opened(tmp_path / "data") as house, served(house) as site:
        yield site


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Site]:
    """An empty library, served; its photos go to `tmp_path / "Pictures"`."""
    (tmp_path / "Pictures").mkdir()
    async with opened(tmp_path / "data") as house, served(house) as site:
        yield site
