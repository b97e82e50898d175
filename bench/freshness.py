"""How long after the end of a copy into a watched folder a photo is in GET /api/photos, with the daemon idle and during a scan."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import program, report
from bench.models import MODES, Models, try_models
from bench.parts import visit_once
from bench.pictures import make_photos

POLL_S = 0.02
OTHERS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20, help="how many copies of each kind")
    parser.add_argument("--megapixels", type=int, choices=(12, 24), default=12)
    parser.add_argument("--models", choices=MODES, default="auto")
    parser.add_argument("--busy", type=int, default=240, help="photos that are read meanwhile (few photos under many names)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        models = try_models(options.models, Path(scratch) / "tried")
        measure(Path(scratch), options.photos, options.megapixels, options.busy, models)


def measure(scratch: Path, count: int, megapixels: int, busy: int, models: Models) -> None:
    """Make photos, serve a folder, copy into it, and show how long each copy took to be seen."""
    made = make_photos(scratch / "made", {megapixels: 3 * count + OTHERS})[megapixels]
    copies, rest = [made[i * count : (i + 1) * count] for i in range(3)], made[3 * count :]
    folder = scratch / "photos"
    _fill(folder / "there before", rest, busy)
    times: dict[str, list[float]] = {}
    busy_enough = True
    with program.Server(models.prepare(scratch / "data"), folder) as server:
        time.sleep(1)
        times["while the first scan runs"] = [copy_in(server, path, folder / f"scan {i:03d}.jpg") for i, path in enumerate(copies[0])]
        busy_enough &= server.get("/api/scan/status")["running"]
        server.wait_idle()
        time.sleep(2)  # the watcher stands, workers are warm
        times["daemon idle"] = [copy_in(server, path, folder / f"then idle {i:03d}.jpg") for i, path in enumerate(copies[1])]
        _fill(scratch / "waiting", rest, busy)
        (scratch / "waiting").rename(folder / "moved in")
        time.sleep(1)
        times["while a folder moved in is read"] = [copy_in(server, path, folder / f"tree {i:03d}.jpg") for i, path in enumerate(copies[2])]
        busy_enough &= server.get("/api/photos", {"per_page": 1})["total"] < 3 * count + 2 * busy
    times["one visit alone (baseline)"] = [visit_once(str(path), scratch / "alone") for path in copies[1]]
    report.show(
        f"From the end of a copy of {megapixels} MP to GET /api/photos, s",
        ["", "median", "p95", "largest"],
        [(name, report.median(values), report.p95(values), max(values)) for name, values in times.items()],
    )
    if not busy_enough:
        report.say(f"Reading {busy} photos was over before the last copy: give a larger --busy.")
    figures = {name: [round(report.median(values), 3), round(report.p95(values), 3)] for name, values in times.items()}
    report.emit(
        "freshness", {"models": models.mode, "photos": count, "megapixels": megapixels, "busy_throughout": busy_enough, "seconds": figures}
    )


def _fill(folder: Path, photos: Sequence[Path], count: int) -> None:
    """A folder of `count` files: `photos` under many names. Each is read as if it were the only one."""
    folder.mkdir(parents=True)
    for i in range(count):
        (folder / f"{i:04d}.jpg").hardlink_to(photos[i % len(photos)])


def copy_in(server: program.Server, source: Path, target: Path) -> float:
    """Copy as a person does; seconds from the end of the copy until the list has the photo."""
    shutil.copyfile(source, target)
    end = time.monotonic()
    wait_present(server, target.name)
    return time.monotonic() - end


def wait_present(server: program.Server, name: str, timeout_s: float = 60.0) -> None:
    """Wait until GET /api/photos in falling order of file names begins with the file `name`."""
    end = time.monotonic() + timeout_s
    query = {"sort": "filename", "sort_direction": "DESC", "per_page": 1}
    while not any(photo["filename"] == name for photo in server.get("/api/photos", query)["photos"]):
        if time.monotonic() > end:
            raise TimeoutError(f"{name} did not appear:\n{server.log()[-3000:]}")
        time.sleep(POLL_S)


if __name__ == "__main__":
    main()
