"""The versions of lists."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from facetd.config import Config
from facetd.db.revision import bump
from facetd.http.api import OPERATIONS
from facetd.http.caching import AT, VERSIONS, Versions, list_headers, unchanged
from facetd.http.services import SERVICES
from facetd.wiring import make_services
from tests.house import opened
from tests.household import at_home, call, tokens
from tests.http.serving import Site


async def test_a_version_tells_apart_what_is_asked_the_library_and_the_settings(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house:
        services = make_services(house)

        def etag(config: Config, path: str, revision: str, method: str = "GET") -> str:
            app = web.Application()
            app[SERVICES] = dataclasses.replace(services, config=config)
            app[VERSIONS] = Versions()
            request = make_mocked_request(method, path, app=app)
            assert "ETag" not in list_headers(request, revision), "the answer is not known yet"
            return request[AT]

        settings = [Config(), Config.model_validate({"viewer": {"display": {"tags_per_photo": 7}}})]
        asked: list[tuple[Any, ...]] = [
            (c, path, revision) for c in settings for path in ("/a", "/a?b=1", "/b") for revision in ("1.0.", "2.0.")
        ]
        found = [etag(*each) for each in asked]
        assert len(set(found)) == len(found) == 12
        assert [etag(*each) for each in reversed(asked)] == found[::-1], "the same again, whichever settings came last"
        assert etag(*asked[0], "HEAD") == found[0]


async def test_only_a_client_that_has_this_version_is_told_that_nothing_changed(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house:
        app = web.Application()
        app[SERVICES] = make_services(house)
        app[VERSIONS] = Versions()
        request = make_mocked_request("GET", "/a", app=app)
        assert unchanged(make_mocked_request("GET", "/a", {"If-None-Match": "*"}, app=app), list_headers(request, "1")) is None
        app[VERSIONS].put(request[AT], "told")
        headers = list_headers(request, "1")
        assert headers["ETag"] == '"told"'
        for known, same in ((headers["ETag"], True), (f'"x", {headers["ETag"]}', True), ("*", True), ('"x"', False), ("", False)):
            answer = unchanged(make_mocked_request("GET", "/a", {"If-None-Match": known} if known else {}, app=app), headers)
            assert (answer is not None) == same, known
            assert answer is None or (answer.status, answer.headers["ETag"]) == (304, headers["ETag"])


async def test_every_list_with_a_version_is_sent_once_for_each_answer(library: Site) -> None:
    needed = {
        "/api/timeline/months": "?year=2023",
        "/api/timeline/dates": "?year=2023",
        "/api/photos/map": "?bounds=-90,-180,90,180",
    }
    lists = [
        each for each in OPERATIONS if each.method == "GET" and 304 in each.others and isinstance(each.reply, type) and "{" not in each.path
    ]
    await library.get("/api/capsules")
    await library.house.ingest.capsules.settled()  # from now on the answer is no other one
    for operation in lists:
        address = operation.path + needed.get(operation.path, "")
        first = await library.get(address)
        assert first.status == 200, (address, await first.text())
        assert (await library.get(address, If_None_Match=first.headers["ETag"])).status == 304, address
        async with library.house.db.writing() as connection:
            await bump(connection)
        again = await library.get(address, If_None_Match=first.headers["ETag"])
        assert again.status == 304, f"{address}: nothing changed that one could see"
        assert again.headers["ETag"] == first.headers["ETag"]
    assert {"/api/photos", "/api/folders", "/api/persons", "/api/burst-groups", "/api/type_counts"} <= {each.path for each in lists}


async def test_what_others_do_changes_no_version(tmp_path: Path) -> None:
    """When alice rates her own photo, bob cannot tell that anything happened."""
    lists = ("/api/photos", "/api/albums", "/api/persons", "/api/folders", "/api/timeline", "/api/type_counts", "/api/photos/ids")
    async with at_home(tmp_path, bob="admin") as (_house, site):
        token = await tokens(site)

        async def versions(name: str, known: str = "") -> dict[str, str]:
            answers = {path: await call(site, "GET", path, token[name], If_None_Match=known) for path in lists}
            return {path: answer.headers["ETag"] for path, answer in answers.items()}

        before = {name: await versions(name) for name in token}
        assert await versions("bob", "*") == before["bob"]
        photos = (await (await call(site, "GET", "/api/photos", token["alice"])).json())["photos"]
        photo = next(photo["id"] for photo in photos if photo["path"].startswith("/a_b/"))
        for path, body in (
            ("/api/photo/set_rating", {"photo_id": photo, "rating": 5}),
            ("/api/photo/toggle_favorite", {"photo_id": photo}),
            ("/api/albums", {"name": "A", "photo_ids": [photo]}),
        ):
            assert (await call(site, "POST", path, token["alice"], body)).status == 200
            assert await versions("bob", "*") == before["bob"], path
            assert await versions("bob") == before["bob"], path
        after = await versions("alice")
        assert after["/api/photos"] != before["alice"]["/api/photos"]
        assert after["/api/albums"] != before["alice"]["/api/albums"]
