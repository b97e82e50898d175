from __future__ import annotations

from pathlib import Path

import pytest

from facetd.infer import children
from facetd.infer.children import Place, Tried, find_devices, try_runtime
from facetd.infer.choice import Candidate, Trial


async def _try(tmp_path: Path, runtime: str, *models: str) -> Tried:
    place = Place(tmp_path, None, tmp_path, tmp_path, 1, module="tests.infer.trials")
    told: list[Trial] = []
    tried = await try_runtime(runtime, lambda _: [Candidate(model, runtime, "cpu", "f32") for model in models], place, told.append)
    assert told == tried.trials
    assert [trial.candidate.model for trial in tried.trials] == list(models)
    return tried


async def test_a_crash_costs_the_candidate_it_happens_at(tmp_path: Path) -> None:
    tried = await _try(tmp_path, "fine", "a", "crash", "b", "exit", "c")
    assert [trial.problem for trial in tried.trials] == ["", "it crashes (signal 11)", "", "it ends (code 3)", ""]
    assert [trial.ms for trial in tried.trials] == [1.5, None, 1.5, None, 1.5]
    assert tried.devices == ("cpu",)
    assert not tried.problem


async def test_a_hang_costs_the_candidate_it_happens_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "SILENCE_S", 3.0)
    tried = await _try(tmp_path, "fine", "a", "hang", "b")
    assert [trial.problem for trial in tried.trials] == ["", "it hangs", ""]


@pytest.mark.parametrize("model", ["babble", "odd", "endless"])
async def test_what_cannot_be_understood_costs_the_candidate(tmp_path: Path, model: str) -> None:
    tried = await _try(tmp_path, "fine", model, "b")
    assert [trial.problem for trial in tried.trials] == ["it says what cannot be understood", ""]


async def test_a_runtime_that_always_crashes_is_left_alone(tmp_path: Path) -> None:
    tried = await _try(tmp_path, "fine", *["crash"] * 3, "a", "b")
    assert [bool(trial.problem) for trial in tried.trials] == [True] * 5


@pytest.mark.parametrize(("runtime", "problem"), [("absent", "no such runtime"), ("illegal", "signal 4")])
async def test_a_runtime_that_cannot_be_loaded_is_a_problem_of_its_own(tmp_path: Path, runtime: str, problem: str) -> None:
    place = Place(tmp_path, None, tmp_path, tmp_path, 1, module="tests.infer.trials")
    tried = await try_runtime(runtime, lambda _: [], place)
    assert problem in tried.problem
    assert tried.trials == []


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
async def test_devices_are_asked_in_a_child(runtime: str) -> None:
    assert "cpu" in (await find_devices(runtime)).devices
