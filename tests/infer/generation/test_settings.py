"""Settings of the publishers."""

from __future__ import annotations

import pytest

from facetd.errors import ConfigError
from facetd.infer.generation.settings import GenerationSettings


def test_a_translator_by_its_documents() -> None:
    generation = {
        "bad_words_ids": [[59513]],
        "decoder_start_token_id": 59513,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "max_length": 512,
        "num_beams": 4,
    }
    found = GenerationSettings.from_config(generation, {"max_length": 20, "pad_token_id": 59513})
    assert found == GenerationSettings(59513, frozenset({0}), frozenset({59513}), None, 0, 512, 4)
    assert GenerationSettings.from_config(generation, most=60, beams=1) == GenerationSettings(
        59513, frozenset({0}), frozenset({59513}), None, 0, 60, 1
    )


def test_a_captioner_whose_start_is_its_end() -> None:
    config = {
        "decoder_start_token_id": 50256,
        "eos_token_id": 50256,
        "pad_token_id": 50256,
        "suppress_tokens": [50256],
        "forced_eos_token_id": None,
    }
    found = GenerationSettings.from_config(config, {"no_repeat_ngram_size": 3, "eos_token_id": [1, 2]})
    assert found.start == 50256
    assert found.ends == {50256}
    assert found.suppressed == frozenset()
    assert (found.no_repeat, found.most, found.beams) == (3, 64, 1)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"eos_token_id": 1}, "decoder_start_token_id"),
        ({"decoder_start_token_id": 1}, "eos_token_id"),
        ({"decoder_start_token_id": "<s>", "eos_token_id": 1}, "decoder_start_token_id"),
        ({"decoder_start_token_id": 0, "eos_token_id": 1, "num_beams": "four"}, "num_beams"),
    ],
)
def test_what_is_missing_or_odd_is_named(document: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        GenerationSettings.from_config(document)
