"""Signing in: who is who, what each may do, and what ends a session."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facetd.accounts import authentication
from facetd.accounts.sessions import IDLE
from facetd.config.viewer import Features
from facetd.house import House
from facetd.http.openapi import REGISTERED, Access
from facetd.http.services import SERVICES
from tests.house import config, opened
from tests.household import HASHES, PASSWORDS, at_home, call, household, tokens
from tests.http.serving import Site, problem_of, served

Home = tuple[House, Site, dict[str, str]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "FAILED_TAKES_S", 0.01)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with at_home(tmp_path) as (house, site):
        yield house, site, await tokens(site)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Site]:
    """A household without photos."""
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        yield site


async def photos_of(site: Site, token: str | None) -> set[str]:
    response = await call(site, "GET", "/api/photos", token)
    assert response.status == 200, await response.text()
    return {photo["filename"] for photo in (await response.json())["photos"]}


async def test_each_sees_their_own_and_the_shared_photos(home: Home) -> None:
    _, site, token = home
    assert await photos_of(site, token["alice"]) == {"alice1.jpg", "alice2.jpg", "shared1.jpg", "shared2.jpg"}
    assert await photos_of(site, token["bob"]) == {"bob1.jpg", "shared1.jpg", "shared2.jpg"}
    cameras = await (await call(site, "GET", "/api/filter_options/cameras", token["bob"])).json()
    assert dict(cameras["cameras"]) == {"Bob's camera": 1, "EOS 6D": 2}
    for name, own in (("alice", "/a_b"), ("bob", "/axb")):
        found = (await (await call(site, "GET", "/api/scan/directories", token[name])).json())["directories"]
        assert {each["path"]: each["owner"] for each in found} == {own: name, "/Shared": "shared"}


@pytest.mark.parametrize(
    "path", ["/api/photos", "/thumbnail?id=1", "/image?id=1", "/api/events", "/api/openapi.json", "/api/config", "/nothing", "/"]
)
async def test_nobody_sees_nothing(empty: Site, path: str) -> None:
    response = await empty.get(path)
    await problem_of(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    await problem_of(await empty.get(path, Authorization="Bearer nonsense"), 401)
    await problem_of(await empty.get(path, Cookie="facetd_session=nonsense"), 401)


async def test_a_browser_is_led_to_the_sign_in_page_and_back_to_this_site_only(empty: Site) -> None:
    response = await empty.client.get("/persons?sort=name_asc", headers={"Accept": "text/html"}, allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/login?next=/persons?sort%3Dname_asc")
    page = await (await empty.client.get(response.headers["Location"])).text()
    assert 'data-next="/persons?sort=name_asc"' in page
    for evil in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\n//evil.example",
        "\\\\evil.example",
    ):
        assert 'data-next="/"' in await (await empty.client.get("/login", params={"next": evil})).text(), evil


async def test_public_operations_are_few(empty: Site) -> None:
    found = {
        (operation.method, operation.path)
        for operation in empty.client.server.app[REGISTERED]  # type: ignore[attr-defined]
        if operation.access is Access.PUBLIC
    }
    assert found >= {("POST", "/api/auth/login"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/api/auth/status")}
    others = {path for _, path in found} - {"/api/auth/login", "/api/auth/logout", "/api/auth/status", "/health", "/ready"}
    assert all(path.startswith(("/api/i18n/", "/api/shared/")) for path in others), others


async def test_wrong_names_and_passwords_look_alike(empty: Site) -> None:
    answers = []
    for body in (
        {"username": "alice", "password": "wrong"},
        {"username": "nobody", "password": "wrong"},
        {"username": "Alice", "password": PASSWORDS["alice"]},
    ):
        response = await empty.client.post("/api/auth/login", json=body)
        answers.append((response.status, await response.text()))
    assert answers[0][0] == 401
    assert len(set(answers)) == 1
    assert "username" in await problem_of(await empty.client.post("/api/auth/login", json={"password": "x"}), 400)


async def test_status(empty: Site) -> None:
    nobody = await empty.json("/api/auth/status")
    assert (nobody["authenticated"], nobody["login_required"], nobody["multi_user"], nobody["features"]) == (False, True, True, {})
    token = await tokens(empty)
    alice = await (await call(empty, "GET", "/api/auth/status", token["alice"])).json()
    assert (alice["user_id"], alice["user_role"], alice["display_name"], alice["edition_authenticated"]) == (
        "alice",
        "superadmin",
        "Alice",
        True,
    )
    bob = await (await call(empty, "GET", "/api/auth/status", token["bob"])).json()
    assert (bob["user_id"], bob["display_name"], bob["edition_authenticated"], bob["edition_enabled"]) == ("bob", "bob", False, False)


async def test_features_are_all_named_and_on_for_whom_they_are_there(empty: Site) -> None:
    token = await tokens(empty)
    for name in ("alice", "bob"):
        features = (await (await call(empty, "GET", "/api/auth/status", token[name])).json())["features"]
        assert features == (await (await call(empty, "GET", "/api/config", token[name])).json())["features"]
        off = {"show_critique", "show_vlm_critique", *(["show_scan_button"] if name == "bob" else [])}
        assert features == {key: key not in off for key in Features.model_fields}


async def test_the_cookie_signs_in_and_logout_ends_it(empty: Site) -> None:
    response = await empty.client.post("/api/auth/login", json={"username": "bob", "password": PASSWORDS["bob"]})
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    token = (await response.json())["access_token"]
    assert (await empty.get("/api/photos")).status == 200
    await problem_of(await empty.client.post("/api/auth/sessions/end_others", headers={"Origin": "http://evil.example"}), 403)
    assert (await empty.client.post("/api/auth/logout")).status == 200
    assert (await empty.get("/api/photos")).status == 401
    assert (await call(empty, "GET", "/api/photos", token)).status == 401, "the token is over too"


async def test_a_page_signs_out(empty: Site) -> None:
    await empty.client.post("/api/auth/login", json={"username": "bob", "password": PASSWORDS["bob"]})
    page = await (await empty.client.get("/", headers={"Accept": "text/html"})).text()
    assert 'action="/logout"' in page
    assert (await empty.client.post("/logout", headers={"Origin": "http://evil.example"})).status == 403
    assert (await empty.get("/api/photos")).status == 200
    response = await empty.client.post("/logout", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/login")
    assert (await empty.get("/api/photos")).status == 401
    assert 'action="/logout"' not in await (await empty.client.get("/login", headers={"Accept": "text/html"})).text()


async def test_roles(empty: Site) -> None:
    token = await tokens(empty)
    for method, path, body in (("POST", "/api/persons/1/rename", {"name": "x"}), ("POST", "/api/scan/start", {})):
        assert (await call(empty, method, path, None, body)).status == 401
        await problem_of(await call(empty, method, path, token["bob"], body), 403)
    assert (await call(empty, "POST", "/api/persons/1/rename", token["alice"], {"name": "x"})).status == 404
    assert (await call(empty, "POST", "/api/scan/start", token["alice"], {})).status == 200


async def test_app_passwords(empty: Site) -> None:
    token = await tokens(empty)
    made = await (await call(empty, "POST", "/api/auth/app_passwords", token["bob"], {"label": "script"})).json()
    assert (await call(empty, "GET", "/api/photos", made["password"])).status == 200
    for name, status in (("bob", 200), ("alice", 401), ("", 200), ("nobody", 401)):
        basic = base64.b64encode(f"{name}:{made['password']}".encode()).decode()
        assert (await empty.get("/api/photos", Authorization=f"Basic {basic}")).status == status, name
    for secret in (token["bob"], PASSWORDS["bob"], ""):
        basic = base64.b64encode(f"bob:{secret}".encode()).decode()
        assert (await empty.get("/api/photos", Authorization=f"Basic {basic}")).status == 401
    await problem_of(await call(empty, "GET", "/api/auth/app_passwords", made["password"]), 403)
    await problem_of(await call(empty, "POST", "/api/auth/app_passwords", made["password"], {"label": "more"}), 403)
    listed = (await (await call(empty, "GET", "/api/auth/app_passwords", token["bob"])).json())["sessions"]
    assert [(each["id"], each["label"]) for each in listed] == [(made["id"], "script")]
    assert made["password"] not in str(listed)
    await problem_of(await call(empty, "DELETE", f"/api/auth/app_passwords/{made['id']}", token["alice"]), 404)
    assert (await call(empty, "DELETE", f"/api/auth/app_passwords/{made['id']}", token["bob"])).status == 200
    assert (await call(empty, "GET", "/api/photos", made["password"])).status == 401


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Basic \u00e9", "Bearer", "Digest x", "x", ""]
)
async def test_odd_credentials_are_nobodys(empty: Site, header: str) -> None:
    assert (await empty.get("/api/photos", Authorization=header)).status == 401


async def test_sessions_are_listed_and_ended_by_their_owner(empty: Site) -> None:
    first, second = (await tokens(empty))["bob"], await tokens(empty)
    listed = (await (await call(empty, "GET", "/api/auth/sessions", second["bob"])).json())["sessions"]
    assert [each["current"] for each in listed] == [True, False]
    await problem_of(await call(empty, "DELETE", f"/api/auth/sessions/{listed[1]['id']}", second["alice"]), 404)
    assert (await call(empty, "DELETE", f"/api/auth/sessions/{listed[1]['id']}", second["bob"])).status == 200
    assert (await call(empty, "GET", "/api/photos", first)).status == 401
    third = (await tokens(empty))["bob"]
    assert (await (await call(empty, "POST", "/api/auth/sessions/end_others", third)).json())["ended"] == 1
    assert (await call(empty, "GET", "/api/photos", second["bob"])).status == 401
    assert (await call(empty, "GET", "/api/photos", second["alice"])).status == 200


async def test_a_new_password_ends_the_other_sessions_and_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        kept: dict[str, str] = {}

        async def keep(name: str, made: str) -> None:
            kept[name] = made

        site.client.server.app[SERVICES].authentication._keep_hash = keep  # type: ignore[attr-defined]
        old, token = (await tokens(site))["bob"], await tokens(site)
        body = {"current_password": PASSWORDS["bob"], "new_password": "a new one"}
        await problem_of(await call(site, "POST", "/api/auth/password", token["bob"], {**body, "current_password": "x"}), 401)
        assert "new_password" in await problem_of(
            await call(site, "POST", "/api/auth/password", token["bob"], {**body, "new_password": "short"}), 400
        )
        assert (await call(site, "POST", "/api/auth/password", token["bob"], body)).status == 200
        assert kept["bob"] != HASHES["bob"]
        assert (await call(site, "GET", "/api/photos", token["bob"])).status == 200
        assert (await call(site, "GET", "/api/photos", old)).status == 401
        assert (await site.client.post("/api/auth/login", json={"username": "bob", "password": PASSWORDS["bob"]})).status == 401
        assert (await site.client.post("/api/auth/login", json={"username": "bob", "password": "a new one"})).status == 200


async def test_a_password_that_changed_in_the_configuration_ends_sessions(empty: Site) -> None:
    token = await tokens(empty)
    house = empty.house.config
    bob = house.users["bob"].model_copy(update={"password_hash": HASHES["alice"]})
    empty.client.server.app[SERVICES].authentication.take(house.model_copy(update={"users": {**house.users, "bob": bob}}))  # type: ignore[attr-defined]
    assert (await call(empty, "GET", "/api/photos", token["bob"])).status == 401
    assert (await call(empty, "GET", "/api/photos", token["alice"])).status == 200
    gone = house.model_copy(update={"users": {"bob": bob}})
    empty.client.server.app[SERVICES].authentication.take(gone)  # type: ignore[attr-defined]
    assert (await call(empty, "GET", "/api/photos", token["alice"])).status == 401


async def test_an_old_hash_is_renewed_at_the_next_sign_in(tmp_path: Path) -> None:
    salt = bytes(16)
    old = f"{salt.hex()}:{hashlib.pbkdf2_hmac('sha256', b'geheim', salt, 100_000).hex()}"
    settings = config(users={"anna": {"password_hash": old, "directories": ["/p"]}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        for _ in range(2):
            assert (await site.client.post("/api/auth/login", json={"username": "anna", "password": "geheim"})).status == 200
        assert (await site.get("/api/photos")).status == 200
        users = site.client.server.app[SERVICES].authentication.users  # type: ignore[attr-defined]
        assert (await users.named("anna")).entry.password_hash.startswith("$argon2id$")


async def test_sessions_outlive_a_restart_and_end_when_idle(tmp_path: Path) -> None:
    assert timedelta(days=30) == IDLE
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        token = (await tokens(site))["bob"]
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        assert (await call(site, "GET", "/api/photos", token)).status == 200
        sessions = site.client.server.app[SERVICES].authentication.sessions  # type: ignore[attr-defined]
        later = datetime.now(UTC) + IDLE - timedelta(hours=1)
        sessions._clock = lambda: later
        assert (await call(site, "GET", "/api/photos", token)).status == 200
        sessions._clock = lambda: later + IDLE - timedelta(hours=1)
        assert (await call(site, "GET", "/api/photos", token)).status == 200, "it was used"
        sessions._clock = lambda: later + 2 * IDLE
        assert (await call(site, "GET", "/api/photos", token)).status == 401
        rows = await house.db.rows("SELECT COUNT(*) FROM session WHERE user_id = 2")
        assert rows[0][0] == 0


async def single(tmp_path: Path, **viewer: Any) -> AsyncIterator[Site]:
    async with opened(tmp_path / "data", config(viewer=viewer)) as house, served(house) as site:
        yield site


async def test_one_password_for_the_household(tmp_path: Path) -> None:
    async for site in single(tmp_path, password="geheim"):
        await problem_of(await site.get("/api/photos"), 401)
        await problem_of(await site.client.post("/api/auth/login", json={"password": "falsch"}), 401)
        answer = await (await site.client.post("/api/auth/login", json={"password": "geheim"})).json()
        assert answer["user"] is None
        assert (await site.get("/api/photos")).status == 200
        assert (await site.client.post("/api/persons/1/rename", json={"name": "x"})).status == 404, "it may do everything"


async def test_without_users_an_app_password_fits_any_name(tmp_path: Path) -> None:
    """Programs insist on a name."""
    async for site in single(tmp_path, password="geheim"):
        token = (await (await site.client.post("/api/auth/login", json={"password": "geheim"})).json())["access_token"]
        made = await (await call(site, "POST", "/api/auth/app_passwords", token, {"label": "frame"})).json()
        for name, secret, status in (("", made["password"], 200), ("me", made["password"], 200), ("me", "geheim", 401), ("me", token, 401)):
            basic = base64.b64encode(f"{name}:{secret}".encode()).decode()
            site.client.session.cookie_jar.clear()
            assert (await site.get("/api/photos", Authorization=f"Basic {basic}")).status == status, name


async def test_edition_mode(tmp_path: Path) -> None:
    async for site in single(tmp_path, edition_password="geheim"):
        status = await site.json("/api/auth/status")
        assert (status["authenticated"], status["login_required"], status["edition_authenticated"]) == (True, False, False)
        await problem_of(await site.client.post("/api/persons/1/rename", json={"name": "x"}), 403)
        await problem_of(await site.client.post("/api/auth/edition/login", json={"password": "falsch"}), 401)
        token = (await (await site.client.post("/api/auth/edition/login", json={"password": "geheim"})).json())["access_token"]
        assert (await site.client.post("/api/persons/1/rename", json={"name": "x"})).status == 404
        assert (await site.client.post("/api/auth/edition/logout")).status == 200
        await problem_of(await site.client.post("/api/persons/1/rename", json={"name": "x"}), 403)
        assert (await call(site, "GET", "/api/photos", token)).status == 401, "that token is over"
        assert (await site.get("/api/photos")).status == 200


async def test_no_edition_password_unlocks_nothing(tmp_path: Path) -> None:
    async for site in single(tmp_path, password="geheim"):
        await site.client.post("/api/auth/login", json={"password": "geheim"})
        await problem_of(await site.client.post("/api/auth/edition/login", json={"password": ""}), 401)


async def test_edition_mode_is_no_part_of_a_household_with_users(empty: Site) -> None:
    token = await tokens(empty)
    await problem_of(await call(empty, "POST", "/api/auth/edition/login", token["bob"], {"password": "x"}), 409)
    await problem_of(await call(empty, "POST", "/api/auth/edition/logout", token["bob"]), 409)


async def test_users_end_the_sessions_of_single_user_mode(tmp_path: Path) -> None:
    async for site in single(tmp_path, password="geheim"):
        token = (await (await site.client.post("/api/auth/login", json={"password": "geheim"})).json())["access_token"]
    async with opened(tmp_path / "data", household(tmp_path)) as house, served(house) as site:
        assert (await call(site, "GET", "/api/photos", token)).status == 401


async def test_guessing_is_slowed_down_per_network(empty: Site) -> None:
    statuses = []
    for _ in range(30):
        response = await empty.client.post("/api/auth/login", json={"username": "bob", "password": "x"})
        statuses.append(response.status)
    assert statuses[:10] == [401] * 10
    assert 429 in statuses
    assert int(response.headers["Retry-After"]) >= 1
    forwarded = await call(
        empty, "POST", "/api/auth/login", None, {"username": "bob", "password": PASSWORDS["bob"]}, X_Forwarded_For="9.9.9.9"
    )
    assert forwarded.status == 429, "nobody believes an address that anybody can write"


async def test_a_trusted_proxy_tells_who_asks(tmp_path: Path) -> None:
    settings = household(tmp_path, server={"trusted_proxies": ["127.0.0.0/8"]})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        wrong = {"username": "alice", "password": "x"}
        for number in range(15):
            await call(site, "POST", "/api/auth/login", None, wrong, X_Forwarded_For=f"8.8.8.8, 2001:db8::{number:x}")
        body = {"username": "bob", "password": PASSWORDS["bob"]}
        assert (await call(site, "POST", "/api/auth/login", None, body, X_Forwarded_For="2001:db8::ffff:1")).status == 429, "the same /64"
        assert (await call(site, "POST", "/api/auth/login", None, body, X_Forwarded_For="2001:db8:0:1::1")).status == 200
        secure = await call(site, "POST", "/api/auth/login", None, body, X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="https")
        assert "Secure" in secure.headers["Set-Cookie"]


async def test_other_origins_only_as_configured(tmp_path: Path) -> None:
    settings = household(tmp_path, viewer={"allowed_origins": ["https://photos.example"]})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        token = (await tokens(site))["bob"]
        friend = await call(site, "GET", "/api/photos", token, Origin="https://photos.example")
        assert friend.headers["Access-Control-Allow-Origin"] == "https://photos.example"
        assert friend.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in friend.headers["Vary"]
        asked = {"Origin": "https://photos.example", "Access-Control-Request-Method": "POST"}
        preflight = await site.client.options("/api/auth/app_passwords", headers=asked)
        assert (preflight.status, "POST" in preflight.headers["Access-Control-Allow-Methods"]) == (204, True)
        assert (await call(site, "POST", "/api/auth/app_passwords", token, {"label": "x"}, Origin="https://photos.example")).status == 200
        for origin in ("https://evil.example", "https://photos.example.evil", "http://photos.example", "null"):
            foreign = await call(site, "GET", "/api/photos", token, Origin=origin)
            assert "Access-Control-Allow-Origin" not in foreign.headers
            assert (await call(site, "POST", "/api/auth/app_passwords", token, {"label": "x"}, Origin=origin)).status == 403
