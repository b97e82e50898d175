"""Albums of Facet: photos in their order, filters in our words, and what a user changed here."""

from __future__ import annotations

import json
from typing import Any

from facetd.db import albumwrites
from facetd.db import people as db_people
from facetd.db.connection import Database
from facetd.library.importing.albums import translate_filter
from facetd.library.importing.facetconfig import FacetConfig
from facetd.library.importing.paths import PathRules
from facetd.library.smartfilter import parse_smart_filter
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.facetmaker import FacetMaker
from tests.library.importing.bringing import bring, contents, tally


async def photos_of(db: Database, album: int) -> list[int]:
    return [row[0] for row in await db.rows("SELECT photo_id FROM album_photo WHERE album_id = ? ORDER BY position", (album,))]


async def columns(db: Database) -> list[tuple[Any, ...]]:
    sql = "SELECT name, description, visibility, smart_filter, cover_photo_id, created_at FROM album ORDER BY id"
    return [tuple(row) for row in await db.rows(sql)]


def fill(facet: FacetMaker, album: int, *paths: str) -> None:
    facet.run("DELETE FROM album_photos WHERE album_id = ?", (album,))
    for place, path in enumerate(paths):
        facet.put("album_photos", album_id=album, photo_path=path, position=10 - place if album == 99 else place)


async def library(db: Database, root: Root, facet: FacetMaker) -> tuple[list[int], list[str]]:
    """Four photos here, and five in Facet."""
    photos = await put(db, *(visit(root, f"{n}.jpg") for n in range(4)))
    return photos, [facet.photo(f"{root.path}/{n}.jpg") for n in range(5)]


async def test_albums_come_in_their_order_with_their_cover(db: Database, root: Root, facet: FacetMaker) -> None:
    photos, paths = await library(db, root, facet)
    album = facet.put("albums", name=" Rome\n2024 ", description="Holidays", cover_photo_path=paths[2], created_at="2024-07-14 18:03:22",
                      share_token="secret")  # fmt: skip
    fill(facet, album, paths[3], paths[0], paths[4], paths[2])
    facet.put("albums", name="\x1b[31mEmpty\x9b", is_smart=0, description="one\r\n\x07two  \n")
    report = await bring(db, facet)
    assert await columns(db) == [
        ("Rome 2024", "Holidays", "private", None, photos[2], "2024-07-14T18:03:22Z"),
        ("[31mEmpty", "one\ntwo", "private", None, None, (await columns(db))[1][5]),
    ]
    assert await photos_of(db, 1) == [photos[3], photos[0], photos[2]]
    assert tally(report, "albums") == (2, 0, 0, 0)
    assert [note.reason for note in report.notes] == ["1 of 4 photos are not here", "its link is not taken over: share it again"]
    before = await contents(db)
    again = await bring(db, facet)
    assert (again.changes, tally(again, "albums"), await contents(db)) == (0, (0, 2, 0, 0), before)


async def test_what_changed_there_comes_unless_it_changed_here(db: Database, root: Root, facet: FacetMaker) -> None:
    photos, paths = await library(db, root, facet)
    for name in ("untouched", "renamed", "sorted", "deleted"):
        fill(facet, facet.put("albums", name=name), paths[0], paths[1])
    await bring(db, facet)
    await albumwrites.change(db, 2, {"name": "Mine"})
    async with db.writing() as connection:
        await albumwrites.reorder(connection, 3, lambda ids: ids[::-1])
    async with db.writing() as connection:
        await albumwrites.delete(connection, 4)
    facet.run("UPDATE albums SET name = name || '!', description = 'new'")
    (late,) = await put(db, visit(root, "4.jpg"))
    for album in range(1, 5):
        fill(facet, album, paths[4], paths[1], paths[2])
    report = await bring(db, facet)
    assert [row[:2] for row in await columns(db)] == [("untouched!", "new"), ("Mine", "new"), ("sorted!", "new")]
    assert await photos_of(db, 1) == await photos_of(db, 2) == [late, photos[1], photos[2]]
    assert await photos_of(db, 3) == [photos[1], photos[0], late, photos[2]]
    assert tally(report, "albums") == (3, 0, 1, 0)
    again = await bring(db, facet)
    assert (again.changes, tally(again, "albums")) == (0, (0, 1, 3, 0))


