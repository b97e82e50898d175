"""Face detector: SSD on MobileNetV1 (face-api), with box decoding inside the graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from models.build.graph import GraphWriter, Tensor
from models.build.layers import affine, channels_last, conv, depthwise, relu6, reshape
from models.build.weights import Array

SIZE = 512
EPSILON = 0.001
"""Of the depthwise batch normalisations."""

HALVING = frozenset({2, 4, 6, 12})
"""Blocks of the trunk with stride 2."""

FACE = 1
"""Index of the face among the three class values of an anchor (0 background, 2 unused)."""

Weights = Mapping[str, Array]


def build(weights: Weights) -> onnx.ModelProto:
    """images [N,3,512,512] RGB 0..255 -> boxes [N,5118,4] (ymin, xmin, ymax, xmax; 0..1 of the square), scores [N,5118]."""
    g = GraphWriter("ssd_mobilenetv1")
    x = affine(g, g.image_input("images", SIZE), 1 / 127.5, (127.5,))
    features = _features(g, x, weights)
    encodings, logits = [], []
    for index, feature in enumerate(features):
        prefix = f"Prediction/BoxPredictor_{index}"
        encodings.append(_head(g, feature, weights, f"{prefix}/BoxEncodingPredictor", slice(None), (-1, 4)))
        logits.append(_head(g, feature, weights, f"{prefix}/ClassPredictor", slice(FACE, None, 3), (-1,)))
    count = sum(part.shape[0] for part in logits)
    g.output("boxes", _decode(g, g.add("Concat", encodings, (count, 4), axis=1), weights["Output/extra_dim"]))
    g.output("scores", g.add("Sigmoid", [g.add("Concat", logits, (count,), axis=1)], (count,)))
    return g.model()


def _pointwise(g: GraphWriter, x: Tensor, weights: Weights, name: str, stride: int = 1) -> Tensor:
    """A full convolution whose batch normalisation is folded already, clipped to 0..6."""
    return relu6(g, conv(g, x, weights[f"{name}_pointwise/weights"], weights[f"{name}_pointwise/convolution_bn_offset"], stride))


def _depthwise(g: GraphWriter, x: Tensor, weights: Weights, name: str, stride: int) -> Tensor:
    """A depthwise convolution with its batch normalisation folded in, clipped to 0..6."""
    norm = {
        key: weights[f"{name}_depthwise/BatchNorm/{key}"].astype(np.float64) for key in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    scale = norm["gamma"] / np.sqrt(norm["moving_variance"] + EPSILON)
    filters = weights[f"{name}_depthwise/depthwise_weights"] * scale[:, None]
    return relu6(g, depthwise(g, x, filters, norm["beta"] - norm["moving_mean"] * scale, stride))


def _features(g: GraphWriter, x: Tensor, weights: Weights) -> list[Tensor]:
    """The six feature maps with heads: blocks 11 and 13 of the trunk and four extra convolutions (grids 32 to 1)."""
    features: list[Tensor] = []
    x = _pointwise(g, x, weights, "MobilenetV1/Conv2d_0", 2)
    for block in range(1, 14):
        name = f"MobilenetV1/Conv2d_{block}"
        x = _pointwise(g, _depthwise(g, x, weights, name, 2 if block in HALVING else 1), weights, name)
        if block in {11, 13}:
            features.append(x)
    for extra in range(8):
        x = _pointwise(g, x, weights, f"Prediction/Conv2d_{extra}", 2 if extra % 2 else 1)
        if extra % 2:
            features.append(x)
    return features


def _head(g: GraphWriter, x: Tensor, weights: Weights, name: str, keep: slice, shape: tuple[int, ...]) -> Tensor:
    """A predictor's output as a list over (row, column, anchor); `keep` picks output channels that are used."""
    out = conv(g, x, weights[f"{name}/weights"][..., keep], weights[f"{name}/biases"][keep])
    flat = channels_last(g, out)
    return reshape(g, flat, (int(np.prod(flat.shape)) // abs(int(np.prod(shape))), *shape[1:]))


def _decode(g: GraphWriter, encoding: Tensor, priors: Array) -> Tensor:
    """Boxes from encodings (ty, tx, th, tw): centre = t / 10 * size + centre, size = exp(t / 5) * size of the stored prior box."""
    low, high = priors[0, :, :2].astype(np.float64), priors[0, :, 2:].astype(np.float64)
    size, centre = high - low, (low + high) / 2
    half = (priors.shape[1], 2)
    if encoding.shape != (priors.shape[1], 4):
        raise ValueError(f"{priors.shape[1]} prior boxes meet {encoding.shape} encodings")
    shift, growth = g.add_many("Split", [encoding, g.constant([2, 2], np.int64)], [half, half], axis=2)
    centres = g.add("Add", [g.add("Mul", [shift, g.constant(size / 10)], half), g.constant(centre)], half)
    exponent = g.add("Mul", [growth, g.constant(0.2)], half)
    halves = g.add("Mul", [g.add("Exp", [exponent], half), g.constant(size / 2)], half)
    corners = [g.add("Sub", [centres, halves], half), g.add("Add", [centres, halves], half)]
    return g.add("Concat", corners, encoding.shape, axis=2)
