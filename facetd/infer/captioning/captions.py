"""The question "caption": a sentence about a picture, by an encoder that looks and a decoder that writes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tokenizers import Tokenizer

from facetd.errors import InvalidInput, Unavailable
from facetd.i18n import _
from facetd.infer.arrays import Pixels
from facetd.infer.catalogue import Captioner
from facetd.infer.fit import batch_for
from facetd.infer.generation.decoding import generate
from facetd.infer.generation.installed import decoder_of, settings_of
from facetd.infer.runtimes.session import RuntimeProblem

if TYPE_CHECKING:
    from facetd.infer.engine import Engine

NO_REPEAT = 3  # tokens; small captioners go on about "a man in a suit and a man in a suit"


def caption(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """`picture` is the path of an upright picture, a thumbnail will do; the answer has `text` and `model`.

    Raises Unavailable without an installed captioner or where it cannot be run, NoText, and InvalidInput for what is no picture.
    """
    model = engine.catalogue.find(Captioner)
    if model is None:
        raise Unavailable(_("There is no model that describes photos."))
    pixels = batch_for(_picture(Path(str(arguments["picture"]))), model.input)
    tokenizer = _tokenizer(engine.catalogue.part(model, "tokenizer"))
    try:
        states = engine.part(model, "encoder").run({model.input.name: pixels})["last_hidden_state"]
        decoder = decoder_of(engine, model, {"encoder_hidden_states": states})
        made = generate(decoder, replace(settings_of(model.generation), no_repeat=NO_REPEAT))
    except RuntimeProblem as error:
        raise Unavailable(_("The model {model} cannot be run here. {why}").format(model=model.id, why=error)) from error
    return {"text": " ".join(tokenizer.decode(list(made.tokens), skip_special_tokens=True).split()), "model": model.id}


def _picture(path: Path) -> Pixels:
    """The pixels of a picture file (H,W,3). Raises InvalidInput."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return np.asarray(image.convert("RGB"), np.uint8)
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInput(_("{path}: the picture cannot be read: {error}").format(path=path, error=error)) from error


@lru_cache(maxsize=2)
def _tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise Unavailable(_("{path}: the tokenizer cannot be read: {error}").format(path=path, error=error)) from error
