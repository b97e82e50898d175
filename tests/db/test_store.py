"""Storing: what a visit found is there, what it did not look at stays, and ids never change."""

from __future__ import annotations

import dataclasses
import os

from facetd.db import ledger, store
from facetd.db.connection import Database
from facetd.records.files import Root
from facetd.records.metadata import FaceRegion
from facetd.records.viewer import Viewer
from facetd.records.visit import Outcome
from tests.db.conftest import put, visit


async def test_a_visit_to_a_known_place_updates_its_photo(db: Database, root: Root) -> None:
    (first,) = await put(db, visit(root, "a.jpg", camera_model="One", keywords=("dog", "sea")))
    (again,) = await put(db, visit(root, "a.jpg", camera_model="Two", keywords=("sea",)))
    row = await db.row("SELECT camera_model FROM photo")
    tags = await db.rows("SELECT t.name FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id")
    assert again == first
    assert row is not None
    assert row[0] == "Two"
    assert [tag[0] for tag in tags] == ["sea"]


async def test_parts_that_were_not_looked_at_stay(db: Database, root: Root) -> None:
    whole = visit(root, "a.jpg", camera_model="One", title="Sea")
    (number,) = await put(db, whole)
    await put(db, dataclasses.replace(whole, metadata=None, judgement=None, outcomes=(Outcome("thumbnail", "t2:"),)))
    row = await db.row("SELECT camera_model, title, aggregate FROM photo WHERE id = ?", (number,))
    assert row is not None
    assert tuple(row) == ("One", "Sea", 5.0)
    prints = {line["kind"]: line["fingerprint"] for line in await db.rows("SELECT kind, fingerprint FROM analysis")}
    assert prints == {"metadata": "m:", "thumbnail": "t2:", "technical": "x:"}


async def test_a_rating_in_the_file_counts_until_the_viewer_gives_one(db: Database, root: Root) -> None:
    (number,) = await put(db, visit(root, "a.jpg", rating=4))
    async with db.writing() as connection:
        await connection.execute("UPDATE rating SET stars = 2 WHERE photo_id = ?", (number,))
    await put(db, visit(root, "a.jpg", rating=5))
    await put(db, visit(root, "rejected.jpg", rating=-1), visit(root, "none.jpg", rating=None))
    rows = await db.rows("SELECT p.filename, r.stars, r.is_rejected FROM rating r JOIN photo p ON p.id = r.photo_id ORDER BY 1")
    assert [tuple(row) for row in rows] == [("a.jpg", 2, 0), ("rejected.jpg", 0, 1)]


async def test_regions_are_replaced_as_a_whole(db: Database, root: Root) -> None:
    face = FaceRegion("Anna", "Face", 0.5, 0.5, 0.2, 0.3)
    await put(db, visit(root, "a.jpg", regions=(face, dataclasses.replace(face, name="Ben"))))
    await put(db, visit(root, "a.jpg", regions=(dataclasses.replace(face, name="Cleo"),)))
    rows = await db.rows("SELECT name, x, height FROM region")
    assert [tuple(row) for row in rows] == [("Cleo", 0.5, 0.3)]


async def test_a_failure_is_on_the_list_and_hides_the_photo(db: Database, root: Root, viewer: Viewer) -> None:
    broken = dataclasses.replace(
        visit(root, "bad.jpg", folder="x"), judgement=None, outcomes=(Outcome("thumbnail", "t:", error="It is damaged.", reason="damaged"),)
    )
    await put(db, broken)
    total, failures = await ledger.failures(db, viewer, offset=0, limit=10)
    assert total == 1
    assert (failures[0]["path"], failures[0]["message"], failures[0]["attempts"]) == ("/photos/x/bad.jpg", "It is damaged.", 1)
    await put(db, broken)
    _, failures = await ledger.failures(db, viewer, offset=0, limit=10)
    assert failures[0]["attempts"] == 2
    stranger = Viewer(5, "user", frozenset())
    assert await ledger.failures(db, stranger, offset=0, limit=10) == (0, [])


async def test_each_change_counts_as_a_revision(db: Database, root: Root) -> None:
    before = db.revision
    ids = await put(db, visit(root, "a.jpg"))
    middle = db.revision
    await store.set_missing(db, ids, missing=True, pair_raw=True)
    assert before < middle < db.revision


async def test_missing_photos_leave_after_their_time(db: Database, root: Root) -> None:
    one, two = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"))
    copy = dataclasses.replace(visit(root, "copy of b.jpg"), content_hash="hash of /b.jpg")
    await put(db, copy)
    await store.set_missing(db, [one, two], missing=True, pair_raw=True)
    assert await store.delete_missing(db, "2000-01-01T00:00:00Z") == []
    assert await store.delete_missing(db, "9999-01-01T00:00:00Z") == ["hash of /a.jpg"], "the other content is still in use"
    assert [row[0] for row in await db.rows("SELECT filename FROM photo")] == ["copy of b.jpg"]
    assert [tuple(row) for row in await db.rows("SELECT hide, photos FROM gate_count WHERE photos")] == [(0, 1)]


async def test_the_ledger_knows_what_is_outdated(db: Database, root: Root) -> None:
    ids = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"))
    assert await ledger.outdated(db, "technical", "new:", with_sidecar=False) == set(ids)
    async with db.writing() as connection:
        await connection.execute("UPDATE analysis SET fingerprint = 'new:hash of /a.jpg' WHERE photo_id = ?", (ids[0],))
    assert await ledger.outdated(db, "technical", "new:", with_sidecar=False, root_id=root.id) == {ids[1]}
    assert await ledger.outdated(db, "faces", "f:", with_sidecar=False) == set(ids), "a new kind is missing everywhere"
    await store.set_missing(db, ids, missing=True, pair_raw=True)
    assert await ledger.outdated(db, "faces", "f:", with_sidecar=False) == set()


async def test_names_that_are_not_utf8_are_kept_as_bytes(db: Database, root: Root) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    await put(db, visit(root, name, folder=os.fsdecode(b"\xff")), visit(root, "café.jpg"))
    rows = await db.rows("SELECT p.filename, f.path FROM photo p JOIN folder f ON f.id = p.folder_id ORDER BY typeof(p.filename)")
    assert [tuple(row) for row in rows] == [(b"caf\xe9.jpg", b"\xff"), ("café.jpg", "")]
