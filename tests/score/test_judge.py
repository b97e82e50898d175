"""Categories, aggregate and Top Picks."""

from __future__ import annotations

import pytest

from facetd.config import Config
from facetd.fields import weighable
from facetd.records.judgement import Judgement
from facetd.score.filters import matches
from facetd.score.judge import judge, normalized
from facetd.score.normalize import BUILT_IN, make_snapshot
from facetd.score.rules import Rules, categories

RULES = Rules.from_config(Config())
GOOD = {
    "tech_sharpness": 7.5, "subject_sharpness": 7.0, "comp_score": 7.0, "exposure_score": 8.5, "contrast_score": 6.5,
    "dynamic_range_stops": 8.5,
    "color_score": 7.0, "color_harmony": 7.5, "noise_sigma": 1.0, "subject_prominence": 6.0, "subject_placement": 6.0, "bg_separation": 7.0,
    "isolation_bonus": 5.0, "leading_lines_score": 1.0, "power_point_score": 3.0, "shadow_clipping": 0.0, "highlight_clipping": 0.0,
    "mean_luminance": 0.45, "is_monochrome": False, "is_silhouette": False,
}  # fmt: skip


def judged(**changes: object) -> Judgement:
    return judge({**GOOD, **changes}, RULES, BUILT_IN)


def score(**changes: object) -> float:
    found = judged(**changes).aggregate
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("category", "facts"),
    [
        ("default", {}),
        ("monochrome", {"is_monochrome": True}),
        ("silhouette", {"is_silhouette": True}),
        ("long_exposure", {"shutter_speed": 2.0, "f_stop": 11.0, "iso": 100}),
        ("night", {"shutter_speed": 1 / 15, "f_stop": 1.8, "iso": 3200, "mean_luminance": 0.2}),
        ("default", {"shutter_speed": 1 / 500, "f_stop": 8.0, "iso": 100, "mean_luminance": 0.15}),  # low-key, not night
        ("astro", {"shutter_speed": 20.0, "f_stop": 2.8, "iso": 3200, "mean_luminance": 0.15}),
        ("portrait", {"face_count": 1, "face_ratio": 0.2}),
        ("portrait_bw", {"face_count": 1, "face_ratio": 0.2, "is_monochrome": True}),
        ("human_others", {"face_count": 1, "face_ratio": 0.01}),
        ("group_portrait", {"face_count": 5, "face_ratio": 0.03, "is_group_portrait": True}),
        ("wildlife", {"tags": ["Zoo", "Bird"]}),
        ("macro", {"tags": frozenset({"macro", "insect", "animal"})}),
        ("art", {"tags": ("statue",), "face_count": 1, "face_ratio": 0.3}),
        ("minimalist", {"isolation_bonus": 8.6, "subject_prominence": 9.0}),
        ("dramatic", {"contrast_score": 7.8, "mean_luminance": 0.25}),
    ],
)
def test_the_first_category_that_fits_takes_the_photo(category: str, facts: dict[str, object]) -> None:
    assert judged(**facts).category == category


def test_filters_need_their_value_and_take_their_limits() -> None:
    assert matches({"iso_min": 100, "iso_max": 400}, {"iso": 400})
    assert not matches({"iso_min": 100}, {}) and not matches({"iso_min": 100}, {"iso": None})
    assert matches({"has_face": False}, {"face_count": 0}) and not matches({"has_face": False}, {})
    assert matches({"required_tags": ["a", "b"], "tag_match_mode": "all"}, {"tags": {"A", "b", "c"}})
    assert not matches({"required_tags": ["a", "b"], "tag_match_mode": "all"}, {"tags": {"a"}})
    assert not matches({"excluded_tags": ["a"]}, {"tags": ["a"]}) and matches({"excluded_tags": ["a"]}, {})
    assert not matches({"required_tags": ["a"]}, {"tags": "a"})
    assert not matches({"light_value_max": 5}, {"iso": 100, "f_stop": 0.0, "shutter_speed": 1.0})


def test_components_and_adjustments_add_up_to_the_aggregate() -> None:
    for changes in ({}, {"noise_sigma": 20.0, "is_blink": True, "highlight_clipping": 0.4, "exposure_score": 1.0}, {"is_monochrome": True}):
        found = judged(**changes)
        assert found.aggregate is not None
        total = sum(c.contribution for c in found.components) + sum(a.points for a in found.adjustments)
        assert found.aggregate == pytest.approx(total, abs=0.001)
        assert sum(c.weight for c in found.components) == pytest.approx(1, abs=0.001)
        for c in found.components:
            assert c.contribution == pytest.approx(c.normalized * c.weight, abs=0.001)


