"""What ends or changes somebody's rights does so at once, and nobody comes to more by a detour."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError

from facetd.accounts import authentication, sessions
from facetd.accounts.authentication import Authentication, Caller
from facetd.errors import ConfigError
from facetd.http import zipping
from facetd.http.services import SERVICES
from tests.house import config, opened, scan
from tests.household import PASSWORDS, at_home, call, fill, household, tokens
from tests.http.serving import Site, problem_of, served
from tests.photos import make_photo


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "FAILED_TAKES_S", 0.01)


def accounts(site: Site) -> Authentication:
    """The accounts behind a site."""
    return site.client.server.app[SERVICES].authentication  # type: ignore[attr-defined,no-any-return]


async def unlocked(site: Site, password: str = "geheim") -> str:
    """The token of edition mode."""
    response = await call(site, "POST", "/api/auth/edition/login", None, {"password": password})
    site.client.session.cookie_jar.clear()
    return str((await response.json())["access_token"])


async def test_an_app_password_does_not_become_a_sign_in(tmp_path: Path) -> None:
    settings = config(viewer={"edition_password": "geheim"})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        token = await unlocked(site)
        app = (await (await call(site, "POST", "/api/auth/app_passwords", token, {"label": "x"})).json())["password"]
        await problem_of(await call(site, "POST", "/api/auth/edition/logout", app), 403)
        await problem_of(await call(site, "POST", "/api/auth/edition/login", app, {"password": "geheim"}), 403)
        assert (await call(site, "POST", "/api/persons/1/rename", app, {"name": "x"})).status == 404, "it still may do what it could"


async def test_who_only_looks_does_not_manage_the_edition_mode(tmp_path: Path) -> None:
    settings = config(viewer={"edition_password": "geheim"})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        token = await unlocked(site)
        app = await (await call(site, "POST", "/api/auth/app_passwords", token, {"label": "backup"})).json()
        owner = (await (await call(site, "GET", "/api/auth/sessions", token)).json())["sessions"][0]["id"]
        for path in ("/api/auth/sessions", "/api/auth/app_passwords"):
            assert (await (await call(site, "GET", path)).json())["sessions"] == []
        await problem_of(await call(site, "DELETE", f"/api/auth/sessions/{owner}"), 404)
        await problem_of(await call(site, "DELETE", f"/api/auth/app_passwords/{app['id']}"), 404)
        assert (await (await call(site, "POST", "/api/auth/sessions/end_others")).json())["ended"] == 0
        for used in (token, app["password"]):
            assert (await call(site, "POST", "/api/persons/1/rename", used, {"name": "x"})).status == 404


async def test_many_sign_ins_without_a_password_end_no_edition_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_PER_USER", 3)
    settings = config(viewer={"edition_password": "geheim"})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        token = await unlocked(site)
        made = [(await accounts(site).login(None, "", network="10.0.0.9")).token for _ in range(5)]
        assert [await accounts(site).caller(each) is not None for each in made] == [False, False, True, True, True]
        assert (await call(site, "POST", "/api/persons/1/rename", token, {"name": "x"})).status == 404


async def test_who_signs_in_by_the_old_password_while_it_changes_is_out_afterwards(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        found = accounts(site)
        token = (await tokens(site))["bob"]
        thief: list[str] = []

        async def keep(_name: str, _hash: str) -> None:
            """Meanwhile, with the password that is still in force."""
            thief.append((await found.login("bob", PASSWORDS["bob"], network="10.0.0.9")).token)

        found._keep_hash = keep
        restamp = found.sessions.restamp

        async def late(*given: Any) -> None:
            """A sign-in that looked at the password before it changed, and is told to the sessions only now."""
            token, _ = await found.sessions.open(2, given[1], network="10.0.0.9")
            thief.append(token)
            await restamp(*given)

        found.sessions.restamp = late  # type: ignore[method-assign]
        body = {"current_password": PASSWORDS["bob"], "new_password": "a new one"}
        assert (await call(site, "POST", "/api/auth/password", token, body)).status == 200
        assert [(await call(site, "GET", "/api/photos", each)).status for each in thief] == [401, 401]
        assert (await call(site, "GET", "/api/photos", token)).status == 200


async def test_an_old_hash_that_cannot_be_renewed_signs_in_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = f"{bytes(16).hex()}:{hashlib.pbkdf2_hmac('sha256', b'geheim', bytes(16), 100_000).hex()}"
    settings = config(users={"anna": {"password_hash": old, "directories": ["/p"]}})
    for error in (OSError(30, "Read-only file system"), ConfigError("no JSON")):

        async def keep(_name: str, _hash: str, error: Exception = error) -> None:
            raise error

        async with opened(tmp_path / "data", settings) as house, served(house) as site:
            accounts(site)._keep_hash = keep
            assert (await site.client.post("/api/auth/login", json={"username": "anna", "password": "geheim"})).status == 200
            assert (await site.get("/api/photos")).status == 200
            change = {"current_password": "geheim", "new_password": "a new one"}
            assert str(error) not in await problem_of(await site.client.post("/api/auth/password", json=change), 503)
            assert (await site.get("/api/photos")).status == 200
    assert "anna" in caplog.text
    assert old not in caplog.text


async def test_nobody_makes_us_keep_large_bodies(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        large = {"username": "bob", "password": "x" * 100_000}
        await problem_of(await site.client.post("/api/auth/login", json=large), 413)
        longest = {"username": "b" * 200, "password": "\N{SNOWMAN}" * 1024}
        await problem_of(await site.client.post("/api/auth/login", json=longest), 401)


@pytest.mark.parametrize(
    "origin", ["*", "null", "", "/", "photos.example", "https://", "https://*.example", "https://a.example/x", "https://a b"]
)
def test_only_sites_can_be_allowed_origins(origin: str) -> None:
    with pytest.raises(ValueError, match="expected one like"):
        config(viewer={"allowed_origins": [origin]})


async def test_a_zip_file_ends_with_the_session_that_asked_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with at_home(tmp_path) as (_house, site):
        token = (await tokens(site))["alice"]
        ids = [photo["id"] for photo in (await (await call(site, "GET", "/api/photos", token)).json())["photos"]]
        ticket = await (await call(site, "POST", "/api/download/zip", token, {"photo_ids": ids})).json()
        begun = zipping._Sending._file

        async def then_out(sending: Any, name: str, *given: Any) -> None:
            await begun(sending, name, *given)
            await accounts(site).end_others(Caller(replace(sending.viewer)))

        monkeypatch.setattr(zipping._Sending, "_file", then_out)
        with pytest.raises(ClientError):
            await (await call(site, "GET", ticket["url"], token)).read()


async def test_a_scan_of_a_folder_stays_in_the_roots_that_one_sees(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    fill(photos)
    (photos / "axb" / "link").symlink_to(photos / "a_b")
    (photos / "axb" / "trip").mkdir()
    make_photo(photos / "axb" / "trip" / "boat.jpg", 9)
    async with opened(tmp_path / "data", household(photos, bob="superadmin")) as house, served(house) as site:
        await house.add_configured()
        token = (await tokens(site))["bob"]
        for path in (
            f"/axb/{photos}/a_b",
            "/axb//etc",
            "/axb/link",
            "/axb/link/trip",
            "/axb/./trip",
            "/axb/../a_b",
            "/axb/x\0y",
            "/a_b",
            "/a_b/trip",
        ):
            answer = await call(site, "POST", "/api/scan/start", token, {"directories": [path]})
            assert "directories.0" in await problem_of(answer, 404 if path.startswith("/axb/") else 400), path
        assert (await call(site, "POST", "/api/scan/start", token, {"directories": ["/axb/trip/"]})).status == 200
        while house.ingest.scanning:
            await asyncio.sleep(0.02)
        assert [str(row[0]) for row in await house.db.rows("SELECT filename FROM photo")] == ["boat.jpg"]


async def test_a_link_leads_into_no_folder_that_others_do_not_see(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    fill(photos)
    (photos / "axb" / "link").symlink_to(photos / "a_b")
    (photos / "axb" / "fine").symlink_to(photos / "Shared")
    settings = household(photos, scanning={"follow_symlinks": True})
    async with opened(tmp_path / "data", settings) as house:
        await house.add_configured()
        await scan(house, photos / "axb")
        found = {str(row[0]) for row in await house.db.rows("SELECT filename FROM photo")}
        assert found == {"bob1.jpg", "shared1.jpg", "shared2.jpg"}
