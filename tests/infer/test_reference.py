"""The check of runtimes: the same picture everywhere, right numbers pass, wrong ones do not."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from facetd.errors import ConfigError
from facetd.infer.catalogue import Catalogue, Model, Precision
from facetd.infer.reference import check, load_reference, picture, reference_input
from facetd.infer.scene import Window, draw

Floats = NDArray[np.float32]
CATALOGUE = Catalogue.load()


def answers(model: Model, precision: Precision = "f32", batch: int = 1) -> list[Floats]:
    """What ONNX Runtime makes of the reference picture."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(CATALOGUE.path(model, precision), options, providers=["CPUExecutionProvider"])
    outputs: list[Floats] = session.run([output.name for output in model.outputs], {model.input.name: reference_input(model, batch)})
    return outputs


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: str(model.id))
def test_the_picture_is_the_one_that_the_publishers_program_saw(model: Model) -> None:
    assert hashlib.sha256(picture(model.input).tobytes()).hexdigest() == load_reference(CATALOGUE, model).input_sha256


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: str(model.id))
def test_every_precision_passes_its_own_tolerance(model: Model) -> None:
    for precision in model.precisions:
        if precision != "bf16":
            result = check(CATALOGUE, model, answers(model, precision), precision)
            assert result.ok, result
            assert result.worst < 0.75
    exact = check(CATALOGUE, model, answers(model), "f32")
    assert exact.worst < 0.05


@pytest.mark.parametrize("model_id", ["ssd_mobilenetv1", "face_landmark_68", "face_recognition"])
def test_bytes_do_not_pass_for_full_precision(model_id: str) -> None:
    model = CATALOGUE.model(model_id)
    assert not check(CATALOGUE, model, answers(model, "int8"), "f32").ok


def test_the_scene_has_something_to_find_for_every_network() -> None:
    boxes, scores = answers(CATALOGUE.model("ssd_mobilenetv1"))
    assert scores.max() > 0.9
    ymin, xmin, ymax, xmax = boxes[0, scores[0].argmax()]
    assert (ymin + ymax) / 2 == pytest.approx((0.42 + 2.6) / 6.6, abs=0.05)
    assert (xmin + xmax) / 2 == pytest.approx(3.2 / 6.6, abs=0.03)
    assert answers(CATALOGUE.model("facemesh"))[1].item() > 0.9
    heatmap = answers(CATALOGUE.model("centernet"))[0][0]
    assert np.unravel_index(heatmap.argmax(), heatmap.shape)[0] == 11  # a stop sign
    assert heatmap.max() > 0.5


def test_every_picture_of_a_batch_has_to_be_right() -> None:
    model = CATALOGUE.model("face_recognition")
    (vectors,) = answers(model, batch=3)
    assert check(CATALOGUE, model, [vectors], "f32").ok
    vectors[2] *= 1.01
    result = check(CATALOGUE, model, [vectors], "f32")
    assert not result.ok
    assert result.deviations["embedding"] == pytest.approx(0.01 * np.abs(vectors[2]).max() / 1.01, rel=0.1)


@pytest.mark.parametrize("damage", ["nan", "shape", "missing", "swapped", "empty"])
def test_unusable_answers_deviate_infinitely(damage: str) -> None:
    model = CATALOGUE.model("facemesh")
    points, flag = answers(model)
    broken = points.copy()
    broken[0, 1] = np.nan
    outputs = {
        "nan": [broken, flag],
        "shape": [points[:, :-1], flag],
        "missing": [],
        "swapped": [flag, points],
        "empty": [points[:0], flag],
    }[damage]
    result = check(CATALOGUE, model, outputs, "f32")
    assert not result.ok
    assert math.isinf(result.deviations["points"])
    assert math.isinf(result.worst)


def test_channels_in_the_wrong_order_are_noticed() -> None:
    model = CATALOGUE.model("face_recognition")
    session = ort.InferenceSession(CATALOGUE.path(model, "f32"), providers=["CPUExecutionProvider"])
    vectors = session.run(None, {model.input.name: np.ascontiguousarray(reference_input(model)[:, ::-1])})
    assert not check(CATALOGUE, model, vectors, "int8").ok


def test_a_damaged_reference_is_named_by_file_and_key(tmp_path: Path) -> None:
    shutil.copy(CATALOGUE.folder / "models.toml", tmp_path)
    catalogue = Catalogue.load(tmp_path)
    model = catalogue.model("facemesh")
    with pytest.raises(ConfigError, match=r"reference/facemesh.json: the reference values of facemesh cannot be used"):
        load_reference(catalogue, model)
    (tmp_path / "reference").mkdir()
    document = json.loads((CATALOGUE.folder / "reference" / "facemesh.json").read_text())
    del document["outputs"]["flag"]["values"]
    (tmp_path / "reference" / "facemesh.json").write_text(json.dumps(document))
    with pytest.raises(ConfigError) as caught:
        load_reference(catalogue, model)
    assert [error.field for error in caught.value.errors] == ["outputs.flag.values"]


def test_a_window_of_the_scene_is_part_of_the_whole() -> None:
    whole = draw(200, Window(-4, -4, 8)).astype(int)
    part = draw(100, Window(-4, -4, 4)).astype(int)
    assert whole.shape == (200, 200, 3)
    assert np.abs(whole[:100, :100] - part).max() <= 1
