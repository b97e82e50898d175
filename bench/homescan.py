"""The lists that people look at while something like a scan adds photos, in small transactions of another process."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from bench import program, report
from bench.clients import Client
from bench.home import household_visits, photo_folders
from bench.homecrowd import looked_at
from bench.homeviews import View
from bench.processes import cpu_s
from facetd.db import roots, store
from facetd.db.connection import Database

ROUNDS = 3
EVERY_S, PHOTOS = 0.25, 4  # of each transaction
AIM_RATIO = 2.0


def measure(server: program.Server, user: Client, views: Sequence[View], made: Path) -> dict[str, object]:
    """Medians in turns: at rest, while photos come, at rest, ..."""
    chosen = looked_at(views)
    taken: dict[bool, list[list[float]]] = {busy: [[] for _ in chosen] for busy in (False, True)}
    cpu = {False: 0.0, True: 0.0}
    for number, busy in itertools.product(range(ROUNDS), (False, True)):
        process, stop = _start(server.data, made, number) if busy else (None, None)
        before = cpu_s(server.pid)
        for view, times in zip(chosen, taken[busy], strict=True):
            times += [user.ask(address).ms for address in view.addresses[number::ROUNDS]]
        cpu[busy] += cpu_s(server.pid) - before
        if process and stop:
            stop.set()
            process.join(30)
    rows = []
    for view, rest, busy_times in zip(chosen, taken[False], taken[True], strict=True):
        calm, busy_ms = report.median(rest), report.median(busy_times)
        rows.append((f"{view.operation} {view.name}", calm, busy_ms, busy_ms / calm))
    report.show(
        f"While {PHOTOS} photos come every {EVERY_S} s, ms (aim: at most {AIM_RATIO:.0f} times)", ["", "at rest", "busy", "ratio"], rows
    )
    together = [sum(report.median(times) for times in taken[busy]) for busy in (False, True)]
    return {
        "scan_ratio_all": round(together[1] / together[0], 2),
        "scan_ratio_worst": round(max(row[3] for row in rows), 2),
        "scan": {row[0]: [round(row[1], 2), round(row[2], 2)] for row in rows},
        "scan_cpu_s": [round(cpu[False], 2), round(cpu[True], 2)],
    }


def _start(data: Path, made: Path, number: int) -> tuple[BaseProcess, Event]:
    context = get_context("forkserver")
    begun, stop = context.Event(), context.Event()
    process = context.Process(target=_write, args=(data, made, number, begun, stop), daemon=True)
    process.start()
    if not begun.wait(60):
        raise TimeoutError("no photos come")
    return process, stop


def _write(data: Path, made: Path, number: int, begun: Event, stop: Event) -> None:
    asyncio.run(_come(data, made, number, begun, stop))


async def _come(data: Path, made: Path, number: int, begun: Event, stop: Event) -> None:
    """New photos until `stop`, those of each round in other folders."""
    async with Database(data / "library.db") as db:
        ids = {name: (await roots.add_root(db, str(folder))).id for name, folder in photo_folders(made).items()}
        coming = household_visits(ids, 10_000_000 * (number + 1), first=9_000_000 * (number + 1))
        while not stop.is_set():
            started = time.monotonic()
            await store.save_visits(db, list(itertools.islice(coming, PHOTOS)), pair_raw=False)
            begun.set()
            await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - started)))
