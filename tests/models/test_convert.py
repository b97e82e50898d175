"""Converting graph models of TensorFlow.js: one operation at a time, against numpy."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models.build.convert import convert
from models.build.hardswish import fuse_hard_activations
from models.build.tfjs import GraphModel, Node, read_graph
from models.build.weights import Array, WeightsError
from tests.models.running import convolve, run

RNG = np.random.default_rng
STEP = {"strides": [1, 1, 1, 1], "padding": "SAME"}


def graph(*nodes: Node, **weights: Array | float | list[Any]) -> GraphModel:
    """A model with the input `x`; keywords are constants."""
    constants = {name: np.asarray(value) for name, value in weights.items()}
    every = [Node("x", "Placeholder"), *(Node(name, "Const") for name in constants), *nodes]
    return GraphModel({node.name: node for node in every}, constants)


def converted(model: GraphModel, size: int = 4, output: str = "y") -> onnx.ModelProto:
    return convert(model, "test", ("x", "input", size), {"out": output})


def answer(model: GraphModel, picture: Array) -> Array:
    """What the converted model makes of [H, W, 3], as [H, W, C]."""
    (out,) = run(converted(model, picture.shape[0]), picture.transpose(2, 0, 1)[None])
    return np.asarray(out[0].transpose(1, 2, 0) if out.ndim == 4 else out[0])


def picture(size: int = 4, scale: float = 1.0) -> Array:
    return np.asarray(RNG(size).normal(size=(size, size, 3)) * scale)


def test_a_fused_convolution_adds_its_bias_before_the_activation() -> None:
    filters, bias = RNG(1).normal(size=(3, 3, 3, 2)), np.array([0.5, -0.5])
    node = Node("y", "_FusedConv2D", ("x", "f", "b"), {**STEP, "fused_ops": ["BiasAdd", "Relu"]})
    expected = np.maximum(convolve(picture(), filters, 1, "same") + bias, 0)
    assert np.allclose(answer(graph(node, f=filters, b=bias), picture()), expected, atol=1e-5)


def test_prelu_has_one_slope_for_each_channel() -> None:
    slopes = np.array([[[0.1, 0.2, 0.3]]])
    alone = answer(graph(Node("y", "Prelu", ("x", "a")), a=slopes), picture())
    assert np.allclose(alone, np.where(picture() > 0, picture(), picture() * slopes), atol=1e-6)
    fused = Node("y", "_FusedConv2D", ("x", "f", "b", "a"), {**STEP, "fused_ops": ["BiasAdd", "Prelu"]})
    identity = np.eye(3).reshape(1, 1, 3, 3)
    assert np.allclose(answer(graph(fused, f=identity, b=np.zeros(3), a=slopes), picture()), alone, atol=1e-6)


@pytest.mark.parametrize(("op", "expected"), [("AddV2", [1.0, 2.0, 3.0]), ("Sub", [-1.0, -2.0, -3.0]), ("Mul", [0.0, 0.0, 0.0])])
def test_a_vector_of_constants_meets_the_channels(op: str, expected: list[float]) -> None:
    model = graph(Node("y", op, ("x", "v")), v=[1.0, 2.0, 3.0])
    assert answer(model, np.zeros((3, 3, 3)))[1, 2].tolist() == expected


def test_concatenation_and_padding_of_channels() -> None:
    model = graph(
        Node("twice", "ConcatV2", ("x", "x", "axis")), Node("y", "Pad", ("twice", "p")), axis=3, p=[[0, 0], [1, 0], [0, 2], [0, 1]]
    )
    out = answer(model, picture())
    assert out.shape == (5, 6, 7)
    assert np.allclose(out[1:, :4, 3:6], picture(), atol=1e-6)
    assert not out[0].any()
    assert not out[:, 4:].any()
    assert not out[:, :, 6].any()


def test_bilinear_enlargement_samples_at_the_corner_of_each_pixel() -> None:
    row = np.array([0.0, 4.0])
    small = np.broadcast_to(row[None, :, None], (2, 2, 3))
    resize = Node("y", "ResizeBilinear", ("x", "s"), {"align_corners": False, "half_pixel_centers": False})
    assert answer(graph(resize, s=[4, 4]), small)[0, :, 0].tolist() == [0.0, 2.0, 4.0, 4.0]


def test_flattening_keeps_the_publishers_order() -> None:
    model = graph(Node("y", "Reshape", ("x", "s")), s=[-1, 48])
    assert np.allclose(answer(model, picture()), picture().ravel(), atol=1e-6)


def test_the_mean_and_the_pool_look_at_space_only() -> None:
    mean = graph(Node("y", "Mean", ("x", "axes"), {"keep_dims": True}), axes=[1, 2])
    assert np.allclose(answer(mean, picture())[0, 0], picture().mean((0, 1)), atol=1e-6)
    pool = graph(Node("y", "MaxPool", ("x",), {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}))
    assert np.allclose(answer(pool, picture()), picture().reshape(2, 2, 2, 2, 3).max((1, 3)), atol=1e-6)


def hard_swish(sixth: float, swapped: bool) -> GraphModel:
    """A convolution after a hard swish as publishers spell it."""
    factors = ("gate", "scaled") if swapped else ("scaled", "gate")
    return graph(
        Node("scaled", "Mul", ("c", "x")),
        Node("shifted", "Add", ("x", "three")),
        Node("gate", "Relu6", ("shifted",)),
        Node("swish", "Mul", factors),
        Node("y", "Conv2D", ("swish", "f"), STEP),
        c=sixth,
        three=3.0,
        f=RNG(1).normal(size=(1, 1, 3, 2)),
    )


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("sixth", [1 / 6, 0.1666259765625])
def test_hard_swish_becomes_one_operation_and_keeps_the_publishers_sixth(sixth: float, swapped: bool) -> None:
    model, values = hard_swish(sixth, swapped), picture(scale=4)
    fused = fuse_hard_activations(model)
    assert [node.op_type for node in converted(fused).graph.node] == ["HardSwish", "Conv", "Identity"]
    assert np.allclose(answer(fused, values), answer(model, values), atol=1e-5)
    expected = (sixth * values * np.clip(values + 3, 0, 6)) @ model.weights["f"][0, 0]
    assert np.allclose(answer(fused, values), expected, atol=1e-5)


def test_open_factors_pass_through_means_and_products_and_close_at_sums() -> None:
    model = graph(
        Node("shifted", "Add", ("x", "three")),
        Node("gate", "Relu6", ("shifted",)),
        Node("hard", "Mul", ("c", "gate")),
        Node("mean", "Mean", ("hard", "axes"), {"keep_dims": True}),
        Node("product", "Mul", ("hard", "mean")),
        Node("y", "Add", ("product", "x")),
        three=3.0,
        c=0.25,
        axes=[1, 2],
    )
    fused, values = fuse_hard_activations(model), picture(scale=3)
    hard = 0.25 * np.clip(values + 3, 0, 6)
    assert fused.nodes["hard"].op == "HardSigmoid"
    assert np.allclose(answer(fused, values), hard * hard.mean((0, 1)) + values, atol=1e-5)


def test_the_greatest_value_of_each_channel_carries_the_open_factor() -> None:
    model, values = hard_swish(0.1666259765625, False), picture(scale=4)
    fused = fuse_hard_activations(model)
    out = convert(fused, "test", ("x", "input", 4), {"out": "y"}, {"top": ("swish", "x")})
    _, top = run(out, values.transpose(2, 0, 1)[None])
    swish = 0.1666259765625 * values * np.clip(values + 3, 0, 6)
    assert np.allclose(top, np.concatenate([swish.max((0, 1)), values.max((0, 1))])[None], atol=1e-5)


def test_what_only_looks_like_a_hard_swish_stays() -> None:
    model = hard_swish(1 / 6, False)
    other = GraphModel(model.nodes, {**model.weights, "three": np.asarray(2.0)})
    assert fuse_hard_activations(other).nodes == other.nodes


def test_only_what_the_outputs_need_is_converted() -> None:
    model = graph(Node("y", "Relu", ("x",)), Node("tail", "TopKV2", ("y",)))
    assert [node.op_type for node in converted(model).graph.node] == ["Relu", "Identity"]
    with pytest.raises(WeightsError, match="operation TopKV2 of node tail is not known"):
        converted(model, output="tail")
    with pytest.raises(WeightsError, match="no node missing"):
        converted(model, output="missing")


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (Node("y", "Conv2D", ("x", "f"), {**STEP, "strides": [1, 1, 2, 1]}), "equal strides"),
        (Node("y", "Conv2D", ("x", "f"), {**STEP, "dilations": [1, 2, 2, 1]}), "no dilation"),
        (Node("y", "Conv2D", ("x", "f"), {**STEP, "padding": "EXPLICIT"}), "padding EXPLICIT"),
        (Node("y", "_FusedConv2D", ("x", "f"), {**STEP, "fused_ops": ["Elu"]}), "fused activation Elu"),
        (Node("y", "Mean", ("x", "axis"), {"keep_dims": True}), "mean over height and width"),
        (Node("y", "ConcatV2", ("x", "x", "axis")), "only channels"),
        (Node("y", "ResizeBilinear", ("x", "six"), {}), "whole factors"),
        (Node("y", "ResizeBilinear", ("x", "six"), {"align_corners": True}), "aligned corners"),
        (Node("y", "Reshape", ("x", "six")), "keep the batch dimension"),
        (Node("y", "MaxPool", ("x",), {**STEP, "ksize": [1, 2, 3, 1]}), "square windows"),
        (Node("y", "Add", ("x", "f")), "not one value per channel"),
    ],
)
def test_what_the_converter_does_not_know_is_refused_by_name(node: Node, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        converted(graph(node, f=np.zeros((1, 1, 3, 2)), axis=1, six=[6, 6]))


def test_a_graph_file_is_read_with_its_weights(tmp_path: Path) -> None:
    same = base64.b64encode(b"SAME").decode()
    nodes = [
        {"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}}},
        {"name": "f", "op": "Const", "attr": {"value": {"tensor": {}}}},
        {
            "name": "y",
            "op": "Conv2D",
            "input": ["x:0", "f", "^x"],
            "attr": {
                "padding": {"s": same},
                "strides": {"list": {"i": ["1", "1", "1", "1"]}},
                "T": {},
                "flag": {"b": True},
                "names": {"list": {"s": [same]}},
            },
        },
    ]
    (tmp_path / "w.bin").write_bytes(np.ones(6, "<f4").tobytes())
    manifest = [{"paths": ["w.bin"], "weights": [{"name": "f", "shape": [1, 1, 3, 2], "dtype": "float32"}]}]
    document = {"format": "graph-model", "modelTopology": {"node": nodes}, "weightsManifest": manifest}
    (tmp_path / "net.json").write_text(json.dumps(document))
    model = read_graph(tmp_path / "net.json")
    assert model.nodes["y"].inputs == ("x", "f")
    assert model.nodes["y"].attributes == {"padding": "SAME", "strides": [1, 1, 1, 1], "T": None, "flag": True, "names": ["SAME"]}
    assert np.allclose(answer(model, picture()), picture().sum(2, keepdims=True).repeat(2, 2), atol=1e-5)


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text('{"format": "layers-model"}')
    with pytest.raises(WeightsError, match=r"net.json: not a graph model but 'layers-model'"):
        read_graph(tmp_path / "net.json")
