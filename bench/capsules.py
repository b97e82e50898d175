"""Making and showing capsules of a large library: `python -m bench.capsules [--rows N]`.

Synthetic photos with a model's vectors (512 numbers), faces of 300 persons of whom 120 have a name, stars and favorites. The list is made
by what runs in a worker, in a process of its own; then shown as the daemon shows it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # as in a worker

import numpy as np

from bench import report
from bench.clone import clone_library
from bench.synthetic import make_library
from facetd.config import Config
from facetd.config.capsules import Capsules as Rules
from facetd.db import capsules as db_capsules
from facetd.db.capsules import ListKey
from facetd.db.connection import Database
from facetd.ingest.capsules import CapsuleMaking
from facetd.ingest.capsuling import make_capsules
from facetd.ingest.workers import Workers
from facetd.library.capsules import Capsules
from facetd.records.capsules import Capsule, CapsuleOccasion
from facetd.records.viewer import Viewer

BASE_ROWS = 20_000  # larger libraries are copies of one of this size
LENGTH, LOOKS = 512, 3000  # numbers in a vector; different looks
PERSONS, NAMED = 300, 120
MOMENT = "2026-01-01T00:00:00Z"
BATCH = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        asyncio.run(measure(Path(scratch), options.rows, options.requests))


async def measure(folder: Path, rows: int, requests: int) -> None:
    """Make the library, then the list, and show both."""
    base = await make_library(folder / "base", min(rows, BASE_ROWS))
    path = folder / "library.db"
    clone_library(base, path, max(0, rows // BASE_ROWS - 1))
    async with Database(path) as db:
        await furnish(db)
        viewer = Viewer(0, "superadmin", frozenset([row[0] for row in await db.rows("SELECT id FROM root")]))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found, cpu, wall, peak_mb = await asyncio.get_running_loop().run_in_executor(pool, make, path, viewer)
        await db_capsules.save(db, ListKey.of(viewer), {}, MOMENT, wall, found)
        first, again, opened = await show(db, viewer, requests)
    report.show(
        f"{rows} photos, {len(found)} capsules",
        ["", ""],
        [
            ("making: CPU s", cpu), ("wall s", wall), ("peak memory of its process, MB", peak_mb),
            ("list after a change: CPU ms", first), ("list again: CPU ms", again), ("one opened: CPU ms", opened),
        ],
    )  # fmt: skip
    figures = {
        "cpu_s": cpu,
        "peak_mb": peak_mb,
        "list_ms": first,
        "again_ms": again,
        "open_ms": opened,
    }
    report.emit("capsules", {"rows": rows, "capsules": len(found), **{name: round(value, 2) for name, value in figures.items()}})


def make(path: Path, viewer: Viewer) -> tuple[list[Capsule], float, float, float]:
    """In a process of its own: the capsules, CPU s, wall s, and the most memory that the process had, MB."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = make_capsules(path, viewer, Rules(), db_capsules.NO_DAY, CapsuleOccasion(date(2026, 6, 15), "0 1"))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak_mb = int(status.partition("VmHWM:")[2].split()[0]) / 1000  # not ru_maxrss, which a process takes over from its parent
    return found, time.process_time() - cpu, time.perf_counter() - wall, peak_mb


async def show(db: Database, viewer: Viewer, requests: int) -> tuple[float, float, float]:
    """CPU ms, medians: the first page after a change of the library, the same again, one capsule with its photos."""
    making = CapsuleMaking(db, Workers(1, memory_mb=1024, timeout_s=60), Rules())
    capsules = Capsules(db, Config(), making)

    async def changed() -> None:
        async with db.writing() as connection:
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    first = await median(requests, lambda: capsules.page(viewer), changed)
    again = await median(requests, lambda: capsules.page(viewer))
    ids = iter([capsule["id"] for capsule in (await capsules.page(viewer, per_page=200)).capsules])
    opened = await median(min(requests, 20), lambda: capsules.photos(viewer, next(ids)))
    await making.stop()
    return first, again, opened


async def _nothing() -> None:
    """Between requests."""


async def median(times: int, request: Callable[[], Awaitable[object]], before: Callable[[], Awaitable[None]] = _nothing) -> float:
    """CPU ms of this process for `request`."""
    taken = []
    for _ in range(times):
        await before()
        began = time.process_time()
        await request()
        taken.append(1000 * (time.process_time() - began))
    return statistics.median(taken)


async def furnish(db: Database) -> None:
    """Vectors, people, and what the viewer thinks."""
    random = np.random.default_rng(1)
    ids = np.array([row[0] for row in await db.rows("SELECT id FROM photo ORDER BY id")])
    common, looks = random.standard_normal(LENGTH), random.standard_normal((LOOKS, LENGTH))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        made = common + looks[random.integers(0, LOOKS, len(some))] + 0.6 * random.standard_normal((len(some), LENGTH))
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        rows = [(int(photo), vector.astype("<f4").tobytes()) for photo, vector in zip(some, made, strict=True)]
        async with db.writing() as connection:
            await connection.executemany("INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, 'made/f32', ?)", rows)
    share = 1 / np.arange(1, PERSONS + 1) ** 0.7
    faces = zip(random.choice(ids, len(ids) * 6 // 5), random.choice(PERSONS, len(ids) * 6 // 5, p=share / share.sum()) + 1, strict=True)
    rated = random.choice(ids, len(ids) // 20, replace=False)
    stars = random.integers(0, 6, len(rated))
    async with db.writing() as connection:
        await connection.executemany(
            "INSERT INTO person (id, name, created_at, updated_at) VALUES (?1, iif(?1 <= ?2, 'Person ' || ?1, NULL), ?3, ?3)",
            [(number, NAMED, MOMENT) for number in range(1, PERSONS + 1)],
        )
        await connection.executemany(
            "INSERT INTO face (photo_id, x, y, width, height, person_id) VALUES (?, 0, 0, 1, 1, ?)",
            [(int(photo), int(person)) for photo, person in faces],
        )
        await connection.executemany(
            "INSERT OR REPLACE INTO rating (user_id, photo_id, stars, is_favorite, updated_at) VALUES (0, ?, ?, ?, ?)",
            [(int(photo), int(star), int(star == 5), MOMENT) for photo, star in zip(rated, stars, strict=True)],
        )


if __name__ == "__main__":
    main()
