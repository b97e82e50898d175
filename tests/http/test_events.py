"""Streams and jobs as each of two people is told of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from facetd.library.captioning import Wanted
from facetd.library.jobs import Job
from facetd.records.viewer import Viewer
from tests.house import scan
from tests.http.acting import Acting, acting
from tests.http.test_sse import event
from tests.photos import make_photo


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(tmp_path / "data") as found:
        yield found


async def heard(response: ClientResponse, wanted: str) -> Any:
    """What the next event of this name carries."""
    while True:
        name, data = await event(response)
        assert name != "end"
        if name == wanted:
            return data


async def test_nobody_hears_of_photos_of_others(home: Acting, tmp_path: Path) -> None:
    house = home.site.house
    for number in range(3):
        make_photo(tmp_path / "Secret" / f"secret {number}.jpg", number)
    make_photo(tmp_path / "Open" / "fair.jpg", 7)
    parts = await house.add_directories([str(tmp_path / "Secret"), str(tmp_path / "Open")])
    secret, opened = (part.root for part in parts)
    bob = home.viewer = Viewer(2, "user", frozenset({opened.id}))
    async with home.site.client.get("/api/events") as stream:
        await heard(stream, "scan")
        await scan(house, tmp_path / "Secret", tmp_path / "Open")
        house.ingest.events.publish("people", {})
        told = []
        while not told or told[-1][0] != "people":
            told.append(await event(stream))
    text = json.dumps(told).lower()
    assert "secret" not in text
    fair = (await home.get(bob, "/api/photos"))["photos"][0]["id"]
    assert {number for name, data in told if name == "photos" for number in data["ids"]} == {fair}
    assert sum(data["added"] for name, data in told if name == "photos") == 1
    last = [data for name, data in told if name == "scan"][-1]
    assert (last["state"], last["done"], last["total"], last["added"]) == ("idle", 1, 1, 1)
    assert last["roots"] == [{"name": "Open", "path": "/Open", "online": True, "photo_count": 1}]
    status = await home.get(bob, "/api/scan/status")
    assert status == last
    all_seen = Viewer(1, "superadmin", frozenset({secret.id, opened.id}))
    assert (await home.get(all_seen, "/api/scan/status"))["added"] == 4


async def test_offline_roots_of_others_have_no_name(home: Acting) -> None:
    bob, alice = home.home.bob, home.home.alice
    await scan(home.site.house)  # none of the folders is there
    assert (await home.get(bob, "/api/scan/status"))["offline"] == ["Bob", "Shared"]
    assert (await home.get(alice, "/api/scan/status"))["offline"] == ["Alice", "Shared"]
    assert {root["name"] for root in (await home.get(bob, "/api/scan/status"))["roots"]} == {"Bob", "Shared"}


async def test_changes_are_told_by_root(home: Acting) -> None:
    bob, (mine, *_), (theirs, *_) = home.home.bob, home.home.bobs, home.home.alices
    home.viewer = bob
    async with home.site.client.get("/api/events") as stream:
        await heard(stream, "scan")
        home.site.house.ingest._likeness_changed([theirs])
        home.site.house.ingest._likeness_changed([theirs, mine, 999])
        assert await heard(stream, "photos") == {"added": 0, "changed": 1, "ids": [mine]}


async def test_ratings_are_told_to_whoever_rates(home: Acting) -> None:
    alice, bob, shared = home.home.alice, home.home.bob, home.home.shared
    home.viewer = bob
    async with home.site.client.get("/api/events") as stream:
        await heard(stream, "scan")
        await home.post(alice, "/api/photos/batch_favorite", photo_ids=[shared[0]])
        token = (await home.post(bob, "/api/photos/batch_favorite", photo_ids=[shared[1]]))["undo"]
        assert await heard(stream, "ratings") == {"ids": [shared[1]]}
        await home.post(bob, f"/api/undo/{token}")
        assert await heard(stream, "ratings") == {"ids": [shared[1]]}


async def test_jobs_belong_to_who_began_them(home: Acting) -> None:
    alice, bob = home.home.alice, home.home.bob
    go_on = asyncio.Event()

    async def work(job: Job) -> dict[str, int]:
        job.progress.total = 2
        job.progress.fail(home.home.alices[0], "it is secret")
        await go_on.wait()
        return {"made": 1}

    job = home.site.house.jobs.start(alice, "counting", work)
    assert await home.get(bob, "/api/jobs") == {"jobs": []}
    home.viewer = bob
    for method, path in (("GET", ""), ("POST", "/cancel")):
        theirs = await home.site.client.request(method, f"/api/jobs/{job.id}{path}")
        nobodys = await home.site.client.request(method, f"/api/jobs/{'0' * len(job.id)}{path}")
        assert (theirs.status, await theirs.json()) == (404, await nobodys.json())
    (found,) = (await home.get(alice, "/api/jobs"))["jobs"]
    assert (found["id"], found["kind"], found["state"], found["total"], found["failed"]) == (job.id, "counting", "running", 2, 1)
    go_on.set()
    while (found := await home.get(alice, f"/api/jobs/{job.id}"))["state"] == "running":
        await asyncio.sleep(0.01)
    assert (found["state"], found["result"]) == ("done", {"made": 1})
    assert await home.post(alice, f"/api/jobs/{job.id}/cancel") == {"cancelled": False}


async def test_the_job_of_captions_is_one_of_them(home: Acting) -> None:
    alice, bob = home.home.alice, home.home.bob
    captioning = home.site.house.captioning
    home.viewer = bob
    async with home.site.client.get("/api/events") as stream:
        await heard(stream, "scan")
        await asyncio.wait({captioning.start(alice, Wanted("generate"))})  # there is no model
        home.site.house.ingest.events.publish("people", {})
        while (name := (await event(stream))[0]) != "people":
            assert name not in ("captions", "job")
    (job,) = (await home.get(alice, "/api/jobs"))["jobs"]
    assert (job["kind"], job["state"]) == ("captions_generate", "failed")
    assert "captions.endpoint" in job["error"]
    assert (await home.get(alice, "/api/captions/status"))["error"] == job["error"]
    editor = Viewer(bob.user_id, "admin", bob.root_ids)
    foreign = await home.get(editor, "/api/captions/status")
    assert (foreign["state"], foreign["kind"], foreign["error"], foreign["finished_at"]) == ("idle", "", None, None)
    assert await home.post(editor, "/api/captions/cancel") == {"cancelled": False}
    assert await home.get(editor, "/api/jobs") == {"jobs": []}


async def test_a_stream_ends_with_its_session(home: Acting) -> None:
    async with home.site.client.get("/api/events") as stream:
        await heard(stream, "scan")
        home.nobody_asks()
        home.site.house.ingest.events.publish("people", {})
        assert await event(stream) == ("end", None)
