"""What the watcher reports is taken over: single files, sidecars, folders, moves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from facetd.ingest.scan import Part, ScanOptions
from facetd.ingest.service import parts_of_change
from facetd.records import Root
from facetd.watch.change import Change
from tests.house import InlineWorkers, config, listed, names, opened, scan
from tests.photos import make_photo, sidecar

ROOT = Root(1, "p", "/p", True)


def parts(gone_folders: tuple[str, ...] = (), **change: tuple[str, ...]) -> list[tuple[str, list[str], list[str]]]:
    made = parts_of_change(ROOT, Change(1, "/p", **change), gone_folders)
    return [(part.folder, sorted(part.files), sorted(part.stems)) for part in made]


def test_changed_files_are_grouped_by_folder() -> None:
    found = parts(paths=("/p/a.jpg", "/p/x/b.jpg", "/p/x/c.heic"), gone=("/p/x/d.jpg",))
    assert found == [("", ["a.jpg"], []), ("x", ["b.jpg", "c.heic", "d.jpg"], [])]


def test_a_sidecar_speaks_of_its_photos() -> None:
    assert parts(paths=("/p/x/a.jpg.xmp", "/p/x/b.XMP")) == [("x", ["a.jpg", "b"], ["a.jpg", "b"])]


def test_other_files_are_nothing() -> None:
    assert parts(paths=("/p/notes.txt", "/p/movie.mp4")) == []


def test_the_outermost_folder_is_enough() -> None:
    assert parts(folders=("/p/a/b", "/p/a", "/p/ab")) == [("a", [], []), ("ab", [], [])]
    assert parts(folders=("/p/a", "/p")) == [("", [], [])]
    assert parts(gone_folders=("was",), gone=("/p/was",)) == [("was", [], [])]


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
    photo.write_bytes(whole[:3000])

    async def finish() -> None:
        await asyncio.sleep(0.4)
        photo.write_bytes(whole)

    async with opened(tmp_path / "data", config(scanning={"settle_s": 1.0})) as house:
        writing = asyncio.create_task(finish())
        progress = await scan(house, photo.parent, settle_s=1.0)
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


def test_a_part_picks_files_by_name_or_stem() -> None:
    part = Part(ROOT, "x", frozenset({"a.jpg"}), frozenset({"b"}))
    assert [name for name in ("a.jpg", "a.png", "b.cr2", "b.jpg.png", "c") if part.picks(name)] == ["a.jpg", "b.cr2"]
