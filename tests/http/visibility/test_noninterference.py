"""Whatever bob asks, he is answered as if alice had nothing in private; and whatever he does, hers stays as it is."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from aiohttp import ClientResponse

from facetd.http.api import OPERATIONS
from facetd.http.openapi import EVENT_STREAM, Access
from tests.http.visibility.requests import Request, known_parameter, requests_for
from tests.http.visibility.twins import SECRET, Ids, Twin, furnish, twin

# What differs from moment to moment, or says when something was done.
VOLATILE = re.compile(
    r"(_at|^at|^date$|elapsed_s|rate_per_s|eta_s|revision|^token|^undo|access_token|password|url|_token|^computed|took_s|^filename$|etag)$"
)
NOW = re.compile(rf"{datetime.now(UTC):%Y-%m-}\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
ENDS_THE_SESSION = {"logout", "edition_logout"}
# What cannot be had here: there are no models and no jobs, nothing public is asked on the network, scans are for superadmins, and tokens
# are the owner's own. Any other operation must answer bob as an admin, or it was not really asked.
UNANSWERED = {
    "cancel_job", "cancel_scan", "change_password", "download_zip", "edition_login", "edition_logout", "end_app_password", "end_links",
    "end_session", "generate_caption", "generate_captions", "get_job", "login", "logout", "save_capsule", "shared_album", "sidecar_status",
    "sidecar_write", "start_scan", "test_webhook", "translate_captions", "undo",
}  # fmt: skip
SLOW = {"login", "change_password"}  # each wrong password takes its time; tests/http/test_auth.py has them


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[Path, Ids]]:
    """Both libraries, by whether alice has secrets."""
    found = {}
    for secret in (True, False):
        place = tmp_path_factory.mktemp("with" if secret else "without") / "home"
        place.mkdir()
        found[secret] = place, asyncio.run(furnish(place / "data", place / "photos", secret=secret))
    ids = found[True][1]
    assert found[False][1].bob == ids.bob, "bob's things must have the same ids in both"
    return found


def plain(value: Any) -> Any:
    """An answer without what differs from moment to moment."""
    if isinstance(value, str):
        return NOW.sub("(just now)", value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if not VOLATILE.search(key) or key == "filename"}
    return [plain(each) for each in value] if isinstance(value, list) else value


async def answer(served: Twin, request: Request, token: str | None) -> tuple[int, Any, str]:
    """Status, comparable body and whole text of the answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = {} if request.body is None else {"json": request.body}
    response = await served.site.client.request(request.method, request.address, headers=headers, **sent)  # type: ignore[arg-type]
    raw = await _first_event(response) if response.content_type == EVENT_STREAM else await response.read()
    text = raw.decode("utf-8", "replace")
    if "json" in response.content_type:
        return response.status, plain(json.loads(text)), text
    if response.content_type == EVENT_STREAM:
        return response.status, plain(json.loads(text.partition("data: ")[2])), text
    if response.content_type == "application/zip":
        return response.status, len(raw), text
    return response.status, plain(text), text + str(response.headers.get("Content-Disposition"))


async def _first_event(response: ClientResponse) -> bytes:
    found = await asyncio.wait_for(response.content.readuntil(b"\n\n"), 20)
    response.close()
    return found


async def belongings(served: Twin) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is alice's alone."""
    db, photos = served.house.db, ",".join(map(str, served.ids.alice["photo"]))
    questions = {
        "photo": f"SELECT * FROM photo WHERE id IN ({photos})",
        "gate": f"SELECT * FROM gate WHERE photo_id IN ({photos})",
        "face": f"SELECT * FROM face WHERE photo_id IN ({photos})",
        "tag": f"SELECT * FROM photo_tag WHERE photo_id IN ({photos})",
        "caption": f"SELECT * FROM caption WHERE photo_id IN ({photos})",
        "place": f"SELECT * FROM album_photo WHERE photo_id IN ({photos})",
        "person": "SELECT * FROM person WHERE id = 3",
        "rating": "SELECT * FROM rating WHERE user_id = 3",
        "album": "SELECT * FROM album WHERE user_id = 3",
        "share": "SELECT s.* FROM album_share s JOIN album a ON a.id = s.album_id WHERE a.user_id = 3",
        "undo": "SELECT * FROM undo WHERE user_id = 3",
        "session": "SELECT id, user_id, kind, token_hash FROM session WHERE user_id = 3",
    }
    return {name: sorted((tuple(row) for row in await db.rows(sql)), key=repr) for name, sql in questions.items()}


