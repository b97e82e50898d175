"""What comes over from a library of Facet: ratings and captions; twice, in trials, and where a user decided otherwise here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facetd.db import captions as db_captions
from facetd.db.connection import Database
from facetd.library.importing.facetconfig import FacetConfig
from facetd.library.importing.paths import PathRules
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.facetmaker import FIRST, FacetMaker
from tests.library.importing.bringing import bring, contents, tally


async def ratings(db: Database, user: int = 0) -> dict[int, tuple[int, int, int]]:
    rows = await db.rows("SELECT photo_id, stars, is_favorite, is_rejected FROM rating WHERE user_id = ?", (user,))
    return {row[0]: tuple(row[1:]) for row in rows}


async def rate(db: Database, photo: int, stars: int, favorite: int = 0, rejected: int = 0) -> None:
    async with db.writing() as connection:
        await connection.execute(
            "INSERT OR REPLACE INTO rating VALUES (0, ?, ?, ?, ?, '2026-01-01T00:00:00Z')", (photo, stars, favorite, rejected)
        )


async def test_ratings_and_captions_come_once(db: Database, root: Root, facet: FacetMaker) -> None:
    stars, loved, rejected, plain = await put(db, *(visit(root, f"{name}.jpg") for name in ("stars", "loved", "rejected", "plain")))
    facet.photo(f"{root.path}/stars.jpg", star_rating=4, caption="A dog  in\nthe snow", caption_translated="Un chien dans la neige")
    facet.photo(f"{root.path}/loved.jpg", star_rating="5", is_favorite=1)
    facet.photo(f"{root.path}/rejected.jpg", is_rejected=1, caption="")
    facet.photo(f"{root.path}/plain.jpg", star_rating=None)
    report = await bring(db, facet, config=FacetConfig(language="fr"))
    assert await ratings(db) == {stars: (4, 0, 0), loved: (5, 1, 0), rejected: (0, 0, 1)}
    assert await db_captions.caption_of(db, stars) == ("A dog in the snow", "facet")
    assert await db_captions.translation_of(db, stars, "fr") == "Un chien dans la neige"
    assert await db_captions.caption_of(db, plain) is None
    assert (report.photos, report.matched, report.left, report.changes) == (4, 4, [], 5)
    before, revision = await contents(db), db.revision
    again = await bring(db, facet, config=FacetConfig(language="fr"))
    assert (again.changes, tally(again, "ratings"), tally(again, "captions")) == (0, (0, 3, 0, 0), (0, 1, 0, 0))
    assert tally(again, "translations") == (0, 1, 0, 0)
    assert (await contents(db), db.revision) == (before, revision)


async def test_what_changed_there_comes_and_what_changed_here_stays(db: Database, root: Root, facet: FacetMaker) -> None:
    there, here, both, cleared = await put(db, *(visit(root, f"{name}.jpg") for name in ("there", "here", "both", "cleared")))
    for name in ("there", "here", "both", "cleared"):
        facet.photo(f"{root.path}/{name}.jpg", star_rating=2, caption=f"{name} before")
    await bring(db, facet)
    facet.run("UPDATE photos SET star_rating = 5, caption = filename || ' then' WHERE filename IN ('there.jpg', 'both.jpg')")
    for photo in (here, both):
        await rate(db, photo, 3)
        await db_captions.write_caption(db, photo, "mine", "manual")
    await rate(db, cleared, 0)
    await db_captions.drop_caption(db, cleared)
    report = await bring(db, facet)
    assert await ratings(db) == {there: (5, 0, 0), here: (3, 0, 0), both: (3, 0, 0), cleared: (0, 0, 0)}
    assert await db_captions.caption_of(db, there) == ("there.jpg then", "facet")
    assert await db_captions.caption_of(db, both) == ("mine", "manual")
    assert await db_captions.caption_of(db, cleared) is None
    assert (tally(report, "ratings"), tally(report, "captions")) == ((1, 0, 3, 0), (1, 0, 3, 0))


@pytest.mark.parametrize(
    ("ours", "theirs", "merged", "counts"),
    [
        ((3, 0, 0), (5, 0, 0), (3, 0, 0), (0, 0, 1, 0)),
        ((3, 0, 0), (3, 1, 0), (3, 1, 0), (1, 0, 0, 0)),
        ((0, 1, 0), (4, 0, 0), (4, 1, 0), (1, 0, 0, 0)),
        ((0, 0, 1), (4, 1, 0), (0, 0, 1), (0, 0, 1, 0)),
        ((4, 0, 0), (0, 0, 1), (4, 0, 0), (0, 0, 1, 0)),
        ((0, 0, 0), (1, 0, 0), (1, 0, 0), (1, 0, 0, 0)),
        ((2, 1, 0), (2, 0, 0), (2, 1, 0), (0, 1, 0, 0)),
    ],
)
async def test_what_was_set_here_before_the_first_import_stays(
    db: Database, root: Root, facet: FacetMaker, ours: Any, theirs: Any, merged: Any, counts: Any
) -> None:
    (photo,) = await put(db, visit(root, "a.jpg"))
    await rate(db, photo, *ours)
    facet.photo(f"{root.path}/a.jpg", star_rating=theirs[0], is_favorite=theirs[1], is_rejected=theirs[2])
    assert tally(await bring(db, facet), "ratings") == counts
    assert await ratings(db) == {photo: merged}
    again = await bring(db, facet)
    assert (again.changes, await ratings(db)) == (0, {photo: merged})


async def test_a_trial_writes_nothing(db: Database, root: Root, facet: FacetMaker) -> None:
    await put(db, visit(root, "a.jpg"))
    facet.photo(f"{root.path}/a.jpg", star_rating=4, caption="A dog")
    before = await contents(db)
    trial = await bring(db, facet, trial=True)
    assert (await contents(db), trial.dry_run) == (before, True)
    done = await bring(db, facet)
    assert trial.as_dict() | {"dry_run": False} == done.as_dict()
    assert await contents(db) != before


async def test_captions_of_models_give_way_and_those_of_facet_last(db: Database, root: Root, facet: FacetMaker) -> None:
    model, hand = await put(db, visit(root, "model.jpg"), visit(root, "hand.jpg"))
    await db_captions.write_caption(db, model, "by a model", "llava")
    await db_captions.write_caption(db, hand, "by hand", "manual")
    for name in ("model", "hand"):
        facet.photo(f"{root.path}/{name}.jpg", caption="from Facet")
    assert tally(await bring(db, facet), "captions") == (1, 0, 1, 0)
    assert await db_captions.caption_of(db, model) == ("from Facet", "facet")
    assert await db_captions.caption_of(db, hand) == ("by hand", "manual")
    await db_captions.write_caption(db, model, "by a model", "llava")
    assert await db_captions.caption_of(db, model) == ("from Facet", "facet")


async def test_photos_that_are_not_here_are_told_with_the_reason(db: Database, root: Root, facet: FacetMaker, tmp_path: Path) -> None:
    await put(db, visit(root, "here.jpg"))
    (tmp_path / "Photos" / "new.jpg").touch()
    (tmp_path / "Elsewhere").mkdir()
    (tmp_path / "Elsewhere" / "other.jpg").touch()
    for path in (
        f"{root.path}/here.jpg",
        f"{root.path}/new.jpg",
        f"{tmp_path}/Elsewhere/other.jpg",
        f"{root.path}/gone.jpg",
        "relative.jpg",
    ):
        facet.photo(path, star_rating=1, caption="words")
    report = await bring(db, facet)
    assert {Path(each.path).name: each.reason for each in report.left} == {
        "new.jpg": "not scanned", "other.jpg": "in no root", "gone.jpg": "not found", "relative.jpg": "not found",
    }  # fmt: skip
    assert (tally(report, "ratings"), tally(report, "captions")) == ((1, 0, 0, 4), (1, 0, 0, 4))
    await put(db, visit(root, "new.jpg"))
    assert tally(await bring(db, facet), "ratings") == (1, 1, 0, 3)


async def test_a_database_of_the_first_version_has_photos_only(db: Database, root: Root, tmp_path: Path) -> None:
    await put(db, visit(root, "a.jpg"))
    facet = FacetMaker(tmp_path / "old.db", FIRST)
    facet.photo(f"{root.path}/a.jpg")
    report = await bring(db, facet)
    assert (report.matched, report.changes, report.notes) == (1, 0, [])


async def test_odd_values_are_left_out_and_told(db: Database, root: Root, facet: FacetMaker) -> None:
    long, odd, bytes_, soiled = await put(db, *(visit(root, f"{name}.jpg") for name in ("long", "odd", "bytes", "soiled")))
    facet.photo(f"{root.path}/long.jpg", caption="word " * 200_000, caption_translated="mot " * 9000)
    facet.photo(f"{root.path}/odd.jpg", star_rating=99, caption=" \t\n")
    facet.photo(f"{root.path}/bytes.jpg", star_rating=2**60, is_favorite="yes", caption=b"caf\xc3\xa9 \x00\xff")
    facet.photo(f"{root.path}/soiled.jpg", star_rating=4.0, is_favorite=None, caption=12)
    report = await bring(db, facet, config=FacetConfig(language="de"))
    assert await ratings(db) == {soiled: (4, 0, 0)}
    text = await db_captions.caption_of(db, long)
    assert text is not None and len(text[0]) == 1999
    assert await db_captions.caption_of(db, bytes_) == ("café \ufffd", "facet")
    assert sorted((note.kind, Path(note.name).name) for note in report.notes) == [
        ("captions", "long.jpg"), ("ratings", "bytes.jpg"), ("ratings", "odd.jpg"),
    ]  # fmt: skip
    assert await db_captions.caption_of(db, odd) is None
    assert (await bring(db, facet, config=FacetConfig(language="de"))).changes == 0


async def test_translations_need_to_know_their_language(db: Database, root: Root, facet: FacetMaker) -> None:
    (photo,) = await put(db, visit(root, "a.jpg"))
    facet.photo(f"{root.path}/a.jpg", caption="A dog", caption_translated="Een hond")
    for language in ("", "nl"):
        report = await bring(db, facet, config=FacetConfig(language=language))
        assert (tally(report, "translations"), report.notes[0].kind) == ((0, 0, 0, 1), "translations")
    await db_captions.write_caption(db, photo, "A cat", "manual")
    assert tally(await bring(db, facet, config=FacetConfig(language="fr")), "translations") == (0, 0, 1, 0)


async def test_folders_have_other_names_here(db: Database, root: Root, facet: FacetMaker) -> None:
    photos = await put(db, visit(root, "a b.jpg", folder="100% _x"), visit(root, "C.JPG", folder="Sub/2024"), visit(root, "d.jpg"))
    facet.photo("/photos/100% _x/a b.jpg", star_rating=1)
    facet.photo("D:\\Bilder\\sub\\2024\\c.jpg", star_rating=2)
    facet.photo("/photosX/d.jpg", star_rating=3)
    rules = PathRules.parse(["/photos/=" + root.path], {"d:/bilder": root.path})
    report = await bring(db, facet, rules=rules)
    assert await ratings(db) == {photos[0]: (1, 0, 0), photos[1]: (2, 0, 0)}
    assert [(each.path, each.reason) for each in report.left] == [("/photosX/d.jpg", "not found")]


async def test_a_raw_file_that_is_hidden_speaks_for_the_photo_that_is_shown(db: Database, root: Root, facet: FacetMaker) -> None:
    shown, other, _raw, _raw2, alone = await put(
        db, visit(root, "a.jpg"), visit(root, "b.jpg"), visit(root, "a.dng", fmt="raw"), visit(root, "b.dng", fmt="raw"),
        visit(root, "c.dng", fmt="raw"),
    )  # fmt: skip
    facet.photo(f"{root.path}/a.dng", star_rating=4, caption="of the RAW")
    facet.photo(f"{root.path}/b.dng", star_rating=1, caption="of the RAW")
    facet.photo(f"{root.path}/b.jpg", star_rating=2)
    facet.photo(f"{root.path}/c.dng", star_rating=5)
    for album, name in ((facet.put("albums", name="Both"), "b.dng"), (1, "b.jpg"), (1, "a.dng")):
        facet.put("album_photos", album_id=album, photo_path=f"{root.path}/{name}", position=0)
    report = await bring(db, facet)
    assert await ratings(db) == {shown: (4, 0, 0), other: (2, 0, 0), alone: (5, 0, 0)}
    assert await db_captions.caption_of(db, other) == ("of the RAW", "facet")
    assert [row[0] for row in await db.rows("SELECT photo_id FROM album_photo ORDER BY position")] == [other, shown]
    assert (report.matched, tally(report, "ratings")) == (4, (3, 0, 0, 0))
    assert (await bring(db, facet)).changes == 0


async def test_tags_by_hand_come_and_last(db: Database, root: Root, facet: FacetMaker) -> None:
    (photo,) = await put(db, visit(root, "a.jpg", keywords=("Dog",)))
    path = facet.photo(f"{root.path}/a.jpg")
    for tag in ("dog", "summer  2024\n", "x" * 500, " "):
        facet.put("photo_manual_tags", photo_path=path, tag=tag)
    facet.put("photo_manual_tags", photo_path="/gone.jpg", tag="dog")
    sql = "SELECT t.name, pt.source FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = ? ORDER BY t.name"
    for counts in ((1, 1, 0, 3), (0, 2, 0, 3)):
        assert tally(await bring(db, facet), "tags") == counts
        await put(db, visit(root, "a.jpg", keywords=("Dog",)))  # read again
        assert [tuple(row) for row in await db.rows(sql, (photo,))] == [("Dog", "keyword"), ("summer 2024", "facet")]
