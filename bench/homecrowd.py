"""64 clients that keep their connections and each ask once a second for what people look at."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence

import aiohttp

from bench import program, report
from bench.clients import Client
from bench.homeviews import View
from bench.processes import cpu_s, memory

CLIENTS, EVERY_S = 64, 1.0
AIM_P99_MS = 500.0
LOOKED_AT = (
    ("/api/photos", ("first page", "by date", "favorites", "a tag", "a person", "a folder", "camera, dates, score", "rejected hidden")),
    ("/api/photo", ("by id",)),
    ("/api/timeline", ("first page", "until a day")),
    ("/api/timeline/dates", ("of a month",)),
    ("/api/photos/map", ("zoom 3", "zoom 8", "zoom 14")),
    ("/api/persons", ("first page",)),
    ("/api/albums", ("first page",)),
    ("/api/albums/{id:[0-9]+}/photos", ("",)),
    ("/api/capsules", ("first page",)),
    ("/api/folders", ("below",)),
    ("/api/search", ("two words",)),
    ("/api/filter_options/cameras", ("",)),
    ("/api/memories", ("",)),
)


def looked_at(views: Sequence[View]) -> list[View]:
    """The main lists among the views."""
    wanted = {(operation, name) for operation, names in LOOKED_AT for name in names}
    return [view for view in views if (view.operation, view.name) in wanted]


def measure(server: program.Server, user: Client, views: Sequence[View], seconds: float) -> dict[str, object]:
    """Answers of the clients within `seconds`, and the daemon's memory before and after."""
    chosen = looked_at(views)
    for view in chosen:
        user.ask(view.addresses[0])
    asyncio.run(_ask(server.port, user.token, chosen, min(10.0, seconds)))  # what is kept is kept then
    begin, cpu = memory(server.pid), cpu_s(server.pid)
    times, failed = asyncio.run(_ask(server.port, user.token, chosen, seconds))
    end, cpu = memory(server.pid), cpu_s(server.pid) - cpu
    ordered = sorted(times)
    p50, p99 = (ordered[int(len(ordered) * share)] for share in (0.50, 0.99))
    report.show(
        f"{CLIENTS} clients, each every {EVERY_S:.0f} s, {seconds:.0f} s: {len(times)} requests",
        ["", ""],
        [
            ("errors", sum(failed.values())), ("p50, ms", p50), (f"p99, ms (aim {AIM_P99_MS:.0f})", p99), ("longest, ms", ordered[-1]),
            ("daemon CPU, ms a request", 1000 * cpu / len(times)),
            ("daemon at the begin, MB RSS", begin.rss / 1e6), ("at the end", end.rss / 1e6),
        ],
    )  # fmt: skip
    return {
        "clients_requests": len(times),
        "clients_errors": dict(failed),
        "clients_p50_ms": round(p50, 1),
        "clients_p99_ms": round(p99, 1),
        "clients_cpu_ms": round(1000 * cpu / len(times), 2),
        "clients_rss_mb": [round(begin.rss / 1e6, 1), round(end.rss / 1e6, 1)],
    }


async def _ask(port: int, token: str, views: Sequence[View], seconds: float) -> tuple[list[float], Counter[str]]:
    """How long each answer took, in ms, and what was not answered as it should be."""
    times: list[float] = []
    failed: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=60)

    async def client(number: int, session: aiohttp.ClientSession) -> None:
        rng = random.Random(number)
        due = time.perf_counter() + EVERY_S * number / CLIENTS
        end = due + seconds
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            view = rng.choice(views)
            start = time.perf_counter()
            try:
                async with session.get(rng.choice(view.addresses)) as response:
                    await response.read()
                    if response.status != view.status:
                        failed[f"{view.operation}: {response.status}"] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                failed[type(error).__name__] += 1
            times.append(1000 * (time.perf_counter() - start))
            due = max(due + EVERY_S, time.perf_counter())

    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector, headers=headers, timeout=timeout) as session:
        await asyncio.gather(*(client(number, session) for number in range(CLIENTS)))
    return times, failed