class Fresh:
    """Puts a library back to what it was, so that each request meets the same state."""

    def __init__(self, served: Twin, copy: Path) -> None:
        self._served = served
        self._copy = copy

    async def keep(self) -> None:
        """This is how it is."""
        async with aiosqlite.connect(self._served.house.db.path) as source, aiosqlite.connect(self._copy) as copy:
            await source.backup(copy)

    async def put_back(self) -> None:
        """Back to what was kept; the revision grows on."""
        db = self._served.house.db
        writer = db._writer
        assert writer is not None

        def copy() -> None:
            with closing(sqlite3.connect(self._copy)) as source:
                source.backup(writer._conn)

        async with db._write_lock:
            await writer._execute(copy)
        revision = db.revision + 1
        async with db.writing() as connection:
            await connection.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (revision,))


async def hers(served: Twin) -> dict[str, str]:
    """Alice's own undo token, zip ticket, album link and app password."""
    token, client = served.token["alice"], served.site.client
    headers = {"Authorization": f"Bearer {token}"}
    await client.post("/api/auth/app_passwords", json={"label": SECRET}, headers=headers)
    if not served.ids.alice["photo"]:
        return {"undo": "A" * 43, "zip": "B" * 43}
    body = {"photo_ids": served.ids.alice["photo"]}
    undo = await (await client.post("/api/photos/batch_favorite", json=body, headers=headers)).json()
    ticket = await (await client.post("/api/download/zip", json=body, headers=headers)).json()
    assert undo["undo"], undo
    return {"undo": undo["undo"], "zip": ticket["token"]}


def test_every_parameter_is_known_here() -> None:
    """A parameter of a new operation: say in requests.py whose thing it names, or that it names nothing."""
    unknown = {
        (operation.name, name)
        for operation in OPERATIONS
        for model in (operation.query, operation.body)
        if model is not None
        for name in model.model_fields
        if not known_parameter(name, operation.path)
    }
    assert not unknown


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_bob_is_answered_as_if_alice_had_nothing(made: dict[bool, tuple[Path, Ids]], tmp_path: Path, role: str) -> None:
    (with_place, ids), (without_place, _) = made[True], made[False]
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    tried, leaks, answered = 0, [], set()
    async with (
        twin(tmp_path / "with", with_place, ids, role) as rich,
        twin(tmp_path / "without", without_place, Ids({"photo": []}), role) as poor,
    ):
        secrets, nothing = await hers(rich), await hers(poor)
        assert poor.ids.bob["capsule"] == ids.bob["capsule"]
        before = await belongings(rich)
        assert all(before[name] for name in ("photo", "face", "person", "rating", "album", "undo", "session"))
        fresh = [Fresh(rich, tmp_path / "rich.db"), Fresh(poor, tmp_path / "poor.db")]
        for each in fresh:
            await each.keep()
        reading = [operation for operation in OPERATIONS if operation.method == "GET"]
        writing = [operation for operation in OPERATIONS if operation.method != "GET" and operation.name not in ENDS_THE_SESSION | SLOW]
        for operation in [*reading, *writing]:
            pairs = zip(requests_for(operation, ids, secrets), requests_for(operation, ids, nothing), strict=True)
            for asked, same in pairs:
                tried += 1
                if operation in writing:
                    for each in fresh:
                        await each.put_back()
                status, body, text = await answer(rich, asked, rich.token["bob"])
                if status < 400:
                    answered.add(operation.name)
                expected, other, _ = await answer(poor, same, poor.token["bob"])
                if status >= 500 and status != 503:
                    leaks.append(f"{asked}: {status} {text[:300]}")
                elif (status, body) != (expected, other):
                    leaks.append(f"{asked}:\n   {status} {json.dumps(body)[:600]}\n   {expected} {json.dumps(other)[:600]}")
                elif SECRET in text.replace(asked.address, "") and SECRET not in json.dumps([asked.address, asked.body]):
                    leaks.append(f"{asked}: names what is secret: {text[:300]}")
                if operation in writing and (now := await belongings(rich)) != before:
                    changed = [f"{name}: {set(before[name]) ^ set(now[name])}" for name in before if before[name] != now[name]]
                    leaks.append(f"{asked} changed what is alice's: {changed}")
        assert await belongings(rich) == before or leaks
    print(f"\nvisibility: bob as {role}: {tried} requests to {len(OPERATIONS)} operations, {len(leaks)} leaks")
    assert role == "user" or {operation.name for operation in OPERATIONS} - answered <= UNANSWERED
    assert not leaks, f"{len(leaks)} of {tried}:\n" + "\n".join(leaks[:40])


