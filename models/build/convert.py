"""Graph models of TensorFlow.js -> ONNX: one function per operation, pictures turned from NHWC to NCHW."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import onnx

from models.build import layers
from models.build.graph import GraphWriter, Padding, Tensor
from models.build.tfjs import GraphModel, Node
from models.build.weights import Array, WeightsError


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor and the factor that its users still have to apply (see hardswish)."""

    tensor: Tensor
    scale: float = 1.0


def convert(
    model: GraphModel,
    name: str,
    image: tuple[str, str, int],
    outputs: Mapping[str, str],
    greatest: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> onnx.ModelProto:
    """Convert what `outputs` and `greatest` need.

    `image` is (node, ONNX name, side) of the square input; `outputs` maps ONNX names to nodes. Pictures come out as NCHW. `greatest` maps
    ONNX names to nodes that are pictures: what comes out is each channel's greatest value, the nodes one after the other.
    """
    converter = Converter(model, GraphWriter(name))
    node, input_name, size = image
    converter.values[node] = Value(converter.g.image_input(input_name, size))
    for step in model.ordered([*outputs.values(), *(source for sources in greatest.values() for source in sources)]):
        converter.visit(step)
    for output, source in outputs.items():
        converter.g.output(output, converter.plain(source))
    for output, sources in greatest.items():
        parts = [converter.greatest(source) for source in sources]
        converter.g.output(output, converter.g.add("Concat", parts, (sum(part.shape[0] for part in parts),), axis=1))
    return converter.g.model()


class Converter:
    """Walks the nodes; `values` holds what each has become."""

    def __init__(self, model: GraphModel, g: GraphWriter) -> None:
        self.weights = model.weights
        self.g = g
        self.values: dict[str, Value] = {}

    def visit(self, node: Node) -> None:
        """Convert one node whose inputs are converted."""
        if node.name in self.values or node.op == "Const":
            return
        if node.op not in OPERATIONS:
            raise WeightsError(f"operation {node.op} of node {node.name} is not known to the converter")
        self.values[node.name] = OPERATIONS[node.op](self, node)

    def plain(self, name: str) -> Tensor:
        """The tensor of a node with no factor left open."""
        value = self.values[name]
        if value.scale == 1.0:
            return value.tensor
        return self.g.add("Mul", [value.tensor, self.g.constant(value.scale)], value.tensor.shape)

    def greatest(self, name: str) -> Tensor:
        """[C]: the greatest value of each channel of a picture."""
        value = self.values[name]
        channels = value.tensor.shape[0]
        pooled = layers.reshape(self.g, self.g.add("GlobalMaxPool", [value.tensor], (channels, 1, 1)), (channels,))
        # A factor above zero leaves the order as it is, and is cheaper to apply to the few that remain.
        if value.scale <= 0:
            raise WeightsError(f"{name}: a factor of {value.scale} turns the greatest value into the smallest")
        return pooled if value.scale == 1.0 else self.g.add("Mul", [pooled, self.g.constant(value.scale)], pooled.shape)

    def operand(self, name: str, rank: int) -> Tensor | str:
        """One side of an elementwise operation; a constant vector per channel is shaped to meet [C, H, W]."""
        if name not in self.weights:
            return self.plain(name)
        constant = self.weights[name]
        if constant.size == 1:
            return self.g.constant(float(constant.reshape(())))
        return self.g.constant(per_channel(constant) if rank == 3 else constant)


def per_channel(constant: Array) -> Array:
    """[C] or [1, 1, C] -> [C, 1, 1]."""
    if constant.size != constant.shape[-1]:
        raise WeightsError(f"a constant of shape {constant.shape} is not one value per channel")
    return constant.reshape(-1, 1, 1)


def _convolution(c: Converter, node: Node) -> Value:
    """Conv2D, DepthwiseConv2dNative and their fused forms with bias and activation."""
    x = c.values[node.inputs[0]]
    strides, dilations = node.attributes["strides"], node.attributes.get("dilations", [1, 1, 1, 1])
    if node.attributes.get("data_format", "NHWC") != "NHWC" or strides[1] != strides[2] or set(dilations) != {1}:
        raise WeightsError(f"{node.name}: only NHWC, equal strides and no dilation are known")
    fused = node.attributes.get("fused_ops", [])
    bias = c.weights[node.inputs[2]] if "BiasAdd" in fused else None
    write = layers.depthwise if "Depthwise" in node.op else layers.conv
    filters = c.weights[node.inputs[1]].astype(np.float64) * x.scale
    out = write(c.g, x.tensor, filters, bias, strides[1], _padding(node))
    for activation in fused:
        out = _activated(c, node, out, activation)
    return Value(out)


def _activated(c: Converter, node: Node, x: Tensor, activation: str) -> Tensor:
    match activation:
        case "BiasAdd":
            return x
        case "Relu":
            return layers.relu(c.g, x)
        case "Relu6":
            return layers.relu6(c.g, x)
        case "Prelu":
            return c.g.add("PRelu", [x, c.g.constant(per_channel(c.weights[node.inputs[3]]))], x.shape)
    raise WeightsError(f"{node.name}: fused activation {activation} is not known")


def _padding(node: Node) -> Padding:
    match node.attributes["padding"]:
        case "SAME":
            return "same"
        case "VALID":
            return "valid"
    raise WeightsError(f"{node.name}: padding {node.attributes['padding']} is not known")


def _max_pool(c: Converter, node: Node) -> Value:
    kernel, stride = node.attributes["ksize"], node.attributes["strides"]
    if kernel[1] != kernel[2] or stride[1] != stride[2]:
        raise WeightsError(f"{node.name}: only square windows are known")
    return Value(layers.pool(c.g, "MaxPool", c.plain(node.inputs[0]), kernel[1], stride[1], _padding(node)))


def _elementwise(op: str) -> Callable[[Converter, Node], Value]:
    def write(c: Converter, node: Node) -> Value:
        shapes = [c.values[name].tensor.shape for name in node.inputs if name in c.values]
        shape = tuple(max(sides) for sides in zip(*shapes, strict=True))
        return Value(c.g.add(op, [c.operand(name, len(shape)) for name in node.inputs], shape))

    return write


def _multiply(c: Converter, node: Node) -> Value:
    """A product; open factors of its inputs stay open."""
    values = [c.values[name] for name in node.inputs if name in c.values]
    if len(values) < len(node.inputs):
        return _elementwise("Mul")(c, node)
    shape = tuple(max(sides) for sides in zip(*(value.tensor.shape for value in values), strict=True))
    scale = float(np.prod([value.scale for value in values]))
    return Value(c.g.add("Mul", [value.tensor for value in values], shape), scale)


def _unary(op: str) -> Callable[[Converter, Node], Value]:
    def write(c: Converter, node: Node) -> Value:
        x = c.plain(node.inputs[0])
        return Value(c.g.add(op, [x], x.shape))

    return write


def _hard(op: str) -> Callable[[Converter, Node], Value]:
    def write(c: Converter, node: Node) -> Value:
        x = c.plain(node.inputs[0])
        attributes = {"alpha": 1 / 6, "beta": 0.5} if op == "HardSigmoid" else {}
        return Value(c.g.add(op, [x], x.shape, **attributes), node.attributes["scale"])

    return write


def _prelu(c: Converter, node: Node) -> Value:
    x = c.plain(node.inputs[0])
    return Value(c.g.add("PRelu", [x, c.g.constant(per_channel(c.weights[node.inputs[1]]))], x.shape))


def _mean(c: Converter, node: Node) -> Value:
    """The mean over height and width, kept as 1 x 1."""
    if sorted(c.weights[node.inputs[1]].ravel().tolist()) != [1, 2] or not node.attributes["keep_dims"]:
        raise WeightsError(f"{node.name}: only the mean over height and width is known")
    x = c.values[node.inputs[0]]
    return Value(c.g.add("GlobalAveragePool", [x.tensor], (x.tensor.shape[0], 1, 1)), x.scale)


def _concat(c: Converter, node: Node) -> Value:
    """Concatenation of channels."""
    if int(c.weights[node.inputs[-1]].reshape(())) not in {3, -1}:
        raise WeightsError(f"{node.name}: only channels can be concatenated")
    parts = [c.plain(name) for name in node.inputs[:-1]]
    return Value(c.g.add("Concat", parts, (sum(part.shape[0] for part in parts), *parts[0].shape[1:]), axis=1))


def _pad(c: Converter, node: Node) -> Value:
    """Zeros around [N, H, W, C], with `paddings` [4, 2]."""
    x = c.plain(node.inputs[0])
    before, after = c.weights[node.inputs[1]][[0, 3, 1, 2]].T
    shape = tuple(int(side + low + high) for side, low, high in zip(x.shape, before[1:], after[1:], strict=True))
    return Value(c.g.add("Pad", [x, c.g.constant(np.concatenate([before, after]), np.int64)], shape, mode="constant"))


def _resize(c: Converter, node: Node) -> Value:
    """Bilinear enlargement by whole factors, sampling at i / factor."""
    if node.attributes.get("align_corners") or node.attributes.get("half_pixel_centers"):
        raise WeightsError(f"{node.name}: only resizing without aligned corners or half pixel centres is known")
    x = c.plain(node.inputs[0])
    height, width = (int(side) for side in c.weights[node.inputs[1]])
    if height % x.shape[1] or width % x.shape[2]:
        raise WeightsError(f"{node.name}: {x.shape[1:]} does not grow to {height} x {width} by whole factors")
    factors = c.g.constant([1.0, 1.0, height / x.shape[1], width / x.shape[2]])
    shape = (x.shape[0], height, width)
    return Value(c.g.add("Resize", [x, "", factors], shape, mode="linear", coordinate_transformation_mode="asymmetric"))


def _reshape(c: Converter, node: Node) -> Value:
    """Reshape that keeps the batch dimension; pictures are flattened in the publisher's order (NHWC)."""
    first, *rest = (int(side) for side in c.weights[node.inputs[1]])
    x = c.plain(node.inputs[0])
    if first not in {-1, 1} or any(side < 0 for side in rest):
        raise WeightsError(f"{node.name}: a reshape has to keep the batch dimension")
    if len(x.shape) == 3 and x.shape[1:] != (1, 1):
        x = layers.channels_last(c.g, x)
    return Value(layers.reshape(c.g, x, tuple(rest)))


def _identity(c: Converter, node: Node) -> Value:
    return c.values[node.inputs[0]]


OPERATIONS: Mapping[str, Callable[[Converter, Node], Value]] = {
    "_FusedConv2D": _convolution,
    "FusedDepthwiseConv2dNative": _convolution,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "MaxPool": _max_pool,
    "Add": _elementwise("Add"),
    "AddV2": _elementwise("Add"),
    "Sub": _elementwise("Sub"),
    "Mul": _multiply,
    "HardSwish": _hard("HardSwish"),
    "HardSigmoid": _hard("HardSigmoid"),
    "Relu": _unary("Relu"),
    "Sigmoid": _unary("Sigmoid"),
    "Relu6": lambda c, node: Value(layers.relu6(c.g, c.plain(node.inputs[0]))),
    "Prelu": _prelu,
    "Mean": _mean,
    "ConcatV2": _concat,
    "Pad": _pad,
    "ResizeBilinear": _resize,
    "Reshape": _reshape,
    "Identity": _identity,
}
