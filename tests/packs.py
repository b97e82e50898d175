"""Packs for tests: a network that knows three colours, laid out as CLIP packs are published, and how such a layout is installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from facetd.infer.catalogue import Catalogue, ImageEmbedding
from facetd.infer.reference import reference_input
from tests.infer.packtext import facts, file_table

COLOURS: Mapping[str, tuple[float, float, float]] = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1)}
PAD, START, END, UNKNOWN = "<pad>", "<start>", "<end>", "<unknown>"

PACK = """
[[models]]
id = "{pack}-visual"
task = "image_embedding"
{facts}
precisions = ["f32"]
takes = "{takes}"
space = "{pack}"
dimension = {dimension}
files.f32 = {visual}
input = {{ name = "{name}", size = {size}, range = [0, 1], fit = "{fit}", mean = {mean}, std = {std}, interpolation = "{interpolation}" }}
[[models.outputs]]
name = "{output}"
shape = [{dimension}]
meaning = "what the photo shows"
tolerance = {{ f32 = 0.01 }}

[[models]]
id = "{pack}-textual"
task = "text_embedding"
{facts}
space = "{pack}"
dimension = {dimension}
tokens = {{ context = {context}, pad = "{pad}", clean = "{clean}" }}
parts.textual = {textual}
data.tokenizer = {tokenizer}
"""


def install(layout: Path, packs: Path, pack: str, version: str = "1") -> Path:
    """Put the files of a published layout into `packs` with what `pack.toml` says of them; returns the folder."""
    folder = packs / pack
    for path in sorted(layout.rglob("*")):
        if path.is_file():
            (folder / path.relative_to(layout)).parent.mkdir(parents=True, exist_ok=True)
            (folder / path.relative_to(layout)).write_bytes(path.read_bytes())
    text = json.loads((folder / "config.json").read_text()).get("text_cfg", {})
    preprocess = json.loads((folder / "visual/preprocess_cfg.json").read_text())
    session = onnxruntime.InferenceSession(folder / "visual/model.onnx", providers=["CPUExecutionProvider"])
    takes, gives = session.get_inputs()[0], session.get_outputs()[0]
    values = {
        "pack": pack, "facts": facts(pack, version), "dimension": gives.shape[1], "name": takes.name, "output": gives.name,
        "takes": "one" if takes.shape[0] == 1 else "any",
        "visual": file_table(folder, "visual/model.onnx"), "textual": file_table(folder, "textual/model.onnx"),
        "tokenizer": file_table(folder, "textual/tokenizer.json"), "size": preprocess["size"], "mean": preprocess["mean"],
        "std": preprocess["std"], "interpolation": preprocess["interpolation"],
        "fit": {"shortest": "crop_shortest", "squash": "stretch"}[preprocess.get("resize_mode", "shortest")],
        "context": text.get("context_length", 77), "clean": text.get("tokenizer_kwargs", {}).get("clean", "whitespace"),
        "pad": json.loads((folder / "textual/tokenizer_config.json").read_text())["pad_token"],
    }  # fmt: skip
    (folder / "pack.toml").write_text(PACK.format(**values))
    refer(Catalogue.load(None, packs), f"{pack}-visual", session)
    return folder


def refer(catalogue: Catalogue, model_id: str, session: onnxruntime.InferenceSession) -> None:
    """Write what the network makes of the reference picture."""
    model = catalogue.model(model_id)
    assert isinstance(model, ImageEmbedding)
    values = session.run(None, {model.input.name: reference_input(model)})[0][0]
    samples = {"shape": [len(values)], "indices": list(range(len(values))), "values": [float(value) for value in values]}
    reference = {"model": model.id, "publisher": model.source.publisher, "input_sha256": "", "outputs": {model.outputs[0].name: samples}}
    path = catalogue.folder_of(model) / "reference" / f"{model.id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(reference))


def colour_clip(
    layout: Path, *, names: tuple[str, ...] = ("text",), batch: int | str = 1, fit: str = "shortest", clean: str = "whitespace"
) -> Path:
    """A network for which a photo is its mean colour and a text the sum of its words' colours; `names` are the inputs for text."""
    words = [PAD, START, END, UNKNOWN, *COLOURS]
    table = np.zeros((len(words), 3), np.float32)
    table[4:] = list(COLOURS.values())
    table[3] = 0.01
    _visual(layout / "visual/model.onnx", batch)
    _textual(layout / "textual/model.onnx", table, names, batch)
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase() if clean == "whitespace" else None
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=[(START, 1), (END, 2)])
    tokenizer.save(str(layout / "textual/tokenizer.json"))
    (layout / "textual/tokenizer_config.json").write_text(json.dumps({"pad_token": PAD}))
    config = {"embed_dim": 3, "text_cfg": {"context_length": 8, "tokenizer_kwargs": {"clean": clean}}}
    (layout / "config.json").write_text(json.dumps(config))
    preprocess = {"size": 32, "interpolation": "bicubic", "mean": [0.0] * 3, "std": [1.0] * 3, "resize_mode": fit}
    (layout / "visual/preprocess_cfg.json").write_text(json.dumps(preprocess))
    return layout


def _visual(path: Path, batch: int | str) -> None:
    nodes = [helper.make_node("GlobalAveragePool", ["image"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["vector"], axis=1)]
    _save(path, nodes, {"image": (TensorProto.FLOAT, [batch, 3, 32, 32])}, [batch, 3], [])


def _textual(path: Path, table: np.ndarray, names: tuple[str, ...], batch: int | str) -> None:
    """The sum of the words' rows; a mask is multiplied in, where the network takes one."""
    nodes = [helper.make_node("Gather", ["table", names[0]], ["rows"])]
    if len(names) > 1:
        nodes += [
            helper.make_node("Cast", [names[1]], ["numbers"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["numbers", "last"], ["mask"]),
            helper.make_node("Mul", ["rows", "mask"], ["kept"]),
        ]
    nodes.append(helper.make_node("ReduceSum", ["kept" if len(names) > 1 else "rows", "words"], ["vector"], keepdims=0))
    kind = TensorProto.INT64 if len(names) > 1 else TensorProto.INT32
    constants = [("table", table), ("words", np.array([1])), ("last", np.array([2]))]
    _save(path, nodes, {name: (kind, [batch, 8]) for name in names}, [batch, 3], constants)


def _save(path: Path, nodes: list[onnx.NodeProto], inputs: Mapping[str, tuple[int, list]], shape: list, constants: list) -> None:
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes, "tower", [helper.make_tensor_value_info(name, *facts) for name, facts in inputs.items()],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants if name in used],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
