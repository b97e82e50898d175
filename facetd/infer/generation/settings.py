"""How text is generated: what the publisher's `generation_config.json` and `config.json` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from facetd.errors import ConfigError
from facetd.i18n import _

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

    @classmethod
    def from_config(cls, *documents: Mapping[str, Any], most: int | None = None, beams: int | None = None) -> Self:
        """From the publisher's documents, the first that has a key counts: `generation_config.json`, `config.json`, its `decoder` part.

        The names are those of Hugging Face's GenerationConfig. `most` and `beams` count instead of what they say. Raises ConfigError that
        names the key which is missing or odd.
        """
        merged = {key: value for document in reversed(documents) for key, value in document.items() if value is not None}
        ends = frozenset(_numbers(merged, "eos_token_id"))
        starts = _numbers(merged, "decoder_start_token_id") or _numbers(merged, "bos_token_id")
        if not ends or not starts:
            key = "eos_token_id" if not ends else "decoder_start_token_id"
            raise ConfigError(_("{key}: expected the number of a token, found none").format(key=key))
        bad = [words[0] for words in merged.get("bad_words_ids", ()) if isinstance(words, list) and len(words) == 1]
        return cls(
            start=starts[0],
            ends=ends,
            suppressed=frozenset(bad + list(_numbers(merged, "suppress_tokens"))) - ends,
            forced_first=next(iter(_numbers(merged, "forced_bos_token_id")), None),
            forced_last=next(iter(_numbers(merged, "forced_eos_token_id")), None),
            most=max(1, min(MOST, most or _number(merged, "max_new_tokens", 0) or _number(merged, "max_length", 64))),
            beams=max(1, beams or _number(merged, "num_beams", 1)),
            no_repeat=max(0, _number(merged, "no_repeat_ngram_size", 0)),
            length_penalty=float(merged.get("length_penalty", 1.0)),
        )


def _numbers(merged: Mapping[str, Any], key: str) -> tuple[int, ...]:
    """The token or tokens at `key`; none where there is no such key. Raises ConfigError."""
    value = merged.get(key)
    found = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in found):
        raise ConfigError(_("{key}: expected the number of a token, found {value!r}").format(key=key, value=value))
    return tuple(found)


def _number(merged: Mapping[str, Any], key: str, usual: int) -> int:
    value = merged.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(_("{key}: expected a whole number, found {value!r}").format(key=key, value=value))
    return value
