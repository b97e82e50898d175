"""How fast lists of photos come from a large library: pages, sort columns, a filter, one client and eight."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

from bench import program, report
from bench.processes import memory
from bench.synthetic import make_library
from facetd.fields import FIELDS

PER_PAGE = 64
FILTER = {"camera": "NIKON D750", "date_from": "2012-01-01", "date_to": "2016-12-31", "min_score": "6.5"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Of many requests, in ms."""

    median: float
    p95: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=0, help="also make a library of so many photos and compare its first page")
    parser.add_argument("--requests", type=int, default=60, help="requests of each kind")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long the throughput is measured")
    parser.add_argument("--keep", type=Path, help="folder of the made libraries, to be used again; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.keep or Path(scratch)
        figures = measure(folder, options.rows, options.requests, options.seconds)
        if options.large:
            figures |= compare_large(folder, options.large, options.requests, figures)
        report.emit("library", figures)


def measure(folder: Path, rows: int, requests: int, seconds: float) -> dict[str, object]:
    """All measurements of a library with `rows` photos."""
    data, size_mb = prepare(folder, rows)
    with program.Server(data) as server:
        server.wait_idle()
        total = server.get("/api/photos", {"per_page": 1})["total"]
        floor = time_requests(server, "/ready", {}, requests)
        named = {name: time_requests(server, "/api/photos", query, requests) for name, query in views().items()}
        keys = [entry.key for entry in FIELDS if entry.sort]
        fewer = max(10, requests // 2)
        up = {key: time_requests(server, "/api/photos", page(sort=key, sort_direction="ASC"), fewer) for key in keys}
        down = {key: time_requests(server, "/api/photos", page(sort=key, sort_direction="DESC"), fewer) for key in keys}
        rates = {clients: throughput(server.port, clients, seconds) for clients in (1, 8)}
        used = memory(server.pid)
    worst = max((*up.values(), *down.values()), key=lambda timing: timing.median)
    slowest = max((*up.values(), *down.values()), key=lambda timing: timing.p95)
    report.show(
        f"{total} photos of {rows} rows, pages of {PER_PAGE}, one client",
        ["", "median ms", "p95 ms"],
        [("HTTP alone (GET /ready)", floor.median, floor.p95), *((name, t.median, t.p95) for name, t in named.items())],
    )
    report.show(
        "First page by each sort column, ms",
        ["", "rising: median", "p95", "falling: median", "p95"],
        [(key, up[key].median, up[key].p95, down[key].median, down[key].p95) for key in keys],
    )
    report.show(
        "Library",
        ["", ""],
        [("requests/s, first page, 1 client", rates[1]), ("requests/s, first page, 8 clients", rates[8]),
         ("ready after start, s", server.ready_s), ("database, MB", size_mb),
         ("daemon afterwards, MB RSS / PSS", f"{used.rss / 1e6:.0f} / {used.pss / 1e6:.0f}")],
    )  # fmt: skip
    return {
        "rows": rows,
        "total": total,
        "floor_ms": round(floor.median, 2),
        **{name.replace(" ", "_") + "_ms": [round(t.median, 2), round(t.p95, 2)] for name, t in named.items()},
        "worst_sort_median_ms": round(worst.median, 2),
        "worst_sort_p95_ms": round(slowest.p95, 2),
        "rate_1": round(rates[1], 1),
        "rate_8": round(rates[8], 1),
        "ready_s": round(server.ready_s, 2),
        "database_mb": round(size_mb, 1),
        "rss_mb": round(used.rss / 1e6, 1),
        "pss_mb": round(used.pss / 1e6, 1),
    }


def compare_large(folder: Path, rows: int, requests: int, small: Mapping[str, object]) -> dict[str, object]:
    """The first page of a library with many more photos, in relation to the smaller one."""
    data, size_mb = prepare(folder, rows)
    with program.Server(data) as server:
        server.wait_idle()
        times = {name: time_requests(server, "/api/photos", query, requests) for name, query in views().items()}
    first = times["first page"].median
    before = small["first_page_ms"]
    ratio = first / before[0] if isinstance(before, list) else 0.0
    report.show(f"{rows} rows", ["", "median ms", "p95 ms"], [(name, t.median, t.p95) for name, t in times.items()])
    report.show(
        "", ["", ""], [("first page, ratio to the smaller library", ratio), ("ready, s", server.ready_s), ("database, MB", size_mb)]
    )
    return {
        "large_rows": rows,
        "large_first_page_ms": round(first, 2),
        "large_ratio": round(ratio, 3),
        "large_ready_s": round(server.ready_s, 2),
    }


def prepare(folder: Path, rows: int) -> tuple[Path, float]:
    """The data folder of a library with `rows` photos, made unless it is there, and the size of its database in MB."""
    data = folder / f"library-{rows}"
    if not (data / "library.db").exists():
        start = time.monotonic()
        asyncio.run(make_library(data, rows))
        report.say(f"Made {rows} rows in {time.monotonic() - start:.0f} s")
    return data, (data / "library.db").stat().st_size / 1e6


def page(number: int = 1, **others: str) -> dict[str, object]:
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


def time_requests(server: program.Server, path: str, query: Mapping[str, object], count: int) -> Timing:
    """Latency of `count` requests on one connection, after three to warm up."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    target = f"{path}?{urlencode(query)}" if query else path
    times = []
    for i in range(count + 3):
        start = time.perf_counter()
        _fetch(connection, target)
        if i >= 3:
            times.append(1000 * (time.perf_counter() - start))
    connection.close()
    return Timing(report.median(times), report.p95(times))


def throughput(port: int, clients: int, seconds: float) -> float:
    """First pages per second that `clients` processes get together."""
    target = f"/api/photos?{urlencode(page())}"
    with ProcessPoolExecutor(clients, mp_context=get_context("forkserver")) as pool:
        list(pool.map(_ask, [port] * clients, [target] * clients, [0.2] * clients))
        results: Sequence[tuple[int, float]] = list(pool.map(_ask, [port] * clients, [target] * clients, [seconds] * clients))
    return sum(count / took for count, took in results)


def _ask(port: int, target: str, seconds: float) -> tuple[int, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start, count = time.monotonic(), 0
    while (took := time.monotonic() - start) < seconds:
        _fetch(connection, target)
        count += 1
    connection.close()
    return count, took


def _fetch(connection: http.client.HTTPConnection, target: str) -> None:
    connection.request("GET", target)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{target}: {response.status} {body[:500]!r}")


if __name__ == "__main__":
    main()
