"""Two libraries that are the same for bob: in one of them alice has private things, in the other she has none."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from facetd.config import Config
from facetd.db.accounts import account_ids
from facetd.db.revision import bump
from facetd.house import House
from tests.house import config, opened, scan
from tests.household import HASHES, PASSWORDS
from tests.http.serving import Site, served
from tests.people import Cast, add_face
from tests.photos import make_photo

SECRET = "zyxsecret"  # is in every name and text of what only alice may see
GAP = 1000  # rows that are made later have ids from here on in both libraries
MOMENT = "2026-01-01T00:00:00+00:00"
USERS = ("alice", "bob", ".*", "a%")
ALICE, BOB = 3, 4  # their numbers: users are numbered by name
FOLDERS = {"alice": "a_b", "bob": "axb", ".*": "a%b", "a%": "a.b"}


@dataclass
class Ids:
    """What there is, by kind: `alice` what is hers alone (absent in the other library), `bob` what bob may see."""

    alice: dict[str, list[Any]] = field(default_factory=dict)
    bob: dict[str, list[Any]] = field(default_factory=dict)


def settings(photos: Path, bob: str) -> Config:
    """The household; bob has the role `bob`."""
    roles = {"alice": "superadmin", "bob": bob}
    users: dict[str, Any] = {
        name: {
            "password_hash": HASHES.get(name, HASHES["bob"]),
            "role": roles.get(name, "user"),
            "directories": [str(photos / FOLDERS[name])],
        }
        for name in USERS
    }
    users["shared_directories"] = [str(photos / "Shared")]
    capsules = {"min_aggregate": 0, "max_photo_overlap": 1, "dimensions": {"min_photos": 1}, "faces_of": {"min_photos": 1}}
    return config(users=users, viewer={"dropdowns": {"min_photos_for_person": 1}}, capsules=capsules)


def files(photos: Path, *, secret: bool) -> Iterator[tuple[str, Callable[[], object]]]:
    """The files in the order they come into the library: the folder of each, and what makes it."""
    place = {"gps": (48.2, 16.37)}
    bobs = photos / "axb"
    yield "Shared", partial(make_photo, photos / "Shared" / "party.jpg", 1, model="EOS 6D", taken="2024:07:14 10:00:00", **place)
    yield "Shared", partial(make_photo, photos / "Shared" / "lake.jpg", 2, model="EOS 6D", taken="2024:07:15 10:00:00")
    yield "axb", partial(make_photo, bobs / "dog.jpg", 3, model="X-T5", taken="2023:07:14 11:00:00", lens="XF 35mm")
    yield "axb", partial(make_photo, bobs / "trip" / "boat.jpg", 4, model="X-T5", taken="2023:07:16 11:00:00")
    for name in ("a%b", "a.b"):
        yield name, partial(make_photo, photos / name / "other.jpg", 5, model="Other", taken="2022:07:14 11:00:00")
    if secret:
        facts = {"model": f"{SECRET} camera", "lens": f"{SECRET} lens", "gps": (64.15, -21.94), "f_number": 1.1, "focal_length": 333.0}
        for number, name in enumerate((f"{SECRET}1.jpg", f"{SECRET}-trip/{SECRET}2.jpg", f"{SECRET}-trip/{SECRET}3.jpg")):
            taken = f"2021:07:1{4 + number} 12:00:00"
            yield "a_b", partial(make_photo, photos / "a_b" / name, 10 + number, taken=taken, iso=6400 + number, **facts)
        yield "a_b", partial(_better, bobs / "dog.jpg", photos / "a_b" / f"{SECRET} better copy of bob's.jpg")
        yield "a_b", partial((photos / "a_b" / f"{SECRET}broken.jpg").write_bytes, b"\xff\xd8\xff no photo")


def _better(source: Path, target: Path) -> None:
    """The same picture with more pixels."""
    with Image.open(source) as picture:
        picture.resize((2 * picture.width, 2 * picture.height)).save(target, "JPEG", quality=95, exif=picture.getexif())


async def furnish(data: Path, photos: Path, *, secret: bool, bob: str = "user") -> Ids:
    """Scan what bob sees first, so that its ids are the same in both libraries; then what only alice sees."""
    ids = Ids()
    for name in ("Shared", "axb", "a%b", "a.b", "a_b"):
        (photos / name).mkdir(parents=True, exist_ok=True)
    async with opened(data, settings(photos, bob)) as house:
        for name in ("Shared", "axb", "a%b", "a.b", *(["a_b"] if secret else [])):
            await house.add_root(str(photos / name))
        for name, make in files(photos, secret=secret):
            make()
            for path in (photos / name).rglob("*"):
                os.utime(path, (1_700_000_000, 1_700_000_000))
            await scan(house, photos / name)
        known = {str(row[1]): int(row[0]) for row in await house.db.rows("SELECT id, filename FROM photo ORDER BY id")}
        shared = [known["party.jpg"], known["lake.jpg"]]
        users = await account_ids(house.db, USERS)
        assert (users["alice"], users["bob"]) == (ALICE, BOB)
        ids.bob["photo"] = [*shared, known["dog.jpg"], known["boat.jpg"]]
        ids.alice["photo"] = sorted(number for name, number in known.items() if name.startswith(SECRET) and "broken" not in name)
        await _people(house, ids, shared, secret=secret)
        await _things(house, ids, shared, secret=secret)
        async with house.db.writing() as connection:
            for table in ("photo", "face", "person", "album", "album_share", "session", "capsule_list", "root", "folder"):
                await connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                await connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, GAP))
            await bump(connection)
    return ids


async def _people(house: House, ids: Ids, shared: list[int], *, secret: bool) -> None:
    cast = Cast(7)
    scenes = [(shared[0], "s", 5.0), (shared[1], "s", 4.0), (ids.bob["photo"][2], "b", 5.0), (ids.bob["photo"][3], "s", 3.0)]
    faces = {who: [] for who in "sbz"}  # type: dict[str, list[int]]
    for photo, who, quality in scenes:
        faces[who].append(await add_face(house.db, photo, cast.face(who), quality=quality))
    loose = await add_face(house.db, shared[1], cast.face("l"), place=2)
    hidden: dict[str, list[int]] = {"s": [], "z": []}
    if secret:
        for photo in ids.alice["photo"]:
            hidden["s"].append(await add_face(house.db, photo, cast.face("s"), quality=9.0))
            hidden["z"].append(await add_face(house.db, photo, cast.face("z"), place=2, quality=9.0))
    async with house.db.writing() as connection:
        people = [(1, "Sharon", faces["s"] + hidden["s"]), (2, "Buddy", faces["b"])] + (
            [(3, f"{SECRET} Person", hidden["z"])] if secret else []
        )
        for number, name, theirs in people:
            await connection.execute(
                "INSERT INTO person (id, name, kept, created_at, updated_at) VALUES (?, ?, 1, ?, ?)", (number, name, MOMENT, MOMENT)
            )
            for face in theirs:
                await connection.execute("UPDATE face SET person_id = ?, assigned_by = 'user' WHERE id = ?", (number, face))
        await connection.execute("INSERT INTO person_likeness VALUES (1, 2, 0.3)")
        if secret:
            await connection.execute("INSERT INTO person_likeness VALUES (1, 3, 0.2), (2, 3, 0.2)")
            await connection.execute("UPDATE person SET avatar_face_id = ? WHERE id = 1", (hidden["s"][0],))
        await bump(connection)
    ids.bob |= {"face": [*faces["s"], *faces["b"], loose], "person": [1, 2]}
    ids.alice |= {"face": [*hidden["z"], *hidden["s"]] or [1, 2], "person": [3]}


async def _things(house: House, ids: Ids, shared: list[int], *, secret: bool) -> None:
    """Tags, captions, ratings, albums, and what is to be taken back."""
    mine, hers = ids.bob["photo"], ids.alice["photo"]
    async with house.db.writing() as connection:

        async def tag(number: int, name: str, photos: list[int]) -> None:
            await connection.execute("INSERT OR IGNORE INTO tag (id, name) VALUES (?, ?)", (number, name))
            for photo in photos:
                await connection.execute("INSERT OR IGNORE INTO photo_tag VALUES (?, ?, 'keyword')", (photo, number))

        async def album(number: int, owner: int, name: str, visibility: str, photos: list[int], smart: str | None = None) -> None:
            await connection.execute(
                "INSERT INTO album (id, user_id, name, visibility, smart_filter, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, owner, name, visibility, smart, MOMENT, MOMENT),
            )
            for position, photo in enumerate(photos):
                await connection.execute("INSERT INTO album_photo VALUES (?, ?, ?)", (number, photo, position))

        await tag(901, "holiday", shared)
        await connection.execute(
            "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?, 'Two boats', 'manual', ?)", (shared[0], MOMENT)
        )
        await connection.execute("INSERT INTO rating VALUES (?, ?, 4, 1, 0, ?)", (BOB, shared[0], MOMENT))
        await album(1, BOB, "Bob's", "private", mine)
        await album(2, ALICE, "For all", "household", hers[:1] + shared + hers[1:])
        await album(3, ALICE, "Smart for all", "household", [], json.dumps({"min_score": 0}))
        if secret:
            await tag(902, f"{SECRET} tag", hers)
            await tag(901, "holiday", hers)
            for photo in hers:
                await connection.execute(
                    "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?, ?, 'manual', ?)",
                    (photo, f"{SECRET} caption", MOMENT),
                )
            await connection.execute("INSERT INTO rating VALUES (?, ?, 2, 0, 1, ?)", (ALICE, shared[0], MOMENT))
            await connection.execute("INSERT INTO rating VALUES (?, ?, 5, 1, 0, ?)", (ALICE, hers[0], MOMENT))
            await connection.execute("UPDATE album SET cover_photo_id = ? WHERE id = 2", (hers[0],))
            await album(4, ALICE, f"{SECRET} album", "private", hers + shared)
            await album(5, ALICE, f"{SECRET} smart", "private", [], json.dumps({"camera": f"{SECRET} camera"}))
            await connection.execute(
                "UPDATE photo SET aggregate = 9.9, category = 'astro', composition_pattern = 'radial' WHERE id IN (?, ?)", hers[:2]
            )
        await bump(connection)
    ids.bob |= {"album": [1]}
    ids.alice |= {"album": [4, 5]}


@dataclass
class Twin:
    """One of the two libraries, served; `token` of each user."""

    house: House
    site: Site
    ids: Ids
    photos: Path
    token: dict[str, str]


@asynccontextmanager
async def twin(place: Path, made: Path, ids: Ids, bob: str) -> AsyncIterator[Twin]:
    """Serve a copy of the library in `made`; the photos are those of `made`."""
    shutil.copytree(made / "data", place / "data")
    photos = made / "photos"
    async with opened(place / "data", settings(photos, bob)) as house, served(house) as site:
        token = {}
        for name in ("alice", "bob", ".*"):
            body = {"username": name, "password": PASSWORDS.get(name, PASSWORDS["bob"])}
            response = await site.client.post("/api/auth/login", json=body)
            assert response.status == 200, await response.text()
            token[name] = (await response.json())["access_token"]
        site.client.session.cookie_jar.clear()
        ids.bob["capsule"] = await _capsules(site, token["bob"])
        if ids.alice["photo"]:
            ids.alice["capsule"] = [key for key in await _capsules(site, token["alice"]) if key not in ids.bob["capsule"]]
        yield Twin(house, site, ids, photos, token)


async def _capsules(site: Site, token: str) -> list[str]:
    """The capsules of whose token this is, once they are made."""
    while True:
        response = await site.client.get("/api/capsules?per_page=200", headers={"Authorization": f"Bearer {token}"})
        found = await response.json()
        assert response.status == 200, found
        if found["state"] == "ready":
            return [capsule["id"] for capsule in found["capsules"]]
        await asyncio.sleep(0.05)
