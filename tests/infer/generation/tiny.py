"""A tiny encoder and decoder as an exporter writes them, in all three forms, with weights drawn at random; and the same in numpy.

The decoder's answer depends on the last token, on every token before it and on the encoder's states, so that a memory that is lost,
mixed up or doubled changes the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

VOCABULARY, SIZE = 24, 6
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


@dataclass(frozen=True, slots=True)
class Weights:
    """`embed` (V, H) reads tokens; logits = last @ `last` + sum of all @ `all` + mean of the states @ `states`; all (H, V)."""

    embed: NDArray[np.float32]
    last: NDArray[np.float32]
    all: NDArray[np.float32]
    states: NDArray[np.float32]

    @classmethod
    def drawn(cls, seed: int, vocabulary: int = VOCABULARY) -> Weights:
        draw = np.random.default_rng(seed)
        return cls(
            draw.normal(size=(vocabulary, SIZE)).astype(np.float32),
            *(draw.normal(size=(SIZE, vocabulary)).astype(np.float32) * scale for scale in (1.0, 0.6, 2.0)),
        )

    def logits(self, states: NDArray[np.float32], tokens: Sequence[int]) -> NDArray[np.float32]:
        """What follows `tokens` where the encoder said `states` (E, H)."""
        read = self.embed[list(tokens)]
        return read[-1] @ self.last + read.sum(axis=0) @ self.all + states.mean(axis=0) @ self.states


def text_encoder(path: Path, weights: Weights) -> None:
    """input_ids, attention_mask (1, E) -> last_hidden_state (1, E, H): the embeddings."""
    nodes = [
        helper.make_node("Gather", ["embed", "input_ids"], ["read"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=FLOAT),
        helper.make_node("Unsqueeze", ["mask", "minus_one"], ["wide"]),
        helper.make_node("Mul", ["read", "wide"], ["last_hidden_state"]),
    ]
    inputs = [_value("input_ids", INT, ["b", "e"]), _value("attention_mask", INT, ["b", "e"])]
    _save(
        path, nodes, inputs, [_value("last_hidden_state", FLOAT, ["b", "e", SIZE])], {"embed": weights.embed, "minus_one": np.array([-1])}
    )


def picture_encoder(path: Path, side: int) -> None:
    """pixel_values (1, 3, S, S) -> last_hidden_state (1, 2, H): the mean colour of the left and of the right half, twice each."""
    nodes = []
    for name in ("left", "right"):
        nodes += [
            helper.make_node("Slice", ["pixel_values", f"{name}_start", f"{name}_end", "axis"], [f"{name}_part"]),
            helper.make_node("ReduceMean", [f"{name}_part"], [f"{name}_mean"], axes=[2, 3], keepdims=0),
            helper.make_node("Concat", [f"{name}_mean", f"{name}_mean"], [f"{name}_six"], axis=1),
            helper.make_node("Unsqueeze", [f"{name}_six", "one"], [f"{name}_row"]),
        ]
    nodes.append(helper.make_node("Concat", ["left_row", "right_row"], ["last_hidden_state"], axis=1))
    constants = {"axis": np.array([3]), "one": np.array([1])}
    for name, start, end in (("left", 0, side // 2), ("right", side // 2, side)):
        constants |= {f"{name}_start": np.array([start]), f"{name}_end": np.array([end])}
    _save(
        path, nodes, [_value("pixel_values", FLOAT, ["b", 3, side, side])], [_value("last_hidden_state", FLOAT, ["b", 2, SIZE])], constants
    )


def decoders(folder: Path, weights: Weights, *, masked: bool = True) -> dict[str, Path]:
    """Write decoder_model.onnx, decoder_with_past_model.onnx and decoder_model_merged.onnx; by the name of the part."""
    files = {
        "decoder": folder / "decoder_model.onnx",
        "decoder_with_past": folder / "decoder_with_past_model.onnx",
        "decoder_merged": folder / "decoder_model_merged.onnx",
    }
    constants = {
        "embed": weights.embed, "w_last": weights.last, "w_all": weights.all, "w_states": weights.states, "one": np.array([1]),
    }  # fmt: skip
    said = _value("input_ids", INT, ["b", "s"])
    states = [_value("encoder_hidden_states", FLOAT, ["b", "e", SIZE])]
    states += [_value("encoder_attention_mask", INT, ["b", "e"])] if masked else []
    memory = [
        _value(f"past_key_values.0.{name}", FLOAT, ["b", 1, f"p{name}", SIZE])
        for name in ("decoder.key", "decoder.value", "encoder.key", "encoder.value")
    ]
    logits = _value("logits", FLOAT, ["b", "s", weights.embed.shape[0]])
    own = [_value(f"present.0.{name}", FLOAT, ["b", 1, "t", SIZE]) for name in ("decoder.key", "decoder.value")]
    theirs = [_value(f"present.0.{name}", FLOAT, ["b", 1, "u", SIZE]) for name in ("encoder.key", "encoder.value")]
    _save(files["decoder"], _first(), [said, *states], [logits, *own, *theirs], constants)
    _save(files["decoder_with_past"], _later(), [said, *memory], [logits, *own], constants)
    outputs = [logits, *own, *theirs]
    # The merged file gives nothing of use for the encoder's part when it goes on, as those of the exporter.
    empty = [
        helper.make_node("Constant", [], [f"present.0.{name}"], value=numpy_helper.from_array(np.zeros((0, 1, 1, SIZE), np.float32)))
        for name in ("encoder.key", "encoder.value")
    ]
    branches = {
        "then_branch": helper.make_graph([*_later(), *empty], "later", [], outputs),
        "else_branch": helper.make_graph(_first(), "first", [], outputs),
    }
    choice = helper.make_node("If", ["use_cache_branch"], [each.name for each in outputs], **branches)
    _save(files["decoder_merged"], [choice], [said, *states, *memory, _value("use_cache_branch", BOOL, [1])], outputs, constants)
    return files


def _first() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Gather", ["embed", "input_ids"], ["f_read"]),
        helper.make_node("CumSum", ["f_read", "axis_one"], ["f_sum"]),
        helper.make_node("ReduceMean", ["encoder_hidden_states"], ["f_states"], axes=[1], keepdims=1),
        *_logits("f"),
        helper.make_node("Unsqueeze", ["f_read", "one"], ["present.0.decoder.key"]),
        helper.make_node("Neg", ["present.0.decoder.key"], ["present.0.decoder.value"]),
        helper.make_node("Unsqueeze", ["encoder_hidden_states", "one"], ["present.0.encoder.key"]),
        helper.make_node("Neg", ["present.0.encoder.key"], ["present.0.encoder.value"]),
    ]


def _later() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Gather", ["embed", "input_ids"], ["l_read"]),
        helper.make_node("Unsqueeze", ["l_read", "one"], ["l_new"]),
        helper.make_node("Concat", ["past_key_values.0.decoder.key", "l_new"], ["present.0.decoder.key"], axis=2),
        helper.make_node("Neg", ["l_new"], ["l_negative"]),
        helper.make_node("Concat", ["past_key_values.0.decoder.value", "l_negative"], ["present.0.decoder.value"], axis=2),
        helper.make_node("ReduceSum", ["present.0.decoder.value", "two"], ["l_against"], keepdims=1),
        helper.make_node("Squeeze", ["l_against", "one"], ["l_flat"]),
        helper.make_node("Neg", ["l_flat"], ["l_sum"]),
        helper.make_node("ReduceMean", ["past_key_values.0.encoder.key"], ["l_mean"], axes=[2], keepdims=1),
        helper.make_node("Squeeze", ["l_mean", "one"], ["l_states"]),
        *_logits("l"),
    ]


def _logits(prefix: str) -> list[onnx.NodeProto]:
    terms = [
        helper.make_node("MatMul", [f"{prefix}_{name}", f"w_{weight}"], [f"{prefix}_{weight}_term"])
        for name, weight in (("read", "last"), ("sum", "all"), ("states", "states"))
    ]
    return [
        *terms,
        helper.make_node("Add", [f"{prefix}_last_term", f"{prefix}_all_term"], [f"{prefix}_both"]),
        helper.make_node("Add", [f"{prefix}_both", f"{prefix}_states_term"], ["logits"]),
    ]


def _value(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, NDArray[np.generic]],
) -> None:
    known = {"axis_one": np.array(1), "two": np.array([2]), **constants}
    graph = helper.make_graph(
        nodes, path.stem, inputs, outputs, [numpy_helper.from_array(np.asarray(value), name) for name, value in known.items()]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
