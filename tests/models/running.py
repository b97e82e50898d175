"""Running small graphs in ONNX Runtime, on one thread."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort

from models.build.weights import Array


def run(model: onnx.ModelProto | bytes, *inputs: Array) -> list[Array]:
    """The outputs of a model, in order."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    content = model if isinstance(model, bytes) else model.SerializeToString()
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    named = {node.name: np.ascontiguousarray(value, np.float32) for node, value in zip(session.get_inputs(), inputs, strict=True)}
    return list(session.run(None, named))


def convolve(picture: Array, filters: Array, stride: int, padding: str) -> Array:
    """The definition of TensorFlow's 2-D convolution, slowly: [H, W, C] with HWIO filters."""
    kernel_h, kernel_w, _, out = filters.shape
    height, width, _ = picture.shape
    if padding == "same":
        down, right = (max((-(-side // stride) - 1) * stride + k - side, 0) for side, k in ((height, kernel_h), (width, kernel_w)))
        picture = np.pad(picture, ((down // 2, down - down // 2), (right // 2, right - right // 2), (0, 0)))
    rows, columns = ((side - k) // stride + 1 for side, k in zip(picture.shape, (kernel_h, kernel_w), strict=False))
    result = np.zeros((rows, columns, out))
    for row in range(rows):
        for column in range(columns):
            patch = picture[row * stride : row * stride + kernel_h, column * stride : column * stride + kernel_w]
            result[row, column] = np.tensordot(patch, filters, 3)
    return result
