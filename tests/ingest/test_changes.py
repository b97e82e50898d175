"""What the watcher reports is taken over: single files, sidecars, folders, moves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from facetd.ingest.scan import ScanOptions
from facetd.watch.change import Change
from tests.house import InlineWorkers, config, listed, names, opened, scan
from tests.photos import make_photo, sidecar


async def test_changes_reach_the_gallery(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        make_photo(photos / "trip" / f"{number}.jpg", number)
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house, photos)
        before = {photo["filename"]: photo["id"] for photo in await listed(house)}
        (root,) = [part.root for part in await house.ingest.parts_for([])]

        async def changed(**what: tuple[str, ...]) -> None:
            await house.ingest.apply(
                Change(root.id, root.path, **{key: tuple(str(photos / p) for p in paths) for key, paths in what.items()})
            )

        workers.visited.clear()
        make_photo(photos / "new.jpg", 7)
        await changed(paths=("new.jpg",))
        assert [Path(path).name for path in workers.visited] == ["new.jpg"]
        (photos / "trip" / "0.jpg").rename(photos / "moved.jpg")
        await changed(paths=("moved.jpg",), gone=("trip/0.jpg",))
        after = {photo["filename"]: photo["id"] for photo in await listed(house)}
        assert after["moved.jpg"] == before["0.jpg"]
        (photos / "trip").rename(photos / "voyage")
        await changed(folders=("voyage",), gone=("trip",))
        found = {photo["path"]: photo["id"] for photo in await listed(house)}
        assert found["/photos/voyage/1.jpg"] == before["1.jpg"]
        sidecar(photos / "voyage" / "1.xmp", rating=5)
        await changed(paths=("voyage/1.xmp",))
        assert [photo["filename"] for photo in await listed(house, min_rating=5)] == ["1.jpg"]
        (photos / "voyage" / "2.jpg").unlink()
        await changed(gone=("voyage/2.jpg",))
        assert await names(house) == ["1.jpg", "moved.jpg", "new.jpg"]


async def test_a_folder_named_like_a_photo_can_go(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    make_photo(photos / "odd.jpg" / "a.jpg")
    make_photo(photos / "b.jpg", 1)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        (photos / "odd.jpg" / "a.jpg").unlink()
        (photos / "odd.jpg").rmdir()
        (part,) = await house.ingest.parts_for([])
        await house.ingest.apply(Change(part.root.id, part.root.path, gone=(str(photos / "odd.jpg"),)))
        assert await names(house) == ["b.jpg"]


async def test_a_change_is_taken_over_while_a_scan_runs(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(30):
        make_photo(photos / f"{number}.jpg", number)
    async with opened(tmp_path / "data") as house:
        parts = await house.add_directories([str(photos)])
        running = house.ingest.start_scan(parts, ScanOptions())
        fresh = make_photo(photos / "fresh" / "now.jpg", 77)
        await house.ingest.apply(Change(parts[0].root.id, str(photos), paths=(str(fresh),)))
        assert "now.jpg" in await names(house)
        await running
        assert len(await names(house)) == 31


async def test_a_file_that_is_still_written_is_left_until_it_settles(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    whole = photo.read_bytes()

    async def finish() -> None:
        await asyncio.sleep(0.4)
        photo.write_bytes(whole)

    async with opened(tmp_path / "data", config(scanning={"settle_s": 3.0})) as house:
        photo.write_bytes(whole[:3000])
        writing = asyncio.create_task(finish())
        progress = await scan(house, photo.parent, settle_s=3.0)
        await writing
        assert progress.failed == 0
        assert await names(house) == ["a.jpg"]


async def test_a_scan_of_a_part_looks_nowhere_else(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    make_photo(photos / "a" / "1.jpg", 1)
    make_photo(photos / "b" / "2.jpg", 2)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        (photos / "b" / "2.jpg").unlink()
        make_photo(photos / "b" / "3.jpg", 3)
        make_photo(photos / "a" / "4.jpg", 4)
        await scan(house, photos / "a")
        assert await names(house) == ["1.jpg", "2.jpg", "4.jpg"]


async def test_one_scan_at_a_time(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        parts = await house.add_directories([str(tmp_path / "photos")])
        running = house.ingest.start_scan(parts, ScanOptions())
        with pytest.raises(Exception, match="running already"):
            house.ingest.start_scan(parts, ScanOptions())
        await running
        assert not await house.ingest.cancel()


async def test_a_scan_that_cannot_store_says_why_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        parts = await house.add_directories([str(tmp_path / "photos")])

        async def full_disk(*_: object, **__: object) -> list[int]:
            raise OSError("No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("facetd.db.store.save_visits", full_disk)
            await house.ingest.start_scan(parts, ScanOptions())
        assert house.ingest.progress.error == "No space left on device"
        assert (await scan(house)).added == 1
