"""A household's library: two users with photos of their own and shared ones, people, albums and what each user thinks of the photos.

Rows without pictures, in roots that are not there, so that no scan touches them. Photos lie in time order in folders of 150; of ten such
folders three are alice's, three are bob's and four are shared. Series and copies look alike, so that the daemon finds them itself.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bench import report
from bench.synthetic import BATCH, CAMERAS, WORDS, make_visit
from facetd.accounts.passwords import hash_password
from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.records.visit import PhotoVisit

USERS = ("alice", "bob")  # their ids are 1 and 2; the first one is alice
PASSWORDS = {"alice": "the first one's secret", "bob": "the second one's secret"}
FOLDERS = {"alice": 3, "bob": 3, "shared": 4}  # of ten folders
FOLDER, SERIES, COPY = 150, 12, 50  # photos in a folder; of 12 photos 3 are a series; of 50 one is a copy
DAYS = 15 * 365
PLACES = 120
PERSONS, NAMED = 300, 120
ALBUMS, LARGEST = 50, 4000
MOMENT = "2026-01-01T00:00:00Z"
SMART = (
    {"camera": "NIKON D750"},
    {"tag": "beach"},
    {"min_score": "7", "date_from": "2012-01-01"},
    {"person": "3"},
    {"favorites_only": "1"},
    {"category": "landscape", "min_iso": "800"},
)


def prepare(folder: Path, rows: int, finish: Callable[[Path], None] = lambda _data: None) -> Path:
    """The data folder of a household with `rows` photos, made unless it is in `folder`; `finish` is called with a new one."""
    data = folder / f"household-{rows}"
    done = data / "made"
    if not done.exists():
        start = time.monotonic()
        (data / "library.db").unlink(missing_ok=True)
        data.mkdir(parents=True, exist_ok=True)
        asyncio.run(make_household(data, rows))
        configure(data, data)
        finish(data)
        done.touch()
        report.say(f"Made a household of {rows} photos in {time.monotonic() - start:.0f} s")
    return data


def copy(made: Path, data: Path, *, another: Path | None = None) -> Path:
    """Make `data` a copy of the household at `made`, of the same photos. `another` folder belongs to bob, and only scans look into it."""
    shutil.copytree(made, data)
    configure(data, made, another)
    return data


def configure(data: Path, made: Path, another: Path | None = None) -> None:
    """Write the configuration of `data`: alice and bob with their folders in `made`, a proxy of loopback that is trusted, no models."""
    homes = {name: [str(folder)] for name, folder in photo_folders(made).items()}
    if another is not None:
        homes["bob"].append(str(another))
    users: dict[str, object] = {
        name: {"password_hash": hash_password(PASSWORDS[name]), "role": "superadmin", "directories": homes[name]} for name in USERS
    }
    settings = {
        "inference": {"enabled": False},
        "scanning": {"watch": another is None},
        "server": {"trusted_proxies": ["127.0.0.1"]},
        "users": {**users, "shared_directories": homes["shared"]},
    }
    (data / "scoring_config.json").write_text(json.dumps(settings), encoding="utf-8")


def photo_folders(data: Path) -> dict[str, Path]:
    """The roots, which are not there, by name."""
    return {name: data.resolve() / "photos" / name for name in FOLDERS}


async def make_household(data: Path, rows: int) -> Path:
    """Write the library; the path of the database."""
    async with Database(data / "library.db") as db:
        ids = {}
        for name, folder in photo_folders(data).items():
            ids[name] = (await roots.add_root(db, str(folder))).id
        batch: list[PhotoVisit] = []
        for visit in household_visits(ids, rows):
            batch.append(visit)
            if len(batch) == BATCH:
                await store.save_visits(db, batch, pair_raw=False)
                batch = []
        if batch:
            await store.save_visits(db, batch, pair_raw=False)
        for root_id in ids.values():
            await roots.set_presence(db, root_id, online=False, fs_id=None)
        await furnish(db)
    return data / "library.db"


def household_visits(root_ids: dict[str, int], rows: int, first: int = 0) -> Iterator[PhotoVisit]:
    """The photos from number `first` to number `rows`, in time order."""
    owners = [root_ids[name] for name, folders in FOLDERS.items() for _ in range(folders)]
    kept: list[PhotoVisit] = []  # the last few
    for number in range(first, rows):
        visit = _placed(make_visit(owners[number // FOLDER % len(owners)], number, rows, days=DAYS), number)
        in_series = number % SERIES in (1, 2)
        if kept and (in_series or number % COPY == 7):
            visit = _alike(visit, kept[-1 if in_series else 0], in_series)
        kept = [*kept[-3:], visit]
        yield visit


def _placed(visit: PhotoVisit, number: int) -> PhotoVisit:
    """The photo at one of the places where the household goes, four of five with a position."""
    rng = random.Random(f"place {number // 40}")
    spot = random.Random(f"spot {int(PLACES * rng.random() ** 2)}")
    north, east = spot.uniform(36, 60), spot.uniform(-9, 25)
    near = random.Random(f"near {number}")
    placed = near.random() < 0.8
    assert visit.metadata is not None
    return replace(
        visit,
        metadata=replace(
            visit.metadata,
            gps_latitude=north + near.gauss(0, 0.02) if placed else None,
            gps_longitude=east + near.gauss(0, 0.03) if placed else None,
        ),
    )


def _alike(visit: PhotoVisit, other: PhotoVisit, in_series: bool) -> PhotoVisit:
    """The photo with the looks of `other`; in a series also taken with the same camera, a second later."""
    metadata = visit.metadata
    if in_series and other.metadata and other.metadata.date_taken:
        later = datetime.fromisoformat(other.metadata.date_taken[:19]) + timedelta(seconds=1)
        metadata = replace(other.metadata, date_taken=f"{later:%Y-%m-%dT%H:%M:%S}.00")
    phash = f"{int(other.phash, 16) ^ (0b101 if in_series else 0):016x}" if other.phash else None
    metrics = replace(visit.metrics, histogram=other.metrics.histogram) if visit.metrics and other.metrics else visit.metrics
    return replace(visit, metadata=metadata, phash=phash if visit.phash else None, metrics=metrics)


async def furnish(db: Database) -> None:
    """Users, people, ratings, albums."""
    rng = random.Random("furnish")
    ids = [row[0] for row in await db.rows("SELECT id FROM photo ORDER BY id")]
    own = await _visible(db)
    async with db.writing() as connection:
        await connection.executemany("INSERT INTO account (id, name, created_at) VALUES (?, ?, ?)", [(n, u, MOMENT) for n, u in _users()])
        await connection.executemany(
            "INSERT INTO person (id, name, created_at, updated_at) VALUES (?1, iif(?1 <= ?2, 'Person ' || ?1, NULL), ?3, ?3)",
            [(number, NAMED, MOMENT) for number in range(1, PERSONS + 1)],
        )
    persons = rng.choices(range(1, PERSONS + 1), [number**-0.7 for number in range(1, PERSONS + 1)], k=len(ids) * 6 // 5)
    faces = [(rng.choice(ids), rng.random() / 2, rng.random() / 2, person) for person in persons]
    async with db.writing() as connection:
        await connection.executemany(
            "INSERT INTO face (photo_id, x, y, width, height, score, quality, person_id, assigned_by, grouped)"
            " VALUES (?, ?, ?, 0.2, 0.2, 0.9, 0.7, ?, 'cluster', 1)",
            faces,
        )
    async with db.writing() as connection:
        for user_id, name in _users():
            rated = [(user_id, photo, *_opinion(rng), MOMENT) for photo in rng.sample(own[name], len(own[name]) // 15)]
            await connection.executemany(
                "INSERT OR REPLACE INTO rating (user_id, photo_id, stars, is_favorite, is_rejected, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                rated,
            )
    async with db.writing() as connection:
        for number in range(1, ALBUMS + 1):
            user_id, name = _users()[number % 2]
            smart = json.dumps(SMART[number // 5 % len(SMART)]) if number % 5 == 0 else None
            await connection.execute(
                "INSERT INTO album (id, user_id, name, visibility, smart_filter, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    user_id,
                    f"{WORDS[number % len(WORDS)]} {number}",
                    "household" if number % 3 == 0 else "private",
                    smart,
                    MOMENT,
                    MOMENT,
                ),
            )
            size = 0 if smart else min(len(own[name]) // 2, int(LARGEST * rng.random() ** 3) + 20)
            await connection.executemany(
                "INSERT INTO album_photo (album_id, photo_id, position) VALUES (?, ?, ?)",
                [(number, photo, 1024 * place) for place, photo in enumerate(rng.sample(own[name], size), 1)],
            )


async def _visible(db: Database) -> dict[str, list[int]]:
    """The photos that each user sees: their own and the shared ones."""
    found: dict[str, list[int]] = {name: [] for name in USERS}
    for photo_id, path in await db.rows("SELECT g.photo_id, r.path FROM gate g JOIN root r ON r.id = g.root_id ORDER BY 1"):
        for name in USERS if Path(path).name == "shared" else (Path(path).name,):
            found[name].append(photo_id)
    return found


def _users() -> list[tuple[int, str]]:
    return list(enumerate(USERS, 1))


def _opinion(rng: random.Random) -> tuple[int, int, int]:
    """Stars, favorite, rejected."""
    rejected = rng.random() < 0.2
    stars = 0 if rejected else rng.randint(1, 5)
    return stars, int(stars == 5), int(rejected)


def cameras() -> list[str]:
    """The models that the photos were taken with."""
    return [camera[1] for camera in CAMERAS]
