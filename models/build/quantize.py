"""8-bit integer variants: quantise and dequantise nodes around the convolutions, with ranges measured beforehand.

Activations are uint8 per tensor, filters int8 per output channel (symmetric), biases int32. Made for CPUs with VNNI or AMX, whose
products do not saturate, so the full range of both is used. The last layers stay in floating point: their values are read as numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.build.weights import Array

Ranges = Mapping[str, tuple[float, float]]
"""Smallest and greatest value of each tensor that is quantised."""

SAME_SCALE = frozenset({"MaxPool", "Pad"})
"""Operations whose output is quantised like their input: they only move values."""

CARRIED = frozenset({"Conv", "AveragePool", *SAME_SCALE})
"""Operations that run in integers; everything else works on dequantised values. Sums of quantised values stay exact that way: with
quantised sums landmarks moved 0.019 of the distance between the eyes in OpenVINO, 0.005 without."""

CLAMPS = frozenset({"Relu", "Clip"})
"""Activations that a range starting at 0 makes superfluous."""


@dataclass(frozen=True, slots=True)
class Scale:
    """value = (stored - zero) * step, stored 0..255."""

    step: float
    zero: int

    @classmethod
    def of(cls, low: float, high: float) -> Scale:
        """The scale that covers low..high and holds 0 exactly (padding is made of zeros)."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = float(np.float32((high - low) / 255)) or 1.0
        return cls(step, int(np.clip(np.rint(-low / step), 0, 255)))


FLATTENING = frozenset({"Transpose", "Reshape"})


def last_layers(model: onnx.ModelProto) -> frozenset[str]:
    """Names of the convolutions and pools whose output is only flattened into a list of values."""
    users = _Graph(model).users
    behind = {node.name: [user.op_type for user in users[node.output[0]]] for node in model.graph.node if node.op_type in CARRIED}
    return frozenset(name for name, ops in behind.items() if ops and FLATTENING.issuperset(ops))


def quantized_tensors(model: onnx.ModelProto) -> list[str]:
    """The tensors whose ranges `quantize` needs, in the graph's order.

    These are the inputs and outputs of integer operations; of a convolution with a clamp behind it, what comes out of the clamp.
    """
    graph, keep_float = _Graph(model), last_layers(model)
    wanted: dict[str, None] = {}
    for node in model.graph.node:
        if node.op_type in CARRIED and node.name not in keep_float:
            wanted.setdefault(node.input[0])
            wanted.setdefault(graph.clamped(node))
    return [name for name in wanted if name not in graph.outputs]


def quantize(model: onnx.ModelProto, ranges: Ranges) -> onnx.ModelProto:
    """The model in 8-bit integers. ValueError when `ranges` do not name exactly the tensors of `quantized_tensors`."""
    names = quantized_tensors(model)
    if set(names) != set(ranges):
        raise ValueError(f"{model.graph.name}: ranges do not fit the graph: {sorted(set(names) ^ set(ranges))}; measure them again")
    return _Quantizer(model, {name: Scale.of(*ranges[name]) for name in names}).run()


class _Graph:
    """Who produces and uses what."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.outputs = {output.name for output in model.graph.output}
        self.users: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in model.graph.node:
            for name in node.input:
                self.users[name].append(node)

    def clamp(self, node: onnx.NodeProto) -> onnx.NodeProto | None:
        """The clamp that is the only user of a node's output, if there is one."""
        users = self.users[node.output[0]]
        return users[0] if len(users) == 1 and users[0].op_type in CLAMPS else None

    def clamped(self, node: onnx.NodeProto) -> str:
        """The name of a node's output after the clamp behind it."""
        return str((self.clamp(node) or node).output[0])


