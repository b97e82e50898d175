"""Grouping many faces: `python -m bench.people [FACES [PERSONS]]`. Prints time, peak memory and how right it is, as Markdown.

Synthetic unit vectors with the distances that the built-in model's have: same person median 0.25, 95 % below 0.33; different people
1 % below 0.43. Faces per person follow a power law; every photo has one to three faces. Then 100 faces more.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # as in a worker

import numpy as np

from facetd.config.eyes import People
from facetd.db.connection import Database
from facetd.ingest.people import Distances, group_people, usual_distances
from facetd.ingest.workers import Workers

SPACE = "bench-128/f32"
LENGTH = 128
MIDDLES, NOISE, SPREAD, SHARE = 26, 15, 0.355, 0.08  # dimensions that people and looks differ in, and squared distances
MORE = 100


class Crowd:
    """People and their faces."""

    def __init__(self, persons: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        sizes = self._random.zipf(1.6, size=persons * 4).clip(1, 2000)[:persons].astype(float)
        self._share = sizes / sizes.sum()
        self._middle = np.zeros((persons, LENGTH), np.float32)
        self._middle[:, :MIDDLES] = self._random.normal(size=(persons, MIDDLES)) * np.sqrt(SPREAD / 2 / MIDDLES)
        self._middle[:, 100] = 1  # faces have much in common

    def faces(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors (count, 128) and whose they are."""
        who = self._random.choice(len(self._middle), size=count, p=self._share)
        vectors = self._middle[who]
        first = MIDDLES - NOISE // 2
        vectors[:, first : first + NOISE] += self._random.normal(size=(count, NOISE)) * np.sqrt(SHARE / 2 / NOISE)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors, who

    def photos(self, who: np.ndarray) -> np.ndarray:
        """The photo of each face: one to three different people in a row."""
        found = np.zeros(len(who), np.int64)
        photo, inside, room = 1, set[int](), 1
        for row, person in enumerate(who.tolist()):
            if len(inside) >= room or person in inside:
                photo, inside, room = photo + 1, set(), int(self._random.integers(1, 4))
            inside.add(person)
            found[row] = photo
        return found


def distances(vectors: np.ndarray, who: np.ndarray) -> str:
    """The distances of some pairs, for comparison with the model's."""
    random = np.random.default_rng(1)
    one, other = random.integers(0, len(who), (2, 400_000))
    apart = np.linalg.norm(vectors[one] - vectors[other], axis=1)
    order = np.argsort(who, kind="stable")
    same = who[order[1:]] == who[order[:-1]]
    near = np.linalg.norm(vectors[order[1:]][same] - vectors[order[:-1]][same], axis=1)
    different = apart[who[one] != who[other]]
    low, p1, median = np.quantile(different, [1 / 1690, 0.01, 0.5])
    alike = f"same: median {np.median(near):.3f}, p95 {np.quantile(near, 0.95):.3f}"
    return f"{alike}; different: 1 of 1690 {low:.3f}, p1 {p1:.3f}, median {median:.3f}"


async def put(db: Database, vectors: np.ndarray, photos: np.ndarray, first: int) -> None:
    """Store faces with ids from `first` on."""
    async with db.writing() as connection:
        await connection.execute("INSERT OR IGNORE INTO root (id, name, path, added_at) VALUES (1, 'bench', '/bench', '')")
        await connection.execute("INSERT OR IGNORE INTO folder (id, root_id, path) VALUES (1, 1, '')")
        await connection.executemany(
            "INSERT OR IGNORE INTO photo (id, folder_id, filename, size, mtime_ns, content_hash, added_at, updated_at)"
            " VALUES (?1, 1, ?1 || '.jpg', 1, 1, ?1, '', '')",
            ((int(photo),) for photo in np.unique(photos)),
        )
        await connection.execute("INSERT OR IGNORE INTO gate (photo_id, root_id) SELECT id, 1 FROM photo")
        await connection.executemany(
            "INSERT INTO face (id, photo_id, x, y, width, height, clusterable) VALUES (?, ?, 0.1, 0.1, 0.1, 0.1, 1)",
            ((first + row, int(photo)) for row, photo in enumerate(photos)),
        )
        await connection.executemany(
            "INSERT INTO face_embedding (face_id, space, vector) VALUES (?, ?, ?)",
            ((first + row, SPACE, vector.tobytes()) for row, vector in enumerate(vectors)),
        )


def pairs(groups: Iterable[object]) -> int:
    """Pairs within groups."""
    return sum(count * (count - 1) // 2 for count in Counter(groups).values())


async def rightness(db: Database, who: np.ndarray) -> str:
    """Pairwise precision and recall of the stored persons."""
    person = {row[0]: row[1] for row in await db.rows("SELECT id, person_id FROM face")}
    found = [person[number] or -number for number in range(1, len(who) + 1)]
    both = pairs(zip(found, who.tolist(), strict=True))
    persons = len(set(filter(lambda number: number > 0, found)))
    return f"{persons} persons, pairwise precision {both / pairs(found):.5f}, recall {both / pairs(who.tolist()):.5f}"


class Measured(Workers):
    """Notes the longest computation and the largest worker."""

    peak_mb = 0.0
    seconds = 0.0

    async def compute(self, function, *arguments, timeout_s):  # type: ignore[no-untyped-def]
        elapsed, peak, found = await super().compute(_measured, function, arguments, timeout_s=timeout_s)
        self.peak_mb, self.seconds = max(self.peak_mb, peak), self.seconds + elapsed
        return found


def _measured(function, arguments):  # type: ignore[no-untyped-def]
    start = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = function(*arguments)
    return time.process_time() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, found


async def run(count: int, persons: int) -> None:
    """The whole measurement."""
    crowd = Crowd(persons)
    vectors, who = crowd.faces(count + MORE)
    photos = crowd.photos(who)
    print(f"{count} faces of {len(np.unique(who))} people; {distances(vectors, who)}\n")
    print("| step | wall s | CPU s in the worker | more memory in the worker, MB | |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        async with Database(Path(folder) / "library.db", readers=1) as db:
            await put(db, vectors[:count], photos[:count], 1)
            await measured("all", db, who[:count])
            await put(db, vectors[count:], photos[count:], count + 1)
            await measured(f"{MORE} more", db, who)
            await measured("again, nothing new", db, who)
            await measured("everything again", db, who, everything=True)


async def measured(name: str, db: Database, who: np.ndarray, *, everything: bool = False) -> None:
    """One grouping, with fresh workers."""
    workers = Measured(1, memory_mb=1024, timeout_s=60)
    start = time.perf_counter()
    near = usual_distances()
    await group_people(db, workers, People(), distances=Distances(near.join, near.suggest), everything=everything)
    wall = time.perf_counter() - start
    await workers.stop()
    print(f"| {name} | {wall:.1f} | {workers.seconds:.1f} | {workers.peak_mb:.0f} | {await rightness(db, who)} |", flush=True)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 120_000, int(sys.argv[2]) if len(sys.argv) > 2 else 3000))
