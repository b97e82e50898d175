"""A scan keeps the library in step with the folders, and does no more than what changed."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from facetd.db import store
from facetd.db.connection import Database
from facetd.errors import DiskFull
from facetd.ingest.progress import Progress
from facetd.ingest.scan import ScanOptions
from facetd.ingest.tasks import SIGHT_KINDS, VisitTask
from facetd.records.visit import PhotoVisit
from tests.house import HaltingWorkers, InlineWorkers, config, listed, names, opened, scan
from tests.photos import make_photo, sidecar

T = TypeVar("T")


async def test_a_folder_becomes_a_scored_library(tmp_path: Path) -> None:
    photos = tmp_path / "Pictures"
    make_photo(photos / "Rome" / "a.jpg", 1, model="EOS 6D", iso=400, gps=(41.89, 12.49))
    make_photo(photos / "b.jpg", 2, orientation=6)
    (photos / "notes.txt").write_text("not a photo")
    async with opened(tmp_path / "data") as house:
        progress = await scan(house, photos)
        assert (progress.added, progress.failed, progress.done, progress.total) == (2, 0, 2, 2)
        first, second = await listed(house)
    assert first["path"] == "/Pictures/Rome/a.jpg"
    assert (first["camera_model"], first["iso"], first["shutter_speed"]) == ("EOS 6D", 400, "1/250")
    assert first["gps_latitude"] == pytest.approx(41.89, abs=1e-4)
    assert 0 <= first["aggregate"] <= 10
    assert first["category"]
    assert first["placeholder"]
    assert first["color"].startswith("#")
    assert (second["image_width"], second["image_height"]) == (213, 320)


async def test_a_second_scan_visits_nothing(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        make_photo(photos / f"{number}.jpg", number)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        first = await scan(house, photos)
        assert (first.added, first.failed) == (4, 1)
        workers.visited.clear()
        second = await scan(house)
    assert workers.visited == []
    assert (second.unchanged, second.total) == (4, 0)


async def test_only_what_changed_is_visited(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(4):
        make_photo(photos / f"{number}.jpg", number)
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house, photos)
        before = {photo["filename"]: photo for photo in await listed(house)}
        workers.visited.clear()
        make_photo(photos / "1.jpg", 99)
        (photos / "2.jpg").unlink()
        make_photo(photos / "new.jpg", 5)
        progress = await scan(house)
        after = {photo["filename"]: photo for photo in await listed(house)}
    assert sorted(Path(path).name for path in workers.visited) == ["1.jpg", "new.jpg"]
    assert (progress.added, progress.changed, progress.missing) == (1, 1, 1)
    assert sorted(after) == ["0.jpg", "1.jpg", "3.jpg", "new.jpg"]
    assert after["1.jpg"]["id"] == before["1.jpg"]["id"]
    assert after["1.jpg"]["v"] != before["1.jpg"]["v"]


async def test_a_touched_file_is_hashed_but_not_decoded(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photo.parent)
        before = await house.db.rows("SELECT * FROM analysis ORDER BY kind")
        os.utime(photo, ns=(1, 1))
        await scan(house)
        after = await house.db.rows("SELECT * FROM analysis ORDER BY kind")
        again = await scan(house)
    assert [tuple(row) for row in after] == [tuple(row) for row in before]
    assert again.unchanged == 1


async def test_a_renamed_folder_keeps_ids_and_is_not_decoded_again(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        make_photo(photos / "old" / f"{number}.jpg", number)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        before = {photo["filename"]: photo["id"] for photo in await listed(house)}
        analysed = [tuple(row) for row in await house.db.rows("SELECT * FROM analysis ORDER BY photo_id, kind")]
        (photos / "old").rename(photos / "new")
        progress = await scan(house)
        after = await listed(house)
        assert [tuple(row) for row in await house.db.rows("SELECT * FROM analysis ORDER BY photo_id, kind")] == analysed
    assert (progress.moved, progress.added, progress.missing) == (3, 0, 0)
    assert {photo["filename"]: photo["id"] for photo in after} == before
    assert {photo["path"] for photo in after} == {f"/photos/new/{number}.jpg" for number in range(3)}


async def test_a_move_to_another_root_with_new_times_keeps_the_id(tmp_path: Path) -> None:
    first = make_photo(tmp_path / "one" / "a.jpg")
    (tmp_path / "two").mkdir()
    async with opened(tmp_path / "data") as house:
        await scan(house, tmp_path / "one", tmp_path / "two")
        (photo,) = await listed(house)
        shutil.copy(first, tmp_path / "two" / "b.jpg")
        first.unlink()
        make_photo(tmp_path / "one" / "other.jpg", 7)
        await scan(house)
        moved = {photo["path"]: photo["id"] for photo in await listed(house)}
    assert moved["/two/b.jpg"] == photo["id"]
    assert "/one/a.jpg" not in moved


async def test_a_copy_is_a_photo_of_its_own(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photo.parent)
        shutil.copy2(photo, photo.with_name("b.jpg"))
        await scan(house)
        first, second = await listed(house)
    assert first["id"] != second["id"]
    assert first["v"] == second["v"]


async def test_what_is_gone_is_hidden_and_comes_back_with_everything(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    make_photo(tmp_path / "photos" / "b.jpg", 1)
    async with opened(tmp_path / "data") as house:
        await scan(house, photo.parent)
        before = await listed(house)
        content = photo.read_bytes()
        facts = photo.stat()
        photo.unlink()
        await scan(house)
        assert await names(house) == ["b.jpg"]
        photo.write_bytes(content)
        os.utime(photo, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        await scan(house)
        assert await listed(house) == before


async def test_a_sidecar_is_read_without_decoding(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house, photo.parent)
        workers.kinds.clear()
        sidecar(photo.with_suffix(".xmp"), rating=4, keywords=("dog", "beach"), title="At the sea")
        await scan(house)
        (found,) = await listed(house, tag="dog")
        assert workers.kinds == [frozenset({"metadata"})]
        assert (found["star_rating"], found["title"], found["tags"]) == (4, "At the sea", "dog,beach")
        photo.with_suffix(".xmp").unlink()
        await scan(house)
        assert await listed(house, tag="dog") == []


async def test_an_unreadable_file_is_reported_once_and_tried_again_when_it_changes(tmp_path: Path) -> None:
    good = make_photo(tmp_path / "photos" / "good.jpg")
    bad = tmp_path / "photos" / "bad.jpg"
    bad.write_bytes(good.read_bytes()[:-2000])
    async with opened(tmp_path / "data") as house:
        progress = await scan(house, good.parent)
        assert progress.failed == 1
        assert await names(house) == ["good.jpg"]
        assert (await scan(house)).total == 0
        assert (await scan(house, retry_failed=True)).failed == 1
        bad.write_bytes(make_photo(tmp_path / "other.jpg", 3).read_bytes())
        assert (await scan(house)).failed == 0
        assert await names(house) == ["bad.jpg", "good.jpg"]


async def test_a_photo_that_breaks_later_loses_its_numbers(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photo.parent)
        photo.write_bytes(photo.read_bytes()[:4000])
        await scan(house)
        row = await house.db.row("SELECT aggregate, tech_sharpness, phash FROM photo")
    assert row is not None
    assert tuple(row) == (None, None, None)


async def test_many_vanished_photos_need_a_word(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(6):
        make_photo(photos / f"{number}.jpg", number)
    settings = config(scanning={"confirm_missing_photos": 2})
    async with opened(tmp_path / "data", settings) as house:
        await scan(house, photos)
        for number in range(3):
            (photos / f"{number}.jpg").unlink()
        progress = await scan(house)
        assert progress.confirm == [{"root": "photos", "missing": 3, "photos": 6}]
        assert len(await names(house)) == 6
        progress = await scan(house, confirm_missing=True)
        assert progress.missing == 3
        assert len(await names(house)) == 3


@pytest.mark.parametrize("loss", ["directory gone", "mount point empty"])
async def test_a_share_that_went_away_is_offline_not_empty(tmp_path: Path, loss: str) -> None:
    photos = tmp_path / "share"
    make_photo(photos / "a.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        photos.rename(tmp_path / "elsewhere")
        if loss == "mount point empty":
            photos.mkdir()
        progress = await scan(house)
        assert progress.offline == ["share"]
        (photo,) = await listed(house)
        assert photo["offline"] is True
        if loss == "mount point empty":
            photos.rmdir()
        (tmp_path / "elsewhere").rename(photos)
        await scan(house)
        (photo,) = await listed(house)
        assert photo["offline"] is False


async def test_a_raw_beside_its_jpeg_is_a_companion(tmp_path: Path, corpus_raw: Path) -> None:
    photos = tmp_path / "photos"
    make_photo(photos / "IMG_1.jpg")
    shutil.copy(corpus_raw, photos / "IMG_1.dng")
    shutil.copy(corpus_raw, photos / "IMG_10.dng")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert await names(house) == ["IMG_1.jpg", "IMG_10.dng"]
        assert len(await names(house, show_companions=True)) == 3
        (photos / "IMG_1.jpg").unlink()
        await scan(house)
        assert await names(house) == ["IMG_1.dng", "IMG_10.dng"]


async def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    odd = os.fsdecode(b"caf\xe9.jpg")
    make_photo(photos / odd)
    make_photo(photos / os.fsdecode(b"\xff dir") / "a.jpg", 1)
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house, photos)
        paths = {photo["path"] for photo in await listed(house)}
        workers.visited.clear()
        await scan(house)
    assert paths == {"/photos/caf%E9.jpg", "/photos/%FF dir/a.jpg"}
    assert workers.visited == []


async def test_progress_names_every_file_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_photo(tmp_path / "photos" / os.fsdecode(b"caf\xe9.jpg"))
    told: list[str] = []
    step = Progress.step

    def remember(progress: Progress, root_id: int, current: str, *, failed: bool = False) -> None:
        told.append(current)
        step(progress, root_id, current, failed=failed)

    monkeypatch.setattr(Progress, "step", remember)
    async with opened(tmp_path / "data") as house:
        await scan(house, tmp_path / "photos")
    assert told == ["caf%E9.jpg"]


async def test_excluded_trees_other_roots_and_the_data_folder_are_left_out(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for place in ("a.jpg", "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/b.jpg", ".thumbnails/c.jpg", "._a.jpg", "inner/d.jpg"):
        make_photo(photos / place)
    async with opened(photos / "data") as house:
        await scan(house, photos, photos / "inner")
        assert sorted(photo["path"] for photo in await listed(house)) == ["/photos/a.jpg", "/photos/inner/d.jpg"]


async def test_links_are_followed_only_into_a_root(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    make_photo(photos / "real" / "a.jpg")
    outside = make_photo(tmp_path / "secret" / "s.jpg", 1)
    (photos / "out.jpg").symlink_to(outside)
    (photos / "loop").symlink_to(photos)
    (photos / "in.jpg").symlink_to(photos / "real" / "a.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert await names(house) == ["a.jpg"]
    async with opened(tmp_path / "data", config(scanning={"follow_symlinks": True})) as house:
        await scan(house)
        assert await names(house) == ["a.jpg", "in.jpg"]


async def test_huge_files_that_are_no_photos_are_not_read_to_their_end(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("one.jpg", "other.jpg"):
        with (photos / name).open("wb") as file:
            file.truncate(1 << 40)
    async with opened(tmp_path / "data") as house:
        async with asyncio.timeout(20):
            progress = await scan(house, photos)
        assert (progress.failed, progress.added) == (2, 2)
        reasons = {row[0] for row in await house.db.rows("SELECT reason FROM analysis WHERE state = 'failed'")}
        assert reasons == {"not_a_photo"}
        again = await scan(house)
        assert (again.done, again.unchanged) == (0, 2)
        (photos / "one.jpg").unlink()
        make_photo(photos / "one.jpg", 1)
        await scan(house)
        assert await names(house) == ["one.jpg"]


async def test_changed_weights_judge_again_without_a_visit(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        make_photo(photos / f"{number}.jpg", number)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        before = [photo["aggregate"] for photo in await listed(house)]
    workers = InlineWorkers()
    settings = config(penalties={"blur_start": 10, "blur_max_points": 9})
    async with opened(tmp_path / "data", settings, workers) as house:
        await scan(house)
        after = [photo["aggregate"] for photo in await listed(house)]
    assert workers.visited == []
    assert after != before


async def test_lost_thumbnails_are_made_again(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house, photo.parent)
        thumbs = sorted(path.name for path in (tmp_path / "data" / "thumbs").rglob("*.jpg"))
        assert len(thumbs) == 3
        shutil.rmtree(tmp_path / "data" / "thumbs")
        await scan(house)
    assert sorted(path.name for path in (tmp_path / "data" / "thumbs").rglob("*.jpg")) == thumbs
    assert workers.kinds[-1] == frozenset({"thumbnail"})


async def test_enough_photos_make_the_librarys_own_percentiles(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(52):
        make_photo(photos / f"{number}.jpg", number, size=(96, 64))
    async with opened(tmp_path / "data", config(normalization={"min_photos": 50})) as house:
        await scan(house, photos)
        assert (await house.db.row("SELECT photos FROM snapshot"))["photos"] == 52
        before = [photo["aggregate"] for photo in await listed(house)]
        make_photo(photos / "one more.jpg", 99)
        await scan(house)
        assert len(await house.db.rows("SELECT id FROM snapshot")) == 1
        after = {photo["filename"]: photo["aggregate"] for photo in await listed(house)}
    assert [score for name, score in after.items() if name != "one more.jpg"] == before


async def test_a_cancelled_scan_goes_on_where_it_was(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(40):
        make_photo(photos / f"{number:02}.jpg", number)
    workers = HaltingWorkers(20)
    async with opened(tmp_path / "data", workers=workers) as house:
        parts = await house.add_directories([str(photos)])
        house.ingest.start_scan(parts, ScanOptions())
        with house.ingest.events.listening() as events:
            while (await asyncio.wait_for(events.get(), 30))[0] != "photos":  # the first batch is stored
                pass
        assert await house.ingest.cancel()
        assert house.ingest.progress.cancelled
        workers.go_on.set()
        progress = await scan(house)
        assert progress.total + progress.unchanged == 40
        assert len(await names(house)) == 40


class FullDisk(InlineWorkers):
    """Every visit of a file in `unlucky` finds no room to write what the models are to see."""

    unlucky: tuple[str, ...] = ()

    async def _run(self, function: Callable[..., T], *arguments: object, timeout_s: float | None = None) -> T:
        task = arguments[0]
        if isinstance(task, VisitTask) and Path(task.path).name in self.unlucky:
            arguments = (dataclasses.replace(task, kinds=task.kinds | SIGHT_KINDS, frame=Path("/dev/full")),)
        return await super()._run(function, *arguments, timeout_s=timeout_s)


async def test_a_full_disk_ends_the_scan_and_is_no_fault_of_the_photos(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    photos = tmp_path / "photos"
    for name in "ab":
        make_photo(photos / f"{name}.jpg", ord(name))
    workers = FullDisk()
    workers.unlucky = ("b.jpg",)
    async with opened(tmp_path / "data", workers=workers) as house:
        progress = await scan(house, photos)
        assert progress.error == f"There is no room left on the disk of {tmp_path / 'data'}."
        assert progress.failed == 0
        assert "Traceback" not in caplog.text
        workers.unlucky = ()
        progress = await scan(house, photos)
        assert (progress.error, progress.failed) == (None, 0)
        assert [photo["filename"] for photo in await listed(house)] == ["a.jpg", "b.jpg"]


async def test_the_first_photos_are_stored_at_once_and_the_others_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transaction outdates what lists have kept: while photos come all the time there is one now and then, and none is waited for."""
    photos = tmp_path / "photos"
    for number in range(12):
        make_photo(photos / f"{number:02}.jpg", number)
    sizes = []

    async def save_visits(db: Database, visits: Sequence[PhotoVisit], *, pair_raw: bool) -> list[int]:
        sizes.append(len(visits))
        return await saved(db, visits, pair_raw=pair_raw)

    saved = store.save_visits
    monkeypatch.setattr(store, "save_visits", save_visits)
    monkeypatch.setattr("facetd.ingest.sink.BATCH_WAIT_S", 0)
    monkeypatch.setattr("facetd.ingest.sink.EVERY_S", 3600.0)
    async with opened(tmp_path / "data", workers=InlineWorkers()) as house:
        await scan(house, photos)
    assert len(sizes) == 2
    assert sum(sizes) == 12


async def test_what_a_delayed_store_could_not_keep_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan does not go on to read photos that nothing can store."""
    photos = tmp_path / "photos"
    for number in range(12):
        make_photo(photos / f"{number:02}.jpg", number)

    async def full(*_args: object, **_more: object) -> None:
        raise DiskFull("There is no room left.")

    monkeypatch.setattr("facetd.db.store.save_visits", full)
    monkeypatch.setattr("facetd.ingest.sink.BATCH_WAIT_S", 0)
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        assert (await scan(house, photos)).error == "There is no room left."
    assert len(workers.visited) < 12
