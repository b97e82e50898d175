"""MarianMT: a sentence is read by the encoder as its tokens and the end, and written by the decoder in the other language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import Translator
from facetd.infer.generation.decoding import generate
from facetd.infer.generation.installed import decoder_of, settings_of
from facetd.infer.generation.settings import MOST
from facetd.infer.translation.sentences import sentences

if TYPE_CHECKING:
    from facetd.infer.engine import Engine

SOURCE = "en"
LONGEST = 2000  # characters of a text
SPARE = 2  # tokens that the network adds


def translate(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The question `translate`: English `texts` in `language` (ISO 639-1) -> {"texts", "model"}, in the same order.

    Raises Unavailable where nothing installed translates to that language.
    """
    language = str(arguments["language"])
    found = [each for each in engine.catalogue.for_task("translation") if isinstance(each, Translator)]
    network = next((each for each in found if (each.source_lang, each.target_lang) == (SOURCE, language)), None)
    if network is None:
        raise Unavailable(_("No model is installed that translates from {source} to {target}.").format(source=SOURCE, target=language))
    return {"texts": [translated(engine, network, str(text)) for text in arguments["texts"]], "model": network.id}


def translated(engine: Engine, network: Translator, text: str) -> str:
    """One text, sentence by sentence, as one line. Raises Unavailable, NoText, RuntimeProblem."""
    tokenizer = _tokenizer(engine.catalogue.part(network, "tokenizer"))
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8")[:LONGEST].split())
    most = min(MOST, network.generation.max_length) - SPARE
    parts = sentences(line, lambda part: len(tokenizer.encode(part).ids) <= most)
    return " ".join(filter(None, (_sentence(engine, network, tokenizer, part) for part in parts)))


def _sentence(engine: Engine, network: Translator, tokenizer: Tokenizer, text: str) -> str:
    entry = network.generation
    ids = [*(number for number in tokenizer.encode(text).ids if number != entry.eos), entry.eos]  # some tokenizers add the end, some do not
    read = np.array([ids], np.int64)
    mask = np.ones_like(read)
    states = engine.part(network, "encoder").run({"input_ids": read, "attention_mask": mask})["last_hidden_state"]
    decoder = decoder_of(engine, network, {"encoder_hidden_states": states, "encoder_attention_mask": mask})
    made = generate(decoder, settings_of(entry))
    return " ".join(str(tokenizer.decode(list(made.tokens), skip_special_tokens=True)).split())


@lru_cache(maxsize=4)
def _tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise Unavailable(_("{path}: the tokenizer cannot be read: {error}").format(path=path, error=error)) from error
    tokenizer.encode_special_tokens = True  # somebody may have written </s>
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
