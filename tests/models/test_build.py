"""The build of the starter pack: everything is checked, nothing fails silently."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import onnx
import pytest

from models.build import __main__ as build
from models.build.starter import RECIPES
from models.build.weights import WeightsError

DIGEST = hashlib.sha256(b"weights").hexdigest()


def test_a_file_has_to_be_there_with_its_size_and_content(tmp_path: Path) -> None:
    path = tmp_path / "net.bin"
    with pytest.raises(WeightsError, match=r"net.bin is missing"):
        build.check_file(path, 7, DIGEST)
    path.write_bytes(b"weights")
    build.check_file(path, 7, DIGEST)
    with pytest.raises(WeightsError, match="has 7 bytes, 8 are expected"):
        build.check_file(path, 8, DIGEST)
    path.write_bytes(b"weighty")
    with pytest.raises(WeightsError, match="has the SHA-256"):
        build.check_file(path, 7, DIGEST)


@pytest.mark.parametrize("model_id", sorted(RECIPES))
def test_building_again_gives_the_same_bytes_as_the_catalogue_says(model_id: str, tmp_path: Path) -> None:
    entry = next(entry for entry in tomllib.loads(build.CATALOGUE.read_text())["models"] if entry["id"] == model_id)
    built = build.build(entry, build.ROOT / "node_modules", tmp_path)
    assert set(built) == set(entry["files"])
    for precision, content in built.items():
        assert hashlib.sha256(content).hexdigest() == entry["files"][precision]["sha256"]
        assert (tmp_path / entry["files"][precision]["name"]).read_bytes() == content
    assert not list(tmp_path.rglob("*.part"))


def test_a_damaged_package_stops_the_build(tmp_path: Path) -> None:
    entry = tomllib.loads(build.CATALOGUE.read_text())["models"][0]
    for source in entry["source"]["files"]:
        copy = tmp_path / "packages" / entry["source"]["package"] / source["path"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(bytes(source["size"]))
    with pytest.raises(WeightsError, match="has the SHA-256"):
        build.build(entry, tmp_path / "packages", tmp_path / "onnx")


def test_accepting_writes_size_and_hash_of_one_file_only() -> None:
    text = build.CATALOGUE.read_text()
    changed = build.accept(text, "onnx/facemesh.f32.onnx", b"new")
    before, after = (
        {(model["id"], precision): file for model in tomllib.loads(version)["models"] for precision, file in model["files"].items()}
        for version in (text, changed)
    )
    assert {key for key in before if before[key] != after[key]} == {("facemesh", "f32")}
    assert after["facemesh", "f32"]["size"] == 3
    with pytest.raises(WeightsError, match="0 entries for onnx/other"):
        build.accept(text, "onnx/other.onnx", b"")


def test_every_model_of_the_catalogue_has_a_recipe_and_loads_everywhere() -> None:
    entries = tomllib.loads(build.CATALOGUE.read_text())["models"]
    assert {entry["id"] for entry in entries} == set(RECIPES)
    for entry in entries:
        for file in entry["files"].values():
            model = onnx.load(build.ROOT / file["name"])
            assert (model.ir_version, model.opset_import[0].version) == (8, 17)
            dims = [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
            assert dims == ["batch", 3, entry["input"]["size"], entry["input"]["size"]]
            outputs = {out.name: [dim.dim_param or dim.dim_value for dim in out.type.tensor_type.shape.dim] for out in model.graph.output}
            assert outputs == {output["name"]: ["batch", *output["shape"]] for output in entry["outputs"]}


def test_main_says_what_does_not_fit_and_changes_nothing_without_being_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = build.accept(build.CATALOGUE.read_text(), "onnx/ssd_mobilenetv1.f32.onnx", b"other")
    (tmp_path / "models.toml").write_text(wrong)
    (tmp_path / "node_modules").symlink_to(build.ROOT / "node_modules")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "CATALOGUE", tmp_path / "models.toml")
    monkeypatch.setattr(build.sys, "argv", ["build"])
    with pytest.raises(WeightsError, match="5 are expected"):
        build.main()
    assert (tmp_path / "models.toml").read_text() == wrong
