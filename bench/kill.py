"""Kill -9 at random moments of a scan, by turns of the scan itself, a decode worker and the inference process: the database stays sound,
the next scan finishes, and the result is that of an undisturbed one."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import program, report
from bench.dump import Row, differences, library_rows, problems
from bench.models import MODES, Models, try_models
from bench.processes import decode_workers, inference_processes, tree, wait_gone
from bench.smallphotos import add_real_photos, make_mixed_folder

SCAN, ALL, WORKER, INFERENCE = "scan", "scan and its children", "decode worker", "inference process"
CHILDREN: dict[str, Callable[[int], list[int]]] = {WORKER: decode_workers, INFERENCE: inference_processes}


@dataclass(slots=True)
class Outcome:
    """One kill: when, of whom, how much was stored by then, and everything that was not as it should be after the next scan.

    `open` is how many values were not right yet before the next scan, where the scan itself survived.
    """

    after_s: float
    victim: str
    stored: int = 0
    in_time: bool = True
    open: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a scan makes that nobody disturbs, and when its first row was stored and it ended, in seconds from its start."""

    rows: dict[str, Row]
    thumbnails: frozenset[str]
    begins_s: float
    ends_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--real", type=int, default=24, help="how many of the files are real photos, most of them of people")
    parser.add_argument("--photos", type=Path, help="a folder of photos to scan instead; it is only read")
    parser.add_argument("--models", choices=MODES, default="auto")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.photos or Path(scratch) / "photos"
        if options.photos is None:
            make_mixed_folder(folder, options.files - add_real_photos(folder, options.real))
        models = try_models(options.models, Path(scratch) / "tried")
        undisturbed, found = kill_many(folder, Path(scratch), options.kills, options.seed, models)
        control = compare_undisturbed(folder, Path(scratch), undisturbed, models)
    show(undisturbed, found, control)


def show(undisturbed: Undisturbed, found: list[Outcome], control: list[str]) -> None:
    """Print what the kills came to."""
    faults = [fault for outcome in found for fault in outcome.faults]
    faces = [face for row in undisturbed.rows.values() for face in row["faces"]]
    report.show(
        f"{len(found)} kills of a scan of {len(undisturbed.rows)} files with {len(faces)} faces that takes {undisturbed.ends_s:.1f} s",
        ["killed after, s", "victim", "rows stored", "open before the next scan", "faults"],
        [(f"{o.after_s:.2f}", o.victim, o.stored, o.open, len(o.faults)) for o in found],
    )  # fmt: skip
    for fault in faults[:20]:
        report.say(fault)
    if control:
        report.say(f"Two undisturbed scans differ as well ({len(control)} values): {control[0]}")
    in_the_middle = sum(0 < o.stored < len(undisturbed.rows) for o in found)
    figures: dict[str, object] = {
        "kills": len(found), "in_the_middle": in_the_middle, "files": len(undisturbed.rows), "faces": len(faces),
        "persons": len({face.person for face in faces} - {None}), "objects": sum(len(row["objects"]) for row in undisturbed.rows.values()),
        "victims": {victim: sum(o.victim == victim for o in found) for victim in (SCAN, ALL, WORKER, INFERENCE)},
        "open_before_next_scan": sum(o.open > 0 for o in found), "faults": len(faults), "undisturbed_differ": len(control),
    }  # fmt: skip
    report.emit("kill", figures)


def kill_many(folder: Path, scratch: Path, kills: int, seed: int, models: Models) -> tuple[Undisturbed, list[Outcome]]:
    """Scan `folder` undisturbed, then once for each kill, each time into a fresh library."""
    undisturbed = scan_undisturbed(folder, models.prepare(scratch / "undisturbed"))
    rng = random.Random(seed)
    victims = (SCAN, INFERENCE, WORKER, ALL, INFERENCE, WORKER) if models.on else (SCAN, WORKER, ALL, WORKER)
    found = []
    for i in range(kills):
        victim = victims[i % len(victims)]
        # most kills fall between the first stored row and the end, some before it
        early = i % 5 == 4
        after_s = rng.uniform(0.05, undisturbed.begins_s) if early else rng.uniform(undisturbed.begins_s, undisturbed.ends_s)
        data = scratch / f"killed{i}"
        outcome = kill_once(folder, models.prepare(data), undisturbed, after_s, victim)
        while not outcome.in_time and not outcome.faults:  # the machine was faster this time
            shutil.rmtree(data)
            outcome = kill_once(folder, models.prepare(data), undisturbed, outcome.after_s * rng.uniform(0.3, 0.9), victim)
        found.append(outcome)
        shutil.rmtree(data, ignore_errors=True)
    return undisturbed, found


