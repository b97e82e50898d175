"""Guessed passwords: how many are looked at, and how users fare meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import aiohttp

from bench import home, program, report

GUESSERS = 32  # connections
SPACED = 30  # wrong passwords of users that exist, and of such that do not
FREE = 15  # of one user, so that none is held up
T = TypeVar("T")
Attack = tuple[int, int, float, str, str, str]  # what `_attack` returns
HOME = "203.0.113.7"  # where bob has signed in before


def measure(data: Path, tries: int) -> dict[str, object]:
    """All measurements, each with a fresh daemon that knows of no failures; networks are told as a trusted proxy tells them."""

    def alone(part: Callable[[aiohttp.ClientSession], Coroutine[None, None, T]]) -> T:
        with program.Server(data) as server:
            return asyncio.run(_connected(server.port, part))

    async def from_many(session: aiohttp.ClientSession) -> Attack:
        await _login(session, "bob", HOME)
        return await _attack(session, "bob", (f"10.{n >> 8 & 255}.{n & 255}.9" for n in range(tries)))

    known, unknown = alone(_compare)
    one = alone(lambda session: _attack(session, "alice", (f"2001:db8:1:1::{number:x}" for number in range(1, tries + 1))))
    many = alone(from_many)
    report.show(
        f"Wrong passwords: {tries} each, {GUESSERS} at once",
        [
            "",
            "looked at",
            "refused",
            "s",
            "longest sign-in of another user meanwhile, ms",
            "of the user from home",
            "of the user from elsewhere",
        ],
        [("from one /64", *one), ("from as many addresses against one user", *many)],
    )
    report.show(
        f"A wrong password, {SPACED} spaced tries, ms",
        ["", "median"],
        [("user known", known), ("user unknown", unknown), ("difference", known - unknown)],
    )
    names = ("looked_at", "refused", "took_s", "other_user_ms", "from_home_ms", "from_elsewhere_ms")
    return {
        "throttle_one_network": dict(zip(names, one, strict=True)),
        "throttle_many_networks": dict(zip(names, many, strict=True)),
        "known_user_ms": round(known, 2),
        "unknown_user_ms": round(unknown, 2),
    }


async def _connected(port: int, part: Callable[[aiohttp.ClientSession], Coroutine[None, None, T]]) -> T:
    connector = aiohttp.TCPConnector(limit=GUESSERS + 8)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as session:
        return await part(session)


async def _compare(session: aiohttp.ClientSession) -> tuple[float, float]:
    """Medians in ms of wrong passwords of users that are known and that are not, in turns, each from a network of its own."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(SPACED):
        for which, name in enumerate((home.USERS[number // FREE % 2], f"nobody{number}")):
            start = time.perf_counter()
            await _try(session, name, "not the password", f"198.51.{which}.{number}")
            times[which].append(1000 * (time.perf_counter() - start))
    return statistics.median(times[0]), statistics.median(times[1])


async def _attack(session: aiohttp.ClientSession, victim: str, networks: Iterable[str]) -> Attack:
    """How many tries were looked at and refused, how long all took, and the longest sign-ins meanwhile and afterwards."""
    found: Counter[int] = Counter()
    waiting = iter(networks)
    other = next(name for name in home.USERS if name != victim)

    async def guess() -> None:
        for number, network in enumerate(waiting):
            found[await _try(session, victim, f"guess {number}", network)] += 1

    start = time.perf_counter()
    guessers = [asyncio.create_task(guess()) for _ in range(GUESSERS)]
    times: dict[str, list[float | None]] = {"other": [], "home": [], "elsewhere": []}
    for number in itertools.count():
        times["other"].append(await _login(session, other, f"192.0.2.{10 + number % 200}"))
        if victim == "bob":
            times["home"].append(await _login(session, victim, HOME))
        times["elsewhere"].append(await _login(session, victim, f"192.0.3.{10 + number % 200}"))
        if all(task.done() for task in guessers):
            break
    await asyncio.gather(*guessers)
    took = time.perf_counter() - start
    return found[401], found[429], round(took, 1), _shown(times["other"]), _shown(times["home"]), _shown(times["elsewhere"])


def _shown(times: Sequence[float | None]) -> str:
    """The longest, and how many were refused."""
    taken = [each for each in times if each is not None]
    refused = f" ({len(times) - len(taken)} of {len(times)} refused)" if len(taken) < len(times) else ""
    return (f"{max(taken):.0f}" if taken else "-") + refused


async def _login(session: aiohttp.ClientSession, user: str, network: str) -> float | None:
    """How long the right password takes, in ms; None when it is refused as too many."""
    start = time.perf_counter()
    status = await _try(session, user, home.PASSWORDS[user], network)
    return 1000 * (time.perf_counter() - start) if status == 200 else None


async def _try(session: aiohttp.ClientSession, user: str, password: str, network: str) -> int:
    body = {"username": user, "password": password}
    async with session.post("/api/auth/login", json=body, headers={"X-Forwarded-For": network}) as response:
        await response.read()
        return response.status
