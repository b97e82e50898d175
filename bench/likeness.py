"""Which photos look alike: `python -m bench.likeness [--rows N] [--photos DIR]`. How right on the real photos, how fast on many.

The real photos are scanned without models into a folder that is deleted afterwards. The many are made up (bench/synthetic.py); every
fifth is made to look like an earlier one, in 0 to 16 bits, and each has a vector of 512 numbers (bench/vectors.py). They have no
thumbnails, so that candidates for duplicates are found but not looked at: two milliseconds each, their number is in the table.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.report import emit, say, show
from bench.synthetic import make_library
from bench.vectors import SPACE, blocks
from facetd.accounts.viewers import single_viewer
from facetd.config import Config
from facetd.db.connection import Database
from facetd.house import open_house
from facetd.ingest.likeness import Likeness
from facetd.ingest.scan import ScanOptions
from facetd.ingest.workers import Workers
from facetd.library.culling import Culling
from facetd.library.similar import Similar
from facetd.records.viewer import Viewer

PHOTOS = Path(__file__).parents[2] / "shared" / "photos"
ASKED = 60
MORE = 100
DIMENSION = 512


async def rightness(photos: Path) -> dict[str, Any]:
    """Scan the real photos and compare with what their tables say."""
    config = Config.model_validate({"inference": {"enabled": False}, "scanning": {"settle_s": 0, "watch": False}})
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        async with open_house(Path(folder) / "data", config) as house:
            await house.ingest.start_scan(await house.add_directories([str(photos)]), ScanOptions())
            sets, bursts = await _groups(house.db)
    groups: dict[str, str] = {}

    def top(name: str) -> str:
        while groups.get(name, name) != name:
            name = groups[name]
        return name

    found, missed = {"made": [0, 0], "natural": [0, 0]}, []
    for row in _table(photos / "DUPLICATES.csv"):
        groups[top(row["path"])] = top(row["of"])
        if row["kind"].startswith("derived"):
            continue
        kind = "made" if row["made"] == "1" else "natural"
        right = row["path"] in sets and sets[row["path"]] == sets.get(row["of"])
        found[kind][0] += right
        found[kind][1] += 1
        if not right:
            missed.append(f"{row['path']} of {row['of']} ({row['kind']})")
    members: dict[int, set[str]] = {}
    for name, number in sets.items():
        members.setdefault(number, set()).add(top(name))
    wrong = [sorted(tops) for tops in members.values() if len(tops) > 1]
    frames = _table(photos / "BURSTS.csv")
    leads = sum(bursts.get(row["path"], (0, 1))[1] == 0 for row in frames if row["sharpest"] == "1")
    whole = {row["burst"] for row in frames}
    right_bursts = sum(len({bursts.get(row["path"], (-1, 0))[0] for row in frames if row["burst"] == name}) == 1 for name in whole)
    return {"found": found, "missed": missed, "wrong": wrong, "leads": leads, "bursts": right_bursts, "of": len(whole)}


async def _groups(db: Database) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    names = "SELECT ltrim(f.path || '/' || p.filename, '/') AS name"
    joined = "FROM photo p JOIN folder f ON f.id = p.folder_id"
    sets = await db.rows(f"{names}, d.set_id {joined} JOIN duplicate_photo d ON d.photo_id = p.id")
    series = await db.rows(f"{names}, b.burst_id, b.position {joined} JOIN burst_photo b ON b.photo_id = p.id")
    return {os.fsdecode(row[0]): row[1] for row in sets}, {os.fsdecode(row[0]): (row[1], row[2]) for row in series}


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def speed(rows: int) -> dict[str, float]:
    """Groups of many photos, then of a few more, and questions about them."""
    config = Config()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        await make_library(Path(folder), rows)
        async with Database(Path(folder) / "library.db") as db:
            await _liken(db, rows)
            await _embed(db, rows)
            workers, lookups = Workers(1, memory_mb=1024, timeout_s=600), Workers(1, memory_mb=1024, timeout_s=600)
            thumbs = Path(folder) / "thumbs"
            likeness = Likeness(db, workers, thumbs, config.burst_detection, config.duplicate_detection)
            figures["all groups s"] = await _timed(likeness.run)
            figures["pairs alike"] = (await db.rows("SELECT COUNT(*) FROM alike"))[0][0]
            await _touch(db, 1)
            figures["one new photo s"] = await _timed(likeness.run)
            await _touch(db, MORE)
            figures[f"{MORE} new photos s"] = await _timed(likeness.run)
            viewer = await single_viewer(db)
            similar = Similar(db, config, Path(folder), lookups)
            for mode in ("visual", "color"):
                await _ask(figures, db, similar, viewer, mode, rows)
            culling = Culling(db, config)
            first = await _timed(lambda: culling.similar(viewer, threshold=0.85, page=1, per_page=10))
            figures["groups, first page ms"] = 1000 * first
            figures["groups, next page ms"] = 1000 * await _timed(lambda: culling.similar(viewer, threshold=0.85, page=2, per_page=10))
            await workers.stop()
            await lookups.stop()
    return figures


async def _ask(figures: dict[str, float], db: Database, similar: Similar, viewer: Viewer, mode: Any, rows: int) -> None:
    taken = []
    for number in random.Random(1).sample(range(1, rows + 1), ASKED + 1):
        row = await db.row("SELECT phash FROM photo WHERE id = ?", (number,))
        if row and row[0]:
            taken.append(1000 * await _timed(partial(similar.page, viewer, number, mode=mode)))
    figures[f"{mode}, first ms"] = taken[0]
    figures[f"{mode}, median ms"] = statistics.median(taken[1:])
    figures[f"{mode}, p95 ms"] = sorted(taken[1:])[int(0.95 * (len(taken) - 1))]


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await work()
    return time.perf_counter() - start


async def _liken(db: Database, rows: int) -> None:
    """Every fifth photo looks like an earlier one."""
    rng = random.Random(7)
    known = {row[0]: int(row[1], 16) for row in await db.rows("SELECT id, phash FROM photo WHERE phash IS NOT NULL")}
    changes = []
    for number in range(5, rows + 1, 5):
        other = known.get(rng.randrange(1, number))
        if other is not None and number in known:
            for bit in rng.sample(range(64), rng.randrange(0, 17)):
                other ^= 1 << bit
            changes.append((f"{other:016x}", number))
    async with db.writing() as connection:
        await connection.executemany("UPDATE photo SET phash = ? WHERE id = ?", changes)


async def _embed(db: Database, rows: int) -> None:
    """As a model would have looked at all of them."""
    number = 0
    for block in blocks(rows, DIMENSION):
        values = [(number + i, SPACE, vector.astype("<f4").tobytes()) for i, vector in enumerate(block, start=1)]
        async with db.writing() as connection:
            await connection.executemany("INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)", values)
        number += len(block)


async def _touch(db: Database, count: int) -> None:
    """As if `count` photos were new."""
    async with db.writing() as connection:
        await connection.execute(
            "UPDATE photo SET aggregate = aggregate + 0.001 WHERE id IN (SELECT id FROM photo ORDER BY id LIMIT ?)", (count,)
        )


async def run(rows: int, photos: Path) -> None:
    """Everything, as tables and one line of JSON."""
    right: dict[str, Any] = {}
    if photos.is_dir():
        right = await rightness(photos)
        made, natural = right["found"]["made"], right["found"]["natural"]
        table = [
            ("made duplicates found", f"{made[0]} of {made[1]}"),
            ("natural duplicates found", f"{natural[0]} of {natural[1]}"),
            ("different photos called duplicates", len(right["wrong"])),
            ("bursts found whole", f"{right['bursts']} of {right['of']}"),
            ("bursts led by the sharpest frame", f"{right['leads']} of {right['of']}"),
        ]
        show("Real photos", ("", ""), table)
        for line in right["missed"]:
            say(f"missed: {line}")
    figures = await speed(rows)
    show(f"{rows} made-up photos", ("", ""), list(figures.items()))
    emit("likeness", {"rows": rows, **right, **figures})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    options = parser.parse_args()
    asyncio.run(run(options.rows, options.photos))
