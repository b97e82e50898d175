"""`facetd models` and what the doctor says about models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.doctor import DECODERS, FEATURE_NAMES
from facetd.cli.tree import facetd
from facetd.infer.catalogue import Catalogue
from facetd.infer.packs.features import FEATURES
from tests.daemons import configure
from tests.infer import entries
from tests.infer.entries import write_pack
from tests.infer.remote.double import Double, Faults
from tests.infer.tiny import tiny_catalogue


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Tiny models instead of those that came with the program."""
    made = tiny_catalogue(tmp_path / "models", factors={"tiny_embedding.int8": 1.5})
    monkeypatch.setattr("facetd.infer.catalogue.catalogue.asset_dir", lambda _name: made.folder)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    configure(tmp_path / "data", {"inference": {"runtime": "onnxruntime"}})
    return tmp_path / "data"


def call(*arguments: object) -> Result:
    result = CliRunner().invoke(facetd, [str(each) for each in arguments], env={"COLUMNS": "400"})
    assert result.exit_code == 0, result.output
    return result


def test_models_are_listed_before_and_after_they_are_measured(catalogue: Catalogue, data: Path) -> None:
    before = json.loads(call("models", "list", "--data", data, "--json").stdout)["models"]
    assert [line["id"] for line in before] == ["tiny_objects", "tiny_embedding"]
    assert {(line["state"], line["licence"], line["origin"], line["ms"]) for line in before} == {("ready", "MIT", "made here", None)}
    assert before[0]["bytes"] == catalogue.path(catalogue.models[0], "f32").stat().st_size
    assert not (data / "models").exists()  # a list changes nothing
    assert "Not measured" in call("models", "list", "--data", data).stdout

    measured = json.loads(call("models", "bench", "--data", data, "--json").stdout)
    assert {(each["model"], each["precision"]) for each in measured["trials"]} >= {("tiny_objects", "f32"), ("tiny_embedding", "f32")}
    assert all(each["runtime"] == "onnxruntime" for each in measured["trials"])
    assert [each["model"] for each in measured["trials"] if each["picked"]] == ["tiny_objects", "tiny_embedding"]

    after = {line["id"]: line for line in json.loads(call("models", "list", "--data", data, "--json").stdout)["models"]}
    assert (after["tiny_objects"]["runtime"], after["tiny_objects"]["device"], after["tiny_objects"]["precision"]) == (
        "onnxruntime",
        "cpu",
        "f32",
    )
    assert after["tiny_objects"]["ms"] == measured["models"]["tiny_objects"]["ms"]
    assert "onnxruntime on cpu, f32" in call("models", "list", "--data", data).stdout


def test_bench_says_what_was_picked_and_why(catalogue: Catalogue, data: Path) -> None:
    lines = call("models", "bench", "--data", data).stdout.splitlines()
    assert any(line.startswith("* tiny_objects") and "f32" in line and " ms" in line for line in lines)
    assert any(line.startswith("tiny_embedding: onnxruntime cpu f32") for line in lines)
    wrong = [line for line in lines if "int8" in line and line.startswith("  tiny_embedding")]
    assert all("wrong numbers" in line for line in wrong)


def test_missing_and_damaged_files_are_listed(catalogue: Catalogue, data: Path) -> None:
    catalogue.path(catalogue.model("tiny_objects"), "f32").unlink()
    path = catalogue.path(catalogue.model("tiny_embedding"), "f32")
    path.write_bytes(bytes(path.stat().st_size))
    lines = {line["id"]: line for line in json.loads(call("models", "list", "--data", data, "--json").stdout)["models"]}
    assert (lines["tiny_objects"]["state"], lines["tiny_embedding"]["state"]) == ("missing", "damaged")
    assert "tiny_objects.f32.onnx is not there" in lines["tiny_objects"]["problem"]
    doctor = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
    assert doctor["models"]["state"] == "warning"
    assert "tiny_objects" in doctor["models"]["text"]


