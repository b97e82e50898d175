"""A household: alice and bob with folders of their own and a shared one, and their sign-ins over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse

from facetd.config import Config
from facetd.house import House
from tests.house import config, opened, scan
from tests.http.serving import Site, served
from tests.photos import make_photo

PASSWORDS = {"alice": "alice's secret", "bob": "bob's secret"}
HASHES = {
    "alice": "$argon2id$v=19$m=19456,t=2,p=1$uJfSGoPwHmPsHSOkNKbUmg$fwEE+kkng8Q5fbvZTd89+4EDIX2mZeidFsIOUHfiwLI",
    "bob": "$argon2id$v=19$m=19456,t=2,p=1$xdhbSwnBuBfiPIfQ+t/7fw$fvEDYC1alSzsp9tCB/79e/DWdIrzTSajQR4bZLhFn00",
}


def household(photos: Path, *, bob: str = "user", **sections: Any) -> Config:
    """Settings with alice (superadmin, `a_b`), bob (`axb`) and `Shared`, folders in `photos`."""
    users = {
        "alice": {"password_hash": HASHES["alice"], "display_name": "Alice", "role": "superadmin", "directories": [str(photos / "a_b")]},
        "bob": {"password_hash": HASHES["bob"], "role": bob, "directories": [str(photos / "axb")]},
        "shared_directories": [str(photos / "Shared")],
    }
    return config(users=users, **sections)


def fill(photos: Path) -> None:
    """Two photos of alice, one of bob, two shared ones."""
    make_photo(photos / "a_b" / "alice1.jpg", 1, model="Alice's camera", gps=(41.89, 12.49))
    make_photo(photos / "a_b" / "trip" / "alice2.jpg", 2, model="Alice's camera")
    make_photo(photos / "axb" / "bob1.jpg", 3, model="Bob's camera")
    make_photo(photos / "Shared" / "shared1.jpg", 4, model="EOS 6D")
    make_photo(photos / "Shared" / "shared2.jpg", 5, model="EOS 6D")


async def tokens(site: Site) -> dict[str, str]:
    """A bearer token for each of the two."""
    found = {}
    for name, password in PASSWORDS.items():
        response = await site.client.post("/api/auth/login", json={"username": name, "password": password})
        assert response.status == 200, await response.text()
        found[name] = (await response.json())["access_token"]
    site.client.session.cookie_jar.clear()
    return found


async def call(site: Site, method: str, path: str, token: str | None = None, body: object = None, **headers: str) -> ClientResponse:
    """A request with this token, or as nobody."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Authorization": f"Bearer {token}"} if token else {})
    return await site.client.request(method, path, headers=sent, **({} if body is None else {"json": body}))


@asynccontextmanager
async def at_home(tmp_path: Path, **sections: Any) -> AsyncIterator[tuple[House, Site]]:
    """The household's library, scanned and served."""
    photos = tmp_path / "photos"
    fill(photos)
    async with opened(tmp_path / "data", household(photos, **sections)) as house:
        await house.add_configured()
        await scan(house)
        async with served(house) as site:
            yield house, site
