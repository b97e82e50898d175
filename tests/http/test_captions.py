"""Places and captions over HTTP: what a rule says, what somebody wrote, and what of it search finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from facetd.accounts.viewers import single_viewer
from facetd.db import captions as db_captions
from facetd.db import places as db_places
from facetd.db import roots
from facetd.errors import Conflict, Forbidden, NotFound
from facetd.infer.chat import patience
from facetd.ingest.places import Places
from facetd.records.viewer import Viewer
from facetd.wiring import make_services
from tests.captionlibrary import Translating, captioned, translations, until
from tests.chatserver import ChatServer, chat_server, hang
from tests.db.conftest import put, visit
from tests.db.test_words import person
from tests.house import config, opened
from tests.http.serving import Site, problem_of, served

ROME = {"gps_latitude": 41.8925, "gps_longitude": 12.4853}


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Site]:
    """1: Anna, somebody and a dog in Rome; 2: nothing known; 3 to 6: coordinates that are none."""
    async with opened(tmp_path / "data", config()) as house, served(house) as site:
        root = await roots.add_root(house.db, str(tmp_path / "Photos"))
        wrong = ((0.0, 0.0), (91.0, 12.0), (41.0, 181.0), (0.5, -30.0))
        await put(
            house.db,
            visit(root, "1.jpg", date_taken="2019-07-14T12:00:00", **ROME),
            visit(root, "2.jpg"),
            *(visit(root, f"{n}.jpg", gps_latitude=lat, gps_longitude=lng) for n, (lat, lng) in enumerate(wrong, start=3)),
        )
        await person(house.db, "Anna", 1)
        await person(house.db, None, 1)
        async with house.db.writing() as connection:
            things = [("dog", 0.9, 0.3), ("car", 0.1, 0.9), ("person", 0.9, 0.5)]
            for position, (label, score, size) in enumerate(things):
                await connection.execute("INSERT INTO object VALUES (1, ?, ?, ?, 0, 0, ?, ?)", (position, label, score, size, size))
        await house.ingest.followups.run()
        yield site


async def put_caption(site: Site, status: int = 200, **body: object) -> Any:
    response = await site.client.put("/api/caption", json=body)
    return await response.json() if status == 200 and response.status == 200 else await problem_of(response, status)


async def test_photos_get_the_name_of_their_place(library: Site) -> None:
    photos = {photo["id"]: photo["place"] for photo in (await library.json("/api/photos"))["photos"]}
    assert photos == {1: "Rome, Italy", 2: None, 3: None, 4: None, 5: None, 6: None}
    for text in ("rome", "ITALY", "latium", '"rome"'):
        assert [photo["id"] for photo in (await library.json(f"/api/search?q={text}"))["photos"]] == [1], text
    assert (await library.json("/api/search/complete?q=rom"))["completions"] == [{"kind": "place", "text": "Rome"}]


async def test_a_photo_that_moves_has_another_place(library: Site, tmp_path: Path) -> None:
    places, db = library.house.ingest.places, library.house.db
    assert not await places.due()
    async with db.writing() as connection:
        await connection.execute("UPDATE photo SET gps_latitude = 59.9139, gps_longitude = 10.7522 WHERE id = 1")
    assert await places.due()
    assert await places.run() == 1
    assert (await library.json("/api/photo?id=1"))["place"] == "Oslo, Norway"
    assert (await library.json("/api/search?q=italy"))["total"] == 0
    async with db.writing() as connection:
        await connection.execute("UPDATE photo SET gps_latitude = NULL WHERE id = 1")
    assert (await library.json("/api/photo?id=1"))["place"] is None


async def test_the_cells_of_the_database_and_of_python_are_the_same(library: Site) -> None:
    db = library.house.db
    for latitude, longitude in ((-90.0, -180.0), (90.0, 180.0), (41.8925, 12.4853), (-0.001, -0.001), (0.29, 0.57), (-33.33, 179.999)):
        async with db.writing() as connection:
            await connection.execute("UPDATE photo SET gps_latitude = ?, gps_longitude = ? WHERE id = 2", (latitude, longitude))
        row = await db.row("SELECT place_cell FROM photo WHERE id = 2")
        assert row is not None
        cell = db_places.cell_of(latitude, longitude)
        assert row[0] == cell
        assert db_places.middle_of(cell) == pytest.approx((latitude, longitude), abs=0.0051)


async def test_the_name_of_any_place(library: Site) -> None:
    async def name(lat: float, lng: float) -> str:
        return str((await library.json(f"/api/filter_options/location_name?lat={lat}&lng={lng}"))["display_name"])

    before = await library.house.db.rows("SELECT * FROM place_cell")
    assert await name(41.8925, 12.4853) == "Rome, Italy"
    assert await name(59.9139, 10.7522) == "Oslo, Norway"
    assert await name(0.5, -30) == ""
    assert await library.house.db.rows("SELECT * FROM place_cell") == before, "asking fills nothing"
    for wrong in ("", "lat=1", "lat=91&lng=0", "lat=nan&lng=0", "lat=0&lng=-181"):
        await library.problem(f"/api/filter_options/location_name?{wrong}")


async def test_a_rule_says_what_is_in_a_photo(library: Site) -> None:
    assert await library.json("/api/caption?id=1") == {
        "id": 1, "caption": "Anna and one other with a dog in Rome, July 2019", "source": "rule", "by": "rule",
    }  # fmt: skip
    assert await library.json("/api/caption?path=/Photos/2.jpg&generate=0") == {"id": 2, "caption": None, "source": "rule", "by": "rule"}
    await library.problem("/api/caption?path=/Photos/2.jpg", 409)
    async with library.house.db.writing() as connection:
        await connection.execute("UPDATE person SET name = 'Bea' WHERE name = 'Anna'")
    assert (await library.json("/api/caption?id=1"))["caption"].startswith("Bea and one other")


async def test_what_somebody_wrote_stays(library: Site) -> None:
    written = await put_caption(library, id=1, caption=" Ein Abend\n mit <b>Anna</b>\0 ")
    assert written == {"id": 1, "caption": "Ein Abend mit <b>Anna</b>", "source": "manual", "by": "manual"}
    await db_captions.write_caption(library.house.db, 1, "a street", "some-model")
    assert await library.json("/api/caption?id=1") == {**written, "source": "cached"}
    assert (await library.json("/api/photo?id=1"))["caption"] == written["caption"]
    assert [photo["id"] for photo in (await library.json("/api/photos?search=abend"))["photos"]] == [1]
    assert (await put_caption(library, id=1, caption="  "))["source"] == "rule"
    assert (await library.json("/api/photos?search=abend"))["total"] == 0
    await db_captions.write_caption(library.house.db, 2, "a street", "some-model")
    assert (await library.json("/api/caption?id=2"))["by"] == "some-model"
    await put_caption(library, path="/Photos/2.jpg", caption="mine")
    assert (await library.json("/api/caption?id=2"))["caption"] == "mine"


async def test_captions_of_what_is_not_there(library: Site) -> None:
    await library.problem("/api/caption?id=99", 404)
    await library.problem("/api/caption", 400)
    await put_caption(library, 404, id=99, caption="x")
    assert set(await put_caption(library, 400, id=1, caption="x" * 2001)) == {"caption"}
    await put_caption(library, 400, id=1)
    stranger = Viewer(7, "user", frozenset())
    with pytest.raises(NotFound):
        await make_services(library.house).captions.caption(stranger, 1)
    with pytest.raises(NotFound):
        await make_services(library.house).captions.write(stranger, 1, "mine")
    assert (await library.json("/api/caption?id=1"))["source"] == "rule"


async def test_captions_that_are_switched_off_answer_403(tmp_path: Path) -> None:
    settings = config(viewer={"features": {"show_captions": False}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        await site.problem("/api/caption?id=1", 403)
        await put_caption(site, 403, id=1, caption="x")


async def test_no_place_is_looked_up_without_coordinates(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", config()) as house:
        root = await roots.add_root(house.db, str(tmp_path))
        await put(house.db, visit(root, "a.jpg"))
        places = Places(house.db, house.ingest.lookups)
        assert not await places.due()
        assert await places.run() == 0
        assert not house.ingest.lookups.started


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as found:
        yield found


async def post(site: Site, path: str, status: int = 200, **body: object) -> Any:
    response = await site.client.post(path, json=body)
    return await response.json() if status == 200 and response.status == 200 else await problem_of(response, status)


async def test_a_caption_is_generated_when_it_is_first_asked_for(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 2, server) as house, served(house) as site:
        assert (await site.json("/api/caption?id=1&generate=0"))["source"] == "rule"
        assert not server.asked
        made = {"id": 1, "caption": "A dog on a beach.", "source": "generated", "by": "llava"}
        together = await asyncio.gather(*(site.json("/api/caption?id=1") for _ in range(3)))
        assert together[0] == made
        assert len(server.asked) == 1, "who asks at the same time gets the same"
        assert await site.json("/api/caption?id=1") == {**made, "source": "cached"}
        assert (await site.json("/api/photo?id=1"))["caption"] == "A dog on a beach."
        server.text = "A cat."
        assert (await post(site, "/api/caption/generate", id=1))["caption"] == "A cat."
        await put_caption(site, id=1, caption="mine")
        await post(site, "/api/caption/generate", 409, id=1)
        assert (await site.json("/api/caption?id=1"))["caption"] == "mine"
        await post(site, "/api/caption/generate", 404, id=99)
        await post(site, "/api/caption/generate", 400)


async def test_a_page_of_another_site_starts_no_model(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 1, server, eyes=Translating()) as house, served(house) as site:
        for headers in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "http://evil.example"}):
            await problem_of(await site.get("/api/caption?id=1", **headers), 403)
            await problem_of(await site.get("/api/caption?id=1&lang=fr", **headers), 403)
            assert (await site.get("/api/caption?id=1&generate=0", **headers)).status == 200
        assert not server.asked
        assert (await site.get("/api/caption?id=1", Sec_Fetch_Site="same-origin")).status == 200
        assert len(server.asked) == 1


async def test_who_may_not_write_starts_no_model(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 2, server, eyes=Translating()) as house:
        services = make_services(house)
        viewer = await single_viewer(house.db, "user")
        with pytest.raises(Conflict, match="no caption"):
            await services.captions.caption_or_generate(viewer, 1)
        await db_captions.write_caption(house.db, 1, "A dog.", "llava")
        assert (await services.captions.caption_or_generate(viewer, 1)).text == "A dog."
        with pytest.raises(Forbidden, match="not translated"):
            await services.captions.translated(viewer, 1, "fr")
        await services.captions.translated(await single_viewer(house.db), 1, "fr")
        assert (await services.captions.translated(viewer, 1, "fr")).text == "[fr] A dog."
        assert not server.asked


async def test_a_model_that_fails_leaves_what_a_rule_says(tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_S", (0.01,))
    async with captioned(tmp_path, 1, server) as house, served(house) as site:
        server.answers = [web.Response(status=500)]
        await site.problem("/api/caption?id=1", 503)
        await person(house.db, "Anna", 1)
        assert (await site.json("/api/caption?id=1")) == {"id": 1, "caption": "Anna", "source": "rule", "by": "rule"}
        assert len(server.asked) == 6
        await post(site, "/api/caption/generate", 503, id=1)
        await server.stop()
        asked = await site.client.post("/api/caption/generate", json={"id": 1})
        assert "does not answer" in (await asked.json())["detail"]


async def test_captions_in_the_configured_language(tmp_path: Path) -> None:
    eyes = Translating()
    async with captioned(tmp_path, 2, eyes=eyes) as house, served(house) as site:
        await site.problem("/api/caption?id=1&lang=fr", 409)
        await person(house.db, "Anna", 1)
        by_rule = await site.json("/api/caption?id=1&lang=fr")
        assert by_rule == {"id": 1, "caption": "[fr] Anna", "source": "translated", "by": "rule", "lang": "fr"}
        assert await translations(house) == {}, "what a rule says is not kept"
        await put_caption(site, id=1, caption="A dog")
        assert (await site.json("/api/caption?id=1&lang=fr"))["caption"] == "[fr] A dog"
        asked = len(eyes.asked)
        assert (await site.json("/api/caption?id=1&lang=fr"))["by"] == "manual"
        assert len(eyes.asked) == asked, "it is kept"
        assert (await site.json("/api/photo?id=1"))["caption_translated"] == "[fr] A dog"
        await put_caption(site, id=1, caption="A cat")
        assert (await site.json("/api/photo?id=1"))["caption_translated"] is None
        assert set(await site.problem("/api/caption?id=1&lang=de")) == {"lang"}
        assert set(await site.problem("/api/caption?id=1&lang=xx")) == {"lang"}


async def test_what_a_server_says_in_half_characters_is_told(tmp_path: Path, server: ChatServer) -> None:
    server.answers = [
        web.Response(text='{"choices": [{"message": {"content": "A dog \\ud800runs."}}]}', content_type="application/json"),
        web.Response(text='{"choices": [{"message": {"refusal": "no \\ud800"}}]}', content_type="application/json"),
    ]
    async with captioned(tmp_path, 2, server) as house, served(house) as site, site.client.get("/api/events") as events:
        await post(site, "/api/captions/generate")
        await until(lambda: not house.captioning.running)
        found = await site.json("/api/captions/status")
        assert (found["done"], found["failed"], found["error"]) == (2, 1, None)
        assert found["failures"][0]["message"].endswith("no ?")
        assert (await site.json("/api/caption?id=1&generate=0"))["caption"] == "A dog runs."
        while b"no ?" not in await asyncio.wait_for(events.content.readline(), 10):
            assert not events.content.at_eof()


async def test_jobs_over_http(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 3, server, eyes=Translating()) as house, served(house) as site:
        assert (await site.json("/api/captions/status"))["state"] == "idle"
        begun = await post(site, "/api/captions/generate", filter={"search": "2.jpg"}, limit=5)
        assert (begun["kind"], begun["state"]) == ("generate", "running")
        await until(lambda: not house.captioning.running)
        assert (await site.json("/api/captions/status"))["done"] == 1
        server.answers = [hang]
        await post(site, "/api/captions/generate", ids=[1, 3])
        await until(lambda: len(server.asked) == 2)
        await post(site, "/api/captions/generate", 409)
        await post(site, "/api/captions/translate", 409)
        assert await post(site, "/api/captions/cancel") == {"cancelled": True}
        assert (await site.json("/api/captions/status"))["cancelled"]
        assert await post(site, "/api/captions/cancel") == {"cancelled": False}
        await post(site, "/api/captions/translate", language="fr")
        await until(lambda: not house.captioning.running)
        assert await translations(house) == {2: "[fr] A dog on a beach."}
        await post(site, "/api/captions/translate", 409, language="it")
        assert set(await post(site, "/api/captions/generate", 400, filter={"min_score": "x"})) == {"filter.min_score"}
        assert set(await post(site, "/api/captions/generate", 400, filter={"nonsense": 1}, limit=0)) == {"filter.nonsense", "limit"}
        assert await post(site, "/api/captions/generate", 400, filter={"quality": "odd"})
        assert (await site.json("/api/config"))["capabilities"]["captioning"] == {"state": "ready", "reason": ""}
    async with captioned(tmp_path, 3) as house, served(house) as site:
        await post(site, "/api/captions/generate", 409)
        capabilities = (await site.json("/api/config"))["capabilities"]
        assert "captions.endpoint" in capabilities["captioning"]["reason"]
        assert "opus-mt-en-fr" in capabilities["translation"]["reason"]
