"""CLIP and SigLIP in Immich's layout: a picture tower in visual/, a text tower in textual/, and their settings as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import PositiveInt

from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, ImageEmbedding, TextEmbedding
from facetd.infer.catalogue.entries import Colour
from facetd.infer.packs.layouts.lenient import Lenient
from facetd.infer.packs.layouts.staged import Staged, shown
from facetd.infer.packs.probing import Graph, WrongLayout, shapes_of, tokens_of

FITS = {"shortest": "crop_shortest", "squash": "stretch"}
USUAL_CONTEXT = 77
INTEGERS = ("tensor(int32)", "tensor(int64)")


class _Preprocessing(Lenient):
    """visual/preprocess_cfg.json."""

    size: PositiveInt | tuple[PositiveInt, PositiveInt]
    mean: Colour
    std: Colour
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "squash"] = "shortest"

    @property
    def side(self) -> int:
        """Of the square, in px; 0 for one that is none."""
        if isinstance(self.size, int):
            return self.size
        return self.size[0] if self.size[0] == self.size[1] else 0


class _TokenizerArguments(Lenient):
    clean: str = "whitespace"


class _TextSettings(Lenient):
    context_length: PositiveInt = USUAL_CONTEXT
    tokenizer_kwargs: _TokenizerArguments | None = None


class _Settings(Lenient):
    """config.json."""

    embed_dim: PositiveInt | None = None
    text_cfg: _TextSettings = _TextSettings()


class _Tokenizer(Lenient):
    """textual/tokenizer_config.json. Some write a token as an object with its text as `content`."""

    pad_token: str | dict[str, Any]

    @property
    def pad(self) -> str:
        """The token that fills."""
        return self.pad_token if isinstance(self.pad_token, str) else str(self.pad_token.get("content", ""))


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The two towers. Raises WrongLayout."""
    settings = staged.typed(_Settings, staged.json("config.json"), "config.json")
    preprocessing = staged.typed(_Preprocessing, staged.json("visual/preprocess_cfg.json"), "visual/preprocess_cfg.json")
    if not preprocessing.side:
        raise WrongLayout(
            _("visual/preprocess_cfg.json: size: expected a square, got {size}").format(size=shown(tuple(preprocessing.size)))  # type: ignore[arg-type]
        )
    space = f"{staged.pack.id}-{staged.version[:8]}"  # vectors of another version are not compared with these
    entry = {
        "size": preprocessing.side,
        "range": (0.0, 1.0),
        "fit": FITS[preprocessing.resize_mode],
        "mean": preprocessing.mean,
        "std": preprocessing.std,
        "interpolation": preprocessing.interpolation,
    }
    dimension, textual = await _text_tower(staged, settings, space)
    fields = {"space": space, "dimension": dimension}
    meaning = ["vector of the photo"]
    visual = await staged.picture_model(ImageEmbedding, "visual", "visual/model.onnx", entry, meaning, fields, shape=(dimension,))
    return visual, textual


async def _text_tower(staged: Staged, settings: _Settings, space: str) -> tuple[int, TextEmbedding]:
    """The dimension of its vectors, and its entry."""
    context = settings.text_cfg.context_length
    pad = staged.typed(_Tokenizer, staged.json("textual/tokenizer_config.json"), "textual/tokenizer_config.json").pad
    await tokens_of(staged.path("textual/tokenizer.json"), (pad,))
    feeds = _feeds(await staged.graph("textual/model.onnx"), context)
    shape = next(iter((await shapes_of(staged.path("textual/model.onnx"), feeds)).values()))
    if len(shape) != 2 or settings.embed_dim not in (None, shape[-1]):
        raise WrongLayout(
            _("textual/model.onnx: expected an output [1, {dimension}], it gives {shape}").format(
                dimension=settings.embed_dim or "n", shape=shown(shape)
            )
        )
    clean = settings.text_cfg.tokenizer_kwargs.clean if settings.text_cfg.tokenizer_kwargs else "whitespace"
    fields = {
        "parts": {"textual": staged.file("textual/model.onnx").model_dump()},
        "data": {"tokenizer": staged.file("textual/tokenizer.json").model_dump()},
        "space": space,
        "dimension": shape[-1],
        "tokens": {
            "context": context,
            "pad": pad,
            "clean": "canonicalize" if clean == "canonicalize" else "whitespace",
            "mask": "attention_mask" in feeds,
        },
    }
    return shape[-1], staged.entry(TextEmbedding, "textual", fields)


def _feeds(graph: Graph, context: int) -> Mapping[str, tuple[str, tuple[int, ...]]]:
    """What the text tower takes, by name: type and shape."""
    names = set(graph.inputs)
    if names not in ({"text"}, {"input_ids", "attention_mask"}):
        raise WrongLayout(
            _("textual/model.onnx: expected the input text, or input_ids and attention_mask; it has {names}").format(
                names=", ".join(graph.inputs)
            )
        )
    for tensor in graph.inputs.values():
        if tensor.type not in INTEGERS or len(tensor.shape) != 2 or tensor.shape[1] not in (None, context):
            raise WrongLayout(
                _("textual/model.onnx: {name}: expected int32 [1, {context}], it is {type} {shape}").format(
                    name=tensor.name, context=context, type=tensor.type, shape=shown(tensor.shape)
                )
            )
    return {name: (tensor.type.removeprefix("tensor(").removesuffix(")"), (1, context)) for name, tensor in graph.inputs.items()}
