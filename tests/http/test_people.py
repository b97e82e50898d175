"""Persons and faces over HTTP: lists, decisions, pictures, filters; and that nobody sees people of photos they may not see."""

from __future__ import annotations

import io
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facetd.db import roots
from facetd.media.thumbnail_paths import thumbnail_path
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.house import config, opened, scan
from tests.http.serving import Site, as_viewer, problem_of, served
from tests.people import Cast, add_face, add_faces, group
from tests.photos import make_photo

SCENES = ["ab", "ab", "a", "b", "cc"[:1], "c", "d"]


async def post(site: Site, path: str, body: object = None, status: int = 200) -> Any:
    response = await site.client.post(path, json=body if body is not None else {})
    text = await response.text()
    assert response.status == status, text
    return await response.json() if status == 200 else await problem_of(response, status)


async def decide(site: Site, path: str, body: object = None) -> Any:
    """The same for a decision that changes something: it can be taken back."""
    reply = await post(site, path, body)
    assert reply.pop("undo")
    return reply


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[Site]:
    """Seven photos of Anna (1, 2, 3 of photo id 1..), Bea and Cleo, found but not named; D was seen once."""
    settings = config(viewer={"dropdowns": {"min_photos_for_person": 2}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        root = await roots.add_root(house.db, str(tmp_path))
        photos = await put(house.db, *(visit(root, f"{n}.jpg", aggregate=float(n)) for n in range(len(SCENES))))
        await add_faces(house.db, Cast(), photos, SCENES)
        await group(house.db)
        yield site


async def ids(site: Site, query: str = "") -> list[int]:
    return [person["id"] for person in (await site.json(f"/api/persons?{query}"))["persons"]]


async def listed(site: Site, query: str) -> set[int]:
    return {photo["id"] for photo in (await site.json(f"/api/photos?{query}"))["photos"]}


async def test_the_list_of_persons(people: Site) -> None:
    found = await people.json("/api/persons")
    assert (found["total"], found["page"], found["total_pages"], found["sort"]) == (3, 1, 1, "count_desc")
    first = found["persons"][0]
    assert first == {
        "id": 1, "name": None, "display_name": "Person 1", "is_named": False, "hidden": False, "representative_face_id": 1,
        "face_count": 3, "photo_count": 3, "face_thumbnail": 1, "rep_quality": 5.0,
    }  # fmt: skip
    assert await people.json("/api/person/1") == first
    await post(people, "/api/persons/2/rename", {"name": "  Béa   Z "})
    await post(people, "/api/persons/3/rename", {"name": "anna"})
    assert await ids(people, "sort=name_asc") == [3, 2, 1]
    assert await ids(people, "sort=name_desc") == [2, 3, 1]
    assert await ids(people, "sort=count_asc") == [3, 1, 2]
    assert await ids(people, "sort=quality_desc") == [1, 2, 3]
    assert await ids(people, "search=B%C3%89A") == [2]
    assert await ids(people, "search=bea") == [2]
    assert await ids(people, "search=1") == [1]
    assert await ids(people, "per_page=1&page=2") == [2]
    assert await ids(people, "search=nobody") == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/persons?per_page=0", "per_page"), ("/api/persons?per_page=201", "per_page"), ("/api/persons?page=0", "page"),
        ("/api/persons?sort=age", "sort"), ("/api/persons?colour=red", "colour"), ("/api/merge_suggestions?threshold=2", "threshold"),
        ("/api/photos?person=1,x", "person"), ("/api/photos?person=-1", "person"), ("/api/filter_options/persons?ids=a", "ids"),
        ("/api/photo/faces", "id"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_named(people: Site, path: str, field: str) -> None:
    assert field in await people.problem(path)


@pytest.mark.parametrize("number", [99, 0, 2**63, 10**30, "9" * 5000])
async def test_who_is_not_there(people: Site, number: int) -> None:
    for path in (f"/api/person/{number}", f"/api/person/{number}/faces", f"/person_thumbnail/{number}", f"/face_thumbnail/{number}"):
        assert (await people.get(path)).status == 404
    for path, body in (
        (f"/api/persons/{number}/rename", {"name": "x"}), (f"/api/persons/{number}/delete", {}), (f"/api/persons/{number}/hide", {}),
        (f"/api/persons/{number}/split", {"face_ids": [1]}), (f"/api/person/{number}/avatar", {"face_id": 1}),
        (f"/api/persons/merge/{number}/1", {}), (f"/api/persons/merge/1/{number}", {}), (f"/api/face/{number}/assign", {"person_id": 1}),
        (f"/api/face/{number}/unassign", {}),
    ):  # fmt: skip
        await post(people, path, body, 404)


async def test_names(people: Site) -> None:
    assert await post(people, "/api/persons/1/rename", {"name": " Anna  Maria "}) == {"success": True, "name": "Anna Maria"}
    photo = await people.json("/api/photo?id=1")
    assert photo["persons"] == [{"id": 1, "name": "Anna Maria"}, {"id": 2, "name": "Person 2"}]
    assert await listed(people, "search=maria") == {1, 2, 3}
    assert await post(people, "/api/persons/1/rename", {"name": " "}) == {"success": True, "name": None}
    assert await listed(people, "search=maria") == set()
    for name in ("x" * 201, "a\u202eb"):
        assert "name" in await post(people, "/api/persons/1/rename", {"name": name}, 400)
    assert "nmae" in await post(people, "/api/persons/1/rename", {"nmae": "x"}, 400)


async def test_a_photo_tells_who_is_in_it(people: Site) -> None:
    photos = {photo["id"]: photo for photo in (await people.json("/api/photos"))["photos"]}
    assert [person["id"] for person in photos[1]["persons"]] == [1, 2]
    assert (photos[7]["persons"], photos[7]["unassigned_faces"]) == ([], 1)
    found = (await people.json("/api/photo/faces?id=1"))["faces"]
    assert [(face["face_index"], face["person_id"], face["person_name"], face["assigned_by"]) for face in found] == [
        (0, 1, "Person 1", "cluster"), (1, 2, "Person 2", "cluster"),
    ]  # fmt: skip
    assert [found[0][f"bbox_{name}"] for name in ("x1", "y1", "x2", "y2")] == [2, 4, 5, 8], "of a picture of 30 x 20 px"
    assert found[0]["photo_path"] == photos[1]["path"]
    by_path = await people.json(f"/api/photo/faces?path={photos[1]['path']}")
    assert by_path["faces"] == found


async def test_photos_by_person(people: Site) -> None:
    assert await listed(people, "person=1") == {1, 2, 3}
    assert await listed(people, "person=1,2") == {1, 2}
    assert await listed(people, "person_id=2") == {1, 2, 4}
    assert await listed(people, "person=2, 1&sort=filename") == {1, 2}
    assert await listed(people, "person=1,99") == set()
    assert len(await listed(people, "person=")) == 7
    assert (await people.json("/api/photos?person=1"))["total"] == 3


async def test_merging(people: Site) -> None:
    await post(people, "/api/persons/1/rename", {"name": "Anna"})
    await post(people, "/api/persons/3/rename", {"name": "Cleo"})
    assert await decide(people, "/api/persons/merge", {"source_id": 3, "target_id": 1}) == {
        "success": True, "target_id": 1, "merged_count": 1, "new_count": 5,
    }  # fmt: skip
    merged = await people.json("/api/person/1")
    assert (merged["name"], merged["face_count"]) == ("Anna", 5)
    assert (await people.get("/api/person/3")).status == 404
    assert (await post(people, "/api/persons/merge/1/2"))["new_count"] == 8
    assert (await people.json("/api/person/2"))["name"] == "Anna", "an unnamed target takes the name"
    await group(people.house.db, everything=True)
    assert (await people.json("/api/person/2"))["face_count"] == 8


async def test_merging_what_cannot_be_merged(people: Site) -> None:
    assert "target_id" in await post(people, "/api/persons/merge", {"source_id": 1, "target_id": 1}, 409)
    assert "target_id" in await post(people, "/api/persons/merge_batch", {"source_ids": [2, 1], "target_id": 1}, 409)
    assert "source_ids" in await post(people, "/api/persons/merge_batch", {"source_ids": [], "target_id": 1}, 400)
    await post(people, "/api/persons/merge_batch", {"source_ids": [2, 99], "target_id": 1}, 404)
    assert await ids(people) == [1, 2, 3], "all or none"
    found = await post(people, "/api/persons/merge_batch", {"source_ids": [2, 3, 2], "target_id": 1})
    assert (found["merged_count"], found["new_count"]) == (2, 8)


async def test_deleting(people: Site) -> None:
    assert await decide(people, "/api/persons/1/delete") == {"success": True, "deleted_count": 1, "not_found": []}
    assert (await people.json("/api/photo?id=1"))["unassigned_faces"] == 1
    await group(people.house.db, everything=True)
    assert await ids(people) == [2, 3]
    assert await decide(people, "/api/persons/delete_batch", {"person_ids": [2, 1, 99]}) == {
        "success": True, "deleted_count": 1, "not_found": [1, 99],
    }  # fmt: skip
    assert "person_ids" in await post(people, "/api/persons/delete_batch", {"person_ids": []}, 400)


async def test_hiding(people: Site) -> None:
    await post(people, "/api/persons/1/rename", {"name": "Anna"})
    assert await decide(people, "/api/persons/1/hide") == {"success": True, "hidden": True, "changed_count": 1, "not_found": []}
    assert await ids(people) == [2, 3]
    assert await ids(people, "hidden=with") == [1, 2, 3]
    assert await ids(people, "hidden=only") == [1]
    assert (await people.json("/api/photo?id=1"))["persons"] == [{"id": 2, "name": "Person 2"}]
    assert await listed(people, "search=anna") == set()
    assert (await people.json("/api/filter_options/persons"))["persons"] == [[2, None, 3], [3, None, 2]]
    assert await decide(people, "/api/persons/hide_batch", {"person_ids": [1, 2, 77], "hidden": True}) == {
        "success": True, "hidden": True, "changed_count": 1, "not_found": [77],
    }  # fmt: skip
    assert (await post(people, "/api/persons/1/hide", {"hidden": False}))["changed_count"] == 1
    assert await ids(people) == [1, 3]


async def test_splitting(people: Site) -> None:
    faces = [face["id"] for face in (await people.json("/api/person/1/faces"))["faces"]]
    assert "face_ids" in await post(people, "/api/persons/1/split", {"face_ids": []}, 400)
    assert "face_ids" in await post(people, "/api/persons/1/split", {"face_ids": faces}, 409)
    assert await post(people, "/api/persons/1/split", {"face_ids": [faces[0], 2]}, 409) == {"face_ids": "2"}
    found = await post(people, "/api/persons/1/split", {"face_ids": faces[:1], "name": "Twin"})
    assert found["moved_count"] == 1
    assert (await people.json(f"/api/person/{found['person_id']}"))["name"] == "Twin"
    await group(people.house.db, everything=True)
    assert (await people.json("/api/person/1"))["face_count"] == 2
    assert (await people.json("/api/merge_suggestions?threshold=0"))["suggestions"] == []


async def test_faces_of_a_person_are_best_photos_first(people: Site) -> None:
    found = await people.json("/api/person/1/faces?per_page=2")
    assert (found["total"], [face["photo_id"] for face in found["faces"]]) == (3, [3, 2])
    assert [face["photo_id"] for face in (await people.json("/api/person/1/faces?per_page=2&page=2"))["faces"]] == [1]
    await post(people, "/api/person/1/avatar", {"face_id": found["faces"][0]["id"]})
    assert (await people.json("/api/person/1"))["representative_face_id"] == found["faces"][0]["id"]
    await post(people, "/api/person/1/avatar", {"face_id": 2}, 404)


async def test_assigning_faces(people: Site) -> None:
    stranger = (await people.json("/api/photo/faces?id=7"))["faces"][0]["id"]
    assert await post(people, f"/api/face/{stranger}/assign", {"person_id": 1}) == {"success": True, "person_id": 1}
    await post(people, f"/api/face/{stranger}/assign", {"person_id": 99}, 404)
    assert "person_id" in await post(people, f"/api/face/{stranger}/assign", {}, 400)
    assert "person_id" in await post(people, f"/api/face/{stranger}/assign", {"person_id": 1, "name": "x"}, 400)
    assert "name" in await post(people, f"/api/face/{stranger}/assign", {"name": " "}, 400)
    made = (await post(people, f"/api/face/{stranger}/assign", {"name": "Dora"}))["person_id"]
    assert (await people.json(f"/api/person/{made}"))["name"] == "Dora"
    assert (await people.json("/api/person/1"))["face_count"] == 3
    assert await post(people, f"/api/face/{stranger}/unassign") == {"success": True, "unassigned_count": 1, "person_deleted": True}
    assert await post(people, f"/api/face/{stranger}/unassign") == {"success": True, "unassigned_count": 0, "person_deleted": False}
    assert (await people.get(f"/api/person/{made}")).status == 404


async def test_whole_photos(people: Site) -> None:
    path = (await people.json("/api/photo?id=7"))["path"]
    await post(people, "/api/photo/assign_all_faces", {"photo_id": 1, "person_id": 1}, 404)
    assert (await post(people, "/api/photo/assign_all_faces", {"photo_path": path, "person_id": 2}))["assigned_count"] == 1
    assert "photo_id" in await post(people, "/api/photo/assign_all_faces", {"person_id": 2}, 400)
    assert await post(people, "/api/photo/unassign_person", {"photo_id": 7, "person_id": 2}) == {
        "success": True, "unassigned_count": 1, "person_deleted": False,
    }  # fmt: skip
    await post(people, "/api/photo/unassign_person", {"photo_id": 7, "person_id": 2}, 404)
    await post(people, "/api/photo/unassign_person", {"photo_path": "/no/such.jpg", "person_id": 2}, 404)


async def test_suggestions_can_be_refused_and_switched_off(people: Site) -> None:
    async with people.house.db.writing() as connection:
        await connection.execute("INSERT OR REPLACE INTO person_likeness VALUES (1, 3, 0.4), (2, 3, 0.45)")
    found = (await people.json("/api/merge_suggestions"))["suggestions"]
    assert [(each["person1"]["id"], each["person2"]["id"], each["similarity"]) for each in found] == [(1, 3, 0.6)]
    assert (await people.json("/api/merge_suggestions"))["threshold"] == 0.58
    assert (await people.json("/api/merge_suggestions?threshold=0.5"))["threshold"] == 0.5
    assert len((await people.json("/api/merge_suggestions?threshold=0.5"))["suggestions"]) == 2
    assert len((await people.json("/api/merge_suggestions?threshold=0.5&limit=1"))["suggestions"]) == 1
    assert (await post(people, "/api/merge_suggestions/dismiss", {"person1_id": 3, "person2_id": 1}))["changed"] is True
    assert (await post(people, "/api/merge_suggestions/dismiss", {"person1_id": 1, "person2_id": 3}))["changed"] is False
    assert (await people.json("/api/merge_suggestions"))["suggestions"] == []
    assert "person2_id" in await post(people, "/api/merge_suggestions/dismiss", {"person1_id": 1, "person2_id": 1}, 409)
    await post(people, "/api/merge_suggestions/dismiss", {"person1_id": 1, "person2_id": 9}, 404)


async def test_suggestions_switched_off(tmp_path: Path) -> None:
    settings = config(viewer={"features": {"show_merge_suggestions": False}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        assert (await site.get("/api/merge_suggestions")).status == 403


async def test_options_of_the_filter(people: Site) -> None:
    assert (await people.json("/api/filter_options/persons"))["persons"] == [[1, None, 3], [2, None, 3], [3, None, 2]]
    await post(people, "/api/face/1/unassign")
    await post(people, "/api/face/3/unassign")
    assert [each[0] for each in (await people.json("/api/filter_options/persons"))["persons"]] == [2, 3]
    assert [each[0] for each in (await people.json("/api/filter_options/persons?ids=1,%2099"))["persons"]] == [2, 3, 1]


async def test_lists_have_a_new_version_when_people_change(people: Site) -> None:
    first = (await people.get("/api/photos")).headers["ETag"]
    await post(people, "/api/persons/1/rename", {"name": "Anna"})
    assert (await people.get("/api/photos", If_None_Match=first)).status == 200


async def test_people_of_photos_that_one_may_not_see_are_not_there(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", config(viewer={"dropdowns": {"min_photos_for_person": 1}})) as house:
        db = house.db
        mine, theirs = await roots.add_root(db, "/mine"), await roots.add_root(db, "/theirs")
        cast = Cast()
        photos = await put(db, *(visit(mine, f"{n}.jpg") for n in range(2)), *(visit(theirs, f"{n}.jpg") for n in range(3)))
        await add_faces(db, cast, photos, ["ab", "a", "a", "cb", "c"])
        await group(db)
        await db_avatar(house, person=1, photo=photos[2])
        async with db.writing() as connection:
            await connection.execute("INSERT OR REPLACE INTO person_likeness VALUES (1, 2, 0.4), (1, 3, 0.4)")

        async with served(house) as site:
            as_viewer(site, Viewer(1, "superadmin", frozenset({mine.id})))
            found = {each["id"]: each for each in (await site.json("/api/persons"))["persons"]}
            assert {number: (each["face_count"], each["photo_count"]) for number, each in found.items()} == {1: (2, 2), 2: (1, 1)}
            mine_faces = {face["id"] for number in photos[:2] for face in (await site.json(f"/api/photo/faces?id={number}"))["faces"]}
            assert found[1]["representative_face_id"] in mine_faces, "the avatar is in a photo of others"
            for path in ("/api/person/3", "/api/person/3/faces", "/person_thumbnail/3", f"/api/photo/faces?id={photos[2]}"):
                assert (await site.get(path)).status == 404
            hidden_face = (await db.rows("SELECT id FROM face WHERE photo_id = ?", (photos[2],)))[0][0]
            assert (await site.get(f"/face_thumbnail/{hidden_face}")).status == 404
            for path, body in (
                ("/api/persons/3/rename", {"name": "x"}), ("/api/persons/merge/3/1", {}), ("/api/persons/merge/1/3", {}),
                (f"/api/face/{hidden_face}/assign", {"person_id": 1}), (f"/api/face/{hidden_face}/unassign", {}),
                ("/api/person/1/avatar", {"face_id": hidden_face}), ("/api/face/1/assign", {"person_id": 3}),
                ("/api/photo/assign_all_faces", {"photo_id": photos[2], "person_id": 1}),
                ("/api/photo/unassign_person", {"photo_id": photos[2], "person_id": 1}),
                ("/api/merge_suggestions/dismiss", {"person1_id": 1, "person2_id": 3}),
            ):  # fmt: skip
                await post(site, path, body, 404)
            assert "face_ids" in await post(site, "/api/persons/1/split", {"face_ids": [hidden_face]}, 409)
            assert (await post(site, "/api/persons/delete_batch", {"person_ids": [3]}))["not_found"] == [3]
            pairs = (await site.json("/api/merge_suggestions"))["suggestions"]
            assert [(pair["person1"]["id"], pair["person2"]["id"]) for pair in pairs] == [(1, 2)]
            assert [each[0] for each in (await site.json("/api/filter_options/persons?ids=3"))["persons"]] == [1, 2]
            assert [face["photo_id"] for face in (await site.json("/api/person/1/faces"))["faces"]] == photos[:2]
            assert (await site.json("/api/photos?person=3"))["total"] == 0


async def db_avatar(house: Any, *, person: int, photo: int) -> None:
    from facetd.db import people as db_people

    face = (await house.db.rows("SELECT id FROM face WHERE photo_id = ? AND person_id = ?", (photo, person)))[0][0]
    await db_people.set_avatar(house.db, person, face)


async def test_pictures_of_faces(own: Site, tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    make_photo(tmp_path / "Pictures" / "b.jpg", 2)
    await scan(own.house, tmp_path / "Pictures")
    db, cast = own.house.db, Cast()
    faces = [await add_face(db, number, cast.face("a"), place=2) for number in (1, 2)]
    await group(db)
    first = await own.get(f"/face_thumbnail/{faces[0]}")
    assert (first.status, first.content_type) == (200, "image/jpeg")
    pixels = await first.read()
    picture = Image.open(io.BytesIO(pixels))
    assert picture.width == picture.height <= 160
    etag = first.headers["ETag"]
    assert (await own.get(f"/face_thumbnail/{faces[0]}", If_None_Match=etag)).status == 304
    assert first.headers["Cache-Control"] == "private, no-cache"
    kept = await own.get(f"/face_thumbnail/{faces[0]}?v={etag.strip(chr(34))}")
    assert "immutable" in kept.headers["Cache-Control"]
    assert await (await own.get("/person_thumbnail/1")).read() == pixels
    assert (await own.get("/face_thumbnail/2")).headers["ETag"] != etag
    async with db.writing() as connection:
        await connection.execute("UPDATE face SET x = 0.9 WHERE id = ?", (faces[0],))
    moved = await own.get(f"/face_thumbnail/{faces[0]}")
    assert moved.headers["ETag"] != etag
    assert 0 < Image.open(io.BytesIO(await moved.read())).size[0] < picture.width  # less room at the edge


async def test_a_lost_thumbnail_is_made_again(own: Site, tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    await scan(own.house, tmp_path / "Pictures")
    db = own.house.db
    face = await add_face(db, 1, Cast().face("a"))
    content = (await db.rows("SELECT content_hash FROM photo"))[0][0]
    for size in (240, 640, 1600):
        thumbnail_path(own.house.ingest.thumbs, content, size).unlink()
    assert (await own.get(f"/face_thumbnail/{face}")).status == 503
    deadline = time.monotonic() + 20
    while (await own.get(f"/face_thumbnail/{face}")).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    cached = next((tmp_path / "data" / "cache" / "faces").glob("*/*.jpg"))
    os.truncate(cached, 0)
    assert (await own.get(f"/face_thumbnail/{face}")).status == 200, "an empty file, as after a power cut, is made again"


async def test_the_page_of_a_person_has_the_name_and_that_of_nobody_is_not_there(people: Site) -> None:
    await post(people, "/api/persons/1/rename", {"name": "Anna <b>"})
    response = await people.get("/person/1", Accept="text/html")
    assert response.status == 200
    assert "Anna &lt;b&gt;" in await response.text()
    assert "Person 2" in await (await people.get("/person/2", Accept="text/html")).text()
    assert (await people.get("/person/99", Accept="text/html")).status == 404


async def test_faces_tell_whether_their_person_has_a_name(people: Site) -> None:
    await post(people, "/api/persons/1/rename", {"name": "Anna"})
    faces = {face["person_id"]: face for number in (1, 2, 3, 4) for face in (await people.json(f"/api/photo/faces?id={number}"))["faces"]}
    assert faces[1]["person_is_named"] is True
    assert faces[2]["person_is_named"] is False
    assert faces[2]["person_name"] == "Person 2"


async def test_decisions_are_taken_back(people: Site) -> None:
    before = await people.json("/api/persons")
    for path, body in (
        ("merge_batch", {"source_ids": [1, 2], "target_id": 3}), ("delete_batch", {"person_ids": [1, 99]}),
        ("hide_batch", {"person_ids": [1, 2]}), ("merge/1/2", {}), ("1/delete", {}), ("2/hide", {}),
    ):  # fmt: skip
        token = (await post(people, f"/api/persons/{path}", body))["undo"]
        assert await people.json("/api/persons") != before
        undone = await post(people, f"/api/undo/{token}")
        assert (undone["kind"], undone["kept"]) == ("persons", [])
        assert await people.json("/api/persons") == before, path
    assert (await post(people, "/api/persons/hide_batch", {"person_ids": [1], "hidden": False}))["undo"] is None
