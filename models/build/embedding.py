"""Face embedding: a residual network of the dlib family (face-api), 128 numbers, not normalised."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from models.build.graph import GraphWriter, Tensor
from models.build.layers import affine, conv, plus, pool, relu, reshape
from models.build.weights import Array

SIZE = 150
MEAN_RGB = (122.782, 117.001, 104.298)
STAGES = {"conv32": 3, "conv64": 3, "conv128": 2, "conv256": 2}
"""Plain residual layers of each stage; every stage but the first begins with one that halves."""

Weights = Mapping[str, Array]


def build(weights: Weights) -> onnx.ModelProto:
    """faces [N,3,150,150] RGB 0..255 -> embedding [N,128]; divide by its length before comparing."""
    g = GraphWriter("face_recognition")
    x = affine(g, g.image_input("faces", SIZE), 1 / 255, MEAN_RGB)
    x = relu(g, _scaled_conv(g, x, weights, "conv32_down", 2))
    x = pool(g, "MaxPool", x, 3, 2)
    for stage, layers in STAGES.items():
        if f"{stage}_down/conv1/conv/filters" in weights:
            x = _residual_down(g, x, weights, f"{stage}_down")
        for number in range(1, layers + 1):
            x = _residual(g, x, weights, f"{stage}_{number}")
    x = _residual_down(g, x, weights, "conv256_down_out")
    mean = g.add("GlobalAveragePool", [x], (x.shape[0], 1, 1))
    flat = reshape(g, mean, (x.shape[0],))
    g.output("embedding", g.add("MatMul", [flat, g.constant(weights["fc"])], (weights["fc"].shape[1],)))
    return g.model()


def _scaled_conv(g: GraphWriter, x: Tensor, weights: Weights, name: str, stride: int = 1) -> Tensor:
    """Convolution, then scale and shift per channel, folded into one. Those that halve do not pad."""
    scale = weights[f"{name}/scale/weights"].astype(np.float64)
    bias = weights[f"{name}/conv/bias"] * scale + weights[f"{name}/scale/biases"]
    return conv(g, x, weights[f"{name}/conv/filters"] * scale, bias, stride, "valid" if stride == 2 else "same")


def _residual(g: GraphWriter, x: Tensor, weights: Weights, name: str) -> Tensor:
    inner = relu(g, _scaled_conv(g, x, weights, f"{name}/conv1"))
    return relu(g, plus(g, _scaled_conv(g, inner, weights, f"{name}/conv2"), x))


def _residual_down(g: GraphWriter, x: Tensor, weights: Weights, name: str) -> Tensor:
    """Halves; the shortcut is a 2x2 average with zero channels appended where the width doubles.

    The main path may come out one row and column smaller; it is padded with zeros at the bottom and right.
    """
    inner = relu(g, _scaled_conv(g, x, weights, f"{name}/conv1", 2))
    main = _scaled_conv(g, inner, weights, f"{name}/conv2")
    shortcut = pool(g, "AveragePool", x, 2, 2)
    channels = main.shape[0]
    main = _pad(g, main, (channels, shortcut.shape[1], shortcut.shape[2]))
    shortcut = _pad(g, shortcut, (channels, *shortcut.shape[1:]))
    return relu(g, plus(g, main, shortcut))


def _pad(g: GraphWriter, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Zeros after the last channel, row and column, up to `shape`."""
    if x.shape == shape:
        return x
    missing = [wanted - has for wanted, has in zip(shape, x.shape, strict=True)]
    return g.add("Pad", [x, g.constant([0] * 5 + missing, np.int64)], shape, mode="constant")