async def test_a_photo_that_was_scanned_later_takes_its_place(db: Database, root: Root, facet: FacetMaker) -> None:
    photos, paths = await library(db, root, facet)
    fill(facet, facet.put("albums", name="Rome", cover_photo_path=paths[4]), paths[0], paths[4], paths[1])
    await bring(db, facet)
    async with db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id = ?", (photos[1],))
    (late,) = await put(db, visit(root, "4.jpg"))
    assert tally(await bring(db, facet), "albums") == (1, 0, 0, 0)
    assert await photos_of(db, 1) == [photos[0], late]
    assert (await columns(db))[0][4] == late


async def test_who_sees_an_album_that_is_nobodys(db: Database, root: Root, facet: FacetMaker) -> None:
    await library(db, root, facet)
    facet.put("albums", name="Everybody's")
    facet.put("albums", name="Alice's", user_id="alice")
    report = await bring(db, facet, config=FacetConfig(users={"alice": {}}))
    assert [row[:3] for row in await columns(db)] == [("Everybody's", "", "household")]
    assert [(note.name, note.reason) for note in report.notes] == [("Alice's", "there is no user alice here")]
    assert tally(report, "albums") == (1, 0, 0, 1)


async def test_smart_albums_mean_our_people_and_folders(db: Database, root: Root, facet: FacetMaker) -> None:
    await library(db, root, facet)
    anna, nobody = facet.put("persons", name="Anna"), facet.put("persons", name=None)
    here = await db_people.make(db, "anna")
    filters = {
        "person_id": str(anna), "min_score": "7", "type": "others", "is_monochrome": True, "sort": "date_taken", "sort_direction": "ASC",
        "path_prefix": "/old/Rome", "page": 3, "color_temp": "warm", "min_iso": "lots", "search": "", "hide_blinks": False,
    }  # fmt: skip
    facet.put("albums", name="Anna", is_smart=1, smart_filter_json=json.dumps(filters))
    facet.put("albums", name="Nobody", is_smart=1, smart_filter_json=json.dumps({"person_id": f"{anna},{nobody}"}))
    facet.put("albums", name="Broken", is_smart=1, smart_filter_json="{")
    facet.put("albums", name="All", is_smart=1, smart_filter_json='{"sort": "date_taken"}')
    report = await bring(db, facet, rules=PathRules.parse([f"/old={root.path}"], {}))
    assert json.loads((await columns(db))[0][3]) == {
        "person": str(here), "min_score": "7", "type": "default", "is_monochrome": "1", "sort": "date_taken", "sort_direction": "ASC",
        "path_prefix": "/Photos/Rome",
    }  # fmt: skip
    assert [row[0] for row in await columns(db)] == ["Anna", "All"], "others would show every photo"
    for row in await columns(db):
        parse_smart_filter(row[3])
    assert tally(report, "albums") == (2, 0, 0, 2)
    assert [(note.name, note.reason.rpartition(": ")[2]) for note in report.notes if note.kind == "albums"] == [
        ("Anna", "color_temp, min_iso"), ("Nobody", "person_id"), ("Broken", "all of it"),
    ]  # fmt: skip
    assert (await bring(db, facet, rules=PathRules.parse([f"/old={root.path}"], {}))).changes == 0


def test_what_goes_together_goes_together() -> None:
    made, left = translate_filter('{"gps_lat": "5", "gps_lng": "6", "tag": "dog"}', {}, [], str)
    parse_smart_filter(made)
    assert "gps_lat" in left
    assert translate_filter('{"sort": "learned_score", "sort_direction": "sideways", "tag": "dog"}', {}, [], str) == (
        '{"tag": "dog"}', ["sort", "sort_direction"],
    )  # fmt: skip
