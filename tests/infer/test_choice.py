from __future__ import annotations

import json
from pathlib import Path

from facetd.infer.catalogue import Precision
from facetd.infer.choice import Candidate, Choices, Trial, choose, load_choices, save_choices


def trial(model: str, runtime: str, precision: Precision, ms: float, *, device: str = "cpu", batch_ms: float | None = None) -> Trial:
    return Trial(Candidate(model, runtime, device, precision), ms=ms, batch=16 if batch_ms else 1, batch_ms=batch_ms, deviation=0.1)


def wrong(model: str, runtime: str, precision: Precision, problem: str = "wrong numbers") -> Trial:
    return Trial(Candidate(model, runtime, "cpu", precision), problem=problem)


def pick(*trials: Trial, in_use: dict[str, Precision] | None = None, wanted: tuple[str, ...] = ()) -> dict[str, tuple[str, str, str]]:
    models = sorted({each.candidate.model for each in trials})
    choices = choose(models, trials, key="k", streams=2, in_use=in_use, wanted=wanted)
    return {model: (choice.runtime, choice.device, choice.precision) for model, choice in choices.models.items()}


def test_the_fastest_right_one_is_taken() -> None:
    assert pick(trial("a", "openvino", "f32", 40), trial("a", "onnxruntime", "f32", 60)) == {"a": ("openvino", "cpu", "f32")}
    assert pick(trial("a", "openvino", "f32", 60), trial("a", "onnxruntime", "f32", 40)) == {"a": ("onnxruntime", "cpu", "f32")}


def test_wrong_numbers_never_win() -> None:
    assert pick(wrong("a", "openvino", "int8"), trial("a", "onnxruntime", "f32", 60)) == {"a": ("onnxruntime", "cpu", "f32")}


def test_another_precision_has_to_be_clearly_faster() -> None:
    assert pick(trial("a", "openvino", "f32", 40), trial("a", "openvino", "bf16", 35))["a"][2] == "f32"
    assert pick(trial("a", "openvino", "f32", 40), trial("a", "openvino", "bf16", 30))["a"][2] == "bf16"
    # a third faster, but that is nothing
    assert pick(trial("a", "openvino", "f32", 0.9), trial("a", "openvino", "bf16", 0.6))["a"][2] == "f32"


def test_a_precision_in_use_is_kept_unless_another_is_clearly_faster() -> None:
    close = (trial("a", "openvino", "f32", 35), trial("a", "openvino", "bf16", 40))
    assert pick(*close, in_use={"a": "bf16"})["a"][2] == "bf16"
    far = (trial("a", "openvino", "f32", 20), trial("a", "openvino", "bf16", 40))
    assert pick(*far, in_use={"a": "bf16"})["a"][2] == "f32"
    gone = (trial("a", "openvino", "f32", 35), wrong("a", "openvino", "bf16"))
    assert pick(*gone, in_use={"a": "bf16"})["a"][2] == "f32"


def test_one_runtime_does_everything_unless_another_is_clearly_faster() -> None:
    big = (trial("big", "openvino", "f32", 40), trial("big", "onnxruntime", "f32", 60))
    small = (trial("small", "openvino", "f32", 1.0), trial("small", "onnxruntime", "f32", 0.5))
    assert pick(*big, *small)["small"][0] == "openvino"  # not worth loading a library
    other = (trial("other", "openvino", "f32", 20), trial("other", "onnxruntime", "f32", 12))
    assert pick(*big, *other) == {"big": ("openvino", "cpu", "f32"), "other": ("onnxruntime", "cpu", "f32")}


def test_streams_of_the_processor_count_together() -> None:
    """Two cores at 30 ms are as fast as a graphics processor at 15 ms."""
    assert pick(trial("a", "onnxruntime", "f32", 30), trial("a", "onnxruntime", "f32", 25, device="cuda"))["a"][1] == "cpu"
    assert pick(trial("a", "onnxruntime", "f32", 30), trial("a", "onnxruntime", "f32", 5, device="cuda"))["a"][1] == "cuda"


def test_devices_of_the_settings_come_first_and_the_processor_last() -> None:
    slow = trial("a", "onnxruntime", "f32", 90, device="cuda")
    assert pick(trial("a", "onnxruntime", "f32", 30), slow, wanted=("cuda",))["a"][1] == "cuda"
    choices = choose(["a"], [trial("a", "onnxruntime", "f32", 30)], key="k", streams=2, wanted=("cuda",))
    assert choices.models["a"].device == "cpu"
    assert choices.models["a"].why.startswith("cuda: cannot run it")


def test_batches_are_used_where_they_gain() -> None:
    gains = choose(["a"], [trial("a", "onnxruntime", "f32", 5, device="cuda", batch_ms=1)], key="k", streams=2)
    assert (gains.models["a"].batch, gains.models["a"].ms) == (16, 1)
    loses = choose(["a"], [trial("a", "onnxruntime", "f32", 5, device="cuda", batch_ms=4.9)], key="k", streams=2)
    assert (loses.models["a"].batch, loses.models["a"].ms) == (1, 5)


def test_a_model_that_nothing_can_run_is_missing_with_every_reason() -> None:
    choices = choose(["a", "b"], [wrong("a", "openvino", "f32", "crashes"), wrong("a", "onnxruntime", "f32")], key="k", streams=2)
    assert not choices.models
    assert choices.missing is not None
    assert choices.missing["a"] == "onnxruntime cpu f32: wrong numbers; openvino cpu f32: crashes"
    assert choices.missing["b"]


def test_the_reason_names_pick_and_losers() -> None:
    trials = [trial("a", "openvino", "f32", 40), wrong("a", "openvino", "bf16"), trial("a", "onnxruntime", "f32", 50)]
    why = choose(["a"], trials, key="k", streams=2).models["a"].why
    assert why == "openvino cpu f32: 40.00 ms (others: openvino cpu bf16: wrong numbers, onnxruntime cpu f32: 50.00 ms)"


def _some_choices() -> Choices:
    trials = [trial("a", "openvino", "f32", 40), wrong("b", "openvino", "f32")]
    return choose(["a", "b"], trials, key="some key", streams=3)


def test_a_choice_is_kept_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "choice.json"
    save_choices(path, _some_choices())
    assert load_choices(path) == _some_choices()
    assert [file.name for file in path.parent.iterdir()] == ["choice.json"]
    assert _some_choices().precision_of("a") == "f32"


def test_what_is_no_choice_is_none(tmp_path: Path) -> None:
    path = tmp_path / "choice.json"
    assert load_choices(path) is None
    save_choices(path, _some_choices())
    whole = json.loads(path.read_text())
    for damaged in (
        "",
        "[]",
        "3",
        "{}",
        path.read_text()[:-40],
        json.dumps(whole | {"format": 99}),
        json.dumps(whole | {"models": {"a": 1}}),
    ):
        path.write_text(damaged)
        assert load_choices(path) is None, damaged
