"""How fast lists of photos come from a large library: pages, sort columns, a filter, one client and eight.

The daemon keeps the pages it made last. So that not only this is measured, every kind of page is asked for in many sizes around 64
photos, more than are kept, one after the other; what a kept page takes is shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

from bench import program, report
from bench.clone import clone_library
from bench.models import try_models
from bench.processes import cpu_s, memory
from bench.synthetic import CAMERAS, make_library
from facetd.fields import FIELDS

PER_PAGE = 64
SIZES = tuple(PER_PAGE + (number * 7) % 61 - 30 for number in range(61))  # each once, 64 on average; together far more than is kept
DISTINCT = 400  # different lists that are asked for to measure throughput
ROUNDS = 3
BASE_ROWS = 100_000  # larger libraries are copies of one of this size
FILTER = {"camera": "NIKON D750", "date_from": "2012-01-01", "date_to": "2016-12-31", "min_score": "6.5"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Of many requests, in ms; `cpu` is the daemon's own time for one, which a busy machine disturbs less."""

    median: float
    p95: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests per second at one client and at eight, and the daemon's CPU time for each request in ms."""

    one: float
    eight: float
    cpu_one: float
    cpu_eight: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=0, help="also make a library of so many photos and compare its first page")
    parser.add_argument("--requests", type=int, default=60, help="requests of each kind")
    parser.add_argument("--keep", type=Path, help="folder of the made libraries, to be used again; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.keep or Path(scratch)
        figures = measure(folder, options.rows, options.requests)
        if options.large:
            figures |= compare_large(folder, options.rows, options.large, options.requests)
        report.emit("library", figures)


def measure(folder: Path, rows: int, requests: int) -> dict[str, object]:
    """All measurements of a library with `rows` photos."""
    data, size_mb = prepare(folder, rows)
    with program.Server(data) as server:
        server.wait_idle()
        total = server.get("/api/photos", {"per_page": 1})["total"]
        floor = time_requests(server, ["/ready"], requests)
        named = {name: time_requests(server, sizes(query), requests) for name, query in views().items()}
        kept = time_requests(server, [address(page())], requests)
        keys = [entry.key for entry in FIELDS if entry.sort]
        fewer = max(10, requests // 2)
        up = {key: time_requests(server, sizes(page(sort=key, sort_direction="ASC")), fewer) for key in keys}
        down = {key: time_requests(server, sizes(page(sort=key, sort_direction="DESC")), fewer) for key in keys}
        rates = {name: throughput(server, targets) for name, targets in mixes(keys).items()}
        used = memory(server.pid)
    worst = max((*up.values(), *down.values()), key=lambda timing: timing.median)
    slowest = max((*up.values(), *down.values()), key=lambda timing: timing.p95)
    report.show(
        f"{total} photos of {rows} rows, pages of {PER_PAGE}, one client",
        ["", "median ms", "p95 ms", "daemon CPU ms"],
        [
            ("HTTP alone (GET /ready)", floor.median, floor.p95, floor.cpu),
            *((name, t.median, t.p95, t.cpu) for name, t in named.items()),
            ("first page, kept from before", kept.median, kept.p95, kept.cpu),
        ],
    )
    report.show(
        "First page by each sort column, ms",
        ["", "rising: median", "p95", "falling: median", "p95"],
        [(key, up[key].median, up[key].p95, down[key].median, down[key].p95) for key in keys],
    )
    report.show(
        f"Throughput: {DISTINCT} requests, the same ones for one client and for eight; medians of {ROUNDS} rounds in turns",
        ["", "1 client, /s", "8 clients, /s", "ratio", "daemon CPU ms a request: 1", "8"],
        [(name, r.one, r.eight, r.eight / r.one, r.cpu_one, r.cpu_eight) for name, r in rates.items()],
    )
    report.show(
        "Library",
        ["", ""],
        [("ready after start, s", server.ready_s), ("database, MB", size_mb),
         ("daemon afterwards, MB RSS / PSS", f"{used.rss / 1e6:.0f} / {used.pss / 1e6:.0f}")],
    )  # fmt: skip
    return {
        "rows": rows,
        "total": total,
        "floor_ms": round(floor.median, 2),
        **{name.replace(" ", "_") + "_ms": [round(t.median, 2), round(t.p95, 2), round(t.cpu, 2)] for name, t in named.items()},
        "worst_sort_median_ms": round(worst.median, 2),
        "worst_sort_p95_ms": round(slowest.p95, 2),
        "kept_page_ms": [round(kept.median, 2), round(kept.p95, 2)],
        "rates_1_8": {name: [round(r.one, 1), round(r.eight, 1)] for name, r in rates.items()},
        "cpu_ms_1_8": {name: [round(r.cpu_one, 2), round(r.cpu_eight, 2)] for name, r in rates.items()},
        "ready_s": round(server.ready_s, 2),
        "database_mb": round(size_mb, 1),
        "rss_mb": round(used.rss / 1e6, 1),
        "pss_mb": round(used.pss / 1e6, 1),
    }


def compare_large(folder: Path, rows: int, large_rows: int, requests: int) -> dict[str, object]:
    """The first page of a library with many more photos, in relation to that of the smaller one; both asked in turns."""
    (small, _), (large, size_mb) = prepare(folder, rows), prepare(folder, large_rows)
    with program.Server(small) as first, program.Server(large) as second:
        first.wait_idle()
        second.wait_idle()
        times = {name: time_in_turns([first, second], sizes(query), requests) for name, query in views().items()}
    before, after = times["first page"]
    report.show(
        f"{rows} and {large_rows} rows, asked in turns",
        ["", "median ms", "large: median", "ratio", "daemon CPU ms", "large: CPU ms", "ratio"],
        [(name, a.median, b.median, b.median / a.median, a.cpu, b.cpu, b.cpu / a.cpu) for name, (a, b) in times.items()],
    )
    report.show("", ["", ""], [("ready, s", second.ready_s), ("database, MB", size_mb)])
    return {
        "large_rows": large_rows,
        "large_first_page_ms": [round(after.median, 2), round(after.p95, 2), round(after.cpu, 2)],
        "large_ratio": round(after.median / before.median, 3),
        "large_cpu_ratio": round(after.cpu / before.cpu, 3),
        "large_ready_s": round(second.ready_s, 2),
        "large_database_mb": round(size_mb, 1),
    }


def prepare(folder: Path, rows: int) -> tuple[Path, float]:
    """The data folder of a library with `rows` photos, made unless it is there, and the size of its database in MB."""
    data = folder / f"library-{rows}"
    if not (data / "library.db").exists():
        start = time.monotonic()
        if rows > BASE_ROWS:
            base, _ = prepare(folder, BASE_ROWS)
            data.mkdir(parents=True, exist_ok=True)
            clone_library(base / "library.db", data / "library.db", rows // BASE_ROWS - 1)
        else:
            asyncio.run(make_library(data, rows))
        report.say(f"Made {rows} rows in {time.monotonic() - start:.0f} s")
    try_models("off", folder).configure(data)  # else the daemon would try runtimes meanwhile
    return data, (data / "library.db").stat().st_size / 1e6


def page(number: int = 1, /, **others: str) -> dict[str, object]:
    """The parameters of one page of the gallery."""
    return {"page": number, "per_page": PER_PAGE, **others}


def views() -> dict[str, dict[str, object]]:
    """What people look at."""
    return {
        "first page": page(),
        "page 200": page(200),
        "first page by date": page(sort="date_taken", sort_direction="DESC"),
        "camera date score filter": page(**FILTER),
        "camera date score filter by date": page(sort="date_taken", sort_direction="DESC", **FILTER),
    }


def sizes(query: Mapping[str, object]) -> list[str]:
    """The addresses of this list with pages of many sizes."""
    return [address({**query, "per_page": size}) for size in SIZES]


def address(query: Mapping[str, object]) -> str:
    """The address of a list."""
    return f"/api/photos?{urlencode(query)}"


def mixes(keys: Sequence[str]) -> dict[str, list[str]]:
    """What is asked for to measure throughput: plain pages and narrowed ones, all different, and one page again and again."""
    ways = [{"sort": key, "sort_direction": way} for key in keys for way in ("ASC", "DESC")]
    plain = [{**page(1 + number // len(ways)), **ways[number % len(ways)]} for number in range(DISTINCT)]
    cameras = [camera[1] for camera in CAMERAS]
    narrow = [
        {**query, "camera": cameras[number % len(cameras)], "date_from": f"{2008 + number % 5}-01-01"} if number % 3 == 2 else query
        for number, query in enumerate(plain)
    ]
    return {
        "different pages": [address(query) for query in plain],
        "different pages, every third narrowed": [address(query) for query in narrow],
        "first page, kept from before": [address(page())] * DISTINCT,
    }


def time_requests(server: program.Server, targets: Sequence[str], count: int) -> Timing:
    """Latency of `count` requests for `targets` in turn on one connection, after three to warm up."""
    return time_in_turns([server], targets, count)[0]


def time_in_turns(servers: Sequence[program.Server], targets: Sequence[str], count: int) -> list[Timing]:
    """The same for several servers, asked in turns, so that what else the machine does meets all of them."""
    connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for server in servers]
    times: list[list[float]] = [[] for _ in servers]
    for i in range(-3, count):
        if i == 0:
            before = [cpu_s(server.pid) for server in servers]
        for connection, taken in zip(connections, times, strict=True):
            start = time.perf_counter()
            _fetch(connection, targets[i % len(targets)])
            taken.append(1000 * (time.perf_counter() - start))
    used = [1000 * (cpu_s(server.pid) - start) / count for server, start in zip(servers, before, strict=True)]
    for connection in connections:
        connection.close()
    return [Timing(report.median(taken[3:]), report.p95(taken[3:]), cpu) for taken, cpu in zip(times, used, strict=True)]


def throughput(server: program.Server, targets: Sequence[str]) -> Rates:
    """Requests per second when one client asks for all `targets`, and when eight share them."""
    rounds: dict[int, list[tuple[float, float]]] = {1: [], 8: []}
    for _ in range(ROUNDS):
        for clients, measured in rounds.items():
            measured.append(_one_round(server, clients, targets))
    rate = {clients: report.median([each[0] for each in measured]) for clients, measured in rounds.items()}
    cpu = {clients: report.median([each[1] for each in measured]) for clients, measured in rounds.items()}
    return Rates(rate[1], rate[8], cpu[1], cpu[8])


def _one_round(server: program.Server, clients: int, targets: Sequence[str]) -> tuple[float, float]:
    """Requests per second, and ms of the daemon's CPU for each."""
    context = get_context("forkserver")
    begin = context.Barrier(clients + 1)
    end = context.Barrier(clients + 1)
    processes = [context.Process(target=_ask, args=(server.port, targets[n::clients], begin, end), daemon=True) for n in range(clients)]
    for process in processes:
        process.start()
    begin.wait(60)
    start, before = time.monotonic(), cpu_s(server.pid)
    end.wait(300)
    took, used = time.monotonic() - start, cpu_s(server.pid) - before
    for process in processes:
        process.join()
    return len(targets) / took, 1000 * used / len(targets)


def _ask(port: int, targets: Sequence[str], begin: Barrier, end: Barrier) -> None:
    """One client: asks for all of `targets`, one after the other on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    _fetch(connection, "/ready")
    begin.wait(60)
    for target in targets:
        _fetch(connection, target)
    end.wait(300)
    connection.close()


def _fetch(connection: http.client.HTTPConnection, target: str) -> None:
    connection.request("GET", target)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{target}: {response.status} {body[:500]!r}")


if __name__ == "__main__":
    main()