@pytest.mark.parametrize(
    "worse",
    [
        {"tech_sharpness": 4.0}, {"subject_sharpness": 3.0}, {"comp_score": 4.0}, {"exposure_score": 5.0}, {"contrast_score": 3.0},
        {"color_score": 2.0}, {"dynamic_range_stops": 4.0}, {"noise_sigma": 6.0}, {"noise_sigma": 15.0}, {"is_blink": True},
        {"shadow_clipping": 0.4}, {"highlight_clipping": 0.3}, {"exposure_score": 1.0}, {"jpeg_quality": 30}, {"megapixels": 0.02},
        {"tech_sharpness": 0.5, "subject_sharpness": 0.5},
    ],
)  # fmt: skip
def test_whatever_gets_worse_lowers_the_aggregate(worse: dict[str, object]) -> None:
    assert score(**worse) < score() - 0.05


def test_penalties_name_their_reason_and_a_category_may_waive_them() -> None:
    noisy = {adjustment.key: adjustment for adjustment in judged(noise_sigma=20.0, is_blink=True).adjustments}
    assert -1.0 < noisy["noise"].points < -0.5 and "noisy" in noisy["noise"].reason
    assert noisy["blink"].points == -1
    dark = {a.key for a in judged(shadow_clipping=0.6, is_silhouette=True).adjustments}
    assert "shadow" not in dark


def test_scores_use_the_scale_and_end_at_0_and_10() -> None:
    best = {key: 10.0 for key, value in GOOD.items() if isinstance(value, float)} | {
        "noise_sigma": 0.0,
        "highlight_clipping": 0.0,
        "shadow_clipping": 0.0,
    }
    worst = dict.fromkeys(best, 0.0) | {"noise_sigma": 80.0, "highlight_clipping": 1.0}
    assert 9.5 < score(**best) <= 10
    found = judged(**worst)
    assert found.aggregate == 0 and found.adjustments[-1].key == "limit"


def test_a_missing_metric_gives_its_weight_to_the_others() -> None:
    found = judged(comp_score=None)
    assert set(found.missing) - set(judged().missing) == {"comp_score"}
    assert "comp_score" not in {c.key for c in found.components}
    assert sum(c.weight for c in found.components) == pytest.approx(1, abs=0.001)
    assert judge({}, RULES, BUILT_IN).aggregate is None
    assert judge({}, RULES, BUILT_IN).top_picks_score is None


def test_normalisation_mixes_the_score_with_its_rank_in_the_library() -> None:
    library = make_snapshot({"comp_score": [float(v) / 10 for v in range(41)]})
    half, off = RULES, Rules.from_config(Config.model_validate({"normalization": {"enabled": False}}))
    assert normalized("comp_score", 4.0, half, library) == pytest.approx(0.5 * 4 + 0.5 * 10)
    assert normalized("comp_score", 4.0, off, library) == 4.0
    assert normalized("color_score", 4.0, half, library) == 4.0
    assert normalized("noise_sigma", 6.0, off, library) == pytest.approx(5)
    assert normalized("dynamic_range_stops", 7.0, off, library) == pytest.approx(5)


def test_top_picks_count_the_face_only_when_it_is_large_enough() -> None:
    facts = {"aesthetic_iaa": 8.0, "face_quality": 2.0}
    near, far = judged(**facts, face_ratio=0.3), judged(**facts, face_ratio=0.1)
    assert near.aggregate is not None and far.aggregate is not None
    assert near.top_picks_score == pytest.approx(0.30 * near.aggregate + 0.28 * 8 + 0.18 * 7 + 0.24 * 2, abs=0.001)
    assert far.top_picks_score == pytest.approx(0.30 * far.aggregate + 0.40 * 8 + 0.30 * 7, abs=0.001)


def test_top_picks_take_the_measured_aesthetics_where_no_model_learned_taste() -> None:
    found = judged()
    assert found.aggregate is not None and found.aesthetic is not None
    assert found.top_picks_score == pytest.approx(0.30 * found.aggregate + 0.40 * found.aesthetic + 0.30 * 7, abs=0.001)


def test_without_models_nothing_they_would_fill_counts_and_with_them_it_does() -> None:
    plain, learned = judged(), judged(aesthetic_iaa=9.5, topiq_score=9.0)
    own = categories()["default"].weights
    assert {c.key for c in plain.components} == {weighable()[name].key for name in own}
    assert set(plain.missing) == {"aesthetic_iaa", "topiq_score", "quality_score", "liqe_score"}
    weights = {c.key: c.weight for c in learned.components}
    assert weights["aesthetic_iaa"] == pytest.approx(20 / 128, abs=1e-4) and weights["topiq_score"] == pytest.approx(8 / 128, abs=1e-4)
    assert learned.aggregate is not None and plain.aggregate is not None and learned.aggregate > plain.aggregate
    assert score(aesthetic_iaa=3.0) < score(aesthetic_iaa=5.0) < score(aesthetic_iaa=8.0)


def test_a_category_may_weigh_the_measured_aesthetics() -> None:
    rules = Rules.from_config(Config.model_validate({"categories": {"default": {"weights": {"aesthetic_percent": 10}}}}))
    found = judge(GOOD, rules, BUILT_IN)
    assert [(c.key, c.value) for c in found.components] == [("aesthetic", found.aesthetic)]
