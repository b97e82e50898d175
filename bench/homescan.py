"""The lists that people look at while the daemon that answers scans new photos: files of their own content in a folder of bob's."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench import program, report
from bench.clients import Client
from bench.homeviews import View
from bench.pictures import camera_exif, rendered_scene
from bench.processes import cpu_s

ROUNDS = 3
PHOTOS, SCENES = 600, 24  # new ones of each round, of so many scenes
WIDTH, HEIGHT = 900, 600
AIM_RATIO = 2.0
LISTS = (
    "/api/photos", "/api/timeline", "/api/memories", "/api/folders", "/api/persons", "/api/person/{id:[0-9]+}/faces", "/api/albums",
    "/api/shared/album/", "/api/capsules", "/api/burst-groups", "/api/duplicate-groups", "/api/culling-groups", "/api/similar-groups",
    "/api/search", "/api/filter_options/", "/api/type_counts",
)  # fmt: skip


def listing(views: Sequence[View]) -> list[View]:
    """The views that are lists; without those that a worker makes."""
    return [view for view in views if view.operation.startswith(LISTS) and view.operation != "/api/filter_options/location_name"]


def make_photos(folder: Path, rounds: int = ROUNDS, count: int = PHOTOS) -> None:
    """Photos of a few scenes, each from its own angle and of its own moment, in a folder for each round."""
    rng = np.random.default_rng(11)
    scenes = [Image.fromarray(np.clip(rendered_scene(2 * WIDTH, 2 * HEIGHT, rng), 0, 255).astype(np.uint8)) for _ in range(SCENES)]
    turns = random.Random(11)
    for number in range(rounds * count):
        left, top = turns.randrange(WIDTH), turns.randrange(HEIGHT)
        picture = scenes[number % SCENES].crop((left, top, left + WIDTH, top + HEIGHT))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=85, exif=camera_exif(number).tobytes())
        target = folder / str(number // count) / f"{number // 100:03d}" / f"IMG_{number:05d}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(out.getvalue())


def measure(
    server: program.Server, user: Client, views: Sequence[View], folder: Path, settle: Callable[[program.Server], None]
) -> dict[str, object]:
    """Medians in turns: at rest, during a scan of photos that come to `folder`, at rest, ... of requests that all differ, and of one that
    is asked again and again.
    """
    made = folder.with_name(f"{folder.name}, made")
    make_photos(made)
    chosen = listing(views)
    other: dict[bool, list[list[float]]] = {busy: [[] for _ in chosen] for busy in (False, True)}
    again: dict[bool, list[list[float]]] = {busy: [[] for _ in chosen] for busy in (False, True)}
    cpu, seconds, came = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}, 0
    for number in range(ROUNDS):
        for busy in (False, True):
            settle(server)
            if busy:
                before_all = _begin(user, made / str(number), folder)
            before, start = cpu_s(server.pid), time.monotonic()
            _ask(user, chosen, number, other[busy], again[busy])
            cpu[busy] += cpu_s(server.pid) - before
            seconds[busy] += time.monotonic() - start
            if busy:
                came += _count(user) - before_all
                _end(user)
    rows = []
    for place, view in enumerate(chosen):
        calm, busy_ms, calm_again, busy_again = (report.median(each[busy][place]) for each in (other, again) for busy in (False, True))
        rows.append((f"{view.operation} {view.name}", calm, busy_ms, busy_ms / calm, calm_again, busy_again, busy_again / calm_again))
    report.show(
        f"While the daemon scans, ms (aim: at most {AIM_RATIO:.0f} times); {came / seconds[True]:.0f} new photos a second",
        ["", "at rest", "scanning", "ratio", "the same, at rest", "scanning", "ratio"],
        rows,
    )
    return {
        "scan_photos": came,
        "scan_ratio_all": round(sum(row[2] for row in rows) / sum(row[1] for row in rows), 2),
        "scan_ratio_same_all": round(sum(row[5] for row in rows) / sum(row[4] for row in rows), 2),
        "scan_above_twice": {row[0]: [round(row[3], 2), round(row[6], 2)] for row in rows if max(row[3], row[6]) > AIM_RATIO},
        "scan": {row[0]: [round(float(each), 2) for each in (row[1], row[2], row[4], row[5])] for row in rows},
        "scan_cpu_share": [round(cpu[busy] / seconds[busy], 2) for busy in (False, True)],
    }


def _ask(user: Client, views: Sequence[View], number: int, other: Sequence[list[float]], again: Sequence[list[float]]) -> None:
    """Round by round, so that some time passes between two requests for the same list."""
    for turn in range(number, len(views[0].addresses), ROUNDS):
        for view, times, same in zip(views, other, again, strict=True):
            times.append(user.ask(view.addresses[turn]).ms)
            same.append(user.ask(view.addresses[0]).ms)


def _count(user: Client) -> int:
    return int(user.json("/api/photos", {"per_page": 1})["total"])


def _begin(user: Client, coming: Path, folder: Path) -> int:
    """Move photos into the folder, start a scan of everything, and wait until they come; how many photos there were."""
    before = _count(user)
    coming.rename(folder / coming.name)
    user.post("/api/scan/start", {})
    end = time.monotonic() + 60
    while _count(user) == before:
        if time.monotonic() > end:
            raise TimeoutError("no photos come")
        time.sleep(0.05)
    return before


def _end(user: Client) -> None:
    """Stop the scan; the rest of the photos is left out. Raises RuntimeError when it was over already."""
    if not user.post("/api/scan/cancel", {})["cancelled"]:
        raise RuntimeError("the scan was over before all lists were asked for: there are too few photos for this machine")
