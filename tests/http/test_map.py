"""The map over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import config
from tests.http.acting import acting
from tests.http.serving import Site, problem_of, site


async def test_clusters_photos_and_count(library: Site) -> None:
    far = await library.json("/api/photos/map?bounds=-90,-180,90,180&zoom=3")
    [cluster] = far["clusters"]
    assert (cluster["count"], cluster["representative_path"]) == (1, "/Pictures/Rome/a.jpg")
    assert (cluster["lat"], cluster["lng"]) == (pytest.approx(41.89, abs=1e-4), pytest.approx(12.49, abs=1e-4))
    near = await library.json("/api/photos/map?bounds=41,12,42,13")
    assert far["photos"] == near["clusters"] == []
    assert [photo["filename"] for photo in near["photos"]] == ["a.jpg"]
    assert near["photos"][0]["id"] == cluster["representative_id"]
    assert (await library.json("/api/photos/map?bounds=41,13,42,14"))["photos"] == []
    assert await library.json("/api/photos/map?bounds=4.1e1,%201.2e%2B1,42.0,13") == near
    assert await library.json("/api/photos/map?bounds=42,12,41,13") == near, "whichever latitude comes first"
    assert (await library.json("/api/photos/map?bounds=41,13,42,12.495"))["photos"] == near["photos"]  # around the globe
    assert await library.json("/api/photos/map/count") == {"count": 1}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("zoom=3", "bounds"),
        ("bounds=", "bounds"),
        ("bounds=1,2,3", "bounds"),
        ("bounds=1,2,3,4,5", "bounds"),
        ("bounds=a,2,3,4", "bounds"),
        ("bounds=nan,2,3,4", "bounds"),
        ("bounds=1_0,2,30,4", "bounds"),
        ("bounds=1,2,3,1e999", "bounds"),
        ("bounds=1,2,inf,4", "bounds"),
        ("bounds=-91,2,3,4", "bounds"),
        ("bounds=1,2,3,181", "bounds"),
        ("bounds=1,2,3,4&zoom=23", "zoom"),
        ("bounds=1,2,3,4&zoom=-1", "zoom"),
        ("bounds=1,2,3,4&limit=0", "limit"),
        ("bounds=1,2,3,4&limit=2001", "limit"),
        ("bounds=1,2,3,4&date_from=2020-13-01", "date_from"),
        ("bounds=1,2,3,4&date_to=2020", "date_to"),
        ("bounds=1,2,3,4&hide_bursts=maybe", "hide_bursts"),
        ("bounds=1,2,3,4&colour=red", "colour"),
    ],
)
async def test_what_does_not_fit_is_named(own: Site, query: str, field: str) -> None:
    assert set(await own.problem(f"/api/photos/map?{query}")) == {field}


async def test_the_answer_is_known_until_something_changes(library: Site) -> None:
    address = "/api/photos/map?bounds=-90,-180,90,180&zoom=3"
    first = await library.get(address)
    assert (await library.get(address, If_None_Match=first.headers["ETag"])).status == 304
    photo = (await library.json(address))["clusters"][0]["representative_id"]
    await library.client.put("/api/photo/gps", json={"photo_id": photo, "gps_latitude": 60, "gps_longitude": 10})
    again = await library.get(address, If_None_Match=first.headers["ETag"])
    assert again.status == 200
    assert (await again.json())["clusters"][0]["lat"] == 60


async def test_a_position_by_hand(library: Site) -> None:
    """It has its place's name soon, survives another reading of the file, and can be taken back."""
    path = "/Pictures/Rome/a.jpg"
    placed = await library.client.put("/api/photo/gps", json={"path": path, "gps_latitude": 59.9139, "gps_longitude": 10.7522})
    photo = await placed.json()
    assert photo == {"id": photo["id"], "path": path, "gps_latitude": 59.9139, "gps_longitude": 10.7522}
    await library.house.ingest.places.run()
    assert (await library.json(f"/api/photo?id={photo['id']}"))["place"] == "Oslo, Norway"
    taken_back = await library.client.put("/api/photo/gps", json={"photo_id": photo["id"], "gps_latitude": None, "gps_longitude": None})
    assert (await taken_back.json())["gps_latitude"] == pytest.approx(41.89, abs=1e-4)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"photo_id": 1, "gps_latitude": 1.0}, 400, "gps_longitude"),
        ({"photo_id": 1, "gps_latitude": 91, "gps_longitude": 0}, 400, "gps_latitude"),
        ({"photo_id": 1, "gps_latitude": 1, "gps_longitude": -181}, 400, "gps_longitude"),
        ({"gps_latitude": 1, "gps_longitude": 1}, 400, "id"),
        ({"photo_id": 1, "photo_path": "/Pictures/c.jpg", "gps_latitude": 1, "gps_longitude": 1}, 400, "id"),
        ({"id": 10**9, "gps_latitude": 1, "gps_longitude": 1}, 404, None),
        ({"path": "/Pictures/no.jpg", "gps_latitude": 1, "gps_longitude": 1}, 404, None),
    ],
)
async def test_a_position_that_does_not_fit(library: Site, body: dict[str, object], status: int, field: str | None) -> None:
    assert set(await problem_of(await library.client.put("/api/photo/gps", json=body), status)) == ({field} if field else set())


async def test_a_map_that_is_switched_off(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(viewer={"features": {"show_map": False}})) as served:
        await served.problem("/api/photos/map?bounds=1,2,3,4", 403)
        await served.problem("/api/photos/map/count", 403)


async def test_each_has_a_map_of_their_own(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        home = served.home
        for number in (home.alices[0], home.bobs[0]):
            async with home.db.writing() as connection:
                await connection.execute("UPDATE photo SET gps_latitude = 10, gps_longitude = 20 WHERE id = ?", (number,))
        for viewer, number in ((home.alice, home.alices[0]), (home.bob, home.bobs[0])):
            found = await served.get(viewer, "/api/photos/map?bounds=-90,-180,90,180&zoom=4")
            assert [(cluster["count"], cluster["representative_id"]) for cluster in found["clusters"]] == [(1, number)]
