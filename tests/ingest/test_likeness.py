"""Bursts and duplicates in a library: found after a scan, kept up as photos come, change and go."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter, ImageOps

from facetd.accounts.authentication import Authentication
from facetd.filters import PhotoFilter
from facetd.house import House
from facetd.ingest import followups
from facetd.ingest.service import Ingest
from facetd.library.gallery import Gallery
from tests.house import config, listed, names, opened, scan
from tests.household import household
from tests.photos import exif, make_photo, scene


async def groups(house: House, key: str) -> dict[str, Any]:
    return {photo["filename"]: photo[key] for photo in await listed(house) if photo[key] is not None}


async def liken(house: House) -> None:
    """What follows a change, without the moment of quiet."""
    await house.ingest.followups.run()


async def test_a_copy_is_hidden_behind_its_original(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    original = make_photo(photos / "a.jpg", 1)
    make_photo(photos / "b.jpg", 2, taken="2024:07:15 10:00:00")
    shutil.copy(original, photos / "a (1).jpg")
    with Image.open(original) as picture:
        picture.resize((240, 160)).save(photos / "small.jpg")
        ImageOps.mirror(picture).save(photos / "mirrored.png")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        sets = await groups(house, "duplicate_group_id")
        assert set(sets) == {"a.jpg", "a (1).jpg", "small.jpg", "mirrored.png"}
        assert len(set(sets.values())) == 1
        assert await names(house, hide_duplicates=True) == ["a.jpg", "b.jpg"]
        assert {photo["filename"] for photo in await listed(house) if not photo["is_duplicate_lead"]} == set(sets) - {"a.jpg"}
        assert await groups(house, "burst_group_id") == {}, "copies were not shot"


async def test_copies_are_found_while_a_scan_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = make_photo(tmp_path / "photos" / "a.jpg", 1)
    shutil.copy(original, tmp_path / "photos" / "b.jpg")
    monkeypatch.setattr(followups, "MEANWHILE_S", 0.05)
    scanning: list[bool] = []

    async def goes_on(ingest: Ingest, *_: object) -> None:
        async with asyncio.timeout(20):
            while not await groups(house, "duplicate_group_id"):
                await asyncio.sleep(0.05)
        scanning.append(ingest.scanning)

    monkeypatch.setattr(Ingest, "_wait_for_servers", goes_on)
    async with opened(tmp_path / "data") as house:
        await scan(house, tmp_path / "photos")
        assert scanning == [True]
        assert set(await groups(house, "duplicate_group_id")) == {"a.jpg", "b.jpg"}


async def test_copies_in_folders_of_others_hide_nothing_and_are_not_told(tmp_path: Path) -> None:
    """Alice and bob have the same picture; then they share a folder with a third."""
    original = make_photo(tmp_path / "a_b" / "alice.jpg", 1)
    for copy in (tmp_path / "axb" / "bob.jpg", tmp_path / "Shared" / "all.jpg"):
        copy.parent.mkdir()
        shutil.copy(original, copy)
    settings = household(tmp_path)
    apart = settings.model_copy(update={"shared_directories": ()})

    async def seen(house: House, user: str) -> dict[str, tuple[object, ...]]:
        known = Authentication(house.db, house.config).users
        found = await known.named(user)
        assert found is not None
        shown = await Gallery(house.db, house.config, house.ingest.judge).page(
            await known.viewer(found), PhotoFilter(), sort="filename", descending=False, per_page=9
        )
        assert all((each["duplicate_group_id"] is None) == (each["duplicate_count"] == 0) for each in shown.photos)
        return {each["filename"]: (each["is_duplicate_lead"], each["duplicate_count"], each["burst_count"]) for each in shown.photos}

    async with opened(tmp_path / "data", apart) as house:
        await scan(house, *(tmp_path / name for name in ("a_b", "axb", "Shared")))
        assert await seen(house, "alice") == {"alice.jpg": (1, 0, 0)}
        assert await seen(house, "bob") == {"bob.jpg": (1, 0, 0)}
    async with opened(tmp_path / "data", settings) as house:
        await liken(house)
        assert await seen(house, "alice") == {"alice.jpg": (0, 2, 0), "all.jpg": (1, 2, 0)}
        assert await seen(house, "bob") == {"bob.jpg": (0, 2, 0), "all.jpg": (1, 2, 0)}
        assert not await house.ingest.likeness.due()
    async with opened(tmp_path / "data", apart) as house:
        await liken(house)
        assert await seen(house, "bob") == {"bob.jpg": (1, 0, 0)}
    async with opened(tmp_path / "data", config()) as house:
        await liken(house)
        assert len(await names(house, hide_duplicates=True)) == 1


async def test_when_the_best_copy_goes_the_next_one_is_shown(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    original = make_photo(photos / "a.jpg", 1)
    with Image.open(original) as picture:
        picture.resize((240, 160)).save(photos / "small.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert await names(house, hide_duplicates=True) == ["a.jpg"]
        content = original.read_bytes()
        original.unlink()
        await scan(house)
        assert await names(house, hide_duplicates=True) == ["small.jpg"]
        original.write_bytes(content)
        await scan(house)
        assert await names(house, hide_duplicates=True) == ["a.jpg"]
        async with house.db.writing() as connection:
            await connection.execute("DELETE FROM photo WHERE filename = 'a.jpg'")
        await liken(house)
        assert await names(house, hide_duplicates=True) == ["small.jpg"]
        assert await groups(house, "duplicate_group_id") == {}


def take(path: Path, number: int, **facts: Any) -> None:
    """The same view as other frames, a little moved."""
    path.parent.mkdir(exist_ok=True)
    picture = scene(3, (660, 440)).crop((3 * number, 2 * number, 640 + 3 * number, 426 + 2 * number))
    picture.save(path, "JPEG", quality=92, exif=exif(**facts))


def burst_frame(folder: Path, number: int, blur: int, second: int) -> None:
    """The same view a little later, less sharp with every step of `blur`."""
    folder.mkdir(exist_ok=True)
    picture = scene(3, (660, 440)).crop((3 * number, 0, 640 + 3 * number, 426)).filter(ImageFilter.GaussianBlur(blur))
    picture.save(folder / f"IMG_{number}.jpg", "JPEG", quality=92, exif=exif(taken=f"2024:07:14 18:03:{second}"))


async def test_the_sharpest_frame_leads_its_burst(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, blur in enumerate((3, 0, 2, 1)):
        burst_frame(photos, number, blur, 10 + number)
    make_photo(photos / "alone.jpg", 5, taken="2024:07:14 18:05:12")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert await names(house, hide_bursts=True) == ["IMG_1.jpg", "alone.jpg"]
        before = await groups(house, "burst_group_id")
        assert set(before) == {f"IMG_{number}.jpg" for number in range(4)}
        burst_frame(photos, 4, 1, 14)
        await scan(house)
        after = await groups(house, "burst_group_id")
        assert after == {**before, "IMG_4.jpg": before["IMG_0.jpg"]}, "the burst keeps its number"
        assert await groups(house, "duplicate_group_id") == {}, "frames are no copies"


async def test_a_bracket_is_kept_whole(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, bias in enumerate((0, -2, 2)):
        take(photos / f"{number}.jpg", number, taken=f"2024:07:14 18:03:1{number}", exposure_time=2**bias / 100)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert set((await groups(house, "burst_kind")).values()) == {"bracket"}
        assert len(await names(house, hide_bursts=True)) == 3


async def test_nothing_new_costs_nothing_and_other_rules_compare_anew(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        take(photos / f"{number}.jpg", number, taken=f"2024:07:14 18:03:{number}0")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert not await house.ingest.likeness.due()
        assert len(await names(house, hide_bursts=True)) == 1
    async with opened(tmp_path / "data", config(burst_detection={"window_s": 2.0})) as house:
        assert await house.ingest.likeness.due()
        await liken(house)
        assert len(await names(house, hide_bursts=True)) == 3


@pytest.mark.corpus
async def test_of_real_photos_only_copies_are_called_copies(corpus: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for name in ("Around the World", "Harbour", "Garden", "London"):
        shutil.copytree(corpus / "Trips" / name, photos / name)
    async with opened(tmp_path / "data") as house:
        await scan(house, photos, only=frozenset())
        sets = await groups(house, "duplicate_group_id")
        assert {name for name in sets if "big_ben" not in name} == set(), "look-alike pages of different cities, frames of bursts"
        assert len([name for name in sets if "big_ben" in name]) == 3
        leads = {photo["filename"] for photo in await listed(house, hide_bursts=True) if photo["burst_group_id"]}
        assert leads == {"DSC00091.JPG", "IMG_0310.JPG"}
