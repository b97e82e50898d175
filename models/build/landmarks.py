"""68 face landmarks: four dense blocks of separable convolutions (face-api)."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from models.build.graph import GraphWriter, Tensor
from models.build.layers import affine, conv, depthwise, plus, pool, relu, reshape
from models.build.weights import Array

SIZE = 112
MEAN_RGB = (122.782, 117.001, 104.298)

Weights = Mapping[str, Array]


def build(weights: Weights) -> onnx.ModelProto:
    """faces [N,3,112,112] RGB 0..255 -> points [N,136] = x0, y0, x1, y1 .. in 0..1 of the square."""
    g = GraphWriter("face_landmark_68")
    x = affine(g, g.image_input("faces", SIZE), 1 / 255, MEAN_RGB)
    for block in range(4):
        x = _dense_block(g, x, weights, f"dense{block}")
    x = pool(g, "AveragePool", x, 7, 2)
    flat = reshape(g, x, (x.shape[0],))
    points = g.add("Gemm", [flat, g.constant(weights["fc/weights"]), g.constant(weights["fc/bias"])], (136,))
    g.output("points", points)
    return g.model()


def _separable(g: GraphWriter, x: Tensor, weights: Weights, name: str, stride: int = 1) -> Tensor:
    """Depthwise, then pointwise with bias; nothing between the two."""
    spread = depthwise(g, x, weights[f"{name}/depthwise_filter"], None, stride)
    return conv(g, spread, weights[f"{name}/pointwise_filter"], weights[f"{name}/bias"])


def _dense_block(g: GraphWriter, x: Tensor, weights: Weights, name: str) -> Tensor:
    """Each convolution's output is added to the sum of all before it; halves height and width."""
    if f"{name}/conv0/filters" in weights:
        first = conv(g, x, weights[f"{name}/conv0/filters"], weights[f"{name}/conv0/bias"], 2)
    else:
        first = _separable(g, x, weights, f"{name}/conv0", 2)
    total = relu(g, first)
    total = plus(g, total, _separable(g, total, weights, f"{name}/conv1"))
    for number in (2, 3):
        total = plus(g, total, _separable(g, relu(g, total), weights, f"{name}/conv{number}"))
    return relu(g, total)
