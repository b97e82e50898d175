"""How fast `facetd scan` is on large JPEGs, with or without the models, next to the sum of its parts measured alone, and what memory it
takes. With models also next to a plain loop over ONNX Runtime, and what the first scan costs that finds out how to run them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import program, report
from bench.dump import opened_copy
from bench.models import MODES, Models, try_models
from bench.pictures import SIZES, bytes_per_pixel, make_photos
from bench.processes import NOTHING, Memory, PeakMemory, inference_processes, memory, memory_of_tree, use_cores

Row = tuple[str, object, object]
PARTS_OF = 20  # photos that the parts are timed with


@dataclass(frozen=True, slots=True)
class Run:
    """One scan of fresh photos: seconds of the whole command, processor time and the largest memory of all its processes together, and
    of the main and the inference process alone."""

    photos: int
    wall_s: float
    cpu_s: float
    peak: Memory
    main: Memory
    inference: Memory


@dataclass(frozen=True, slots=True)
class Parts:
    """Seconds for one photo: of each part by the clock, of all together in processor time, and of each network within the look."""

    wall_s: dict[str, float]
    cpu_s: float
    networks_s: dict[str, float]

    @property
    def total_s(self) -> float:
        return sum(self.wall_s.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200, help="how many photos, the same number of each size")
    parser.add_argument("--megapixels", type=int, nargs="+", choices=tuple(SIZES), default=list(SIZES))
    parser.add_argument("--models", choices=MODES, default="auto", help="precision of the models, or none of them")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder of the made photos, to be used again; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        report.say(f"Making {options.photos} photos of {options.megapixels} megapixels ...")
        each = options.photos // len(options.megapixels)
        photos = make_photos(options.keep or Path(scratch) / "photos", dict.fromkeys(options.megapixels, each))
        measure(photos, Path(scratch), options.models, use_cores(options.cores))


def measure(
    photos: dict[int, list[Path]], scratch: Path, mode: str, cores: int, furnish: Callable[[Path], None] = lambda _home: None
) -> None:
    """Measure each size, and show. `furnish` may put packs into the data folder that the models are tried in."""
    models = try_models(mode, scratch / "tried", furnish)
    figures: dict[str, object] = {"models": mode, "used_cores": cores}
    if models.on:
        figures |= _first_scan(next(iter(photos.values())), scratch, models)
    for megapixels, paths in photos.items():
        figures |= _one_size(megapixels, paths, scratch, cores, models)
    figures |= _idle_memory(next(iter(photos.values())), scratch, models)
    report.emit("throughput", figures)


def _first_scan(paths: Sequence[Path], scratch: Path, models: Models) -> dict[str, object]:
    """The trial of runtimes, which happens once on a machine: alone, and within the first scan of `paths`."""
    run = _scan(_links(paths, scratch / "first"), models.configure(scratch / "first.data"))
    models.learn(scratch / "first.data")
    report.show(
        "How to run the models, found out once on this machine",
        ["", ""],
        [("trial alone, s", models.trial_s), (f"first scan of {run.photos} photos with its trial, s", run.wall_s),
         *((name, f"{one.runtime} {one.device} {one.precision}, {one.ms:.1f} ms") for name, one in models.choices.models.items())],
    )  # fmt: skip
    chosen = {name: [one.runtime, one.device, one.precision, one.ms] for name, one in models.choices.models.items()}
    return {"trial_s": round(models.trial_s, 1), "first_scan_photos": run.photos, "first_scan_s": round(run.wall_s, 1), "choice": chosen}


def _one_size(megapixels: int, paths: Sequence[Path], scratch: Path, cores: int, models: Models) -> dict[str, object]:
    """Parts, one photo, all photos, the plain loop, and the parts again: the machine is not the same all the time."""
    weights = bytes_per_pixel(paths, megapixels)
    some = paths[: min(PARTS_OF, len(paths))]
    before = time_parts(some, scratch / "parts", models)
    once = _scan(_links(paths[:1], scratch / f"one{megapixels}"), models.prepare(scratch / f"one{megapixels}.data"))
    library = models.prepare(scratch / f"all{megapixels}.data")
    run = _scan(_links(paths, scratch / f"all{megapixels}"), library)
    loop_s = time_loop(paths, scratch / "loop") if models.on and not models.packs else None
    parts = _mean(before, time_parts(some, scratch / "parts", models))
    bound = cores / parts.total_s
    rate, steady = run.photos / run.wall_s, (run.photos - 1) / max(1e-9, run.wall_s - once.wall_s)
    used, used_steady = parts.cpu_s * run.photos / run.cpu_s, parts.cpu_s * (run.photos - 1) / max(1e-9, run.cpu_s - once.cpu_s)
    dense = f"{report.median(weights):.2f} byte per pixel (least {min(weights):.2f})"
    rows: list[Row] = [(name, 1000 * seconds, "") for name, seconds in parts.wall_s.items()]
    rows += [(f"  of this: {name}", 1000 * seconds, "") for name, seconds in parts.networks_s.items()]
    rows += [
        ("sum of the parts, one process", 1000 * parts.total_s, 1 / parts.total_s),
        (f"bound: {cores} cores / sum", 1000 / bound, bound),
        ("facetd scan, whole command", 1000 / rate, rate),
        (f"facetd scan without start-up ({once.wall_s:.1f} s for one photo)", 1000 / steady, steady),
        ("efficiency (whole command / without start-up)", "", f"{rate / bound:.2f} / {steady / bound:.2f}"),
        ("processor time of the parts / of all processes", "", f"{used:.2f} / {used_steady:.2f}"),
    ]
    size = f"{megapixels}mp"
    figures: dict[str, object] = {
        f"{size}_parts_ms": {name: round(1000 * seconds, 2) for name, seconds in parts.wall_s.items()},
        f"{size}_bound_per_s": round(bound, 2), f"{size}_rate_per_s": round(rate, 2), f"{size}_steady_per_s": round(steady, 2),
        f"{size}_efficiency": round(rate / bound, 3), f"{size}_steady_efficiency": round(steady / bound, 3),
        f"{size}_processor_efficiency": round(used, 3), f"{size}_steady_processor_efficiency": round(used_steady, 3),
        f"{size}_bytes_per_pixel": round(report.median(weights), 3),
    }  # fmt: skip
    if loop_s is not None:
        gain, whole = loop_s * steady, loop_s * rate
        rows += [
            ("plain loop, ONNX Runtime f32 with default settings", 1000 * loop_s, 1 / loop_s),
            ("facetd scan / plain loop (whole command / without start-up)", "", f"{whole:.2f} / {gain:.2f}"),
        ]
        figures |= {f"{size}_loop_per_s": round(1 / loop_s, 2), f"{size}_gain": round(whole, 2), f"{size}_steady_gain": round(gain, 2)}
        seen = _seen(library)
        rows += [(f"{name} (all photos together)", "", count) for name, count in seen.items()]
        figures[f"{size}_seen"] = seen
    title = f"{megapixels} MP, models {models.mode}: {len(paths)} JPEGs, {dense}"
    report.show(title, ["", "ms per photo", "photos/s"], [*rows, *_memory_rows(run)])
    return figures | {
        f"{size}_{name}_mb": [round(one.pss / 1e6, 1), round(one.rss / 1e6, 1)]
        for name, one in (("peak", run.peak), ("main", run.main), ("inference", run.inference))
        if one != NOTHING
    }


def _memory_rows(run: Run) -> list[Row]:
    """The largest memory of a scan, of all its processes and of two of them."""
    named = (("all processes", run.peak), ("the main process", run.main), ("the inference process", run.inference))
    return [
        (f"peak memory of {name}, MB (PSS / RSS)", "", f"{one.pss / 1e6:.0f} / {one.rss / 1e6:.0f}")
        for name, one in named
        if one != NOTHING
    ]


def time_parts(paths: Sequence[Path], thumbs: Path, models: Models) -> Parts:
    """Each part of the work on a photo, run alone over `paths` in one single-threaded process."""
    words = [sys.executable, "-m", "bench.parts", *(("--models", str(models.home)) if models.on else ()), str(thumbs), *map(str, paths)]
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=program.environment() | single)
    found = json.loads(done.stdout)
    return Parts(
        {name: float(wall) for name, (wall, _) in found["parts"].items()},
        sum(float(cpu) for _, cpu in found["parts"].values()),
        {name: float(wall) for name, (wall, _) in found["networks"].items()},
    )


def _mean(one: Parts, other: Parts) -> Parts:
    """The mean of two measurements."""
    wall_s = {name: (one.wall_s[name] + other.wall_s[name]) / 2 for name in one.wall_s}
    networks_s = {name: (one.networks_s[name] + other.networks_s[name]) / 2 for name in one.networks_s}
    return Parts(wall_s, (one.cpu_s + other.cpu_s) / 2, networks_s)


def time_loop(paths: Sequence[Path], thumbs: Path) -> float:
    """Seconds for one photo of a plain loop over `paths` in one process that takes the threads it likes."""
    words = [sys.executable, "-m", "bench.sequential", str(thumbs), *map(str, paths)]
    free = {key: value for key, value in program.environment().items() if not key.endswith("_NUM_THREADS")}
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=free)
    return float(json.loads(done.stdout))


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
    return Run(len(list(folder.iterdir())), wall_s, peak.cpu_s, peak.peak, peak.main, peak.inference)


def _seen(data: Path) -> dict[str, int]:
    """How much there was to see: photos with faces, faces, and objects."""
    with opened_copy(data / "library.db") as library:
        with_faces, faces = library.execute("SELECT COUNT(DISTINCT photo_id), COUNT(*) FROM face WHERE source = 'model'").fetchone()
        objects = library.execute("SELECT COUNT(*) FROM object").fetchone()[0]
    return {"photos with faces": with_faces, "faces": faces, "objects": objects}


def _idle_memory(paths: Sequence[Path], scratch: Path, models: Models) -> dict[str, object]:
    """The daemon after it has read some photos; with models also whether the inference process has gone by then, and when."""
    folder = _links(paths[:8], scratch / "served")
    gone_s = -1.0
    with program.Server(models.prepare(scratch / "served.data"), folder) as server:
        with PeakMemory(server.pid) as peak:
            while server.get("/api/photos", {"per_page": 1})["total"] < len(list(folder.iterdir())):
                time.sleep(0.1)
            server.wait_idle()
            start = time.monotonic()
            while inference_processes(server.pid) and time.monotonic() - start < 30:
                time.sleep(0.05)
            gone_s = time.monotonic() - start
        time.sleep(5)
        daemon, together, left = memory(server.pid), memory_of_tree(server.pid), len(inference_processes(server.pid))
    rows = [("daemon", daemon.rss / 1e6, daemon.pss / 1e6), ("all its processes", together.rss / 1e6, together.pss / 1e6)]
    if models.on:
        rows.append(("inference process at its peak", peak.inference.rss / 1e6, peak.inference.pss / 1e6))
    report.show("Memory of the daemon when idle, MB", ["", "RSS", "PSS"], rows)
    figures: dict[str, object] = {
        "idle_rss_mb": round(daemon.rss / 1e6, 1),
        "idle_together_pss_mb": round(together.pss / 1e6, 1),
        "idle_processes": together.processes,
    }
    if models.on:
        state = f"gone {gone_s:.1f} s after the scan" if not left else f"{left} still there {gone_s:.0f} s after the scan"
        report.say(f"Inference process (inference.idle_s is {models.settings.idle_s:g}): {state}.")
        figures |= {"inference_gone_s": None if left else round(gone_s, 1), "inference_left": left}
    return figures


if __name__ == "__main__":
    main()
