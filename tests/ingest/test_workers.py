"""Decode workers: whatever a file does to them costs that file one recorded failure."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.config import Config
from facetd.errors import DiskFull, MediaError
from facetd.ingest.scan import HEAVY_BYTES
from facetd.ingest.tasks import VISIT_KINDS, VisitSettings, VisitTask
from facetd.ingest.visit import visit
from facetd.ingest.workers import Workers
from facetd.media.hashes import content_hash
from facetd.media.thumbnail_paths import SCRATCH, SIZES, thumbnail_path
from facetd.score.settings import MeasureSettings
from tests.ingest.bad_visits import by_name
from tests.photos import make_photo, scene


def task(path: Path) -> VisitTask:
    path.touch()
    settings = VisitSettings(path.parent / "thumbs", 80, 300, HEAVY_BYTES, MeasureSettings.from_config(Config()))
    return VisitTask(str(path), (), VISIT_KINDS, settings)


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers(2, memory_mb=200, timeout_s=4, visit=by_name)
    yield made
    await made.stop()


async def test_bad_files_fail_alone_and_good_ones_go_on(workers: Workers, tmp_path: Path) -> None:
    names = ["crash", "hang", "eat", "raise", "good", "crash", "good"]
    results = await asyncio.gather(*[workers.visit(task(tmp_path / f"{name}.jpg")) for name in names])
    reasons = [{failure.reason for failure in result.failures.values()} for result in results]
    assert reasons == [{"crash"}, {"timeout"}, {"memory"}, {"unexpected"}, set(), {"crash"}, set()]
    assert set(results[0].failures) == VISIT_KINDS
    assert "200 MB (scanning.worker_memory_mb)" in results[2].failures["technical"].message
    assert "longer than 4 s" in results[1].failures["technical"].message


async def test_a_full_disk_is_not_recorded_against_a_photo(workers: Workers, tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="no room"):
        await workers.visit(task(tmp_path / "full.jpg"))
    assert not (await workers.visit(task(tmp_path / "good.jpg"))).failures


def test_thumbnails_say_that_the_disk_is_full(tmp_path: Path) -> None:
    wanted = task(make_photo(tmp_path / "a.jpg"))
    target = thumbnail_path(wanted.settings.thumbs, content_hash(str(tmp_path / "a.jpg")), max(SIZES))
    scratch = wanted.settings.thumbs / SCRATCH
    scratch.mkdir(parents=True)
    (scratch / f"{target.name}.{os.getpid()}-{threading.get_ident()}").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=str(tmp_path)):
        visit(wanted)


async def test_a_visit_whose_worker_is_killed_from_outside_is_made_again(workers: Workers, tmp_path: Path) -> None:
    killed, always, good = await asyncio.gather(
        *[workers.visit(task(tmp_path / f"{name}.jpg")) for name in ("killed once", "killed", "good")]
    )
    assert not killed.failures
    assert {failure.reason for failure in always.failures.values()} == {"crash"}, "it may be the photo's fault after all"
    assert not good.failures


async def test_workers_killed_while_they_wait_cost_nothing(workers: Workers, tmp_path: Path) -> None:
    for _ in range(3):
        os.kill(int((await workers.visit(task(tmp_path / "process.jpg"))).content_hash), signal.SIGKILL)
        await asyncio.sleep(0.3)  # for the pool to notice, or not
        results = await asyncio.gather(*[workers.visit(task(tmp_path / "good.jpg")) for _ in range(4)])
        assert not any(result.failures for result in results)


async def test_a_computation_whose_worker_is_killed_is_made_again(workers: Workers, tmp_path: Path) -> None:
    found = await workers.compute(by_name, task(tmp_path / "killed once.jpg"), timeout_s=10)
    assert not found.failures


async def test_heavy_pictures_are_visited_alone(workers: Workers, tmp_path: Path) -> None:
    result = await workers.visit(task(tmp_path / "heavy.jpg"))
    assert result.content_hash == "True abc", "the second visit is allowed, and needs no second hash"


async def test_a_file_that_vanished_while_its_worker_crashed_is_gone(workers: Workers, tmp_path: Path) -> None:
    wanted = task(tmp_path / "crash.jpg")
    (tmp_path / "crash.jpg").unlink()
    assert (await workers.visit(wanted)).gone


async def test_idle_workers_end_and_start_again(tmp_path: Path) -> None:
    workers = Workers(1, memory_mb=200, timeout_s=30, visit=by_name, idle_s=0.05)
    assert not workers.started
    await workers.visit(task(tmp_path / "good.jpg"))
    async with asyncio.timeout(30):
        while workers.started:
            await asyncio.sleep(0.02)
    assert (await workers.visit(task(tmp_path / "good.jpg"))).failures == {}
    await workers.stop()


async def test_a_cancelled_visit_does_not_stop_the_pool(workers: Workers, tmp_path: Path) -> None:
    waiting = asyncio.create_task(workers.visit(task(tmp_path / "hang.jpg")))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await workers.visit(task(tmp_path / "good.jpg"))).failures == {}


async def test_a_real_photo_is_visited_in_a_process(tmp_path: Path) -> None:
    workers = Workers(1, memory_mb=512, timeout_s=60)
    try:
        wanted = task(make_photo(tmp_path / "a.jpg"))
        result = await workers.visit(wanted)
        assert result.failures == {}
        assert result.metrics is not None
        assert result.metadata is not None
        assert result.metadata.camera_model == "EOS Test"
        assert len(list((tmp_path / "thumbs").rglob("*.jpg"))) == 3
        scene(3).save(tmp_path / "b.tif")
        await workers.render(str(tmp_path / "b.tif"), 1, 90, tmp_path / "b.jpg", tmp_path / "tmp", 300)
        assert (tmp_path / "b.jpg").read_bytes()[:2] == b"\xff\xd8"
        (tmp_path / "c.tif").write_bytes(b"II*\0 nothing")
        with pytest.raises(MediaError):
            await workers.render(str(tmp_path / "c.tif"), 1, 90, tmp_path / "c.jpg", tmp_path / "tmp", 300)
    finally:
        await workers.stop()


async def test_a_pool_that_does_not_work_on_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the workers sleep. It is the same when one was killed while it held the lock of the pipe that all take their work from."""
    monkeypatch.setattr("facetd.ingest.workers.STUCK_S", 1.0)
    monkeypatch.setattr("facetd.ingest.workers.JOIN_S", 1.0)
    workers = Workers(2, memory_mb=200, timeout_s=4, visit=by_name)
    await workers.visit(task(tmp_path / "good.jpg"))
    stuck = workers._pool
    assert stuck is not None
    for process in stuck._pool_manager.worker_manager.workers.values():
        os.kill(process.pid, signal.SIGSTOP)
    result = await asyncio.wait_for(workers.visit(task(tmp_path / "good.jpg")), 60)
    assert result.failures == {}
    assert workers._pool is not stuck
    await workers.stop()


def test_what_a_worker_says_while_it_is_being_born_is_heard_by_nobody() -> None:
    code = """
import os
from facetd.ingest.nursery import open_nursery
process = open_nursery().Process(target=os.write, args=(2, b"a traceback"))
process.start()
process.join()
print(process.exitcode)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "0"
    assert said.stderr == ""