def test_a_model_with_wrong_numbers_failed_its_check(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_catalogue(tmp_path / "wrong", factors={"tiny_objects.f32": 1.1}).folder
    monkeypatch.setattr("facetd.infer.catalogue.catalogue.asset_dir", lambda _name: folder)
    shown = call("models", "bench", "--data", data).stdout
    assert "tiny_objects: onnxruntime cpu f32: wrong numbers" in shown
    lines = {line["id"]: line for line in json.loads(call("models", "list", "--data", data, "--json").stdout)["models"]}
    assert lines["tiny_objects"]["state"] == "failed"
    assert "wrong numbers" in lines["tiny_objects"]["problem"]


def test_the_doctor_asks_about_runtimes_and_models(catalogue: Catalogue, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
    for runtime in ("openvino", "onnxruntime"):
        assert found[runtime]["state"] == "ok"
        assert "cpu" in found[runtime]["text"]
    assert found["models"]["state"] == "ok"
    assert str(catalogue.folder) in found["models"]["text"]
    assert found["packs"]["text"] == "installed: none"
    assert "facetd models install u2netp" in found["subject found by a model"]["text"]
    assert "clip-vit-b32` (or clip-vit-l14, " in found["search by what photos show"]["text"]
    assert set(FEATURE_NAMES) == set(FEATURES)
    assert not [name for name in found if "_" in name and name not in DECODERS], "words, not names of the program"
    assert found["captions"]["text"].startswith("by rule. ")
    assert "facetd models install captions-vit-gpt2" in found["captions"]["text"]
    assert "facetd models install opus-mt-en-fr" in found["translation"]["text"]
    assert not [name for name, each in found.items() if "\n" in each["text"]]
    configure(data, {"captions": {"endpoint": "http://127.0.0.1:9/v1", "model": "qwen"}, "translation": {"target_language": "de"}})
    asked = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
    assert asked["captions"]["text"] == "qwen at http://127.0.0.1:9/v1"
    assert "opus-mt-en-de" in asked["translation"]["text"]
    monkeypatch.setattr("facetd.cli.doctor.RUNTIMES", ("abacus",))
    without = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
    assert without["models"]["state"] == "warning"


def test_servers_are_told_and_measured(catalogue: Catalogue, tmp_path: Path) -> None:
    with Double({model.id: catalogue.path(model, "f32") for model in catalogue.models}) as double:
        double.faults = Faults(missing=frozenset({"tiny_embedding"}))
        configure(tmp_path / "data", {"inference": {"servers": [double.url, "http://127.0.0.1:9"]}})
        (there, away) = json.loads(call("models", "list", "--data", tmp_path / "data", "--json").stdout)["servers"]
        assert (there["ready"], there["models"], away["ready"]) == (True, ["tiny_objects"], False)
        text = call("models", "list", "--data", tmp_path / "data").stdout
        assert "models: tiny_objects; lacks tiny_embedding" in text
        assert "http://127.0.0.1:9: Connection refused" in text
        findings = json.loads(call("doctor", "--data", tmp_path / "data", "--json").stdout)
        assert [each["state"] for each in findings if each["name"].startswith("server ")] == ["warning", "warning"]
        told = json.loads(call("models", "bench", "--data", tmp_path / "data", "--json").stdout)
        right = [each for each in told["trials"] if each["picked"]]
        assert [(each["model"], each["device"]) for each in right] == [("tiny_objects", double.url)]
        assert right[0]["ms"] > 0
        assert "it has no model tiny_embedding" in call("models", "bench", "--data", tmp_path / "data").stdout


def test_the_models_are_written_for_a_server(catalogue: Catalogue, data: Path, tmp_path: Path) -> None:
    said = call("models", "export-repository", tmp_path / "out", "--layout", "ovms", "--data", data).stdout
    assert "2 models" in said
    assert (tmp_path / "out" / "config.json").exists()


def test_the_doctor_and_the_list_tell_of_packs_and_of_what_is_wrong_with_them(catalogue: Catalogue, data: Path) -> None:
    write_pack(data / "models" / "packs", "mine", entries.SALIENCY)
    write_pack(data / "models" / "packs", "odd", entries.QUALITY.replace("mean_of_bins", "median"))
    found = [(each["name"], each["state"], each["text"]) for each in json.loads(call("doctor", "--data", data, "--json").stdout)]
    assert ("packs", "ok", "installed: mine") in found
    assert any(name == "packs" and state == "warning" and "models.nima.reading" in text for name, state, text in found)
    assert any(name == "packs" and state == "warning" and "facetd models install mine" in text for name, state, text in found)
    assert [state for name, state, _text in found if name == "models"] == ["ok"]
    assert not [name for name, _state, _text in found if name == "subject found by a model"]
    shown = call("models", "list", "--data", data).stdout
    assert "models.nima.reading" in shown
    assert "insightface-buffalo-l: InsightFace buffalo_l" in shown
    listed = json.loads(call("models", "list", "--data", data, "--json").stdout)
    assert len(listed["problems"]) == 1
    line = next(each for each in listed["models"] if each["id"] == "u2netp")
    assert line["state"] == "missing"
    assert "facetd models install mine" in line["problem"]
