"""Kill -9 at random moments of a scan: the database stays sound, the next scan finishes, and the result is that of an undisturbed one."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import program, report
from bench.dump import Row, differences, library_rows, problems
from bench.processes import tree, wait_gone
from bench.smallphotos import make_mixed_folder


@dataclass(slots=True)
class Outcome:
    """One kill: when, how much was stored by then, and everything that was not as it should be."""

    after_s: float
    whole_group: bool
    stored: int = 0
    in_time: bool = True
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
    parser.add_argument("--photos", type=Path, help="a folder of real photos to scan instead of made ones; it is only read")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.photos or Path(scratch) / "photos"
        if options.photos is None:
            make_mixed_folder(folder, options.files)
        undisturbed, found = kill_many(folder, Path(scratch), options.kills, options.seed)
        control = compare_undisturbed(folder, Path(scratch), undisturbed)
    faults = [fault for outcome in found for fault in outcome.faults]
    report.show(
        f"{len(found)} kills of a scan of {len(undisturbed.rows)} files that takes {undisturbed.ends_s:.1f} s",
        ["killed after, s", "process", "rows stored", "faults"],
        [(f"{o.after_s:.2f}", "all" if o.whole_group else "main", o.stored, len(o.faults)) for o in found],
    )  # fmt: skip
    for fault in faults[:20]:
        report.say(fault)
    if control:
        report.say(f"Two undisturbed scans differ as well ({len(control)} values): {control[0]}")
    in_the_middle = sum(0 < o.stored < len(undisturbed.rows) for o in found)
    figures = {"kills": len(found), "in_the_middle": in_the_middle, "files": len(undisturbed.rows), "faults": len(faults)}
    report.emit("kill", figures | {"undisturbed_differ": len(control)})


def kill_many(folder: Path, scratch: Path, kills: int, seed: int) -> tuple[Undisturbed, list[Outcome]]:
    """Scan `folder` undisturbed, then once for each kill, each time into a fresh library."""
    undisturbed = scan_undisturbed(folder, scratch / "undisturbed")
    rng = random.Random(seed)
    found = []
    for i in range(kills):
        data = scratch / f"killed{i}"
        # most kills fall between the first stored row and the end, some before it
        early = i % 5 == 4
        after_s = rng.uniform(0.05, undisturbed.begins_s) if early else rng.uniform(undisturbed.begins_s, undisturbed.ends_s)
        outcome = kill_once(folder, data, undisturbed, after_s, whole_group=rng.random() < 0.5)
        while not outcome.in_time and not outcome.faults:  # the machine was faster this time
            shutil.rmtree(data)
            outcome = kill_once(folder, data, undisturbed, outcome.after_s * rng.uniform(0.3, 0.9), whole_group=outcome.whole_group)
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


def compare_undisturbed(folder: Path, scratch: Path, first: Undisturbed) -> list[str]:
    """In what a second undisturbed scan differs from the first: what no kill is to blame for."""
    program.scan(folder, scratch / "control")
    return differences(first.rows, library_rows(scratch / "control" / "library.db"))


def kill_once(folder: Path, data: Path, undisturbed: Undisturbed, after_s: float, *, whole_group: bool) -> Outcome:
    """Start a scan, kill it, look at what it left, finish it, and compare."""
    outcome = Outcome(after_s, whole_group)
    log = data.with_suffix(".log")
    process = program.start_scan(folder, data, log)
    time.sleep(after_s)
    outcome.in_time = process.poll() is None
    if not outcome.in_time:
        return outcome
    family = tree(process.pid)
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for pid in wait_gone(family):
        outcome.faults.append(f"process {pid} outlived the scan that was killed after {after_s:.2f} s")
        os.kill(pid, signal.SIGKILL)
    database = data / "library.db"
    if database.exists():
        outcome.faults += [f"after {after_s:.2f} s: {problem}" for problem in problems(database)]
        outcome.stored = _stored(data)
    done = program.scan(folder, data, check=False)
    if done.returncode:
        outcome.faults.append(f"the rescan ended with {done.returncode}: {done.stderr[-2000:]}")
        return outcome
    outcome.faults += [f"after the rescan: {problem}" for problem in problems(database)]
    outcome.faults += differences(undisturbed.rows, library_rows(database))
    if thumbnails(data) != undisturbed.thumbnails:
        outcome.faults.append(f"thumbnails differ: {sorted(thumbnails(data) ^ undisturbed.thumbnails)[:5]}")
    return outcome


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
