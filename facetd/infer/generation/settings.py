"""How text is generated: what the entry of a network in the catalogue says (see installed.py)."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 512  # tokens; longer limits in settings are meant for whole documents


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """Tokens are numbers of the vocabulary.

    `start` is what the decoder is fed first, `ends` are those that end a text, `suppressed` never come. `forced_first` is the first
    token (the language, in models of several), `forced_last` what a text ends with that reaches `most` tokens. `beams` texts are
    followed side by side; with one the likeliest token is taken each time. A sequence of `no_repeat` tokens never comes twice (0: it
    may). Texts are compared by their log likelihood over length ** `length_penalty`.
    """

    start: int
    ends: frozenset[int]
    suppressed: frozenset[int] = frozenset()
    forced_first: int | None = None
    forced_last: int | None = None
    most: int = 64
    beams: int = 1
    no_repeat: int = 0
    length_penalty: float = 1.0