def scan_undisturbed(folder: Path, data: Path) -> Undisturbed:
    """Scan once and take the times."""
    start = time.monotonic()
    process = program.start_scan(folder, data, data.with_suffix(".log"))
    begins_s = None
    while process.poll() is None:
        if begins_s is None and _stored(data):
            begins_s = time.monotonic() - start
        time.sleep(0.05)
    ends_s = time.monotonic() - start
    if process.returncode:
        raise RuntimeError(data.with_suffix(".log").read_text(errors="replace")[-4000:])
    return Undisturbed(library_rows(data / "library.db"), thumbnails(data), begins_s or ends_s / 2, ends_s)


def compare_undisturbed(folder: Path, scratch: Path, first: Undisturbed, models: Models) -> list[str]:
    """In what a second undisturbed scan differs from the first: what no kill is to blame for."""
    program.scan(folder, models.prepare(scratch / "control"))
    return differences(first.rows, library_rows(scratch / "control" / "library.db"))


def kill_once(folder: Path, data: Path, undisturbed: Undisturbed, after_s: float, victim: str) -> Outcome:
    """Start a scan, kill the victim, look at what that left, scan once more, and compare."""
    outcome = Outcome(after_s, victim)
    process = program.start_scan(folder, data, data.with_suffix(".log"))
    time.sleep(after_s)
    outcome.in_time = process.poll() is None and (
        _kill_child(process, outcome, CHILDREN[victim]) if victim in CHILDREN else _kill_scan(process, outcome)
    )
    database = data / "library.db"
    outcome.stored = _stored(data)
    if victim in CHILDREN and (code := process.wait()):
        outcome.faults.append(f"the scan whose {victim} was killed after {after_s:.2f} s ended with {code}")
    if not outcome.in_time:
        return outcome
    if database.exists():
        outcome.faults += [f"after {after_s:.2f} s: {problem}" for problem in problems(database)]
        if victim in CHILDREN:
            outcome.open = len(differences(undisturbed.rows, library_rows(database)))
    done = program.scan(folder, data, check=False)
    if done.returncode:
        outcome.faults.append(f"the next scan ended with {done.returncode}: {done.stderr[-2000:]}")
        return outcome
    outcome.faults += [f"after the next scan: {problem}" for problem in problems(database)]
    outcome.faults += [f"{victim}: {line}" for line in differences(undisturbed.rows, library_rows(database))]
    if thumbnails(data) != undisturbed.thumbnails:
        outcome.faults.append(f"thumbnails differ: {sorted(thumbnails(data) ^ undisturbed.thumbnails)[:5]}")
    return outcome


def _kill_scan(process: subprocess.Popen[bytes], outcome: Outcome) -> bool:
    """End the scan, with ALL also its children; its children must not outlive it."""
    family = tree(process.pid)
    if outcome.victim == ALL:
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for pid in wait_gone(family):
        outcome.faults.append(f"process {pid} outlived the scan that was killed after {outcome.after_s:.2f} s")
        os.kill(pid, signal.SIGKILL)
    return True


def _kill_child(process: subprocess.Popen[bytes], outcome: Outcome, children: Callable[[int], list[int]]) -> bool:
    """End one child, as soon as there is one; whether there was one before the scan ended."""
    while process.poll() is None:
        for pid in children(process.pid)[:1]:
            os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.01)
    return False


def thumbnails(data: Path) -> frozenset[str]:
    """The names of all files in the thumbnail folder, half-written ones included."""
    return frozenset(path.name for path in (data / "thumbs").rglob("*") if path.is_file())


def _stored(data: Path) -> int:
    """How many photos a library holds now; 0 while it cannot be read."""
    if not (data / "library.db").exists():
        return 0
    try:
        connection = sqlite3.connect(f"file:{data / 'library.db'}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT COUNT(*) FROM photo").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


if __name__ == "__main__":
    main()
