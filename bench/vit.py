"""A ViT-B/32 of random weights, in the layout that CLIP packs are published in: it costs what a trained one does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

SIZE, PATCH, WIDTH, LAYERS, HEADS, DIMENSION = 224, 32, 768, 12, 12, 512
PLACES = (SIZE // PATCH) ** 2
CONTEXT = 77
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class _Graph:
    """Nodes and weights, one after the other."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(1)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Adds one; the name of its output."""
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def weight(self, *shape: int, scale: float | None = None) -> str:
        """Random numbers that keep what goes through at about its size."""
        spread = scale if scale is not None else shape[0] ** -0.5
        return self.constant((self.random.standard_normal(shape, np.float32) * np.float32(spread)).astype(np.float32))

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def dense(self, x: str, before: int, after: int) -> str:
        return self.node("Add", self.node("MatMul", x, self.weight(before, after)), self.weight(after, scale=0.02))

    def normalized(self, x: str) -> str:
        one, none = self.constant(np.ones(WIDTH, np.float32)), self.constant(np.zeros(WIDTH, np.float32))
        return self.node("LayerNormalization", x, one, none, axis=-1)

    def parameters(self) -> int:
        return sum(int(np.prod(tensor.dims)) for tensor in self.weights)


def write_layout(folder: Path) -> int:
    """The whole pack; the number of the picture tower's parameters."""
    parameters = write_visual(folder / "visual/model.onnx")
    _write_textual(folder / "textual/model.onnx")
    tokenizer = Tokenizer(models.WordLevel({"<pad>": 0, "<unknown>": 1}, "<unknown>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "textual/tokenizer.json"))
    preprocess = {"size": SIZE, "mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest"}
    for name, content in (
        ("config.json", {"embed_dim": DIMENSION, "text_cfg": {"context_length": CONTEXT}}),
        ("visual/preprocess_cfg.json", preprocess),
        ("textual/tokenizer_config.json", {"pad_token": "<pad>"}),
    ):
        (folder / name).write_text(json.dumps(content))
    return parameters


def write_visual(path: Path) -> int:
    """image [batch, 3, 224, 224] -> vector [batch, 512]; the number of parameters."""
    g = _Graph()
    patches = g.node("Conv", "image", g.weight(WIDTH, 3, PATCH, PATCH, scale=(3 * PATCH * PATCH) ** -0.5), strides=[PATCH, PATCH])
    x = g.node("Transpose", g.node("Reshape", patches, g.integers(0, WIDTH, PLACES)), perm=[0, 2, 1])
    empty = g.node("Mul", g.node("Slice", x, g.integers(0), g.integers(1), g.integers(1)), g.constant(np.zeros(1, np.float32)))
    x = g.node("Concat", g.node("Add", empty, g.weight(WIDTH, scale=0.02)), x, axis=1)
    x = g.normalized(g.node("Add", x, g.weight(PLACES + 1, WIDTH, scale=0.02)))
    for _layer in range(LAYERS):
        x = g.node("Add", x, _attention(g, g.normalized(x)))
        wide = g.dense(g.normalized(x), WIDTH, 4 * WIDTH)
        quick = g.node("Mul", wide, g.node("Sigmoid", g.node("Mul", wide, g.constant(np.array([1.702], np.float32)))))
        x = g.node("Add", x, g.dense(quick, 4 * WIDTH, WIDTH))
    first = g.node("Gather", x, g.constant(np.array(0, np.int64)), axis=1)
    g.nodes.append(helper.make_node("MatMul", [g.normalized(first), g.weight(WIDTH, DIMENSION)], ["vector"]))
    _save(path, g, ("image", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE]), ["batch", DIMENSION])
    return g.parameters()


def _attention(g: _Graph, x: str) -> str:
    def heads(part: str) -> str:
        return g.node("Transpose", g.node("Reshape", part, g.integers(0, PLACES + 1, HEADS, WIDTH // HEADS)), perm=[0, 2, 1, 3])

    q, k, v = (heads(g.dense(x, WIDTH, WIDTH)) for _ in range(3))
    scale = g.constant(np.array([(WIDTH // HEADS) ** -0.5], np.float32))
    weights = g.node("Softmax", g.node("Mul", g.node("MatMul", q, g.node("Transpose", k, perm=[0, 1, 3, 2])), scale), axis=-1)
    mixed = g.node("Transpose", g.node("MatMul", weights, v), perm=[0, 2, 1, 3])
    return g.dense(g.node("Reshape", mixed, g.integers(0, PLACES + 1, WIDTH)), WIDTH, WIDTH)


def _write_textual(path: Path) -> None:
    """text [1, CONTEXT] -> vector [1, 512]: only there because a pack has one."""
    g = _Graph()
    rows = g.node("Gather", g.weight(2, DIMENSION, scale=1.0), "text")
    g.nodes.append(helper.make_node("ReduceSum", [rows, g.integers(1)], ["vector"], keepdims=0))
    _save(path, g, ("text", TensorProto.INT32, [1, CONTEXT]), [1, DIMENSION])


def _save(path: Path, g: _Graph, takes: tuple[str, int, Sequence[str | int]], gives: Sequence[str | int]) -> None:
    output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, gives)
    graph = helper.make_graph(g.nodes, path.parent.name, [helper.make_tensor_value_info(*takes)], [output], g.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
