from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facetd.errors import Asleep, NotFound, Unavailable
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine, Gathering
from facetd.infer.runtimes.session import Outputs, Plan
from tests.infer.tiny import tiny_catalogue

Floats = NDArray[np.float32]


class Recorder:
    """Doubles what it gets, notes the size of each run, and can be held up."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, batch: Floats) -> Outputs:
        with self._lock:
            self.sizes.append(len(batch))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.release()
        self.gate.wait(10)
        with self._lock:
            self.at_once -= 1
        if (batch == 13).any():
            raise ValueError("thirteen")
        return batch * 2, batch.sum(axis=1)


def _item(*values: float) -> Floats:
    return np.array([[value] for value in values], np.float32)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_lone_call_runs_at_once_and_alone() -> None:
    recorder = Recorder()
    doubled, sums = Gathering(recorder, leaders=1, most=8).run(_item(3, 4))
    assert doubled.tolist() == [[6], [8]]
    assert sums.tolist() == [3, 4]
    assert recorder.sizes == [2]


def test_calls_gather_while_the_leader_is_busy() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder, leaders=1, most=4)
    recorder.gate.clear()
    with ThreadPoolExecutor(7) as pool:
        first = pool.submit(gathering.run, _item(0))
        recorder.entered.acquire()
        rest = [pool.submit(gathering.run, _item(value)) for value in range(1, 7)]
        _until(lambda: len(gathering._waiting) == 6)
        recorder.gate.set()
        assert [future.result()[0].tolist() for future in [first, *rest]] == [[[2.0 * value]] for value in range(7)]
    assert recorder.sizes == [1, 4, 2]  # never more than `most`


def test_a_call_larger_than_the_most_is_not_split_here() -> None:
    recorder = Recorder()
    assert len(Gathering(recorder, leaders=1, most=2).run(_item(1, 2, 3))[0]) == 3
    assert recorder.sizes == [3]


def test_as_many_leaders_as_allowed_run_at_once() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder, leaders=2, most=1)
    recorder.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(gathering.run, _item(value)) for value in range(6)]
        recorder.entered.acquire()
        recorder.entered.acquire()
        _until(lambda: len(gathering._waiting) == 4)
        recorder.gate.set()
        assert [future.result()[0].item() for future in futures] == [0, 2, 4, 6, 8, 10]
    assert recorder.most_at_once == 2
    assert recorder.sizes == [1] * 6


def test_an_error_meets_only_who_caused_it() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder, leaders=1, most=8)
    recorder.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(gathering.run, _item(0))
        recorder.entered.acquire()
        good, bad = pool.submit(gathering.run, _item(5)), pool.submit(gathering.run, _item(13))
        _until(lambda: len(gathering._waiting) == 2)
        recorder.gate.set()
        assert first.result()[0].item() == 0
        assert good.result()[0].item() == 10
        with pytest.raises(ValueError, match="thirteen"):
            bad.result()
    assert gathering.run(_item(1))[0].item() == 2  # and nobody leads for ever


def test_servers_that_sleep_are_not_asked_again_for_each() -> None:
    runs, gate = [], threading.Event()

    def asleep(batch: Floats) -> Outputs:
        runs.append(len(batch))
        gate.wait(10)
        raise Asleep("nobody is there")

    gathering = Gathering(asleep, leaders=1, most=8)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(gathering.run, _item(0))
        _until(lambda: bool(runs))
        rest = [pool.submit(gathering.run, _item(value)) for value in (1, 2, 3)]
        _until(lambda: len(gathering._waiting) == 3)
        gate.set()
        for future in (first, *rest):
            with pytest.raises(Asleep):
                future.result()
    assert runs == [1, 3]


def test_a_crowd_of_threads_gets_its_own_answers() -> None:
    def slow(batch: Floats) -> Outputs:
        time.sleep(0.0005)
        return (batch * 3,)

    gathering = Gathering(slow, leaders=2, most=5)
    generator = np.random.default_rng(5)
    batches = [generator.random((int(generator.integers(1, 4)), 2), np.float32) for _ in range(300)]
    with ThreadPoolExecutor(12) as pool:
        for batch, (tripled,) in zip(batches, pool.map(gathering.run, batches), strict=True):
            assert np.array_equal(tripled, batch * 3)


class CountingOpener:
    """Notes every plan; the session says the sum of the batch."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def __call__(self, plan: Plan) -> CountingOpener:
        time.sleep(0.02)
        self.plans.append(plan)
        return self

    def run(self, batch: Floats) -> Outputs:
        return (batch.sum(axis=(2, 3)),)


def _engine(folder: Path, opener: CountingOpener) -> Engine:
    choice = Choice("onnxruntime", "cpu", "int8", 1, 1.0, "because")
    choices = Choices("key", 2, {"tiny_embedding": choice}, (), {"tiny_objects": "no library"})
    return Engine(tiny_catalogue(folder), choices, cache=None, opener=opener)


def test_models_are_loaded_once_by_choice(tmp_path: Path) -> None:
    opener = CountingOpener()
    engine = _engine(tmp_path, opener)
    assert opener.plans == []
    batch = np.ones((2, 3, 32, 32), np.uint8)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: engine.run("tiny_embedding", batch), range(16)))
    assert all(outputs[0].tolist() == [[1024.0] * 3] * 2 for outputs in results)
    (plan,) = opener.plans
    assert (plan.file.name, plan.runtime, plan.precision, plan.streams) == ("tiny_embedding.int8.onnx", "onnxruntime", "int8", 2)


def test_the_space_is_named_with_its_precision(tmp_path: Path) -> None:
    assert _engine(tmp_path, CountingOpener()).space("tiny_embedding") == "tiny-space/int8"


def test_what_cannot_be_run_says_so(tmp_path: Path) -> None:
    engine = _engine(tmp_path, CountingOpener())
    with pytest.raises(Unavailable, match="no library"):
        engine.run("tiny_objects", np.zeros((1, 3, 32, 32), np.float32))
    with pytest.raises(NotFound):
        engine.run("unheard", np.zeros((1, 3, 32, 32), np.float32))
    with pytest.raises(ValueError, match="takes batches"):
        engine.run("tiny_embedding", np.zeros((1, 3, 31, 32), np.float32))


def test_an_empty_batch_needs_no_model(tmp_path: Path) -> None:
    opener = CountingOpener()
    (nothing,) = _engine(tmp_path, opener).run("tiny_embedding", np.zeros((0, 3, 32, 32), np.float32))
    assert nothing.shape == (0, 3)
    assert opener.plans == []
