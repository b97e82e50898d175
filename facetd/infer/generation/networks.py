"""Decoders of exported encoder-decoder networks, with their memory of what was said (the key/value cache) or without.

The files and names are those of Hugging Face's exporter (optimum): one file for the first token and one for those after it, both merged
into one that is told by `use_cache_branch`, or one file without memory, which reads the whole text again for each token.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats
from facetd.infer.generation.decoding import Tokens
from facetd.infer.runtimes.session import RuntimeProblem

PAST, PRESENT, BRANCH = "past_key_values.", "present.", "use_cache_branch"
STATES, MASK = "encoder_hidden_states", "encoder_attention_mask"
ELEMENTS: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}

Tensor = NDArray[Any]


class Part(Protocol):
    """A network with named inputs and outputs; see infer/runtimes/parts.py."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """By name: tensor(float), tensor(int64), tensor(bool)."""
        ...

    @property
    def shapes(self) -> Mapping[str, Sequence[int | None]]:
        """By name of the input; None for a size that may vary."""
        ...

    def run(self, feeds: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """All outputs by name. Raises RuntimeProblem."""
        ...


class NetworkDecoder:
    """Continues texts about what an encoder has read: `context` has `encoder_hidden_states` (1, E, H) and what else the decoder asks for.

    `first` runs the first token, `later` those after it; the same file for both is one that is merged, or one without memory. Raises
    RuntimeProblem when the networks do not fit together.
    """

    def __init__(self, first: Part, later: Part, context: Mapping[str, Tensor]) -> None:
        self._first, self._later = first, later
        self._context = {name: value for name, value in context.items() if name in first.inputs or name in later.inputs}
        self._past: dict[str, Tensor] = {}
        self._remembers = any(name.startswith(PAST) for name in later.inputs)
        if first is later and self._remembers and BRANCH not in first.inputs:
            raise RuntimeProblem(f"the decoder needs the memory of another one for its first token: {', '.join(first.inputs)}")

    def logits(self, tokens: Tokens) -> Floats:
        """See Decoder."""
        goes_on = bool(self._past)
        part = self._later if goes_on else self._first
        feeds: dict[str, Tensor] = {"input_ids": tokens[:, -1:] if goes_on else tokens}
        for name in part.inputs:
            if name == BRANCH:
                feeds[name] = np.array([goes_on])
            elif name.startswith(PAST):
                feeds[name] = self._past[name] if goes_on else self._nothing(part, name, len(tokens))
            elif name == "attention_mask":
                feeds[name] = np.ones_like(tokens)
            elif name in self._context:
                feeds[name] = _rows(self._context[name], len(tokens))
            elif name not in feeds:
                raise RuntimeProblem(f"the decoder asks for {name}, which is unknown here")
        answer = part.run(feeds)
        if self._remembers:
            self._remember(answer)
        return np.asarray(answer["logits"][:, -1], np.float32)

    def keep(self, rows: Sequence[int]) -> None:
        """See Decoder."""
        if list(rows) != list(range(len(rows))) or any(len(value) != len(rows) for value in self._past.values()):
            self._past = {name: value[list(rows)] for name, value in self._past.items()}

    def _remember(self, answer: Mapping[str, Tensor]) -> None:
        """What the decoder is told next time. What it made of the encoder's states stays as the first token left it."""
        for name in self._later.inputs:
            if not name.startswith(PAST) or (".encoder." in name and name in self._past):
                continue
            present = PRESENT + name.removeprefix(PAST)
            if present not in answer:
                raise RuntimeProblem(f"the decoder does not give {present}, which it asks for next time")
            self._past[name] = answer[present]

    def _nothing(self, part: Part, name: str, rows: int) -> Tensor:
        """The memory before anything was said: (B, heads, 0, size)."""
        shape = part.shapes[name]
        if len(shape) != 4 or shape[1] is None or shape[3] is None:
            raise RuntimeProblem(f"the decoder does not tell the size of {name}: {list(shape)}")
        return np.zeros((rows, shape[1], 0, shape[3]), ELEMENTS.get(part.inputs[name], np.float32))


def open_decoder(open_part: Callable[[str], Part], names: Collection[str], context: Mapping[str, Tensor]) -> NetworkDecoder:
    """The decoder of a network whose parts are called `names`, opening no more of them than it needs.

    That is `decoder_merged`, else `decoder` with `decoder_with_past`, else `decoder` alone. Raises RuntimeProblem where there is none.
    """
    if "decoder_merged" in names:
        merged = open_part("decoder_merged")
        return NetworkDecoder(merged, merged, context)
    if "decoder" not in names:
        raise RuntimeProblem(f"there is no decoder among the parts of the model: {', '.join(sorted(names))}")
    first = open_part("decoder")
    return NetworkDecoder(first, open_part("decoder_with_past") if "decoder_with_past" in names else first, context)


def _rows(value: Tensor, count: int) -> Tensor:
    return value if len(value) == count else np.repeat(value, count, axis=0)
