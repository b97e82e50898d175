"""Layers in TensorFlow's terms (HWIO filters, SAME and VALID) written as ONNX nodes."""

from __future__ import annotations

import numpy as np

from models.build.graph import GraphWriter, Padding, Tensor, window
from models.build.weights import Array


def conv(g: GraphWriter, x: Tensor, filters: Array, bias: Array | None = None, stride: int = 1, padding: Padding = "same") -> Tensor:
    """2-D convolution; `filters` [height, width, in, out], `bias` [out]."""
    return _conv(g, x, filters.transpose(3, 2, 0, 1), bias, stride, padding, group=1)


def depthwise(g: GraphWriter, x: Tensor, filters: Array, bias: Array | None = None, stride: int = 1, padding: Padding = "same") -> Tensor:
    """Depthwise convolution with one filter per channel; `filters` [height, width, channels, 1]."""
    if filters.shape[3] != 1:
        raise ValueError(f"depthwise filters {filters.shape}: one filter per channel is expected")
    return _conv(g, x, filters.transpose(2, 3, 0, 1), bias, stride, padding, group=filters.shape[2])


def _conv(g: GraphWriter, x: Tensor, filters: Array, bias: Array | None, stride: int, padding: Padding, group: int) -> Tensor:
    channels, height, width = x.shape
    out, per_group, kernel_h, kernel_w = filters.shape
    if per_group * group != channels:
        raise ValueError(f"filters for {per_group * group} channels meet {x.name} with {channels}")
    top, bottom, out_h = window(height, kernel_h, stride, padding)
    left, right, out_w = window(width, kernel_w, stride, padding)
    inputs: list[Tensor | str] = [x, g.constant(filters)]
    if bias is not None:
        inputs.append(g.constant(bias))
    return g.add(
        "Conv",
        inputs,
        (out, out_h, out_w),
        kernel_shape=[kernel_h, kernel_w],
        strides=[stride, stride],
        pads=[top, left, bottom, right],
        group=group,
    )


def pool(g: GraphWriter, op: str, x: Tensor, kernel: int, stride: int, padding: Padding = "valid") -> Tensor:
    """`MaxPool` or `AveragePool` over square windows (the average leaves padding out, as TensorFlow does)."""
    channels, height, width = x.shape
    top, bottom, out_h = window(height, kernel, stride, padding)
    left, right, out_w = window(width, kernel, stride, padding)
    return g.add(op, [x], (channels, out_h, out_w), kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[top, left, bottom, right])


def relu(g: GraphWriter, x: Tensor) -> Tensor:
    """max(x, 0)."""
    return g.add("Relu", [x], x.shape)


def relu6(g: GraphWriter, x: Tensor) -> Tensor:
    """Clip to 0..6."""
    return g.add("Clip", [x, g.constant(0.0), g.constant(6.0)], x.shape)


def plus(g: GraphWriter, x: Tensor, y: Tensor) -> Tensor:
    """Sum of two values of one shape."""
    if x.shape != y.shape:
        raise ValueError(f"{x.name} {x.shape} and {y.name} {y.shape} differ in shape")
    return g.add("Add", [x, y], x.shape)


def affine(g: GraphWriter, x: Tensor, scale: float, shift: tuple[float, ...]) -> Tensor:
    """(x - shift) * scale, one shift for all channels or one each.

    Kept apart from the next convolution: folded into one that pads with zeros it would be wrong at the borders.
    """
    shifted = g.add("Sub", [x, g.constant(np.asarray(shift, np.float32).reshape(-1, 1, 1))], x.shape)
    return g.add("Mul", [shifted, g.constant(scale)], x.shape)


def channels_last(g: GraphWriter, x: Tensor) -> Tensor:
    """NCHW -> NHWC, the order in which the publishers flatten feature maps."""
    channels, height, width = x.shape
    return g.add("Transpose", [x], (height, width, channels), perm=[0, 2, 3, 1])


def reshape(g: GraphWriter, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Reshape what follows the batch dimension."""
    if np.prod(shape) != np.prod(x.shape):
        raise ValueError(f"{x.name} {x.shape} does not reshape to {shape}")
    return g.add("Reshape", [x, g.constant(np.array([0, *shape]), np.int64)], shape)
