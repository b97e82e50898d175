from __future__ import annotations

import json
from pathlib import Path

import pytest

from facetd.cli.servers import _tensor_names
from facetd.errors import FacetdError
from facetd.infer.catalogue import Catalogue
from facetd.infer.remote.repository import config_text, export_repository
from tests.infer.test_packs import install
from tests.infer.tiny import tiny_catalogue


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_tree_is_that_of_triton_and_packs_are_in_it(tmp_path: Path) -> None:
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "packs", "tiny-clip")
    catalogue = Catalogue.load(tmp_path / "models", tmp_path / "packs")
    written = export_repository(catalogue, tmp_path / "out", _tensor_names)
    names = ["tiny-clip-visual", "tiny_objects", "tiny_embedding"]
    assert [model.id for model in written] == names
    expected = {f"{name}/{file}" for name in names for file in ("config.pbtxt", "1/model.onnx")}
    assert tree(tmp_path / "out") == {*expected, ".facetd-models"}
    copied = (tmp_path / "out" / "tiny_objects" / "1" / "model.onnx").read_bytes()
    assert copied == catalogue.path(catalogue.model("tiny_objects"), "f32").read_bytes()


def test_the_list_of_openvino_model_server_names_each_model(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    export_repository(catalogue, tmp_path / "out", _tensor_names, layout="ovms", seen_as="/srv/models/")
    listed = json.loads((tmp_path / "out" / "config.json").read_text())["model_config_list"]
    assert [each["config"]["base_path"] for each in listed] == ["/srv/models/tiny_objects", "/srv/models/tiny_embedding"]
    assert all(each["config"]["plugin_config"] == {"INFERENCE_PRECISION_HINT": "f32"} for each in listed)


def test_an_earlier_export_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    out = tmp_path / "out"
    out.mkdir()
    export_repository(catalogue, out, _tensor_names)  # an empty folder will do
    (out / "old_model").mkdir()
    export_repository(catalogue, out, _tensor_names)
    assert not (out / "old_model").exists()
    (out / ".facetd-models").unlink()
    with pytest.raises(FacetdError, match="something else"):
        export_repository(catalogue, out, _tensor_names)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FacetdError, match="something else"):
        export_repository(catalogue, tmp_path / "file", _tensor_names)
    assert {path.name for path in tmp_path.iterdir()} == {"models", "out", "file"}  # nothing half-made is left


def test_a_damaged_model_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    catalogue.path(catalogue.model("tiny_embedding"), "f32").write_bytes(b"x")
    with pytest.raises(FacetdError, match="tiny_embedding is missing or damaged"):
        export_repository(catalogue, tmp_path / "out", _tensor_names)
    assert not (tmp_path / "out").exists()


def test_networks_of_one_picture_have_no_batches(tmp_path: Path) -> None:
    model = tiny_catalogue(tmp_path / "models").model("tiny_objects")
    one = config_text(model.model_copy(update={"takes": "one"}), "in", ["out"])
    assert "max_batch_size: 0" in one
    assert "dims: [ 1, 3, 32, 32 ]" in one
    assert "dims: [ 1, 3 ]" in one
    bare = config_text(model.model_copy(update={"takes": "bare"}), "in", ["out"])
    assert "dims: [ 3 ]" in bare
    assert "dynamic_batching" not in one + bare
