"""Streams, undo and jobs of people who sign in."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.accounts import authentication
from facetd.http.services import SERVICES
from facetd.records.viewer import Viewer
from tests.household import at_home, call, tokens
from tests.http.serving import Site, problem_of
from tests.http.test_sse import event


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "FAILED_TAKES_S", 0.01)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[tuple[Site, dict[str, str]]]:
    async with at_home(tmp_path) as (_, site):
        yield site, await tokens(site)


@pytest.mark.parametrize("path", ["/api/events", "/api/scan/stream"])
async def test_a_stream_ends_at_once_when_its_session_does(home: tuple[Site, dict[str, str]], path: str) -> None:
    site, token = home
    mine = {"Authorization": f"Bearer {token['bob']}"}
    theirs = {"Authorization": f"Bearer {token['alice']}"}
    async with site.client.get(path, headers=mine) as stream, site.client.get(path, headers=theirs) as other:
        assert (await event(stream))[0] == "scan"
        assert (await event(other))[0] == "scan"
        await call(site, "POST", "/api/auth/logout", token["bob"])
        assert (await asyncio.wait_for(event(stream), 5))[0] == "end"
        site.house.ingest.events.publish("scan", {})
        assert (await event(other))[0] == "scan"
    await problem_of(await call(site, "GET", path, token["bob"]), 401)


async def test_a_user_rates_and_takes_back_what_they_see(home: tuple[Site, dict[str, str]]) -> None:
    site, token = home
    photos = {photo["filename"]: photo["id"] for photo in (await (await call(site, "GET", "/api/photos", token["alice"])).json())["photos"]}
    wanted = {"photo_ids": sorted(photos.values()), "rating": 4}
    reply = await (await call(site, "POST", "/api/photos/batch_rating", token["bob"], wanted)).json()
    assert (reply["count"], set(reply["not_found"])) == (2, {photos["alice1.jpg"], photos["alice2.jpg"]})
    await problem_of(await call(site, "POST", f"/api/undo/{reply['undo']}", token["alice"]), 404)
    await problem_of(await call(site, "POST", f"/api/undo/{reply['undo']}", None), 401)
    undone = await (await call(site, "POST", f"/api/undo/{reply['undo']}", token["bob"])).json()
    assert undone["restored"] == 2
    exported = await (await call(site, "GET", "/api/export", token["bob"])).text()
    assert "alice" not in exported.lower()
    assert "bob1.jpg" in exported


async def test_who_asked_before_sees_what_they_may_see_now(home: tuple[Site, dict[str, str]]) -> None:
    site, _ = home
    accounts = site.client.server.app[SERVICES].authentication  # type: ignore[attr-defined]
    bob = await accounts.users.viewer(await accounts.users.named("bob"))
    assert await accounts.as_now(dataclasses.replace(bob, role="superadmin", root_ids=frozenset({1, 2, 3, 4}))) == bob
    assert await accounts.as_now(Viewer(999, "admin", frozenset({1}))) is None
    everything = await accounts.as_now(Viewer(0, "superadmin", frozenset()))
    assert everything is not None
    assert everything.root_ids > bob.root_ids
