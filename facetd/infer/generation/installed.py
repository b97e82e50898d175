"""What an entry of the catalogue says about generating text, as the loop and the decoders take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facetd.infer.catalogue import Captioner, Translator
from facetd.infer.catalogue.packs import Generation
from facetd.infer.generation.networks import NetworkDecoder, Tensor, open_decoder
from facetd.infer.generation.settings import MOST, GenerationSettings

if TYPE_CHECKING:
    from facetd.infer.engine import Engine

FILES: Mapping[str, Mapping[str, str]] = {
    "merged": {"decoder_merged": "decoder"},
    "with_past": {"decoder": "decoder", "decoder_with_past": "decoder_with_past"},
    "none": {"decoder": "decoder"},
}
"""By kind of cache: what the decoders are called there, and the parts of the entry that they are."""


def settings_of(entry: Generation) -> GenerationSettings:
    """How the entry's network writes."""
    return GenerationSettings(
        start=entry.start,
        ends=frozenset({entry.eos}),
        suppressed=frozenset(entry.banned) - {entry.eos},
        forced_first=entry.first,
        forced_last=entry.last,
        most=min(MOST, entry.max_length),
        beams=entry.beams,
    )


def decoder_of(engine: Engine, network: Captioner | Translator, context: Mapping[str, Tensor]) -> NetworkDecoder:
    """The decoder of `network` about what its encoder made. Raises Unavailable, RuntimeProblem."""
    files = FILES[network.generation.cache]
    return open_decoder(lambda name: engine.part(network, files[name]), files.keys(), context)
