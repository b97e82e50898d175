"""Networks that write, as the library Optimum exports them: an encoder, a decoder with or without a cache, and settings as JSON."""

from __future__ import annotations

import re
from typing import Any

from pydantic import NonNegativeInt, PositiveInt

from facetd.i18n import _
from facetd.infer.packs.layouts.lenient import Lenient
from facetd.infer.packs.layouts.staged import Staged, shown
from facetd.infer.packs.probing import Graph, WrongLayout

ENCODER, MERGED, DECODER, WITH_PAST = (
    "encoder_model.onnx",
    "decoder_model_merged.onnx",
    "decoder_model.onnx",
    "decoder_with_past_model.onnx",
)
CACHED = re.compile(r"^past_key_values\.(\d+)\.(?:decoder\.)?key$")
USUAL_LENGTH = 64  # tokens of a sentence, where the publisher says nothing


class _Settings(Lenient):
    """What generation_config.json says, and config.json where that does not."""

    decoder_start_token_id: NonNegativeInt | None = None
    bos_token_id: NonNegativeInt | None = None
    eos_token_id: NonNegativeInt | tuple[NonNegativeInt, ...]
    pad_token_id: NonNegativeInt | None = None
    forced_bos_token_id: NonNegativeInt | None = None
    forced_eos_token_id: NonNegativeInt | None = None
    bad_words_ids: tuple[tuple[NonNegativeInt, ...], ...] | None = None
    max_length: PositiveInt | None = None
    num_beams: PositiveInt = 1


def settings_of(staged: Staged) -> dict[str, Any]:
    """The JSON settings of all files that have some, the more special ones last."""
    merged: dict[str, Any] = {}
    for name in ("config.json", "generation_config.json"):
        if staged.find(name) is not None:
            raw = staged.json(name)
            decoder = raw.get("decoder")
            if isinstance(decoder, dict):
                merged.update({key: each for key, each in decoder.items() if each is not None})
            merged.update({key: each for key, each in raw.items() if each is not None})
    return merged


async def parts_and_generation(staged: Staged) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts (encoder, decoder, perhaps decoder_with_past) and the table `generation`. Raises WrongLayout."""
    settings = staged.typed(_Settings, settings_of(staged), "config.json, generation_config.json")
    parts = {"encoder": staged.file(ENCODER).model_dump()}
    if staged.find(MERGED) is not None:
        cache, name, cached = "merged", MERGED, MERGED
    elif staged.find(WITH_PAST) is not None:
        cache, name, cached = "with_past", DECODER, WITH_PAST
        parts["decoder_with_past"] = staged.file(WITH_PAST).model_dump()
    else:
        cache, name, cached = "none", DECODER, ""
    parts["decoder"] = staged.file(name).model_dump()
    graph = await staged.graph(name)
    _require(graph, name, inputs=("input_ids", "encoder_hidden_states"), outputs=("logits",))
    if cache == "merged":
        _require(graph, name, inputs=("use_cache_branch",), outputs=())
    layers, heads, head_size = _cache_shape(await staged.graph(cached), cached) if cached else (1, 1, 1)
    eos = settings.eos_token_id if isinstance(settings.eos_token_id, int) else settings.eos_token_id[0]
    start = settings.decoder_start_token_id if settings.decoder_start_token_id is not None else settings.bos_token_id
    if start is None:
        raise WrongLayout(_("config.json: expected decoder_start_token_id"))
    generation = {
        "start": start,
        "eos": eos,
        "pad": settings.pad_token_id if settings.pad_token_id is not None else eos,
        "bos": settings.bos_token_id,
        "first": settings.forced_bos_token_id,
        "last": settings.forced_eos_token_id,
        "banned": tuple(words[0] for words in settings.bad_words_ids or () if len(words) == 1),
        "max_length": settings.max_length or USUAL_LENGTH,
        "beams": settings.num_beams,
        "layers": layers,
        "heads": heads,
        "head_size": head_size,
        "cache": cache,
    }
    return parts, generation


async def require_encoder(staged: Staged, inputs: tuple[str, ...]) -> None:
    """Raises WrongLayout for an encoder that does not take these and give hidden states."""
    _require(await staged.graph(ENCODER), ENCODER, inputs=inputs, outputs=("last_hidden_state",))


def _require(graph: Graph, name: str, *, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    for side, wanted, there in (("input", inputs, graph.inputs), ("output", outputs, graph.outputs)):
        for each in wanted:
            if each not in there:
                raise WrongLayout(
                    _("{file}: expected the {side} {name}; it has {names}").format(file=name, side=side, name=each, names=", ".join(there))
                )


def _cache_shape(graph: Graph, name: str) -> tuple[int, int, int]:
    """Layers, heads and the size of a head, by the inputs for keys of earlier steps: [batch, heads, tokens, size]."""
    keys = [tensor for tensor in graph.inputs.values() if CACHED.match(tensor.name)]
    if not keys:
        raise WrongLayout(_("{file}: expected inputs past_key_values.N.key").format(file=name))
    shape = keys[0].shape
    if len(shape) != 4 or shape[1] is None or shape[3] is None:
        raise WrongLayout(
            _("{file}: {name}: expected [n, heads, n, size], it is {shape}").format(file=name, name=keys[0].name, shape=shown(shape))
        )
    return len(keys), shape[1], shape[3]
