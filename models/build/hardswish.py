"""Hard swish and hard sigmoid, spelled in four and three operations by the publisher, as one operation each.

Their sixth is stored as float16 (0.16662598, not 0.16666667). The operation keeps the exact sixth, as both runtimes compute it, and
carries the ratio of the two as its `scale`; the converter multiplies the next convolution's filters by it, so that results stay
those of the publisher.
"""

from __future__ import annotations

from models.build.tfjs import GraphModel, Node


def fuse_hard_activations(model: GraphModel) -> GraphModel:
    """Replace c * x * relu6(x + 3) by HardSwish(x) and c * relu6(x + 3) by HardSigmoid(x), both with scale 6 c."""
    nodes = dict(model.nodes)
    for node in model.nodes.values():
        fused = _hard_swish(model, node) or _hard_sigmoid(model, node)
        if fused:
            nodes[node.name] = fused
    return GraphModel(nodes, model.weights)


def _hard_swish(model: GraphModel, node: Node) -> Node | None:
    """(c * x) * relu6(x + 3), in any order of the factors."""
    for linear, gate in _both_orders(node, "Mul"):
        scaled = _times_constant(model, linear)
        x = _relu6_of_shifted(model, gate)
        if scaled and x and scaled[0] == x:
            return Node(node.name, "HardSwish", (x,), {"scale": 6 * scaled[1]})
    return None


def _hard_sigmoid(model: GraphModel, node: Node) -> Node | None:
    """c * relu6(x + 3)."""
    scaled = _times_constant(model, node.name)
    x = _relu6_of_shifted(model, scaled[0]) if scaled else None
    return Node(node.name, "HardSigmoid", (x,), {"scale": 6 * scaled[1]}) if scaled and x else None


def _both_orders(node: Node | None, *ops: str) -> list[tuple[str, str]]:
    if node is None or node.op not in ops or len(node.inputs) != 2:
        return []
    first, second = node.inputs
    return [(first, second), (second, first)]


def _times_constant(model: GraphModel, name: str) -> tuple[str, float] | None:
    """(x, c) when `name` is c * x with a single number c."""
    return _with_constant(model, name, "Mul")


def _with_constant(model: GraphModel, name: str, *ops: str) -> tuple[str, float] | None:
    for constant, x in _both_orders(model.nodes.get(name), *ops):
        if constant in model.weights and model.weights[constant].size == 1:
            return x, float(model.weights[constant].reshape(()))
    return None


def _relu6_of_shifted(model: GraphModel, name: str) -> str | None:
    """The name of x when `name` is relu6(x + 3)."""
    node = model.nodes.get(name)
    shifted = _with_constant(model, node.inputs[0], "Add", "AddV2") if node and node.op == "Relu6" else None
    return shifted[0] if shifted and shifted[1] == 3 else None
