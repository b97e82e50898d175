"""Links in a household with sign-ins: who has one needs no login for the album, and gets nowhere else with it."""

from __future__ import annotations

import re
from pathlib import Path

from facetd.http.api import OPERATIONS
from facetd.http.openapi import Access
from facetd.http.services import SERVICES
from tests.household import at_home, call, tokens


async def test_a_link_opens_one_album_to_who_has_no_login(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (_house, site):
        alice = (await tokens(site))["alice"]
        photos = (await (await call(site, "GET", "/api/photos?sort=filename&dir=ASC", alice)).json())["photos"]
        numbers = {photo["filename"]: photo["id"] for photo in photos}
        made = await call(
            site, "POST", "/api/albums", alice, {"name": "Ours", "photo_ids": [numbers["alice1.jpg"], numbers["shared1.jpg"]]}
        )
        number = (await made.json())["id"]
        token = (await (await call(site, "POST", f"/api/albums/{number}/share", alice, {})).json())["share_token"]
        by_link = f"share={number}&token={token}"

        found = await (await call(site, "GET", f"/api/shared/album/{number}?token={token}&sort=position")).json()
        assert [photo["filename"] for photo in found["photos"]] == ["alice1.jpg", "shared1.jpg"]
        assert found["album"]["cover_photo_id"] == numbers["alice1.jpg"]
        page = await call(site, "GET", f"/shared/album/{number}?token={token}", Accept="text/html")
        assert page.status == 200
        for path in ("/thumbnail", "/image", "/api/download", "/api/download/options"):
            inside, outside = f"{path}?id={numbers['alice1.jpg']}", f"{path}?id={numbers['alice2.jpg']}"
            assert (await call(site, "GET", f"{inside}&{by_link}")).status == 200, path
            assert (await call(site, "GET", f"{outside}&{by_link}")).status == 404, path
            assert (await call(site, "GET", f"{inside}&share={number}&token=x")).status == 404, path
            assert (await call(site, "GET", inside)).status == 401, path
            assert (await call(site, "GET", f"{inside}&token={token}")).status in (400, 401), path

        for operation in OPERATIONS:
            if operation.access is Access.PUBLIC or operation.shared:
                continue
            path = re.sub(r"\{[^}]*\}", "1", operation.path)
            sent = await call(site, operation.method, f"{path}?{by_link}", None, {}, X_Share_Token=token)
            assert sent.status == 401, (operation.method, path)
            borne = await call(site, operation.method, path, token)
            assert borne.status == 401, (operation.method, path)
        for path in ("/", "/persons", f"/photo/{numbers['alice1.jpg']}", "/scan"):
            refused = await site.client.get(f"{path}?{by_link}", headers={"Accept": "text/html"}, allow_redirects=False)
            assert (refused.status, refused.headers["Location"].startswith("/login")) == (302, True)

        await call(site, "DELETE", f"/api/albums/{number}/share", alice)
        assert (await call(site, "GET", f"/thumbnail?id={numbers['alice1.jpg']}&{by_link}")).status == 404
        assert (await call(site, "GET", f"/shared/album/{number}?token={token}", Accept="text/html")).status == 404


async def test_the_roles_that_albums_need(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (_house, site):
        known = await tokens(site)
        for method, path in (
            ("POST", "/api/albums"),
            ("PUT", "/api/albums/1"),
            ("POST", "/api/albums/1/photos"),
            ("POST", "/api/albums/1/share"),
        ):
            assert (await call(site, method, path, known["bob"], {"name": "x"})).status == 403
            assert (await call(site, method, path, None, {"name": "x"})).status == 401
        made = await (await call(site, "POST", "/api/albums", known["alice"], {"name": "Ours", "visibility": "household"})).json()
        assert (await (await call(site, "GET", "/api/albums", known["bob"])).json())["albums"][0]["id"] == made["id"]


async def test_links_end_with_their_owner(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (house, site):
        alice = (await tokens(site))["alice"]
        made = await (await call(site, "POST", "/api/albums", alice, {"name": "Ours"})).json()
        token = (await (await call(site, "POST", f"/api/albums/{made['id']}/share", alice, {})).json())["share_token"]
        address = f"/api/shared/album/{made['id']}?token={token}"
        assert (await call(site, "GET", address)).status == 200
        authentication = site.client.server.app[SERVICES].authentication  # type: ignore[attr-defined]
        without = house.config.model_copy(update={"users": {name: user for name, user in house.config.users.items() if name != "alice"}})
        authentication.take(without)
        assert (await call(site, "GET", address)).status == 404
        authentication.take(house.config)
        assert (await call(site, "GET", address)).status == 200
