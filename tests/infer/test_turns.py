"""Suspects are tried alone, before anybody else begins."""

from __future__ import annotations

import asyncio

from facetd.infer.turns import Turns


async def go(turns: Turns, name: str, told: list[str], gate: asyncio.Event) -> None:
    """Side by side with others, until the gate opens."""
    async with turns.side_by_side():
        told.append(name)
        await gate.wait()


async def alone(turns: Turns, name: str, told: list[str]) -> None:
    """A suspect's turn, in which the others get every chance to disturb it."""
    async with turns.by_itself():
        told.append(f"{name} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        told.append(f"{name} ends")
    turns.acquit()


async def test_many_are_on_the_way_at_once() -> None:
    turns, told, gate = Turns(), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(go(turns, name, told, gate))
        while len(told) < 3:
            await asyncio.sleep(0)
        assert not turns.nobody
        gate.set()
    assert turns.nobody


async def test_suspects_wait_for_those_on_the_way_and_go_one_by_one_before_the_others() -> None:
    turns, told, gate = Turns(), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(go(turns, "first", told, gate))
        while not told:
            await asyncio.sleep(0)
        for name in "xy":
            turns.suspect()
            group.create_task(alone(turns, name, told))
        group.create_task(go(turns, "later", told, gate))
        for _ in range(10):
            await asyncio.sleep(0)
        assert told == ["first"]
        assert not turns.nobody
        gate.set()
    assert told == ["first", "x begins", "x ends", "y begins", "y ends", "later"]
    assert turns.nobody


async def test_who_is_beside_waits_for_nobody_and_is_waited_for() -> None:
    turns, told = Turns(), []
    turns.suspect()
    with turns.beside():
        suspect = asyncio.create_task(alone(turns, "x", told))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not told
    await suspect
    assert told == ["x begins", "x ends"]


async def test_who_is_cancelled_leaves_no_trace() -> None:
    turns, told, gate = Turns(), [], asyncio.Event()
    running = asyncio.create_task(go(turns, "a", told, gate))
    while not told:
        await asyncio.sleep(0)
    turns.suspect()
    waiting = asyncio.create_task(go(turns, "b", told, gate))
    await asyncio.sleep(0)
    for task in (running, waiting):
        task.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    turns.acquit()
    assert turns.nobody
    assert told == ["a"]
