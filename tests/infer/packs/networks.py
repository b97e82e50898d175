"""Tiny networks and files in the layouts that publishers have, made in milliseconds."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models

Files = dict[str, bytes]
FLOAT, INT32, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL


def network(nodes: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], **constants: np.ndarray) -> bytes:
    """A network as the bytes of its file; inputs and outputs are (name, type, shape)."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


def weights(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def tower(size: int | None, dimension: int, *, batch: int | str = 1, name: str = "image") -> bytes:
    """Pixels [batch, 3, size, size] -> vector [batch, dimension]."""
    nodes = [
        helper.make_node("GlobalAveragePool", [name], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "w"], ["embedding"]),
    ]
    return network(nodes, [(name, FLOAT, [batch, 3, size, size])], [("embedding", FLOAT, [batch, dimension])], w=weights(3, dimension))


def text_tower(context: int, dimension: int, *, mask: bool = False) -> bytes:
    names = ["input_ids", "attention_mask"] if mask else ["text"]
    nodes = [
        helper.make_node("Cast", [names[0]], ["numbers"], to=FLOAT),
        helper.make_node("MatMul", ["numbers", "w"], ["embedding"]),
    ]
    inputs = [(name, INT32, [1, context]) for name in names]
    return network(nodes, inputs, [("embedding", FLOAT, [1, dimension])], w=weights(context, dimension))


def tokenizer(*words: str) -> bytes:
    vocabulary = {word: number for number, word in enumerate(("<pad>", "<unk>", *words))}
    return Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>")).to_str().encode()


def clip(size: int = 32, dimension: int = 8, context: int = 6, *, mask: bool = False, seed: int = 0) -> Files:
    """Immich's layout."""
    preprocessing = {
        "size": size, "mode": "RGB", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bicubic", "resize_mode": "squash",
    }  # fmt: skip
    settings = {
        "embed_dim": dimension,
        "vision_cfg": {"seed": seed},
        "text_cfg": {"context_length": context, "tokenizer_kwargs": {"clean": "canonicalize"}},
    }
    return {
        "config.json": json.dumps(settings).encode(),
        "visual/model.onnx": tower(size, dimension),
        "visual/preprocess_cfg.json": json.dumps(preprocessing).encode(),
        "textual/model.onnx": text_tower(context, dimension, mask=mask),
        "textual/tokenizer.json": tokenizer("boat", "sea"),
        "textual/tokenizer_config.json": json.dumps({"pad_token": "<pad>", "more": 1}).encode(),
    }


def scrfd(strides: Sequence[int] = (8, 16, 32), anchors: int = 2, *, without: str = "") -> bytes:
    """Pixels [1, 3, ?, ?] -> scores, boxes, points of each stride, without the batch axis, under names that say nothing."""
    nodes, outputs, constants = [], [], {}
    number = 440
    for kind, width in (("scores", 1), ("boxes", 4), ("points", 10)):
        if kind == without:
            continue
        for stride in strides:
            name, number = str(number), number + 3
            constants[f"w{name}"] = weights(anchors * width, 3, 1, 1, seed=number)
            constants[f"shape{name}"] = np.array([-1, width], np.int64)
            nodes += [
                helper.make_node("AveragePool", ["input.1"], [f"p{name}"], kernel_shape=[stride, stride], strides=[stride, stride]),
                helper.make_node("Conv", [f"p{name}", f"w{name}"], [f"c{name}"]),
                helper.make_node("Transpose", [f"c{name}"], [f"t{name}"], perm=[2, 3, 0, 1]),
                helper.make_node("Reshape", [f"t{name}", f"shape{name}"], [name]),
            ]
            outputs.append((name, FLOAT, [None, width]))
    return network(nodes, [("input.1", FLOAT, [1, 3, None, None])], outputs, **constants)


def insightface() -> Files:
    return {"detection/model.onnx": scrfd(), "recognition/model.onnx": tower(112, 512, batch="n", name="input.1")}


def u2net(size: int = 64) -> bytes:
    nodes = [helper.make_node("Conv", ["input.1", "w"], ["c"]), helper.make_node("Sigmoid", ["c"], ["d0"])]
    nodes.append(helper.make_node("Identity", ["d0"], ["d1"]))
    shape = [1, 1, size, size]
    outputs = [("d0", FLOAT, shape), ("d1", FLOAT, shape)]
    return network(nodes, [("input.1", FLOAT, [1, 3, size, size])], outputs, w=weights(1, 3, 1, 1))


