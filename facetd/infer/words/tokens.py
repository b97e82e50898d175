"""Text as numbers, by the tokenizer of a pack."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import TextTokens

LONGEST_TOKEN = 100  # characters; of a text that is far too long the rest is not even read
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
Numbers = NDArray[np.int64]


class Tokens(NamedTuple):
    """Numbers of tokens [context] and which of them are text (1) or filled up (0)."""

    ids: Numbers
    mask: Numbers


def cleaned(text: str, how: str) -> str:
    """`text` as open_clip cleans it: white space collapses; `canonicalize` also lowers case and removes punctuation.

    What is no character (half of a surrogate pair) becomes a question mark.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    if how == "canonicalize":
        text = text.replace("_", " ").translate(NO_PUNCTUATION).lower()
    return " ".join(text.split())


def tokenize(path: Path, entry: TextTokens, text: str) -> Tokens:
    """The tokens of `text`, cut off or filled up to `entry.context`. Raises Unavailable for a tokenizer that cannot be used."""
    encoding = _tokenizer(path, entry.context, entry.pad).encode(cleaned(text[: entry.context * LONGEST_TOKEN], entry.clean))
    return Tokens(np.array(encoding.ids, np.int64), np.array(encoding.attention_mask, np.int64))


@lru_cache(maxsize=4)
def _tokenizer(path: Path, context: int, pad: str) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise Unavailable(_("{path}: the tokenizer cannot be read: {error}").format(path=path, error=error)) from error
    number = tokenizer.token_to_id(pad)
    if number is None:
        raise Unavailable(_("{path}: the tokenizer has no token {pad} to fill up with").format(path=path, pad=pad))
    tokenizer.enable_truncation(max_length=context)
    tokenizer.enable_padding(length=context, pad_id=number, pad_token=pad)
    return tokenizer
