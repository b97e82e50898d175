"""8-bit variants: what is quantised, what stays exact, and how close the numbers come."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest

from models.build import layers
from models.build.graph import GraphWriter
from models.build.quantize import Scale, last_layers, quantize, quantized_tensors
from models.build.weights import Array
from tests.models.running import run

RNG = np.random.default_rng


def network() -> onnx.ModelProto:
    """Two convolutions with a residual sum, a pool, and a head that is flattened."""
    g = GraphWriter("small")
    x = g.image_input("x", 16)
    first = layers.relu6(g, layers.conv(g, x, RNG(1).normal(size=(3, 3, 3, 8)), RNG(2).normal(size=8), 2))
    second = layers.relu(g, layers.conv(g, first, RNG(3).normal(size=(3, 3, 8, 8)) / 5, RNG(4).normal(size=8)))
    third = layers.conv(g, second, RNG(5).normal(size=(1, 1, 8, 8)) / 2)
    pooled = layers.pool(g, "MaxPool", layers.relu(g, layers.plus(g, third, first)), 2, 2)
    head = layers.conv(g, pooled, RNG(6).normal(size=(1, 1, 8, 4)), RNG(7).normal(size=4))
    g.output("y", layers.reshape(g, layers.channels_last(g, head), (64,)))
    return g.model()


def measured(model: onnx.ModelProto, values: Array) -> dict[str, tuple[float, float]]:
    """The extremes of what will be quantised."""
    names = quantized_tensors(model)
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    open_model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    outputs = run(open_model, values)[len(model.graph.output) :]
    return {name: (float(tensor.min()), float(tensor.max())) for name, tensor in zip(names, outputs, strict=True)}


@pytest.fixture(scope="module")
def pictures() -> Array:
    return np.asarray(RNG(8).uniform(-1, 1, size=(4, 3, 16, 16)))


@pytest.fixture(scope="module")
def small(pictures: Array) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    model = network()
    return model, quantize(model, measured(model, pictures))


def test_integers_come_close_to_the_original(small: tuple[onnx.ModelProto, onnx.ModelProto], pictures: Array) -> None:
    (exact,), (rough,) = run(small[0], pictures), run(small[1], pictures)
    error = np.abs(exact - rough).max() / exact.std()
    assert 0 < error < 0.1


def test_filters_are_bytes_and_the_head_stays_exact(small: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    model, integer = small
    heads = last_layers(model)
    assert len(heads) == 1
    stored = {tensor.name: tensor.data_type for tensor in integer.graph.initializer}
    for node in integer.graph.node:
        if node.op_type == "Conv":
            assert (node.input[1] in stored) == (node.name in heads)
    filters = [kind for name, kind in stored.items() if name.endswith("/filters")]
    assert filters == [onnx.TensorProto.INT8] * 3


def test_a_clamp_that_quantising_does_anyway_is_dropped(small: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    model, integer = small
    assert [node.op_type for node in model.graph.node if node.op_type in {"Clip", "Relu"}] == ["Clip", "Relu", "Relu"]
    assert not [node.op_type for node in integer.graph.node if node.op_type in {"Clip", "Relu"}]


def test_a_clip_above_the_measured_range_stays(pictures: Array) -> None:
    model = network()
    ranges = measured(model, pictures)
    clip = next(node.output[0] for node in model.graph.node if node.op_type == "Clip")
    wide = quantize(model, {**ranges, clip: (0.0, 8.0)})
    assert any(node.op_type == "Clip" for node in wide.graph.node)


def test_moving_values_keeps_their_steps(small: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    integer = small[1]
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in integer.graph.initializer}
    pool = next(node for node in integer.graph.node if node.op_type == "MaxPool")
    source, target = pool.input[0].removesuffix("/dq"), pool.output[0]
    assert constants[f"{source}/step"] == constants[f"{target}/step"]
    assert constants[f"{source}/zero"] == constants[f"{target}/zero"]


def test_ranges_of_another_graph_are_refused(pictures: Array) -> None:
    ranges = measured(network(), pictures)
    del ranges[next(iter(ranges))]
    with pytest.raises(ValueError, match="ranges do not fit the graph"):
        quantize(network(), ranges)


@pytest.mark.parametrize(("low", "high"), [(0.0, 6.0), (-1.0, 1.0), (-3.0, 0.0), (0.5, 2.0), (-2.0, -1.0), (0.0, 0.0)])
def test_a_scale_covers_its_range_and_holds_zero(low: float, high: float) -> None:
    scale = Scale.of(low, high)
    bottom, top = -scale.zero * scale.step, (255 - scale.zero) * scale.step
    assert 0 <= scale.zero <= 255
    assert bottom <= low + scale.step / 2 + 1e-9 or low > 0
    assert top >= high - scale.step / 2 - 1e-9 or high < 0


def test_a_silent_channel_keeps_its_bias() -> None:
    g = GraphWriter("silent")
    filters = np.zeros((1, 1, 3, 2))
    filters[..., 1] = 1.0
    inner = layers.conv(g, g.image_input("x", 2), filters, np.array([0.37, 0.0]))
    g.output("y", layers.relu(g, layers.conv(g, inner, np.eye(2).reshape(1, 1, 2, 2), np.zeros(2))))
    ranges = dict.fromkeys(quantized_tensors(g.model()), (-3.0, 3.0))
    (out,) = run(quantize(g.model(), ranges), np.zeros((1, 3, 2, 2)))
    assert np.allclose(out[0, 0], 0.37, atol=0.05)


def test_the_committed_ranges_are_sane() -> None:
    from models.build.calibrate import RANGES

    for model, ranges in json.loads(RANGES.read_text()).items():
        for name, (low, high) in ranges.items():
            assert low <= high, (model, name)
            assert -100 < low <= high < 1000, (model, name)
