"""How fast `facetd scan` is on large JPEGs, next to the sum of its parts measured alone, and what memory it takes."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import program, report
from bench.pictures import bytes_per_pixel, make_photos
from bench.processes import Memory, PeakMemory, memory, memory_of_tree, use_cores


@dataclass(frozen=True, slots=True)
class Run:
    """One scan of fresh photos: seconds of the whole command, processor time and the largest memory of all its processes together."""

    photos: int
    wall_s: float
    cpu_s: float
    peak: Memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200, help="how many photos, half of them with 12 and half with 24 megapixels")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder of the made photos, to be used again; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.keep or Path(scratch) / "photos"
        measure(folder, Path(scratch), options.photos, options.cores)


def measure(folder: Path, scratch: Path, count: int, cores: int) -> None:
    """Make the photos, measure, and show."""
    report.say(f"Making {count} photos of 12 and 24 megapixels ...")
    photos = make_photos(folder, {12: count // 2, 24: count - count // 2})
    cores = use_cores(cores)
    figures: dict[str, object] = {"photos": count, "used_cores": cores}
    for megapixels, paths in photos.items():
        figures |= _one_size(megapixels, paths, scratch, cores)
    figures |= _idle_memory(scratch)
    report.emit("throughput", figures)


def _one_size(megapixels: int, paths: Sequence[Path], scratch: Path, cores: int) -> dict[str, object]:
    weights = bytes_per_pixel(paths, megapixels)
    timed = time_parts(paths[: min(20, len(paths))], scratch / "parts")
    parts = {name: wall for name, (wall, _) in timed.items()}
    work = sum(cpu for _, cpu in timed.values()) * len(paths)
    once = _scan(_links(paths[:1], scratch / f"one{megapixels}"), scratch / f"one{megapixels}.data")
    run = _scan(_links(paths, scratch / f"all{megapixels}"), scratch / "library")
    total_s = sum(parts.values())
    bound = cores / total_s
    rate, steady = run.photos / run.wall_s, (run.photos - 1) / max(1e-9, run.wall_s - once.wall_s)
    report.show(
        f"{megapixels} MP: {len(paths)} JPEGs, {report.median(weights):.2f} byte per pixel (least {min(weights):.2f})",
        ["", "ms per photo", "photos/s"],
        [*((name, 1000 * seconds, "") for name, seconds in parts.items()),
         ("sum of the parts, one process", 1000 * total_s, 1 / total_s),
         (f"bound: {cores} cores / sum", 1000 / bound, bound),
         ("facetd scan, whole command", 1000 / rate, rate),
         (f"facetd scan without start-up ({once.wall_s:.1f} s for one photo)", 1000 / steady, steady),
         ("efficiency (whole command / without start-up)", "", f"{rate / bound:.2f} / {steady / bound:.2f}"),
         ("processor time of the parts / of all processes", "", f"{work / run.cpu_s:.2f}"),
         ("peak memory of all processes, MB (PSS / RSS sum)", "", f"{run.peak.pss / 1e6:.0f} / {run.peak.rss / 1e6:.0f}")],
    )  # fmt: skip
    size = f"{megapixels}mp"
    return {
        f"{size}_parts_ms": {name: round(1000 * seconds, 2) for name, seconds in parts.items()},
        f"{size}_bound_per_s": round(bound, 2),
        f"{size}_rate_per_s": round(rate, 2),
        f"{size}_steady_per_s": round(steady, 2),
        f"{size}_efficiency": round(rate / bound, 3),
        f"{size}_steady_efficiency": round(steady / bound, 3),
        f"{size}_processor_efficiency": round(work / run.cpu_s, 3),
        f"{size}_peak_pss_mb": round(run.peak.pss / 1e6, 1),
        f"{size}_peak_rss_mb": round(run.peak.rss / 1e6, 1),
        f"{size}_bytes_per_pixel": round(report.median(weights), 3),
    }


def time_parts(paths: Sequence[Path], thumbs: Path) -> dict[str, tuple[float, float]]:
    """Seconds per photo of each part of a visit, and of processor time, each run alone over `paths` in one single-threaded process."""
    words = [program.FACETD[0], "-m", "bench.parts", str(thumbs), *map(str, paths)]
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=program.environment() | single)
    return {name: (float(wall), float(cpu)) for name, (wall, cpu) in json.loads(done.stdout).items()}


def _links(paths: Sequence[Path], folder: Path) -> Path:
    """A folder with hard links to `paths`, so that a scan can be given some of the photos."""
    folder.mkdir(parents=True)
    for path in paths:
        try:
            (folder / path.name).hardlink_to(path)
        except OSError:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def _scan(folder: Path, data: Path) -> Run:
    log = data.with_suffix(".log")
    start = time.monotonic()
    process = program.start_scan(folder, data, log)
    with PeakMemory(process.pid) as peak:
        code = process.wait()
    wall_s = time.monotonic() - start
    if code:
        raise RuntimeError(f"facetd scan ended with {code}:\n{log.read_text(errors='replace')[-4000:]}")
    return Run(len(list(folder.iterdir())), wall_s, peak.cpu_s, peak.peak)


def _idle_memory(scratch: Path) -> dict[str, object]:
    """The daemon over the library just made, a while after its start-up scan."""
    with program.Server(scratch / "library") as server:
        server.get("/api/photos")
        server.wait_idle()
        time.sleep(5)
        daemon, together = memory(server.pid), memory_of_tree(server.pid)
    rows = [("daemon", daemon.rss / 1e6, daemon.pss / 1e6), ("all its processes", together.rss / 1e6, together.pss / 1e6)]
    report.show("Memory when idle, MB", ["", "RSS", "PSS"], rows)
    return {
        "idle_rss_mb": round(daemon.rss / 1e6, 1),
        "idle_together_pss_mb": round(together.pss / 1e6, 1),
        "idle_processes": together.processes,
    }


if __name__ == "__main__":
    main()
