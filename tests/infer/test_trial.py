"""The children of a trial, run in this process: how their crashes are met is in test_children.py."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from facetd.infer import trial
from facetd.infer.choice import Candidate
from facetd.infer.runtimes.session import Array, Outputs, Plan
from facetd.infer.trial import Bench, run
from tests.infer.tiny import tiny_catalogue


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    catalogue = tiny_catalogue(tmp_path / "models", factors={"tiny_embedding.int8": 1.5})
    return Bench(catalogue, tmp_path, tmp_path, 1)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_right_candidate_is_timed(bench: Bench, runtime: str) -> None:
    told = bench.attempt(Candidate("tiny_objects", runtime, "cpu", "f32"))
    assert set(told) == {"ms", "deviation"}
    assert 0 < float(str(told["ms"])) < 50
    assert 0 <= float(str(told["deviation"])) < 1


def test_wrong_numbers_are_not_timed(bench: Bench) -> None:
    told = bench.attempt(Candidate("tiny_embedding", "onnxruntime", "cpu", "int8"))
    assert "ms" not in told
    assert float(str(told["deviation"])) > 1
    assert "times the tolerance" in str(told["problem"])


def test_what_a_runtime_refuses_is_a_problem(bench: Bench) -> None:
    assert "npu" in str(bench.attempt(Candidate("tiny_objects", "onnxruntime", "npu", "f32"))["problem"])


class _Odd:
    """A runtime that gives what it is told to."""

    def __init__(self, outputs: Outputs | Exception) -> None:
        self._outputs = outputs

    def __call__(self, plan: Plan) -> _Odd:
        assert plan.batch == 16 or plan.device == "cpu"
        return self

    def run(self, batch: Array) -> Outputs:
        if isinstance(self._outputs, Exception):
            raise self._outputs
        return self._outputs or (batch.mean(axis=(2, 3)),)


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ((np.full((1, 3), np.nan, np.float32),), "wrong numbers"),
        ((np.zeros((1, 4), np.float32),), "wrong numbers"),
        (SystemError("inside the library\nwith details"), "SystemError: inside the library"),
    ],
)
def test_odd_runtimes_are_out(bench: Bench, monkeypatch: pytest.MonkeyPatch, outputs: Outputs | Exception, problem: str) -> None:
    monkeypatch.setattr(trial, "open_session", _Odd(outputs))
    told = bench.attempt(Candidate("tiny_objects", "onnxruntime", "cpu", "f32"))
    assert told["problem"] == problem
    json.dumps(told, allow_nan=False)


def test_other_devices_are_tried_in_batches_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "open_session", _Odd(()))
    told = bench.attempt(Candidate("tiny_objects", "onnxruntime", "cuda", "f32"))
    assert told["batch"] == 16
    assert float(str(told["batch_ms"])) > 0


def test_the_conversation(bench: Bench, tmp_path: Path) -> None:
    wanted = [
        asdict(Candidate("tiny_objects", "onnxruntime", "cpu", "f32")),
        asdict(Candidate("tiny_embedding", "onnxruntime", "cpu", "f32")),
    ]
    output = io.StringIO()
    run("onnxruntime", (tmp_path / "models", tmp_path / "packs", tmp_path, tmp_path), 1, io.StringIO(json.dumps(wanted) + "\n"), output)
    devices, first, second = map(json.loads, output.getvalue().splitlines())
    assert "cpu" in devices["devices"]
    assert first["trial"]["ms"] > 0
    assert second["trial"]["ms"] > 0
    silent = io.StringIO()
    run("onnxruntime", (tmp_path / "models", tmp_path / "packs", tmp_path, tmp_path), 1, io.StringIO(), silent)
    assert len(silent.getvalue().splitlines()) == 1


def test_a_library_that_cannot_be_loaded_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def devices(_runtime: str) -> tuple[str, ...]:
        raise ImportError("libsomething.so.1 is not there")

    monkeypatch.setattr(trial, "devices", devices)
    output = io.StringIO()
    run("openvino", (tmp_path, tmp_path, tmp_path, tmp_path), 1, io.StringIO(), output)
    assert json.loads(output.getvalue()) == {"problem": "ImportError: libsomething.so.1 is not there"}
