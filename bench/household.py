"""A household's library under load: every GET operation, lists during a scan, 64 clients, guessed passwords. `python -m bench.household`.

Asked for over HTTP as bob, who sees seven of ten photos; ETags are never sent. Requests of one kind all differ, so that no answer was kept
from before; what a kept one takes stands beside it. Where there is nothing to vary, all are kept ones. CPU is the daemon's own.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from bench import home, homecrowd, homescan, homethrottle, program, report
from bench.clients import Answer, Client, Crowd, sign_in
from bench.homeviews import Facts, View, facts, views
from bench.processes import cpu_s, tree

PARTS = ("endpoints", "scan", "clients", "throttle")
REQUESTS, EIGHT = 40, 8
ASKING = "bob"
RATE_MS = 400.0  # how long one client asks to find its rate
QUIET_SHARE, QUIET_S = 0.05, 2.0  # of one core, and for how long, when the daemon has nothing to do


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one view: ms of the first request, of different ones, of a kept one; CPU ms; p95 and rate of eight clients, rate of one."""

    cold: float
    median: float
    p95: float
    kept: float
    cpu: float
    p95_eight: float
    rate_one: float
    rate_eight: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="requests of each kind")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long 64 clients ask")
    parser.add_argument("--tries", type=int, default=1000, help="wrong passwords of each kind")
    parser.add_argument("--only", choices=PARTS, help="measure this part alone")
    parser.add_argument("--match", default="", help="only operations that contain this")
    parser.add_argument("--keep", type=Path, default=Path("bench/out"), help="folder of the made libraries, to be used again")
    options = parser.parse_args()
    made = home.prepare(options.keep, options.rows, finish)
    figures: dict[str, object] = {"rows": options.rows}
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        for part in (options.only,) if options.only else PARTS:
            another = Path(scratch) / "coming" if part == "scan" else None
            data = home.copy(made, Path(scratch) / part, another=another)
            if part == "throttle":
                figures |= homethrottle.measure(data, options.tries)
                continue
            with program.Server(data) as server:
                known = look_up(server)
            chosen = [view for view in views(known, options.requests + 1) if options.match in view.operation]
            if another is not None:
                another.mkdir()
            with program.Server(data, *([another] if another is not None else [])) as server:
                settle(server)
                user = sign_in(server.port, ASKING, home.PASSWORDS[ASKING])
                if part == "endpoints":
                    figures |= endpoints(server, user, chosen)
                elif another is not None:
                    figures |= homescan.measure(server, user, chosen, another, settle)
                else:
                    figures |= homecrowd.measure(server, user, chosen, options.seconds)
            shutil.rmtree(data)
    report.emit("household", figures)


def look_up(server: program.Server) -> Facts:
    """What the one who asks can name, with a link to an album of their own."""
    user = sign_in(server.port, ASKING, home.PASSWORDS[ASKING])
    album = user.post("/api/albums", {"name": "shared by a link"})["id"]
    ids = [photo["id"] for photo in user.json("/api/photos", {"per_page": 500})["photos"]]
    user.post(f"/api/albums/{album}/photos", {"photo_ids": ids})
    token = user.post(f"/api/albums/{album}/share", {})["share_token"]
    known = facts(user.json, album, token)
    user.close()
    return known


def endpoints(server: program.Server, user: Client, chosen: Sequence[View]) -> dict[str, object]:
    """Every view: cold, warm by one client, and by eight."""
    cold = [checked(view, user.ask(view.addresses[0])) for view in chosen]
    floor = [user.ask("/ready").ms for _ in range(REQUESTS)]
    rows: list[tuple[View, Figures]] = []
    with Crowd(EIGHT, server.port, user.token) as crowd:
        for view, first in zip(chosen, cold, strict=True):
            rows.append((view, measure(server, user, crowd, view, first)))
    report.show(
        f"As {ASKING}, ms (GET /ready: {report.median(floor):.2f})",
        ["", "aim", "cold", "median", "p95", "kept", "CPU", "8: p95", "1 client, /s", "8, /s"],
        [
            (f"{view.operation} {view.name}", f"{view.aim_ms:.0f}{' MISSED' if f.median > view.aim_ms else ''}",
             f.cold, f.median, f.p95, f.kept, f.cpu, f.p95_eight, f.rate_one, f.rate_eight)
            for view, f in rows
        ],
    )  # fmt: skip
    missed = {f"{view.operation} {view.name}": [round(f.median, 2), view.aim_ms] for view, f in rows if f.median > view.aim_ms}
    fallen = {f"{view.operation} {view.name}": round(f.rate_eight / f.rate_one, 2) for view, f in rows if f.rate_eight < 0.9 * f.rate_one}
    report.show("Above the aim", ["", "median ms", "aim ms"], [(name, *values) for name, values in missed.items()])
    report.show("Fewer answers with eight clients than with one", ["", "ratio"], list(fallen.items()))
    return {
        "views": len(rows),
        "operations": len({view.operation for view, _ in rows}),
        "floor_ms": round(report.median(floor), 2),
        "above_aim": missed,
        "fallen_at_eight": fallen,
        "ms": {
            f"{view.operation} {view.name}".strip(): [round(f.median, 2), round(f.p95, 2), round(f.cpu, 2), round(f.cold, 1)]
            for view, f in rows
        },
    }


def measure(server: program.Server, user: Client, crowd: Crowd, view: View, cold: float) -> Figures:
    """Ask for every address once, for one of them again and again, then for all by one client and by eight: some are kept ones then."""
    before = cpu_s(server.pid)
    times = [checked(view, user.ask(address)) for address in view.addresses[1:]]
    cpu = 1000 * (cpu_s(server.pid) - before) / len(times)
    kept = [user.ask(view.addresses[-1]).ms for _ in range(5)]
    again = view.addresses * max(1, min(20, int(RATE_MS / sum(times))))  # enough that passing them on does not count
    _, one = crowd.ask(again, 1)
    answers, eight = crowd.ask(again)
    return Figures(
        cold,
        report.median(times),
        report.p95(times),
        report.median(kept),
        cpu,
        report.p95([checked(view, each) for each in answers]),
        one,
        eight,
    )


def checked(view: View, answer: Answer) -> float:
    """How long the answer took, in ms. Raises RuntimeError unless it is the one that belongs to the view.

    A capsule may be gone: the list is made anew while the library is young.
    """
    gone = view.operation.startswith("/api/capsules/") and answer.status == HTTPStatus.NOT_FOUND
    if answer.status != view.status and not gone:
        raise RuntimeError(f"{view.operation} {view.name}: {answer.status}, expected {view.status}")
    return answer.ms


def finish(data: Path) -> None:
    """Have the daemon find series, copies and capsules in a new library."""
    with program.Server(data) as server:
        for name in home.USERS:
            user = sign_in(server.port, name, home.PASSWORDS[name])
            while user.json("/api/capsules")["state"] == "computing":
                time.sleep(0.2)
            user.close()
        settle(server)


def settle(server: program.Server, timeout_s: float = 600.0) -> None:
    """Wait until the daemon and its workers rest."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        before = sum(map(cpu_s, tree(server.pid)))
        time.sleep(QUIET_S)
        if sum(map(cpu_s, tree(server.pid))) - before < QUIET_SHARE * QUIET_S:
            return
    raise TimeoutError("the daemon does not come to rest")


if __name__ == "__main__":
    main()
