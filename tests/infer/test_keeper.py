"""The inference process is there when it is needed, once, and not for longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from facetd.infer.choice import Choice, Choices, choices_json
from facetd.infer.keeper import Keeper
from tests.infer.tiny import tiny_catalogue

MakeKeeper = Callable[..., Keeper]


@pytest.fixture
async def make_keeper(tmp_path: Path) -> AsyncIterator[MakeKeeper]:
    """Keepers of a process with tiny networks; stopped at the end."""
    made: list[Keeper] = []
    tiny_catalogue(tmp_path / "models")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
    opening = {
        "models": str(tmp_path / "models"),
        "cache": str(tmp_path),
        "choices": choices_json(Choices("key", 1, {"tiny_objects": choice}, (), {})),
        "look": "tests.infer.looks:look",
        "settings": "tests.infer.looks:TinySettings",
    }

    def make(idle_s: float = 60, unused: Callable[[], bool] = lambda: True) -> Keeper:
        made.append(Keeper(lambda ahead: opening | {"ahead": ahead}, idle_s, unused))
        return made[-1]

    yield make
    for keeper in made:
        await keeper.stop()
        assert not keeper.started


async def test_all_who_ask_get_the_same_process(make_keeper: MakeKeeper) -> None:
    keeper = make_keeper()
    assert (keeper.started, keeper.pid) == (False, None)
    links = await asyncio.gather(*(keeper.link() for _ in range(4)))
    assert len({link.pid for link in links}) == 1
    assert keeper.pid == links[0].pid


async def test_who_drops_a_process_that_was_replaced_ends_nothing(make_keeper: MakeKeeper) -> None:
    keeper = make_keeper()
    first = await keeper.link()
    await keeper.drop(first)
    assert not keeper.started
    assert not first.alive
    second = await keeper.link()
    await keeper.drop(first)
    assert await keeper.link() is second
    assert second.alive


async def test_a_process_that_died_is_replaced(make_keeper: MakeKeeper) -> None:
    keeper = make_keeper()
    first = await keeper.link()
    await first.kill()
    assert (await keeper.link()).pid != first.pid


async def test_a_resting_process_ends_unless_it_is_used(make_keeper: MakeKeeper) -> None:
    used = True
    keeper = make_keeper(0.05, lambda: not used)
    link = await keeper.link()
    keeper.rest()
    await asyncio.sleep(0.3)
    assert await keeper.link() is link
    used = False
    keeper.rest()
    keeper.busy()
    await asyncio.sleep(0.3)
    assert await keeper.link() is link
    keeper.rest()
    async with asyncio.timeout(20):
        while keeper.started:
            await asyncio.sleep(0.01)
    assert not link.alive
