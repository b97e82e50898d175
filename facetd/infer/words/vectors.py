"""What a text means, as a direction: photos that show it have near ones."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.arrays import unit
from facetd.infer.catalogue import TextEmbedding
from facetd.infer.words.tokens import Tokens, tokenize

if TYPE_CHECKING:
    from facetd.infer.arrays import Floats
    from facetd.infer.engine import Engine
    from facetd.infer.runtimes.parts import PartSession, Tensors

PART, TOKENIZER = "textual", "tokenizer"
IDS = ("text", "input_ids")
MASK = "attention_mask"
WHOLE_NUMBERS = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}


def text_vector(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """{text} -> {space, vector, least}: the space that photos' vectors are in now, a unit vector, float32 in base64, and the cosine from
    which a photo may show it. Raises Unavailable.
    """
    space, (vector,) = _answer(engine, [str(arguments["text"])])
    return {"space": space, "vector": vector, "least": _reader(engine).least}


def text_vectors(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """{texts} -> {space, vectors}: the same for several texts at once, in their order."""
    space, vectors = _answer(engine, [str(text) for text in arguments["texts"]])
    return {"space": space, "vectors": vectors}


def vectors_of(engine: Engine, texts: list[str]) -> tuple[str, Floats]:
    """The space of photos' vectors, and the unit vectors (n, dimension) of `texts` in it. Raises Unavailable."""
    entry = _reader(engine)
    space, session = _space(engine), engine.part(entry, PART)
    path = engine.catalogue.part(entry, TOKENIZER)
    vectors = [_vector(session, tokenize(path, entry.tokens, text), entry) for text in texts]
    return space, np.stack(vectors) if vectors else np.empty((0, entry.dimension), np.float32)


def _space(engine: Engine) -> str:
    tower = engine.tower
    if tower is None:
        raise Unavailable(_("No model that reads text is installed."))
    return engine.photo_space(tower.id)


def _reader(engine: Engine) -> TextEmbedding:
    """The text tower that belongs to the picture tower in use. Raises Unavailable."""
    tower = engine.tower
    if tower is None:
        raise Unavailable(_("No model that reads text is installed."))
    entry = next((each for each in engine.catalogue.networks if isinstance(each, TextEmbedding) and each.space == tower.space), None)
    if entry is None:
        raise Unavailable(_("No model that reads text belongs to {model}.").format(model=tower.id))
    return entry


def _answer(engine: Engine, texts: list[str]) -> tuple[str, list[str]]:
    space, vectors = vectors_of(engine, texts)
    return space, [base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii") for vector in vectors]


def _vector(session: PartSession, tokens: Tokens, entry: TextEmbedding) -> Floats:
    """One text at a time: published networks are of a fixed batch of one."""
    outputs = session.run(_feeds(session, tokens, entry))
    vector = unit(np.asarray(next(iter(outputs.values())), np.float32).ravel())
    if vector is None or len(vector) != entry.dimension:
        raise Unavailable(_("The model {model} gave no usable vector.").format(model=entry.id))
    return vector


def _feeds(session: PartSession, tokens: Tokens, entry: TextEmbedding) -> Tensors:
    """What the network takes, by the names that are in use for it."""
    feeds: Tensors = {}
    for name, kind in session.inputs.items():
        values = tokens.mask if name == MASK else tokens.ids if name in IDS else None
        if values is None or kind not in WHOLE_NUMBERS:
            raise Unavailable(
                _("The model {model} takes {name} as {kind}; expected whole numbers as {known}.").format(
                    model=entry.id, name=name, kind=kind, known=", ".join((*IDS, MASK))
                )
            )
        feeds[name] = values[None].astype(WHOLE_NUMBERS[kind])
    return feeds
