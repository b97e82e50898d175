"""Work that follows from changes: due when it is, once after a burst, and never in the way of the rest."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from facetd.errors import Unavailable
from facetd.ingest import followups
from facetd.ingest.followups import Followups


class Work:
    """Due a number of times; remembers its runs."""

    def __init__(self, name: str, times: int, error: Exception | None = None) -> None:
        self.name = name
        self.times = times
        self.error = error
        self.runs = 0

    async def due(self) -> bool:
        return self.runs < self.times

    async def run(self, tell: followups.Tell) -> None:
        self.runs += 1
        tell(self.name)
        if self.error is not None:
            raise self.error


async def test_what_is_due_is_done_in_order_and_the_rest_left() -> None:
    first, idle, last = Work("first", 1), Work("idle", 0), Work("last", 1)
    phases: list[str] = []
    await Followups([first, idle, last]).run(phases.append)
    assert phases == ["first", "last"]
    assert idle.runs == 0


async def test_lanes_go_side_by_side() -> None:
    class Meeting(Work):
        """Ends when the other one has begun."""

        def __init__(self, name: str, here: asyncio.Event, there: asyncio.Event) -> None:
            super().__init__(name, 1)
            self.here, self.there = here, there

        async def run(self, tell: followups.Tell) -> None:
            self.here.set()
            await self.there.wait()
            await super().run(tell)

    one, other = asyncio.Event(), asyncio.Event()
    after, phases = Work("after", 1), []
    async with asyncio.timeout(5):
        await Followups([Meeting("left", one, other), after], [Meeting("right", other, one)]).run(phases.append)
    assert sorted(phases) == ["after", "left", "right"]
    assert phases.index("left") < phases.index("after")


async def test_what_breaks_in_one_lane_ends_the_others() -> None:
    class Endless(Work):
        async def run(self, tell: followups.Tell) -> None:
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(5):
            await Followups([Work("broken", 1, OSError("no room"))], [Endless("endless", 1)]).run()
    assert caught.group_contains(OSError, match="no room")


async def test_one_that_cannot_be_done_now_is_told_and_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken, other = Work("people", 1, Unavailable("no worker")), Work("other", 1)
    await Followups([broken, other]).run()
    assert other.runs == 1
    assert "people are left for another time: no worker" in caplog.text


async def test_many_changes_are_followed_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followups, "QUIET_S", 0.05)
    work = Work("people", 99)
    works = Followups([work])
    for turn in (1, 2):
        for _ in range(20):
            works.run_soon()
        async with asyncio.timeout(20):
            while work.runs < turn:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # for another run, which is not to come
        assert work.runs == turn
    works.run_soon()
    await works.stop()
    assert work.runs == 2


async def test_during_a_scan_there_is_a_round_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followups, "MEANWHILE_S", 0.01)
    work, end = Work("people", 99), asyncio.Event()
    works = Followups([work])
    rounds = asyncio.create_task(works.run_until(end))
    async with asyncio.timeout(10):
        while work.runs < 3:
            await asyncio.sleep(0.01)
    end.set()
    async with asyncio.timeout(10):
        await rounds
    done = work.runs
    await asyncio.sleep(0.1)
    assert work.runs == done, "none after the end"


async def test_rounds_during_a_scan_take_a_tenth_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    pauses: list[float] = []

    class Slow(Work):
        async def run(self, tell: followups.Tell) -> None:
            clock[0] += 1000.0
            await super().run(tell)

    async def comes(_event: asyncio.Event, within_s: float) -> bool:
        pauses.append(within_s)
        return len(pauses) == 3

    monkeypatch.setattr(followups, "_comes", comes)
    monkeypatch.setattr(followups, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    await Followups([Slow("people", 99)]).run_until(asyncio.Event())
    assert pauses == [300.0, 9000.0, 9000.0]


async def test_a_round_that_breaks_leaves_the_rest_for_the_end(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(followups, "MEANWHILE_S", 0.01)
    work = Work("broken", 99, OSError("no room"))
    async with asyncio.timeout(10):
        await Followups([work]).run_until(asyncio.Event())
    assert work.runs == 1
    assert "left for the end of the scan" in caplog.text
