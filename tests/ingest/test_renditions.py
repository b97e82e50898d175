"""Renditions: made once, kept while there is room."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from facetd.errors import MediaError
from facetd.ingest.renditions import Renditions, prune
from facetd.records.files import FilePlace
from tests.house import InlineWorkers, config
from tests.photos import scene


def place(path: Path, content_hash: str = "abcdef") -> FilePlace:
    return FilePlace(
        root_path=str(path.parent),
        root_online=True,
        relative=path.name,
        size=1,
        mtime_ns=1,
        content_hash=content_hash,
        format="tiff",
        orientation=1,
        readable=True,
    )


async def test_a_rendition_is_made_once_however_many_ask(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.tif")
    workers = InlineWorkers()
    renditions = Renditions(tmp_path / "cache", workers, config())
    found = await asyncio.gather(*[renditions.jpeg_of(place(tmp_path / "a.tif")) for _ in range(5)])
    assert len(set(found)) == 1
    assert found[0].read_bytes()[:2] == b"\xff\xd8"
    await renditions.jpeg_of(place(tmp_path / "a.tif"))
    assert len(workers.visited) == 1


async def test_what_cannot_be_rendered_says_so_every_time(tmp_path: Path) -> None:
    (tmp_path / "bad.tif").write_bytes(b"II*\0")
    renditions = Renditions(tmp_path / "cache", InlineWorkers(), config())
    for _ in range(2):
        with pytest.raises(MediaError):
            await renditions.jpeg_of(place(tmp_path / "bad.tif"))


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / "ab" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    prune(tmp_path, 500)
    assert len(list(tmp_path.glob("*/*.jpg"))) == 5
    prune(tmp_path, 450)
    assert sorted(path.name for path in tmp_path.glob("*/*.jpg")) == ["2.jpg", "3.jpg", "4.jpg"]
    prune(tmp_path, 50)
    assert [path.name for path in tmp_path.glob("*/*.jpg")] == ["4.jpg"]  # somebody waits for it
