"""The models of packs that a user installs, by what they do, and the numbers that reading them takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from facetd.infer.catalogue.entries import Entry, Input, Model, ModelFile, PartsModel, Precision, Share
from facetd.infer.catalogue.starter import Embedding

LEAST_SOFTMAX, LEAST_SIGMOID = 0.15, 0.05


class TextTokens(Entry):
    """How text becomes numbers: `context` of them, by the tokenizer in the file `tokenizer` of the model's data.

    `clean`: whitespace collapses runs of white space, canonicalize also lowers case and removes punctuation. `mask`: the network takes an
    attention mask beside the numbers.
    """

    context: PositiveInt
    pad: str
    clean: Literal["whitespace", "canonicalize"] = "whitespace"
    mask: bool = False


class Scrfd(Entry):
    """Reading SCRFD: outputs of each stride by name (scores [cells x anchors, 1], boxes [.., 4] and points [.., 10] in strides from the
    anchor's centre); accept boxes at `score`, drop those that overlap a better one by `nms_iou`. Boxes of `weak` to `score` are unsure.
    """

    strides: tuple[PositiveInt, ...]
    anchors: PositiveInt
    scores: tuple[str, ...]
    boxes: tuple[str, ...]
    points: tuple[str, ...]
    score: Share
    weak: Share
    nms_iou: Share

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not len(self.strides) == len(self.scores) == len(self.boxes) == len(self.points):
            raise ValueError("expected one name in each of scores, boxes and points for each stride")
        return self


class Generation(Entry):
    """Writing text token by token; numbers of tokens in the vocabulary.

    `start` comes before the first, `eos` ends, `pad` fills; `first` and `last` are forced where set; `banned` never come. `cache`: merged:
    the part `decoder` takes keys and values of earlier steps and `use_cache_branch`; with_past: the part `decoder_with_past` takes them;
    none: every step computes all. They are [batch, heads, tokens, head_size] for each of `layers`.
    """

    start: NonNegativeInt
    eos: NonNegativeInt
    pad: NonNegativeInt
    bos: NonNegativeInt | None = None
    first: NonNegativeInt | None = None
    last: NonNegativeInt | None = None
    banned: tuple[NonNegativeInt, ...] = ()
    max_length: PositiveInt
    beams: PositiveInt = 1
    layers: PositiveInt
    heads: PositiveInt
    head_size: PositiveInt
    cache: Literal["merged", "with_past", "none"]


class ImageEmbedding(Model):
    """photo -> vector in a space that it shares with text; the first output."""

    task: Literal["image_embedding"]
    space: str
    dimension: PositiveInt

    @model_validator(mode="after")
    def _whole_photo(self) -> Self:
        if self.input.fit not in ("crop_shortest", "stretch"):
            raise ValueError(f"input.fit: {self.input.fit}; expected crop_shortest or stretch")
        if not self.outputs or self.outputs[0].shape != (self.dimension,):
            raise ValueError(f"outputs: expected first one of shape [{self.dimension}], the dimension")
        return self

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class TextEmbedding(PartsModel):
    """text -> vector in the space of the `ImageEmbedding` with the same `space`; part `textual`, data `tokenizer`."""

    task: Literal["text_embedding"]
    space: str
    dimension: PositiveInt
    tokens: TextTokens

    @property
    def least(self) -> float:
        """The cosine from which a photo may show a text. Networks that take texts canonicalized are trained with SigLIP's loss (Zhai et
        al. 2023), which holds cosines of what belongs together at 0.1 and more, where CLIP's are at 0.2 and more.
        """
        return LEAST_SIGMOID if self.tokens.clean == "canonicalize" else LEAST_SOFTMAX


class AestheticHead(PartsModel):
    """vector of a photo in `space` -> how pleasing it is; one linear layer on the vector of unit length.

    Data `weights`: .npy, float32 [dimension + 1], the last value is added. `fills` is the field that gets the score; raw scores run from
    `low` to `high`.
    """

    task: Literal["aesthetic_head"]
    parts: Mapping[str, ModelFile] = {}
    space: str
    dimension: PositiveInt
    fills: str
    low: float
    high: float


class QualityScorer(Model):
    """photo -> a score of its quality, by the first output.

    `reading`: mean_of_bins: the output holds the shares of scores from `low` to `high` in equal steps (NIMA); scalar: it is the score.
    `fills` is the field that gets it.
    """

    task: Literal["quality"]
    fills: str
    reading: Literal["mean_of_bins", "scalar"]
    low: float
    high: float


class ScrfdDetector(Model):
    """photo -> boxes of faces with five landmarks."""

    task: Literal["face_detection_scrfd"]
    scrfd: Scrfd


class ArcFace(Model):
    """face aligned by five landmarks -> vector; the first output."""

    task: Literal["face_embedding_arcface"]
    embedding: Embedding


class Saliency(Model):
    """photo -> how much each place belongs to the subject; the first output, 0..1."""

    task: Literal["saliency"]


class Captioner(PartsModel):
    """photo -> a sentence. Parts `encoder` (picture `input` -> hidden states) and `decoder`; data `tokenizer`."""

    task: Literal["captioning"]
    input: Input
    generation: Generation


class Translator(PartsModel):
    """sentence -> sentence in another language. Parts `encoder`, `decoder` and, where the cache is with_past, `decoder_with_past`; data
    `tokenizer`. Languages are ISO 639-1 codes."""

    task: Literal["translation"]
    source_lang: str
    target_lang: str
    generation: Generation
