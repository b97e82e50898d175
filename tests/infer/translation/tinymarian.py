"""A network of Marian's shape that translates word by word with a table, and a real tokenizer for it, as an installed pack.

It writes, at each step, what its table has for the token of the source at that place: so a memory that is lost, a start token that is
wrong, or an end that is missing shows in the text.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from tests.infer.packtext import facts, file_table

EOS, UNKNOWN, PAD = 0, 1, 2
WORDS = {"a": "un", "dog": "chien", "cat": "chat", "runs": "court", "red": "rouge", ".": ".", ",": ","}
FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
SPACE = "▁"
PACK_ID = "opus-mt-en-fr"


def vocabulary() -> dict[str, int]:
    """`</s>`, `<unk>`, `<pad>`, then pieces of both languages; a word carries the space before it."""
    pieces = dict.fromkeys([*WORDS, *WORDS.values()])
    return {piece: number for number, piece in enumerate(["</s>", "<unk>", "<pad>", *(SPACE + piece for piece in pieces)])}


def table() -> np.ndarray:
    """For each token what it becomes: the word of the other language, itself for all others."""
    tokens = vocabulary()
    becomes = np.arange(len(tokens), dtype=np.int64)
    for word, other in WORDS.items():
        becomes[tokens[SPACE + word]] = tokens[SPACE + other]
    return becomes


def write_tokenizer(path: Path, *, adds_end: bool = True) -> None:
    """A unigram tokenizer with the pieces; whether it puts the end token itself differs between publishers."""
    pieces = [(piece, 0.0 if piece.startswith("<") else -1.0) for piece in vocabulary()]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in ("</s>", "<unk>", "<pad>")])
    if adds_end:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", EOS)])
    tokenizer.enable_truncation(512)  # as publishers leave it
    tokenizer.save(str(path))


def install(packs: Path, cache: str, *, name: str = PACK_ID, adds_end: bool = True, max_length: int = 64, beams: int = 2) -> Path:
    """The pack in the folder of packs; `cache` is the form of the decoder."""
    folder = packs / name
    folder.mkdir(parents=True)
    write_tokenizer(folder / "tokenizer.json", adds_end=adds_end)
    encoder(folder / "encoder.onnx")
    parts = {"encoder": "encoder.onnx", "decoder": "decoder.onnx"}
    if cache == "none":
        first(folder / "decoder.onnx", remembers=False)
    elif cache == "with_past":
        first(folder / "decoder.onnx", remembers=True)
        later(folder / "decoder_with_past.onnx")
        parts["decoder_with_past"] = "decoder_with_past.onnx"
    else:
        merged(folder / "decoder.onnx")
    (folder / "pack.toml").write_text(_entry(folder, name, parts, cache, max_length, beams), encoding="utf-8")
    return folder


def encoder(path: Path) -> None:
    """input_ids, attention_mask (B, E) -> last_hidden_state (B, E, 1): the numbers of the tokens."""
    nodes = [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["seen"]),
        helper.make_node("Cast", ["seen"], ["number"], to=FLOAT),
        helper.make_node("Unsqueeze", ["number", "two"], ["last_hidden_state"]),
    ]
    inputs = [_value("input_ids", INT, ["b", "e"]), _value("attention_mask", INT, ["b", "e"])]
    _save(path, nodes, inputs, [_value("last_hidden_state", FLOAT, ["b", "e", 1])], {"two": np.array([2])})


SAID = [("input_ids", INT, ["b", "t"]), ("encoder_attention_mask", INT, ["b", "e"]), ("encoder_hidden_states", FLOAT, ["b", "e", 1])]
MEMORY = [
    (f"past_key_values.0.{side}.{what}", FLOAT, ["b", 1, f"p{side}", 1]) for side in ("decoder", "encoder") for what in ("key", "value")
]
PRESENT = [(name.replace("past_key_values", "present"), kind, ["b", 1, f"n{name}", 1]) for name, kind, _shape in MEMORY]
LOGITS = ("logits", FLOAT, ["b", "t", "v"])


def first(path: Path, *, remembers: bool) -> None:
    """The decoder from the first token on."""
    outputs = [LOGITS, *(PRESENT if remembers else ())]
    _save(path, _first_nodes(remembers=remembers), [_value(*each) for each in SAID], [_value(*each) for each in outputs], _constants())


def later(path: Path) -> None:
    """The decoder from the second token on: it knows the place by what it remembers."""
    inputs = [SAID[0], SAID[1], *MEMORY]
    _save(path, _later_nodes(), [_value(*each) for each in inputs], [_value(*each) for each in (LOGITS, *PRESENT[:2])], _constants())


def merged(path: Path) -> None:
    """Both in one file, told by use_cache_branch."""
    outputs = [_value(*each) for each in (LOGITS, *PRESENT)]
    nothing = [
        helper.make_node("Constant", [], [each[0]], value=numpy_helper.from_array(np.zeros((0, 1, 1, 1), np.float32)))
        for each in PRESENT[2:]
    ]
    branches = {
        "then_branch": helper.make_graph([*_later_nodes(), *nothing], "later", [], outputs),
        "else_branch": helper.make_graph(_first_nodes(remembers=True), "first", [], outputs),
    }
    choice = helper.make_node("If", ["use_cache_branch"], [each.name for each in outputs], **branches)
    _save(path, [choice], [*(_value(*each) for each in (*SAID, *MEMORY)), _value("use_cache_branch", BOOL, [1])], outputs, _constants())


def _first_nodes(*, remembers: bool) -> list[onnx.NodeProto]:
    nodes = [
        helper.make_node("Squeeze", ["encoder_hidden_states", "two"], ["f_number"]),
        helper.make_node("Shape", ["input_ids"], ["f_shape"]),
        helper.make_node("Gather", ["f_shape", "one_flat"], ["f_length"]),
        helper.make_node("Slice", ["f_number", "zero", "f_length", "one"], ["f_wanted"]),
        *_look_up("f"),
    ]
    if not remembers:
        return nodes
    return [
        *nodes,
        helper.make_node("Cast", ["input_ids"], ["f_said"], to=FLOAT),
        helper.make_node("Unsqueeze", ["f_said", "one_and_three"], ["present.0.decoder.key"]),
        helper.make_node("Neg", ["present.0.decoder.key"], ["present.0.decoder.value"]),
        helper.make_node("Unsqueeze", ["encoder_hidden_states", "one"], ["present.0.encoder.key"]),
        helper.make_node("Neg", ["present.0.encoder.key"], ["present.0.encoder.value"]),
    ]


def _later_nodes() -> list[onnx.NodeProto]:
    return [
        helper.make_node("Shape", ["past_key_values.0.decoder.key"], ["l_shape"]),
        helper.make_node("Gather", ["l_shape", "two"], ["l_begin"]),
        helper.make_node("Add", ["l_begin", "one"], ["l_end"]),
        helper.make_node("Neg", ["past_key_values.0.encoder.value"], ["l_again"]),  # the value is the key, negated
        helper.make_node("Squeeze", ["l_again", "one_and_three"], ["l_number"]),
        helper.make_node("Slice", ["l_number", "l_begin", "l_end", "one"], ["l_wanted"]),
        *_look_up("l"),
        helper.make_node("Cast", ["input_ids"], ["l_said"], to=FLOAT),
        helper.make_node("Unsqueeze", ["l_said", "one_and_three"], ["l_new"]),
        helper.make_node("Concat", ["past_key_values.0.decoder.key", "l_new"], ["present.0.decoder.key"], axis=2),
        helper.make_node("Neg", ["present.0.decoder.key"], ["present.0.decoder.value"]),
    ]


def _look_up(prefix: str) -> list[onnx.NodeProto]:
    """Tokens (B, T) as floats -> logits (B, T, V): 9 for what the table has, else -1."""
    return [
        helper.make_node("Cast", [f"{prefix}_wanted"], [f"{prefix}_token"], to=INT),
        helper.make_node("Gather", ["table", f"{prefix}_token"], [f"{prefix}_next"]),
        helper.make_node("OneHot", [f"{prefix}_next", "depth", "levels"], ["logits"]),
    ]


def _constants() -> dict[str, np.ndarray]:
    return {
        "table": table(), "depth": np.array(len(table())), "levels": np.array([-1.0, 9.0], np.float32), "zero": np.array([0]),
        "one": np.array([1]), "one_flat": np.array([1]), "two": np.array([2]), "one_and_three": np.array([1, 3]),
    }  # fmt: skip


def _value(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> None:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _entry(folder: Path, name: str, parts: dict[str, str], cache: str, max_length: int, beams: int) -> str:
    language = json.dumps(name.rpartition("-")[2])
    lines = [f"parts.{part} = {file_table(folder, file)}" for part, file in parts.items()]
    return f"""
[[models]]
id = "{name}"
task = "translation"
{facts(name)}
source_lang = "en"
target_lang = {language}
data.tokenizer = {file_table(folder, "tokenizer.json")}
{chr(10).join(lines)}
[models.generation]
start = {PAD}
eos = {EOS}
pad = {PAD}
last = {EOS}
banned = [{PAD}]
max_length = {max_length}
beams = {beams}
layers = 1
heads = 1
head_size = 1
cache = "{cache}"
"""
