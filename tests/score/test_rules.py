"""The built-in categories, and what the configuration may change in them."""

from __future__ import annotations

import pytest

from facetd.config import Config
from facetd.config.model import CategoryOverride
from facetd.errors import ConfigError
from facetd.score.rules import Rules, categories, category_problems, photo_types, type_labels

NAMES = {
    "art",
    "astro",
    "concert",
    "street",
    "group_portrait",
    "silhouette",
    "portrait",
    "portrait_bw",
    "human_others",
    "macro",
    "aerial",
    "wildlife",
    "food",
    "sports",
    "vehicle",
    "travel",
    "fashion",
    "architecture",
    "urban",
    "long_exposure",
    "cinematic",
    "vintage",
    "abstract",
    "night",
    "minimalist",
    "dramatic",
    "monochrome",
    "weather",
    "landscape",
    "default",
    "golden_hour",
    "blue_hour",
    "product",
    "candid",
}


def test_the_data_file_has_the_34_categories_each_complete_and_valid() -> None:
    assert set(categories()) == NAMES
    assert len({category.priority for category in categories().values()}) == len(NAMES)
    for name, category in categories().items():
        change = CategoryOverride(weights=dict(category.weights), modifiers=dict(category.modifiers), filters=dict(category.filters))
        assert list(category_problems(name, change)) == []
        assert sum(category.weights.values()) == 100, name
        assert category.label
        assert bool(category.filters) == (name != "default")


def test_the_17_photo_types_name_known_categories() -> None:
    assert [t.label for t in photo_types()] == [
        "Top Picks", "Portraits", "People in Scene", "Landscapes", "Architecture", "Nature", "Animals", "Art & Statues", "Black & White",
        "Low Light", "Silhouettes", "Macro", "Astrophotography", "Street", "Long Exposure", "Aerial & Drone", "Concerts",
    ]  # fmt: skip
    assert photo_types()[0].categories == () and type_labels()["top_picks"] == "Top Picks"
    for photo_type in photo_types()[1:]:
        assert photo_type.categories and set(photo_type.categories) <= NAMES


def test_the_configuration_replaces_parts_of_a_category() -> None:
    config = Config.model_validate(
        {"categories": {"macro": {"priority": 1, "weights": {"composition_percent": 10}, "filters": {"iso_max": 400}}}}
    )
    rules = Rules.from_config(config)
    assert rules.categories[0].name == "macro"
    assert rules.categories[0].weights == {"composition_percent": 10}
    assert rules.categories[0].label == "Macro"
    assert rules.default.name == "default" and len(rules.categories) == 33


def test_the_default_category_can_be_another_one() -> None:
    rules = Rules.from_config(Config.model_validate({"scoring": {"default_category": "landscape"}}))
    assert rules.default.name == "landscape"


def test_every_problem_is_reported_with_its_key_path_and_the_nearest_name() -> None:
    config = Config.model_validate(
        {
            "scoring": {"default_category": "defualt"},
            "viewer": {"photo_types": {"top_picks_weights": dict.fromkeys(
                ("aggregate_percent", "aesthetic_percent", "composition_percent", "face_quality_percent"), 0)}},
            "categories": {
                "protrait": {"priority": 3},
                "macro": {
                    "weights": {"sharpnes_percent": 10, "exposure_percent": 0},
                    "modifiers": {"bonsu": 1, "noise_tolerance": 7},
                    "filters": {"iso_mim": 3, "has_face": "yes", "required_tags": "bird", "tag_match_mode": "some", "iso_max": True},
                },
                "street": {"weights": {"exposure_percent": 0}},
            },
        }
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        Rules.from_config(config)
    found = {error.field: error.message for error in caught.value.errors}
    assert set(found) == {
        "scoring.default_category", "viewer.photo_types.top_picks_weights", "categories.protrait",
        "categories.macro.weights.sharpnes_percent",
        "categories.macro.modifiers.bonsu", "categories.macro.modifiers.noise_tolerance", "categories.macro.filters.iso_mim",
        "categories.macro.filters.has_face", "categories.macro.filters.required_tags", "categories.macro.filters.tag_match_mode",
        "categories.macro.filters.iso_max", "categories.street.weights",
    }  # fmt: skip
    assert found["categories.protrait"] == 'unknown category "protrait"; did you mean "portrait"?'
    assert '"iso_min"' in found["categories.macro.filters.iso_mim"]
    assert '"bonus"' in found["categories.macro.modifiers.bonsu"]


def test_the_fingerprint_changes_with_whatever_changes_a_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Rules.from_config(Config()).fingerprint
    assert Rules.from_config(Config()).fingerprint == first
    for change in (
        {"categories": {"macro": {"priority": 1}}},
        {"penalties": {"blink_points": 2}},
        {"normalization": {"strength": 0.2}},
        {"viewer": {"photo_types": {"top_picks_min_face_ratio": 0.3}}},
        {"scoring": {"default_category": "landscape"}},
    ):
        assert Rules.from_config(Config.model_validate(change)).fingerprint != first
    assert Rules.from_config(Config.model_validate({"thumbnails": {"quality": 70}})).fingerprint == first
    monkeypatch.setattr("facetd.score.rules.JUDGE_VERSION", 99)
    assert Rules.from_config(Config()).fingerprint != first
