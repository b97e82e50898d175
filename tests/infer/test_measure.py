from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from facetd.config.eyes import Inference
from facetd.infer import measure
from facetd.infer.catalogue import Catalogue
from facetd.infer.children import Place
from facetd.infer.choice import Candidate, Trial, load_choices
from facetd.infer.hardware import Cpu
from facetd.infer.measure import candidates, choice_path, choices_for, key_of, stream_count
from tests.infer.test_packs import install as install_pack
from tests.infer.tiny import tiny_catalogue

PLAIN = Cpu("Plain", "x86_64", frozenset({"avx2"}))
MODERN = Cpu("Modern", "x86_64", frozenset({"avx2", "avx_vnni", "amx_bf16"}))


def _ways(folder: Path, processor: Cpu, devices: tuple[str, ...] = ("cpu",), runtime: str = "openvino", **settings: object) -> set[str]:
    found = set()
    for model in tiny_catalogue(folder).models:
        for each in candidates(model, runtime, devices, Inference.model_validate(settings), processor, model.precisions):
            found.add(f"{each.model.removeprefix('tiny_')} {each.device} {each.precision}")
    return found


def test_precisions_that_this_processor_gains_by_are_tried(tmp_path: Path) -> None:
    assert _ways(tmp_path, PLAIN) == {"objects cpu f32", "embedding cpu f32"}
    assert _ways(tmp_path, MODERN) == {"objects cpu f32", "objects cpu bf16", "embedding cpu f32", "embedding cpu int8"}
    assert _ways(tmp_path, MODERN, runtime="onnxruntime") == {"objects cpu f32", "embedding cpu f32", "embedding cpu int8"}


def test_settings_narrow_what_is_tried(tmp_path: Path) -> None:
    assert _ways(tmp_path, MODERN, precision="f32") == {"objects cpu f32", "embedding cpu f32"}
    assert _ways(tmp_path, MODERN, precision="int8") == {"objects cpu f32", "embedding cpu int8"}
    assert _ways(tmp_path, PLAIN, precision="int8") == {"objects cpu f32", "embedding cpu f32"}


def test_the_processor_is_always_the_last_resort(tmp_path: Path) -> None:
    devices = ("cpu", "gpu", "npu")
    auto = _ways(tmp_path, PLAIN, devices)
    assert auto == {"objects cpu f32", "objects gpu f32", "objects gpu bf16", "embedding cpu f32", "embedding gpu f32"}
    assert _ways(tmp_path, PLAIN, devices, device="cpu") == {"objects cpu f32", "embedding cpu f32"}
    assert _ways(tmp_path, PLAIN, devices, device="npu") == {"objects cpu f32", "objects npu bf16", "embedding cpu f32"}


def test_auto_does_not_wait_for_tensorrt(tmp_path: Path) -> None:
    devices = ("cpu", "cuda", "tensorrt")
    ways = _ways(tmp_path, PLAIN, devices, runtime="onnxruntime")
    assert ways == {"objects cpu f32", "objects cuda f32", "embedding cpu f32", "embedding cuda f32"}
    assert "objects tensorrt f32" in _ways(tmp_path, PLAIN, devices, runtime="onnxruntime", device="tensorrt")


def test_streams() -> None:
    assert stream_count(Inference(streams=7)) == 7
    assert stream_count(Inference()) >= 1


