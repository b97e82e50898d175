"""RAW+JPEG pairs."""

from __future__ import annotations

from facetd.db import store
from facetd.db.companions import clear_companions, raws_of
from facetd.db.connection import Database
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit


async def hidden(db: Database) -> list[str]:
    rows = await db.rows("SELECT p.filename FROM photo p JOIN gate g ON g.photo_id = p.id WHERE g.hide & 16 ORDER BY 1")
    return [row[0] for row in rows]


async def test_a_raw_of_the_same_stem_and_folder_is_hidden(db: Database, root: Root) -> None:
    await put(
        db,
        visit(root, "IMG_1.jpg"),
        visit(root, "IMG_1.CR2", fmt="raw"),
        visit(root, "IMG_10.CR2", fmt="raw"),
        visit(root, "IMG_1.edit.CR2", fmt="raw"),
        visit(root, "IMG_1.CR2", folder="other", fmt="raw"),
        visit(root, "IMG_2.tif", fmt="tiff"),
        visit(root, "IMG_2.NEF", fmt="raw"),
        visit(root, "IMG_3.heic", fmt="heif"),
        visit(root, "IMG_3.DNG", fmt="raw"),
    )
    assert await hidden(db) == ["IMG_1.CR2", "IMG_3.DNG"]


async def test_the_raw_shows_again_when_its_jpeg_goes(db: Database, root: Root) -> None:
    raw, jpeg = await put(db, visit(root, "a.nef", fmt="raw"), visit(root, "a.jpg"))
    assert await hidden(db) == ["a.nef"]
    await store.set_missing(db, [jpeg], missing=True, pair_raw=True)
    assert await hidden(db) == []
    await store.set_missing(db, [jpeg], missing=False, pair_raw=True)
    assert await hidden(db) == ["a.nef"]
    async with db.writing() as connection:
        await clear_companions(connection)
    assert await hidden(db) == []
    assert raw != jpeg


async def test_the_raw_of_a_photo(db: Database, root: Root, viewer: Viewer) -> None:
    jpeg, cr2, dng, other, heic, nef, odd, odd_raw, tiff = await put(
        db,
        visit(root, "IMG_1.jpg"),
        visit(root, "IMG_1.CR2", fmt="raw"),
        visit(root, "IMG_1.DNG", fmt="raw"),
        visit(root, "IMG_1.edit.jpg"),
        visit(root, "a_b.heic", fmt="heif"),
        visit(root, "a_b.nef", fmt="raw"),
        visit(root, "\udcff%.jpg"),
        visit(root, "\udcff%.nef", fmt="raw"),
        visit(root, "IMG_1.tif", fmt="tiff"),
    )
    everything = [jpeg, cr2, dng, other, heic, nef, odd, odd_raw, tiff]
    found = await db.read(lambda connection: raws_of(connection, viewer, everything))
    assert found == {jpeg: cr2, cr2: cr2, dng: dng, heic: nef, nef: nef, odd: odd_raw, odd_raw: odd_raw}
    nobody = Viewer(1, "user", frozenset())
    assert await db.read(lambda connection: raws_of(connection, nobody, everything)) == {}
    await store.set_missing(db, [cr2], missing=True, pair_raw=True)
    assert (await db.read(lambda connection: raws_of(connection, viewer, [jpeg]))) == {jpeg: dng}
