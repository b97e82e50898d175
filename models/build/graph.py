"""Writing ONNX graphs: NCHW, a dynamic batch dimension, TensorFlow's padding as explicit numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.build.weights import Array

OPSET = 17
IR_VERSION = 8
BATCH = "batch"
"""The symbolic name of the first dimension of every input and output."""

Padding = Literal["same", "valid"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value in the graph. `shape` leaves out the batch dimension: (channels, height, width) for pictures."""

    name: str
    shape: tuple[int, ...]


def window(size: int, kernel: int, stride: int, padding: Padding) -> tuple[int, int, int]:
    """(pad before, pad after, output size) of a sliding window, as TensorFlow places it.

    SAME pads max((ceil(size / stride) - 1) * stride + kernel - size, 0) in all, the smaller half first.
    """
    if padding == "valid":
        return 0, 0, (size - kernel) // stride + 1
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, out


class GraphWriter:
    """Collects nodes in order; `model()` gives the checked ONNX model."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._counts: dict[str, int] = {}

    def image_input(self, name: str, size: int) -> Tensor:
        """A float32 input [batch, 3, size, size]."""
        self._inputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, 3, size, size]))
        return Tensor(name, (3, size, size))

    def output(self, name: str, x: Tensor) -> None:
        """Declare `x` as the graph's output `name`."""
        self._nodes.append(helper.make_node("Identity", [x.name], [name], name=f"output/{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, *x.shape]))

    def constant(self, value: Array | Sequence[int] | Sequence[float] | float, dtype: type = np.float32) -> str:
        """The name of an initializer with this value; equal constants are stored once."""
        array: Array = np.asarray(value, dtype=dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = f"c{len(self._constants)}"
            self._constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def add(self, op: str, inputs: Sequence[Tensor | str], shape: tuple[int, ...], **attributes: Any) -> Tensor:
        """Append one node and return its first output, which has `shape` after the batch dimension."""
        return self.add_many(op, inputs, [shape], **attributes)[0]

    def add_many(self, op: str, inputs: Sequence[Tensor | str], shapes: Sequence[tuple[int, ...]], **attributes: Any) -> list[Tensor]:
        """Append one node with several outputs."""
        number = self._counts[op] = self._counts.get(op, -1) + 1
        node = f"{op}_{number}"
        outputs = [node if index == 0 else f"{node}:{index}" for index in range(len(shapes))]
        names = [x if isinstance(x, str) else x.name for x in inputs]
        self._nodes.append(helper.make_node(op, names, outputs, name=node, **attributes))
        return [Tensor(name, shape) for name, shape in zip(outputs, shapes, strict=True)]

    def model(self) -> onnx.ModelProto:
        """The finished model, after ONNX's own checks with shape inference."""
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="facetd")
        onnx.checker.check_model(model, full_check=True)
        return model