async def test_nobody_gets_anything(made: dict[bool, tuple[Path, Ids]], tmp_path: Path) -> None:
    place, ids = made[True]
    async with twin(tmp_path, place, ids, "user") as rich:
        secrets = await hers(rich)
        before = await belongings(rich)
        tried = 0
        for operation in OPERATIONS:
            if operation.access is Access.PUBLIC or operation.name in SLOW:
                continue
            for asked in requests_for(operation, ids, secrets):
                for token in (None, "x" * 43, secrets["undo"], secrets["zip"]):
                    tried += 1
                    status, _, text = await answer(rich, asked, token)
                    assert status == 401, f"{asked}: {status} {text[:300]}"
                    assert SECRET not in text
        assert await belongings(rich) == before
        print(f"\nvisibility: nobody: {tried} requests, 0 leaks")


async def test_a_link_to_one_album_opens_nothing_else(made: dict[bool, tuple[Path, Ids]], tmp_path: Path) -> None:
    """Bob's album is shared; what the link's token opens is the album, whatever is asked with it."""
    place, ids = made[True]
    async with twin(tmp_path, place, ids, "admin") as rich:
        secrets, client = await hers(rich), rich.site.client
        shared = await client.post("/api/albums/1/share", json={}, headers={"Authorization": f"Bearer {rich.token['bob']}"})
        token = (await shared.json())["share_token"]
        before = await belongings(rich)
        opened, tried = set(), 0
        for operation in OPERATIONS:
            if operation.name in SLOW | {"logout"}:
                continue
            for asked in requests_for(operation, ids, {**secrets, "share": token}):
                for number in (1, 4, 5, 2):
                    tried += 1
                    takes_link = "share" in operation.query.model_fields
                    joiner = "&" if "?" in asked.address else "?"
                    link = f"{joiner}share={number}" if takes_link else ""
                    response = await client.request(
                        asked.method, asked.address + link, headers={"X-Share-Token": token, "Cookie": f"facetd_session={token}"},
                        **({} if asked.body is None else {"json": asked.body}),
                    )  # fmt: skip
                    text = (await response.read()).decode("utf-8", "replace")
                    assert SECRET not in text.replace(asked.address, ""), f"{asked}: {text[:300]}"
                    if response.status < 400 and operation.access is not Access.PUBLIC:
                        assert takes_link, f"{asked}: {response.status}"
                        assert (number, "bob" in asked.kind) == (1, True), f"{asked} with a link to album {number}: {response.status}"
                        opened.add(operation.name)
        for number in (2, 3, 4, 5, 999):
            response = await client.get(f"/api/shared/album/{number}", headers={"X-Share-Token": token})
            assert response.status == 404, number
        page = await (await client.get("/api/shared/album/1", headers={"X-Share-Token": token})).json()
        assert {photo["filename"] for photo in page["photos"]} == {"party.jpg", "lake.jpg", "dog.jpg", "boat.jpg"}
        assert opened == {"thumbnail", "image", "download", "download_options"}
        assert await belongings(rich) == before
        print(f"\nvisibility: a link to another album: {tried} requests, 0 leaks")
