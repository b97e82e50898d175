"""Users who leave: their sign-ins, app passwords and links end; ratings and albums wait for them."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from facetd.daemon import Daemon
from facetd.http.services import SERVICES
from facetd.listening import Address
from tests.cli.test_commands import call as command
from tests.daemons import QUICK, configure, running
from tests.house import InlineWorkers, opened
from tests.household import HASHES, at_home, call, household, tokens
from tests.http.serving import Site, served


async def share(site: Site, token: str) -> str:
    """A link to a new album of this user, as its address."""
    photos = (await (await call(site, "GET", "/api/photos", token)).json())["photos"]
    body = {"name": "Summer", "photo_ids": [photo["id"] for photo in photos]}
    number = (await (await call(site, "POST", "/api/albums", token, body)).json())["id"]
    made = await (await call(site, "POST", f"/api/albums/{number}/share", token, {})).json()
    return f"/api/shared/album/{number}?token={made['share_token']}"


async def test_who_is_not_among_the_users_has_nothing_open(tmp_path: Path) -> None:
    async with at_home(tmp_path, bob="admin") as (house, site):
        token = await tokens(site)
        app = (await (await call(site, "POST", "/api/auth/app_passwords", token["bob"], {"label": "frame"})).json())["password"]
        links = {name: await share(site, token[name]) for name in token}
        photo = (await (await call(site, "GET", "/api/photos", token["bob"])).json())["photos"][0]["id"]
        assert (await call(site, "POST", "/api/photo/set_rating", token["bob"], {"photo_id": photo, "rating": 4})).status == 200
        site.client.session.cookie_jar.clear()
        authentication = site.client.server.app[SERVICES].authentication  # type: ignore[attr-defined]
        without = house.config.model_copy(update={"users": {"alice": house.config.users["alice"]}})
        none = house.config.model_copy(update={"users": {}})
        for config, alive in ((none, True), (house.config, True), (without, False), (house.config, False)):
            authentication.take(config)
            await authentication.end_absent()
            if "bob" not in config.users:
                continue
            assert [(await call(site, "GET", "/api/photos", each)).status == 200 for each in (token["bob"], app)] == [alive] * 2
            assert ((await call(site, "GET", links["bob"])).status == 200) is alive
            assert (await call(site, "GET", "/api/photos", token["alice"])).status == 200
            assert (await call(site, "GET", links["alice"])).status == 200
        again = (await tokens(site))["bob"]
        (album,) = (await (await call(site, "GET", "/api/albums", again)).json())["albums"]
        assert (album["name"], album["is_shared"]) == ("Summer", False)
        rated = await (await call(site, "GET", f"/api/photo?id={photo}", again)).json()
        assert rated["star_rating"] == 4


async def test_sign_ins_of_single_user_mode_do_not_wake_up(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    single = household(photos).model_copy(update={"users": {}})
    single = single.model_copy(update={"viewer": single.viewer.model_copy(update={"password": "long enough"})})
    async with opened(tmp_path / "data", single) as house, served(house) as site:
        answer = await call(site, "POST", "/api/auth/login", None, {"password": "long enough"})
        token = (await answer.json())["access_token"]
        site.client.session.cookie_jar.clear()
        authentication = site.client.server.app[SERVICES].authentication  # type: ignore[attr-defined]
        assert (await call(site, "GET", "/api/photos", token)).status == 200
        for config in (household(photos), single):
            authentication.take(config)
            await authentication.end_absent()
        assert (await call(site, "GET", "/api/photos", token)).status == 401


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode workers in this process."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())


def opens(data: Path) -> tuple[int, int]:
    """How many sessions and links the library knows."""
    with sqlite3.connect(data / "library.db") as db:
        return tuple(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("session", "album_share"))  # type: ignore[return-value]


async def make_library(data: Path) -> None:
    """An empty library."""
    async with opened(data):
        pass


def give(data: Path) -> None:
    """bob a session and a link, as if he had used the library."""
    with sqlite3.connect(data / "library.db") as db:
        (bob,) = db.execute(
            "INSERT INTO account (name, created_at) VALUES ('bob', '') ON CONFLICT DO UPDATE SET name = name RETURNING id"
        ).fetchone()
        db.execute(
            "INSERT INTO session (user_id, kind, token_hash, stamp, created_at, used_at) VALUES (?, 'app', randomblob(32), '', ?, ?)",
            (bob, "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"),
        )
        (album,) = db.execute(
            "INSERT INTO album (user_id, name, created_at, updated_at) VALUES (?, 'S', '', '') RETURNING id", (bob,)
        ).fetchone()
        db.execute("INSERT INTO album_share (album_id, token_hash, created_at) VALUES (?, randomblob(32), '')", (album,))
    assert opens(data) == (1, 1)


def settings(*names: str) -> dict[str, Any]:
    return {**QUICK, "users": {name: {"password_hash": HASHES[name], "role": "admin"} for name in names}}


def test_removed_by_command_without_a_daemon(tmp_path: Path) -> None:
    data = tmp_path / "data"
    configure(data, settings("bob"))
    assert "Removed" in command("user", "remove", "bob", "--yes", "--data", data).stdout, "there is no library yet"
    assert not (data / "library.db").exists()
    configure(data, settings("bob"))
    asyncio.run(make_library(data))
    give(data)
    told = command("user", "remove", "bob", "--yes", "--set-aside", "--data", data).stdout
    assert "1 sign-ins and app passwords, 1 links" in told
    assert "for a user called 'bob (1)'" in told
    assert opens(data) == (0, 0)
    command("user", "add", "bob", "--password-stdin", "--data", data, answer="a long secret\n")
    with sqlite3.connect(data / "library.db") as db:
        assert db.execute("SELECT a.name FROM album al JOIN account a ON a.id = al.user_id").fetchall() == [("bob (1)",)]


async def test_removed_by_command_while_the_daemon_runs_and_added_at_once(tmp_path: Path, inline: None) -> None:
    data = tmp_path / "data"
    await make_library(data)
    give(data)
    async with running(data, raw=settings("alice", "bob")):
        told = (await asyncio.to_thread(command, "user", "remove", "bob", "--yes", "--data", data)).stdout
        assert "1 sign-ins and app passwords, 1 links" in told
        await asyncio.to_thread(command, "user", "add", "bob", "--password-stdin", "--data", data, answer="a long secret\n")
        assert opens(data) == (0, 0)


async def status(daemon: Daemon, path: str, **headers: str) -> int:
    from aiohttp import ClientError, ClientSession

    try:
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{daemon.port}{path}", headers=headers) as answer:
            return answer.status
    except ClientError:
        return 0  # between the old and the new


async def becomes(daemon: Daemon, path: str, expected: int, **headers: str) -> None:
    async with asyncio.timeout(20):
        while await status(daemon, path, **headers) != expected:
            await asyncio.sleep(0.05)


async def test_without_the_last_user_the_network_is_sent_away(tmp_path: Path, inline: None, caplog: pytest.LogCaptureFixture) -> None:
    data = tmp_path / "data"
    async with running(data, raw=settings("bob"), address=Address("0.0.0.0", 0)) as daemon:
        assert await status(daemon, "/api/photos") == 401
        for raw in (QUICK, {**QUICK, "viewer": {"edition_password": "long enough"}}):
            configure(data, raw)
            os.kill(os.getpid(), signal.SIGHUP)
            await becomes(daemon, "/api/photos", 503)
            assert "answers nobody at 0.0.0.0" in caplog.text
            for path in ("/", "/login", "/api/config", "/metrics", "/api/nothing", "/static/x", "/shared/album/1", "/thumbnail?id=1"):
                await becomes(daemon, path, 503)
                await becomes(daemon, path, 503, Host="localhost")
            await becomes(daemon, "/health", 200)
        assert not [record for record in caplog.records if record.name.startswith("facetd.http")], "strangers do not fill the log"
        configure(data, settings("alice"))
        os.kill(os.getpid(), signal.SIGHUP)
        await becomes(daemon, "/api/photos", 401)
    async with running(data, raw=settings("bob")) as daemon:
        configure(data, QUICK)
        os.kill(os.getpid(), signal.SIGHUP)
        await becomes(daemon, "/api/photos", 200)