async def test_both_runtimes_are_tried_and_the_result_is_kept(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    told: list[Trial] = []
    choices = await choices_for(catalogue, Inference(streams=2), tmp_path, progress=told.append)
    assert set(choices.models) == {"tiny_objects", "tiny_embedding"}
    assert {trial.candidate.runtime for trial in told if trial.ms} == {"openvino", "onnxruntime"}
    assert all(trial.deviation is not None and trial.deviation < 1 for trial in told)
    assert load_choices(choice_path(tmp_path)) == choices
    again: list[Trial] = []
    assert await choices_for(catalogue, Inference(streams=2), tmp_path, progress=again.append) == choices
    assert again == []  # nothing was measured


async def test_wrong_numbers_are_refused(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models", factors={"tiny_objects.f32": 1.01, "tiny_embedding.int8": 1.2})
    choices = await choices_for(catalogue, Inference(runtime="onnxruntime"), tmp_path)
    assert "tiny_objects" not in choices.models
    assert choices.missing is not None
    assert "wrong numbers" in choices.missing["tiny_objects"]
    assert choices.precision_of("tiny_embedding") == "f32"


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    path = catalogue.path(catalogue.model("tiny_objects"), "f32")
    path.write_bytes(bytes(path.stat().st_size))
    choices = await choices_for(catalogue, Inference(runtime="onnxruntime"), tmp_path)
    assert set(choices.models) == {"tiny_embedding"}


async def test_a_runtime_that_is_absent_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "RUNTIMES", ("abacus",))
    monkeypatch.setattr(measure, "Place", lambda *args: Place(*args, module="tests.infer.trials"))
    real = measure.try_runtime
    monkeypatch.setattr(measure, "try_runtime", lambda _runtime, *args: real("absent", *args))
    choices = await choices_for(tiny_catalogue(tmp_path / "models"), Inference(), tmp_path)
    assert not choices.models
    assert choices.missing is not None
    assert "no such runtime" in choices.missing["tiny_objects"]


def test_a_choice_depends_on_machine_models_runtimes_and_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = tiny_catalogue(tmp_path / "a")
    settings = Inference(streams=2)
    keys = [key_of(catalogue, settings, PLAIN)]
    assert key_of(Catalogue.load(tmp_path / "a"), Inference(streams=2), dataclasses.replace(PLAIN)) == keys[0]
    keys.append(key_of(catalogue, settings, MODERN))
    keys.append(key_of(catalogue, Inference(streams=3), PLAIN))
    keys.append(key_of(catalogue, Inference(streams=2, precision="f32"), PLAIN))
    keys.append(key_of(tiny_catalogue(tmp_path / "b", factors={"tiny_objects.f32": 2.0}), settings, PLAIN))
    keys.append(key_of(tiny_catalogue(tmp_path / "c", version="1.0.1"), settings, PLAIN))
    reference = tmp_path / "a" / "reference" / "tiny_objects.json"
    reference.write_text(reference.read_text().replace("made here", "made there"))
    keys.append(key_of(catalogue, settings, PLAIN))
    catalogue.path(catalogue.model("tiny_embedding"), "int8").unlink()
    keys.append(key_of(catalogue, settings, PLAIN))
    monkeypatch.setattr(measure, "runtime_versions", lambda: {"openvino": "1"})
    keys.append(key_of(catalogue, settings, PLAIN))
    monkeypatch.setattr(measure, "device_nodes", lambda: ("dri/renderD128",))
    keys.append(key_of(catalogue, settings, PLAIN))
    assert len(set(keys)) == len(keys)


async def test_a_new_trial_keeps_the_precision_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise every update of a runtime might outdate what is stored."""
    ms = {"f32": 40.0, "bf16": 20.0}

    async def fake(*_args: object, **_options: object) -> list[Trial]:
        return [Trial(Candidate("tiny_objects", "openvino", "cpu", precision), ms=ms[precision]) for precision in ("f32", "bf16")]

    monkeypatch.setattr(measure, "try_all", fake)
    catalogue = tiny_catalogue(tmp_path / "models")
    assert (await choices_for(catalogue, Inference(), tmp_path)).precision_of("tiny_objects") == "bf16"
    ms["f32"] = 19.0
    assert (await choices_for(catalogue, Inference(), tmp_path, anew=True)).precision_of("tiny_objects") == "bf16"
    ms["f32"] = 5.0
    assert (await choices_for(catalogue, Inference(), tmp_path, anew=True)).precision_of("tiny_objects") == "f32"


async def test_a_pack_costs_its_own_trial_and_no_other(tmp_path: Path) -> None:
    models, packs = tmp_path / "models", tmp_path / "packs"
    settings = Inference(runtime="onnxruntime")
    before = await choices_for(tiny_catalogue(models), settings, tmp_path)
    install_pack(packs, "tiny-clip")
    told: list[Trial] = []
    after = await choices_for(Catalogue.load(models, packs), settings, tmp_path, progress=told.append)
    assert {trial.candidate.model for trial in told} == {"tiny-clip-visual"}
    assert {trial.candidate.model for trial in after.trials} == {"tiny-clip-visual", "tiny_objects", "tiny_embedding"}
    assert after.models["tiny_objects"] == before.models["tiny_objects"]
    told.clear()
    gone = await choices_for(Catalogue.load(models), settings, tmp_path, progress=told.append)
    assert told == []
    assert gone == before
    await choices_for(Catalogue.load(models), settings, tmp_path, progress=told.append, anew=True)
    assert {trial.candidate.model for trial in told} == {"tiny_objects", "tiny_embedding"}