class _Quantizer:
    def __init__(self, model: onnx.ModelProto, scales: dict[str, Scale]) -> None:
        self.model, self.graph, self.keep_float = model, _Graph(model), last_layers(model)
        self.scales = scales
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.renamed: dict[str, str] = {}

    def run(self) -> onnx.ModelProto:
        for node in self.model.graph.node:
            if node.op_type in SAME_SCALE and node.output[0] in self.scales:
                self.scales[node.output[0]] = self.scales[node.input[0]]
            self._visit(node)
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in self.model.graph.initializer if tensor.name in used]
        source = self.model.graph
        graph = helper.make_graph(self.nodes, f"{source.name}-int8", list(source.input), list(source.output), [*kept, *self.constants])
        model = helper.make_model(
            graph, opset_imports=list(self.model.opset_import), ir_version=self.model.ir_version, producer_name=self.model.producer_name
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _visit(self, node: onnx.NodeProto) -> None:
        """Copy a node with dequantised inputs; drop it when quantising its output does the same."""
        if node.op_type in CLAMPS and node.output[0] in self.scales and self._superfluous(node):
            self.renamed[node.output[0]] = self.renamed.get(node.input[0], node.input[0])
        else:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [self.renamed.get(name, name) for name in node.input]
            if node.op_type == "Conv" and node.name not in self.keep_float:
                copy.input[1:] = self._integer_filters(node)
            self.nodes.append(copy)
        if node.output[0] in self.scales:
            self._quantize(node.output[0])

    def _superfluous(self, clamp: onnx.NodeProto) -> bool:
        """Whether 0..255 steps from 0 clamp as well."""
        scale = self.scales[clamp.output[0]]
        ceiling = float(self.graph.constants[clamp.input[2]]) if clamp.op_type == "Clip" else np.inf
        return scale.zero == 0 and 255 * scale.step <= ceiling * (1 + 1e-6)

    def _quantize(self, name: str) -> None:
        scale = self.scales[name]
        step, zero = self._constant(f"{name}/step", np.float32(scale.step)), self._constant(f"{name}/zero", np.uint8(scale.zero))
        source = self.renamed.get(name, name)
        self.nodes.append(helper.make_node("QuantizeLinear", [source, step, zero], [f"{name}/q"], name=f"{name}/quantize"))
        self.nodes.append(helper.make_node("DequantizeLinear", [f"{name}/q", step, zero], [f"{name}/dq"], name=f"{name}/dequantize"))
        self.renamed[name] = f"{name}/dq"

    def _integer_filters(self, node: onnx.NodeProto) -> list[str]:
        """Names of the dequantised filters and bias of a convolution."""
        filters = self.graph.constants[node.input[1]].astype(np.float64)
        bias = self.graph.constants[node.input[2]].astype(np.float64) if len(node.input) > 2 else None
        step_in = self.scales[node.input[0]].step
        steps = np.abs(filters).reshape(len(filters), -1).max(axis=1) / 127
        # A channel of very small filters still has to hold its bias in an int32 of step_in * step.
        floor = np.abs(bias) / (step_in * 2**30) if bias is not None else np.zeros_like(steps)
        steps = np.maximum(steps, np.maximum(floor, 1e-9)).astype(np.float32)
        whole = np.rint(filters / steps.astype(np.float64).reshape(-1, 1, 1, 1)).astype(np.int8)
        names = [self._dequantized(f"{node.name}/filters", whole, steps)]
        if bias is not None:
            bias_steps = (steps.astype(np.float64) * step_in).astype(np.float32)
            names.append(self._dequantized(f"{node.name}/bias", np.rint(bias / bias_steps.astype(np.float64)).astype(np.int32), bias_steps))
        return names

    def _dequantized(self, name: str, stored: Array, steps: Array) -> str:
        """A constant stored in integers, one step per output channel."""
        zeros = np.zeros(steps.shape, stored.dtype)
        inputs = [self._constant(name, stored), self._constant(f"{name}/steps", steps), self._constant(f"{name}/zeros", zeros)]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}/dq"], name=f"{name}/dequantize", axis=0))
        return f"{name}/dq"

    def _constant(self, name: str, value: Array | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name
