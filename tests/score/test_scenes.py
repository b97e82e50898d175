"""The words that are looked for in photos, and what the configuration may change in them."""

from __future__ import annotations

import pytest

from facetd.config import Config
from facetd.errors import ConfigError
from facetd.score.rules import categories
from facetd.score.scenes import Scenes
from facetd.score.tags import Source

SCENES = Scenes.from_config(Config())


def configured(**tags: object) -> Scenes:
    return Scenes.from_config(Config.model_validate({"tags": tags}))


def test_the_data_file_is_a_vocabulary_of_about_a_hundred_words() -> None:
    assert 60 <= len(SCENES.kinds) <= 120
    assert set(SCENES.kinds.values()) == {"scene", "mood", "activity"}
    assert len(SCENES.kinds) == sum(len(group.tags) for group in SCENES.groups.values()), "a tag in two groups"
    for group in SCENES.groups.values():
        assert group.background and all(len(texts) >= 2 for texts in group.tags.values())
    for text in SCENES.texts():
        assert "{" not in text and text.endswith("."), text
        assert len(text.split()) < 20, "a text that a tokenizer of 77 would cut"
    assert len(SCENES.axis["good"]) == len(SCENES.axis["bad"]) >= 5


def test_the_words_that_categories_wait_for_are_among_them() -> None:
    wanted = {
        "concert": "concert", "golden_hour": "sunset", "blue_hour": "blue hour", "weather": "fog", "landscape": "mountain",
        "street": "street", "architecture": "church", "urban": "skyline", "food": "food", "macro": "macro", "aerial": "aerial",
        "art": "statue", "candid": "wedding", "sports": "soccer", "product": "product", "abstract": "abstract", "fashion": "fashion",
    }  # fmt: skip
    for category, tag in wanted.items():
        required = categories()[category].filters["required_tags"]
        assert isinstance(required, list) and tag in required, category
        assert tag in SCENES.kinds


def test_other_words_never_hide_a_tag() -> None:
    assert SCENES.tag_of_synonym["seaside"] == "beach" and SCENES.tag_of_synonym["misty"] == "fog"
    assert not set(SCENES.tag_of_synonym) & set(SCENES.kinds)
    assert set(SCENES.tag_of_synonym.values()) <= set(SCENES.kinds)


def test_what_is_sure_is_shown_and_what_is_suspected_is_found() -> None:
    found = SCENES.tags([[("beach", 0.7), ("sea", 0.25)], [("sunset", 0.6), ("night", 0.2)], [], [("unheard of", 0.9)]])
    assert found == {"beach": Source.SCENE, "sea": Source.SCENE_HINT, "sunset": Source.SCENE}


def test_entries_of_the_configuration_replace_add_and_remove() -> None:
    scenes = configured(
        scenes={
            "beach": {},
            "pier": {"group": "place", "prompts": ["a wooden pier"], "synonyms": ["jetty"]},
            "sea": {"group": "place", "prompts": ["the north sea"]},
        },
        scene_score=0.5,
    )
    place = scenes.groups["place"].tags
    assert "beach" not in place and "beach" not in scenes.kinds
    assert place["pier"] == ("a photo of a wooden pier.", "a photograph of a wooden pier.")
    assert place["sea"] == ("a photo of the north sea.", "a photograph of the north sea.")
    assert scenes.tag_of_synonym["jetty"] == "pier" and "ocean" not in scenes.tag_of_synonym
    assert scenes.tags([[("pier", 0.5)]]) == {"pier": Source.SCENE}


def test_a_group_that_is_not_there_is_told_with_its_key() -> None:
    with pytest.raises(ConfigError) as caught:
        configured(scenes={"pier": {"group": "plase", "prompts": ["a pier"]}})
    (error,) = caught.value.errors
    assert error.field == "tags.scenes.pier.group" and '"place"' in error.message


def test_the_fingerprint_follows_words_and_thresholds_and_nothing_else() -> None:
    assert SCENES.fingerprint == Scenes.from_config(Config()).fingerprint
    assert configured(vocabulary={"x": {"labels": ["dog"]}}).fingerprint == SCENES.fingerprint
    assert configured(scenes={"sea": {"group": "place", "prompts": ["a photo of the sea"]}}).fingerprint != SCENES.fingerprint
    assert configured(scene_score=0.61).fingerprint != SCENES.fingerprint
    assert configured(scene_search_score=0.2).fingerprint != SCENES.fingerprint
    assert configured(scene_score=0.61).axis_fingerprint == SCENES.axis_fingerprint
