"""Settings by the entries of the catalogue."""

from __future__ import annotations

from facetd.infer.catalogue import Generation
from facetd.infer.generation.installed import settings_of
from facetd.infer.generation.settings import MOST, GenerationSettings

CACHE = {"layers": 1, "heads": 1, "head_size": 8, "cache": "none"}


def test_a_translator_never_says_what_it_is_filled_up_with() -> None:
    entry = Generation.model_validate(
        {"start": 59513, "eos": 0, "pad": 59513, "last": 0, "banned": (59513,), "max_length": 4096, "beams": 4, **CACHE}
    )
    assert settings_of(entry) == GenerationSettings(59513, frozenset({0}), frozenset({59513}), None, 0, MOST, 4)


def test_a_captioner_whose_start_is_its_end_may_end() -> None:
    entry = Generation.model_validate(
        {"start": 50256, "eos": 50256, "pad": 50256, "first": 7, "banned": (50256,), "max_length": 16, **CACHE}
    )
    assert settings_of(entry) == GenerationSettings(50256, frozenset({50256}), frozenset(), 7, None, 16, 1)
