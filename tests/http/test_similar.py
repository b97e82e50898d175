"""Similar photos and groups to choose from, over HTTP."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image, ImageEnhance

from tests.house import config, opened, scan
from tests.http.serving import Site, served, site
from tests.photos import exif, make_photo, scene


@pytest.fixture
async def alike(tmp_path: Path) -> AsyncIterator[Site]:
    """a1, a2 and a3 show the same from day to day; b and c something else; d no colours."""
    photos = tmp_path / "Pictures"
    for number in (1, 2, 3):
        make_photo(photos / f"a{number}.jpg", 1, taken=f"2024:07:1{number} 18:03:22")
        with Image.open(photos / f"a{number}.jpg") as picture:
            changed = ImageEnhance.Contrast(picture).enhance(1 - number / 10)
        changed.save(photos / f"a{number}.jpg", exif=exif(taken=f"2024:07:1{number} 18:03:22"))
    make_photo(photos / "b.jpg", 2)
    make_photo(photos / "c.jpg", 4)
    scene(1).convert("L").save(photos / "d.png")
    async with opened(tmp_path / "data") as house, served(house) as found:
        await scan(house, photos)
        yield found


async def number_of(found: Site, name: str) -> int:
    photos = (await found.json("/api/photos"))["photos"]
    return next(photo["id"] for photo in photos if photo["filename"] == name)


async def test_what_looks_alike_comes_first_and_says_by_what(alike: Site) -> None:
    reply = await alike.json("/api/similar_photos/Pictures/a1.jpg")
    assert reply["source"] == "/Pictures/a1.jpg"
    assert (reply["mode"], reply["basis"]) == ("visual", "hash")
    found = {photo["filename"]: photo["similarity"] for photo in reply["similar"]}
    assert set(list(found)[:3]) == {"a2.jpg", "a3.jpg", "d.png"}
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found["a2.jpg"] > 0.9
    strict = await alike.json(f"/api/similar_photos/{reply['source_id']}?min_similarity=0.9&full=1")
    assert {photo["filename"] for photo in strict["similar"]} == {"a2.jpg", "a3.jpg", "d.png"}
    assert all("aggregate" in photo and "persons" in photo for photo in strict["similar"])


async def test_a_name_may_hold_whatever_a_file_system_allows(own: Site, tmp_path: Path) -> None:
    names = ["new\nline.jpg", "return\r.jpg", "q?x=1&y#z.jpg", "%41.jpg"]
    for number, name in enumerate(names):
        make_photo(tmp_path / "plain.jpg", number).rename(tmp_path / "Pictures" / name)
    await scan(own.house, tmp_path / "Pictures")
    for photo in (await own.json("/api/photos"))["photos"]:
        found = await own.json(f"/api/similar_photos/{quote(photo['path'], safe='')}")
        assert found["source_id"] == photo["id"]


async def test_pages_of_similar_photos_follow_each_other(alike: Site) -> None:
    number = await number_of(alike, "a1.jpg")
    whole = await alike.json(f"/api/similar_photos/{number}?min_similarity=0")
    first = await alike.json(f"/api/similar_photos/{number}?min_similarity=0&limit=2")
    rest = await alike.json(f"/api/similar_photos/{number}?min_similarity=0&limit=9&offset=2")
    assert [p["id"] for p in first["similar"] + rest["similar"]] == [p["id"] for p in whole["similar"]]
    assert (first["total"], first["has_more"], rest["has_more"]) == (5, True, False)


async def test_colours_leave_out_what_has_none(alike: Site) -> None:
    reply = await alike.json(f"/api/similar_photos/{await number_of(alike, 'a1.jpg')}?mode=color&min_similarity=0.01")
    assert reply["basis"] == "histogram"
    assert "d.png" not in {photo["filename"] for photo in reply["similar"]}
    assert reply["similar"][0]["filename"] == "a2.jpg"


async def test_embeddings_count_where_both_have_one(alike: Site) -> None:
    numbers = [await number_of(alike, name) for name in ("a1.jpg", "a2.jpg", "b.jpg")]
    vectors = [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0)]
    async with alike.house.db.writing() as connection:
        await connection.executemany(
            "INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, 'test', ?)",
            [(number, struct.pack("<2f", *vector)) for number, vector in zip(numbers, vectors, strict=True)],
        )
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    reply = await alike.json(f"/api/similar_photos/{numbers[0]}?min_similarity=0")
    found = {photo["id"]: photo for photo in reply["similar"]}
    assert reply["basis"] == "hash+embedding"
    assert found[numbers[1]]["similarity"] <= 0.7, "looks alike, and the model says it is something else"
    assert found[numbers[2]]["similarity"] >= 0.3


async def test_a_photo_without_faces_says_so(alike: Site) -> None:
    reply = await alike.json(f"/api/similar_photos/{await number_of(alike, 'b.jpg')}?mode=person")
    assert (reply["similar"], reply["message"]) == ([], "no_faces")


async def test_the_same_people_newest_first(alike: Site) -> None:
    numbers = [await number_of(alike, name) for name in ("b.jpg", "a1.jpg", "a3.jpg")]
    async with alike.house.db.writing() as connection:
        await connection.execute("INSERT INTO person (id, created_at, updated_at) VALUES (1, '', '')")
        await connection.executemany(
            "INSERT INTO face (photo_id, person_id, x, y, width, height, clusterable) VALUES (?, 1, 0.1, 0.1, 0.1, 0.1, 1)",
            [(number,) for number in numbers],
        )
    reply = await alike.json(f"/api/similar_photos/{numbers[0]}?mode=person")
    assert [(photo["filename"], photo["similarity"]) for photo in reply["similar"]] == [("a3.jpg", 1.0), ("a1.jpg", 1.0)]


async def test_what_cannot_be_asked(alike: Site) -> None:
    assert "limit" in await alike.problem("/api/similar_photos/1?limit=0")
    await alike.problem("/api/similar_photos/4711", 404)
    await alike.problem("/api/similar_photos/Pictures/none.jpg", 404)


async def test_the_feature_can_be_switched_off(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(viewer={"features": {"show_similar_button": False}})) as found:
        await found.problem("/api/similar_photos/1", 403)


async def test_groups_to_choose_from(alike: Site, tmp_path: Path) -> None:
    for number in range(3):
        frame = scene(7, (660, 440)).crop((3 * number, 0, 640 + 3 * number, 426))
        frame.save(tmp_path / "Pictures" / f"burst{number}.jpg", exif=exif(taken=f"2025:01:01 10:00:0{number}"))
    await scan(alike.house)
    async with alike.house.db.writing() as connection:  # in another zone, with fractions
        await connection.execute("UPDATE photo SET date_taken = date_taken || '.25', date_offset = '-09:30' WHERE filename LIKE 'burst%'")
    bursts = await alike.json("/api/burst-groups")
    assert bursts["total_groups"] == 1
    assert bursts["groups"][0]["photos"][0]["date_taken"].endswith(".25-09:30")
    assert bursts["groups"][0]["count"] == 3
    assert bursts["groups"][0]["best_path"] == bursts["groups"][0]["photos"][0]["path"]
    similar = await alike.json("/api/similar-groups?threshold=0.8")
    assert [[photo["filename"] for photo in group["photos"]] for group in similar["groups"]] == [["a1.jpg", "a2.jpg", "a3.jpg"]]
    assert await alike.json("/api/similar-groups?threshold=0.8&page=2") == {**similar, "groups": [], "page": 2}
    both = await alike.json("/api/culling-groups")
    assert both["groups"][0]["type"] == "burst"
    assert both["groups"][0]["time_delta_seconds"] == 2
    assert both["total_groups"] == bursts["total_groups"] + (await alike.json("/api/similar-groups"))["total_groups"]
    assert "threshold" in await alike.problem("/api/similar-groups?threshold=0.4")


async def test_what_a_photo_belongs_to(alike: Site, tmp_path: Path) -> None:
    for number in range(3):
        frame = scene(7, (660, 440)).crop((3 * number, 0, 640 + 3 * number, 426))
        frame.save(tmp_path / "Pictures" / f"burst{number}.jpg", exif=exif(taken=f"2025:01:01 10:00:0{number}"))
    scene(7, (660, 440)).crop((0, 0, 640, 426)).resize((320, 213)).save(tmp_path / "Pictures" / "small.jpg", quality=60)
    await scan(alike.house)
    photos = {photo["filename"]: photo for photo in (await alike.json("/api/photos"))["photos"]}
    frame = photos["burst0.jpg"]
    assert (frame["burst_kind"], frame["burst_count"], frame["duplicate_count"]) == ("burst", 3, 2)
    assert (photos["b.jpg"]["burst_count"], photos["b.jpg"]["duplicate_count"]) == (0, 0)
    groups = (await alike.json(f"/api/photo/groups?id={frame['id']}"))["groups"]
    assert [(group["type"], group["count"]) for group in groups] == [("burst", 3), ("duplicate", 2)]
    assert {photo["filename"] for photo in groups[0]["photos"]} == {"burst0.jpg", "burst1.jpg", "burst2.jpg"}
    assert {photo["filename"] for photo in groups[1]["photos"]} == {"burst0.jpg", "small.jpg"}
    assert groups[0]["best_id"] == next(photo["id"] for name, photo in photos.items() if photo["burst_count"] and photo["is_burst_lead"])
    assert (await alike.json(f"/api/photo/groups?path={photos['b.jpg']['path']}")) == {"groups": []}
    await alike.problem("/api/photo/groups?id=4711", 404)
    copies = await alike.json("/api/duplicate-groups")
    assert copies["total_groups"] == 2
    listed = [[photo["filename"] for photo in group["photos"]] for group in copies["groups"]]
    assert [photo["filename"] for photo in groups[1]["photos"]] in listed
    assert (await alike.json("/api/duplicate-groups?per_page=1&page=2"))["groups"] == copies["groups"][1:]
