"""MarianMT as Optimum exports it: encoder, decoder and tokenizer of one pair of languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from facetd.infer.catalogue import AnyNetwork, Translator
from facetd.infer.catalogue.entries import Entry
from facetd.infer.packs.layouts.generation import parts_and_generation, require_encoder
from facetd.infer.packs.layouts.staged import Staged
from facetd.infer.packs.probing import tokens_of

Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]


class _Settings(Entry):
    source_lang: Language
    target_lang: Language


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The translator. Raises WrongLayout."""
    settings = staged.settings(_Settings)
    await require_encoder(staged, ("input_ids", "attention_mask"))
    parts, generation = await parts_and_generation(staged)
    await tokens_of(staged.path("tokenizer.json"), ())
    data = {"tokenizer": staged.file("tokenizer.json").model_dump()}
    return (staged.entry(Translator, "", {**settings.model_dump(), "parts": parts, "data": data, "generation": generation}),)
