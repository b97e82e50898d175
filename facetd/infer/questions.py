"""What the inference process can be asked beside looking at photos: JSON in, JSON out.

A question is a function `(engine, arguments) -> answer`; its name here is what `Eyes.ask` takes. Its module is loaded when it is first
asked.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from facetd.errors import NotFound
from facetd.i18n import _

if TYPE_CHECKING:
    from facetd.infer.engine import Engine

Question = Callable[["Engine", Mapping[str, Any]], dict[str, Any]]

QUESTIONS: Mapping[str, str] = {
    "describe": "facetd.infer.captioning.openvino_genai:describe",
    "translate": "facetd.infer.translation.marian:translate",
    "caption": "facetd.infer.captioning.captions:caption",
    "text_vector": "facetd.infer.words.vectors:text_vector",
    "text_vectors": "facetd.infer.words.vectors:text_vectors",
    "inference_servers": "facetd.infer.remote.roll_call:roll_call",
    "learn_texts": "facetd.infer.opinions.ask:learn_texts",
    "opinions": "facetd.infer.opinions.ask:opinions",
}
"""By name, where the function is: `module:function`."""


def find(name: str) -> Question:
    """The function that answers `name`. Raises NotFound."""
    if name not in QUESTIONS:
        raise NotFound(_("there is no question {name!r}; known are {names}").format(name=name, names=", ".join(QUESTIONS)))
    module, _colon, function = QUESTIONS[name].partition(":")
    return getattr(importlib.import_module(module), function)  # type: ignore[no-any-return]