def decoder(*, past: bool, merged: bool = False, layers: int = 2, heads: int = 2, size: int = 4, prefix: str = "decoder.") -> bytes:
    """What takes the decoder's inputs and gives logits; it does not look at most of them."""
    inputs: list[Any] = [("input_ids", INT64, ["b", "s"]), ("encoder_hidden_states", FLOAT, ["b", "e", 8])]
    if past:
        inputs += [
            (f"past_key_values.{layer}.{prefix}{kind}", FLOAT, ["b", heads, "p", size])
            for layer in range(layers)
            for kind in ("key", "value")
        ]
    if merged:
        inputs.append(("use_cache_branch", BOOL, [1]))
    nodes = [helper.make_node("Gather", ["w", "input_ids"], ["logits"])]
    return network(nodes, inputs, [("logits", FLOAT, ["b", "s", 10])], w=weights(10, 10))


def text_encoder() -> bytes:
    inputs = [("input_ids", INT64, ["b", "s"]), ("attention_mask", INT64, ["b", "s"])]
    nodes = [helper.make_node("Gather", ["w", "input_ids"], ["last_hidden_state"])]
    return network(nodes, inputs, [("last_hidden_state", FLOAT, ["b", "s", 8])], w=weights(10, 8))


def marian(*, merged: bool = True) -> Files:
    settings = {
        "model_type": "marian", "decoder_start_token_id": 9, "eos_token_id": 0, "pad_token_id": 9, "max_length": 512, "num_beams": 4,
        "forced_eos_token_id": 0, "bad_words_ids": [[9]], "forced_bos_token_id": None,
    }  # fmt: skip
    files = {
        "config.json": json.dumps(settings).encode(),
        "generation_config.json": json.dumps({"max_length": 128, "eos_token_id": 0}).encode(),
        "tokenizer.json": tokenizer("bateau", "mer"),
        "onnx/encoder_model.onnx": text_encoder(),
    }
    if merged:
        return {**files, "onnx/decoder_model_merged.onnx": decoder(past=True, merged=True)}
    return {**files, "onnx/decoder_model.onnx": decoder(past=False), "onnx/decoder_with_past_model.onnx": decoder(past=True)}


def captioner(size: int = 32) -> Files:
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixel_values"], ["pooled"]),
        helper.make_node("Reshape", ["pooled", "shape"], ["last_hidden_state"]),
    ]
    encoder = network(
        nodes,
        [("pixel_values", FLOAT, ["b", 3, "h", "w"])],
        [("last_hidden_state", FLOAT, ["b", 1, 3])],
        shape=np.array([-1, 1, 3], np.int64),
    )
    settings = {"decoder": {"bos_token_id": 7, "eos_token_id": 7, "n_head": 2}, "decoder_start_token_id": 7, "pad_token_id": 7}
    preprocessing = {"size": {"height": size, "width": size}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3}
    return {
        "config.json": json.dumps(settings).encode(),
        "generation_config.json": json.dumps({"max_length": 16, "num_beams": 1}).encode(),
        "preprocessor_config.json": json.dumps(preprocessing).encode(),
        "tokenizer.json": tokenizer("boat"),
        "onnx/encoder_model.onnx": encoder,
        "onnx/decoder_model_merged.onnx": decoder(past=True, merged=True, prefix=""),
    }


class _Storage:
    """Stands for a storage of PyTorch while a file is written."""

    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class _Global:
    """A name in a pickle, without what is behind it."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Call:
    """A call in a pickle."""

    def __init__(self, function: _Global, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments


class _Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
    """Writes globals by name, and storages as references, as PyTorch does."""

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, _Storage):
            return ("storage", _Global("torch", "FloatStorage"), thing.key, "cpu", thing.count)
        return None

    def save(self, thing: Any, save_persistent_id: bool = True) -> None:
        if isinstance(thing, _Global):
            self.write(b"c" + f"{thing.module}\n{thing.name}\n".encode())
        elif isinstance(thing, _Call):
            self.save(thing.function)
            self.save(thing.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(thing, save_persistent_id)


def torch_file(tensors: dict[str, np.ndarray], *, extra: Any = None) -> bytes:
    """What `torch.save` writes of these tensors; `extra` is one more value."""
    state: OrderedDict[str, Any] = OrderedDict()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, values) in enumerate(tensors.items()):
            storage = _Storage(str(number), values.size)
            stride = tuple(int(np.prod(values.shape[axis + 1 :])) for axis in range(values.ndim))
            rebuild = _Global("torch._utils", "_rebuild_tensor_v2")
            state[name] = _Call(rebuild, storage, 0, values.shape, stride, False, OrderedDict())
            archive.writestr(f"archive/data/{number}", values.astype("<f4").tobytes())
        if extra is not None:
            state["extra"] = extra
        text = io.BytesIO()
        _Pickler(text, protocol=2).dump(state)
        archive.writestr("archive/data.pkl", text.getvalue())
        archive.writestr("archive/version", "3\n")
    return out.getvalue()


def system_call() -> _Call:
    """What must never be run."""
    return _Call(_Global("os", "system"), "touch /tmp/facetd-was-here")
