"""Jobs: begun, watched and cancelled by whoever they belong to."""

from __future__ import annotations

import asyncio

import pytest

from facetd.errors import NotFound, Unavailable
from facetd.ingest.progress import Broadcast
from facetd.library import jobs as jobs_module
from facetd.library.jobs import JOB_EVENT, Job, Jobs
from facetd.records.viewer import Viewer

ALICE = Viewer(1, "superadmin", frozenset({1}))
BOB = Viewer(2, "user", frozenset({2}))
CAROL = Viewer(3, "admin", frozenset({3}))


async def count(job: Job) -> int:
    """Three things, at once."""
    job.progress.total = 3
    for _ in range(3):
        job.progress.done += 1
        await asyncio.sleep(0)
    return job.progress.done


async def wait(_job: Job) -> None:
    """For ever."""
    await asyncio.Event().wait()


async def ended(job: Job) -> Job:
    assert job._task is not None
    await asyncio.wait({job._task})
    return job


async def test_a_job_tells_of_itself_to_its_owner() -> None:
    events = Broadcast()
    jobs = Jobs(events)
    with events.listening() as heard:
        job = await ended(jobs.start(BOB, "counting", count))
        await asyncio.sleep(0)
        told = [event for event in (heard.get_nowait() for _ in range(heard.qsize())) if event is not None]
    state = job.as_dict()
    assert (state["kind"], state["state"], state["done"], state["total"], state["result"]) == ("counting", "done", 3, 3, 3)
    assert state["started_at"]
    assert state["finished_at"]
    assert {event.name for event in told} == {JOB_EVENT}
    assert told[-1].told_to(BOB) == state
    assert told[-1].told_to(ALICE) is None
    await jobs.stop()


async def test_others_do_not_find_it() -> None:
    jobs = Jobs(Broadcast())
    job = jobs.start(BOB, "waiting", wait)
    for viewer, number in ((ALICE, job.id), (CAROL, job.id), (BOB, job.id[:-1]), (BOB, "")):
        with pytest.raises(NotFound) as refused:
            jobs.job(viewer, number)
        assert str(refused.value) == "there is no such job"
        with pytest.raises(NotFound):
            await jobs.cancel(viewer, number)
    assert jobs.all(ALICE) == []
    assert [each.id for each in jobs.all(BOB)] == [job.id]
    assert job.state == "running"
    assert await jobs.cancel(BOB, job.id)
    assert job.state == "cancelled"
    assert not await jobs.cancel(BOB, job.id)
    await jobs.stop()


async def test_what_is_done_for_the_household_is_the_editors_business() -> None:
    events = Broadcast()
    jobs = Jobs(events)
    with events.listening() as heard:
        job = jobs.start(ALICE, "clustering", wait, household=True)
        event = await asyncio.wait_for(heard.get(), 10)
    assert event is not None
    assert event.told_to(CAROL) == event.told_to(ALICE) is not None
    assert event.told_to(BOB) is None
    assert [each.id for each in jobs.all(CAROL)] == [job.id]
    assert jobs.all(BOB) == []
    assert await jobs.cancel(CAROL, job.id)
    await jobs.stop()


async def test_what_goes_wrong_is_said() -> None:
    async def fail(_job: Job) -> None:
        raise Unavailable("the server sleeps")

    async def break_down(_job: Job) -> None:
        raise ZeroDivisionError

    jobs = Jobs(Broadcast())
    first, second = await ended(jobs.start(BOB, "a", fail)), await ended(jobs.start(BOB, "b", break_down))
    assert (first.state, first.progress.error) == ("failed", "the server sleeps")
    assert (second.state, second.progress.error) == ("failed", "ZeroDivisionError")
    await jobs.stop()


async def test_only_the_last_ones_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "JOBS_KEPT", 2)
    jobs = Jobs(Broadcast())
    running = jobs.start(BOB, "waiting", wait)
    made = [await ended(jobs.start(BOB, "counting", count)) for _ in range(4)]
    latest = jobs.start(BOB, "waiting", wait)
    assert [each.id for each in jobs.all(BOB)] == [latest.id, made[3].id, made[2].id, running.id]
    await jobs.stop()
    assert {each.state for each in (running, latest)} == {"cancelled"}


async def test_who_uses_the_machine_itself_looks_after_all_jobs() -> None:
    jobs = Jobs(Broadcast())
    job = jobs.start(ALICE, "waiting", wait)
    reader = Viewer(0, "reader", frozenset({1}))
    assert jobs.all(reader) == []
    local = Viewer(0, "superadmin", frozenset({1, 2, 3}))
    assert jobs.all(local) == [job]
    assert await jobs.cancel(local, job.id)
    await jobs.stop()
