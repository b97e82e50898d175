"""The models of packs that a user installs, by what they do."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveInt

from facetd.infer.catalogue.entries import Entry, Model, PartsModel, Precision


class TextTokens(Entry):
    """How text becomes numbers: `context` of them, by the tokenizer in the file `tokenizer` of the model's data.

    `clean`: whitespace collapses runs of white space, canonicalize also lowers case and removes punctuation. `mask`: the network takes an
    attention mask beside the numbers.
    """

    context: PositiveInt
    pad: str
    clean: Literal["whitespace", "canonicalize"] = "whitespace"
    mask: bool = False


class ImageEmbedding(Model):
    """photo -> vector in a space that it shares with text; the first output."""

    task: Literal["image_embedding"]
    space: str
    dimension: PositiveInt

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class TextEmbedding(PartsModel):
    """text -> vector in the space of the `ImageEmbedding` with the same `space`; part `textual`, data `tokenizer`."""

    task: Literal["text_embedding"]
    space: str
    dimension: PositiveInt
    tokens: TextTokens
