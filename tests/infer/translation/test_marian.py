"""Translating with a network of Marian's shape and a real tokenizer, in every form that publishers choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.errors import Unavailable
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choices
from facetd.infer.engine import Engine
from facetd.infer.translation.marian import translate
from tests.infer.installed import stand_in_eyes
from tests.infer.tiny import tiny_catalogue
from tests.infer.translation.tinymarian import PACK_ID, install


def engine_with(tmp_path: Path, cache: str, **options: object) -> Engine:
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "packs", cache, **options)  # type: ignore[arg-type]
    catalogue = Catalogue.load(tmp_path / "models", tmp_path / "packs")
    assert not catalogue.problems
    return Engine(catalogue, Choices({}, 1, ""))


@pytest.mark.parametrize("cache", ["none", "with_past", "merged"])
@pytest.mark.parametrize("adds_end", [True, False])
def test_every_form_translates(tmp_path: Path, cache: str, adds_end: bool) -> None:
    engine = engine_with(tmp_path, cache, adds_end=adds_end)
    answer = translate(engine, {"language": "fr", "texts": ["a red dog runs .", "", "  a\n cat "]})
    assert answer == {"texts": ["un rouge chien court .", "", "un chat"], "model": PACK_ID}


def test_greedy_and_wide_searches_say_the_same(tmp_path: Path) -> None:
    greedy = engine_with(tmp_path / "1", "merged", beams=1)
    wide = engine_with(tmp_path / "5", "merged", beams=5)
    asked = {"language": "fr", "texts": ["a red cat , a dog"]}
    assert translate(greedy, asked) == translate(wide, asked)


def test_long_texts_go_sentence_by_sentence(tmp_path: Path) -> None:
    engine = engine_with(tmp_path, "with_past", max_length=12)
    text = "A red dog runs . " * 30
    found = translate(engine, {"language": "fr", "texts": [text.strip(), "a dog , " * 40]})["texts"]
    assert found[0].count("rouge chien court .") == 30
    assert found[1] == " ".join(["un chien ,"] * 40), "cut at commas where a sentence is too long"


def test_words_that_it_does_not_know_break_nothing(tmp_path: Path) -> None:
    engine = engine_with(tmp_path, "none")
    for found in translate(engine, {"language": "fr", "texts": ["a dog <pad> runs", "a dog 犬 \ud800 runs"]})["texts"]:
        assert found.startswith("un chien")
        assert found.endswith("court"), "what looks like a special token is text"
        assert "<" not in found


def test_another_language_is_told(tmp_path: Path) -> None:
    engine = engine_with(tmp_path, "none")
    with pytest.raises(Unavailable, match="from en to de"):
        translate(engine, {"language": "de", "texts": ["a dog"]})
    (tmp_path / "packs" / PACK_ID / "tokenizer.json").write_text("{}")
    with pytest.raises(Unavailable, match=r"tokenizer\.json"):
        translate(engine, {"language": "fr", "texts": ["a dog"]})


async def test_asked_through_the_process(tmp_path: Path) -> None:
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "data" / "models" / "packs", "merged")
    eyes = stand_in_eyes(tmp_path / "data", tmp_path / "models")
    assert eyes.networks("translation") == ()
    await eyes.prepare()
    try:
        assert [network.id for network in eyes.networks("translation")] == [PACK_ID]
        answer = await eyes.ask("translate", {"language": "fr", "texts": ["a cat runs"]})
        assert answer["texts"] == ["un chat court"]
        with pytest.raises(Unavailable, match="from en to it"):
            await eyes.ask("translate", {"language": "it", "texts": ["a cat"]})
    finally:
        await eyes.stop()
