"""The account page as the server sends it: whose it is, and that nobody else gets it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from tests.house import config
from tests.household import HASHES, PASSWORDS, call, tokens
from tests.http.serving import Site, site

pytestmark = pytest.mark.usefixtures("built")
USERS = {
    "alice": {"password_hash": HASHES["alice"], "display_name": "Alice <b>A.</b>", "role": "superadmin"},
    "bob": {"password_hash": HASHES["bob"], "role": "user"},
}
BUILT = json.dumps({name: f"built-{name}" for name in ("account.js", "app.css", "icons.svg", "logo.svg", "page.js", "persons.js")})


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of built files, for the real templates."""
    from facetd.assets import asset_dir

    (tmp_path / "webui" / "static").mkdir(parents=True)
    (tmp_path / "webui" / "static" / "manifest.json").write_text(BUILT, encoding="utf-8")
    (tmp_path / "webui" / "templates").symlink_to(asset_dir("webui") / "templates")
    monkeypatch.setattr("facetd.http.pages.setup.asset_dir", lambda name: tmp_path / name)


async def page_of(site: Site, token: str | None, **headers: str) -> str:
    response = await call(site, "GET", "/account", token, Accept="text/html", **headers)
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    return await response.text()


async def test_nobody_is_led_to_the_sign_in_page_and_back(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(users=USERS)) as found:
        for sent in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": "facetd_session=nonsense"}):
            answer = await found.client.get("/account?lang=de", headers={"Accept": "text/html", **sent}, allow_redirects=False)
            assert answer.status == 302
            assert answer.headers["Location"] == "/login?next=/account?lang%3Dde"
            assert "alice" not in (await answer.text()).lower()
        assert (await found.client.get("/account", allow_redirects=False)).status == 401
        assert (await found.client.post("/account", data={"new_password": "x"})).status in (401, 405)


async def test_everybody_sees_their_own_name_and_role_only(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(users=USERS)) as found:
        token = await tokens(found)
        alice, bob = await page_of(found, token["alice"]), await page_of(found, token["bob"])
    assert "<bdi>Alice &lt;b&gt;A.&lt;/b&gt;</bdi>" in alice
    assert "You may change everything, start scans and change settings." in alice
    assert "You may look at photos and rate them." in bob
    assert "Alice" not in bob
    assert "alice" not in bob
    for html, password in ((alice, PASSWORDS["alice"]), (bob, PASSWORDS["bob"])):
        assert password not in html
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
        assert 'id="password"' in html
        assert 'action="/logout"' in html


async def test_the_page_says_nothing_that_an_app_password_may_not_know(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(users=USERS)) as found:
        token = await tokens(found)
        made = await (await call(found, "POST", "/api/auth/app_passwords", token["bob"], {"label": "digiKam"})).json()
        basic = base64.b64encode(f"bob:{made['password']}".encode()).decode()
        html = await page_of(found, None, Authorization=f"Basic {basic}")
    assert made["password"] not in html
    assert "digiKam</" not in html


async def test_without_users_the_edition_password_stands_there_and_no_password(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(viewer={"edition_password": "let me change it"})) as found:
        locked = await page_of(found, None)
        assert "/login?edition=1&amp;next=/account" in locked
        assert 'id="lock"' not in locked
        opened = await (await call(found, "POST", "/api/auth/edition/login", body={"password": "let me change it"})).json()
        found.client.session.cookie_jar.clear()
        unlocked = await page_of(found, opened["access_token"])
    assert 'id="lock"' in unlocked
    assert "/login?edition=1" not in unlocked
    assert 'id="password"' not in locked + unlocked


async def test_without_any_password_there_is_nothing_to_unlock_or_to_sign_out_of(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config()) as found:
        html = await page_of(found, None)
    assert "there are no users" in html
    assert "edition" not in html
    assert "/logout" not in html


async def test_the_language_that_is_chosen_there_is_kept(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config()) as found:
        html = await page_of(found, None)
        for code, name in {"de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "it": "Italiano"}.items():
            assert re.search(rf'href="/account\?lang={code}" lang="{code}" hreflang="{code}"[^>]*>{name}</a>', html)
        await found.client.get("/account?lang=fr", headers={"Accept": "text/html"})
        french = await page_of(found, None)
    assert re.search(r'lang="fr" hreflang="fr" aria-current="true"', french)
    assert french.count('aria-current="true"') == 1


async def test_controls_that_one_may_not_use_are_hidden_from_the_start(tmp_path: Path) -> None:
    async with site(tmp_path / "data", config(users=USERS)) as found:
        token = await tokens(found)
        for name, role, hidden in (("alice", "superadmin", 0), ("bob", "user", 1)):
            html = await (await call(found, "GET", "/persons", token[name], Accept="text/html")).text()
            assert f'data-role="{role}"' in html
            assert len(re.findall(r'id="to-suggestions"[^>]* hidden>', html)) == hidden
