"""Scorers see the photo or its main face, and are read as their entry says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetd.infer.catalogue import Catalogue, QualityScorer
from facetd.infer.look import look
from facetd.infer.opinions.scorers import main_face, opinions_of
from facetd.infer.opinions.wanted import scorer_of
from facetd.infer.runner import DETECTOR, OBJECTS
from tests.eyes import face
from tests.infer.networks import SETTINGS, Fake, detector, objects, runner
from tests.infer.opinions.packs import install_scorer

FRAME = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)


def scorer(tmp_path: Path, fills: str, *, reading: str = "scalar", low: float = 0, high: float = 1) -> QualityScorer:
    install_scorer(tmp_path / "packs", f"made-{fills}", fills, matrix=np.eye(3), reading=reading, low=low, high=high)
    found = scorer_of(Catalogue.load(None, tmp_path / "packs"), fills)
    assert found is not None
    return found


def rated(entry: QualityScorer, *output: float) -> float | None:
    fake = Fake({entry.id: lambda batch: (np.array([output], np.float32),)}, scorers={entry.fills: entry})
    found, failures = opinions_of(fake, FRAME, None, [entry.fills])
    assert set(found) ^ set(failures) == {entry.fills}
    return found.get(entry.fills)


def test_a_number_is_set_on_the_scale_of_the_entry(tmp_path: Path) -> None:
    entry = scorer(tmp_path, "topiq_score", low=0, high=1)
    assert rated(entry, 0.62) == pytest.approx(0.62)
    better_low = scorer(tmp_path, "liqe_score", low=100, high=0)
    assert rated(better_low, 25) == pytest.approx(0.75)
    assert rated(better_low, 120) == pytest.approx(-0.2), "score/ keeps it within"


def test_a_distribution_is_read_by_its_mean(tmp_path: Path) -> None:
    entry = scorer(tmp_path, "quality_score", reading="mean_of_bins", low=1, high=10)
    assert rated(entry, *[0] * 9, 1) == pytest.approx(1)
    assert rated(entry, *[0.1] * 10) == pytest.approx(0.5)
    assert rated(entry, 0, 0, 0, 0, 0.25, 0.25, 0, 0, 0, 0) == pytest.approx(0.5), "also where the shares do not sum to 1"


@pytest.mark.parametrize("output", [[0.0] * 10, [float("nan")] * 10, [-1.0, *[0.2] * 9]])
def test_what_is_no_distribution_is_a_failure(tmp_path: Path, output: list[float]) -> None:
    assert rated(scorer(tmp_path, "quality_score", reading="mean_of_bins", low=1, high=10), *output) is None


def test_a_look_gives_opinions_beside_the_rest_and_without_other_networks(tmp_path: Path) -> None:
    entry = scorer(tmp_path, "topiq_score")
    fake = runner()
    fake.answers = {**fake.answers, entry.id: lambda batch: (batch.mean(axis=(2, 3)),)}
    fake.scorers = {"topiq_score": entry}
    alone = look(fake, np.full((40, 30, 3), 51, np.uint8), frozenset({"topiq_score"}), SETTINGS)
    assert alone.opinions == {"topiq_score": pytest.approx(0.2)}
    assert (alone.objects, alone.faces, alone.failures) == (None, None, {})
    assert fake.count(OBJECTS) == fake.count(DETECTOR) == 0
    whole = look(fake, FRAME, frozenset({"objects", "topiq_score"}), SETTINGS)
    assert whole.objects == () and set(whole.opinions) == {"topiq_score"}


def test_the_scorer_of_faces_is_shown_the_main_face(tmp_path: Path) -> None:
    entry = scorer(tmp_path, "face_quality_iqa")
    fake = runner()
    fake.answers = {**fake.answers, entry.id: lambda batch: (batch.mean(axis=(2, 3)),)}
    fake.scorers = {"face_quality_iqa": entry}
    frame = np.zeros((600, 600, 3), np.uint8)
    frame[120:480, 120:480] = 255
    seen = look(fake, frame, frozenset({"face_quality_iqa"}), SETTINGS)
    assert seen.faces is None, "not asked for"
    assert seen.opinions["face_quality_iqa"] == pytest.approx((360 / 384) ** 2, abs=0.03)  # a face of 240 px with its margin
    nobody = look(replaced(fake), frame, frozenset({"face_quality_iqa"}), SETTINGS)
    assert nobody.opinions == {"face_quality_iqa": None} and not nobody.failures


def replaced(fake: Fake) -> Fake:
    """The same runner where no face is found."""
    return Fake({**fake.answers, DETECTOR: detector([]), OBJECTS: objects()}, scorers=fake.scorers)


def test_the_main_face_fills_most_of_the_picture_and_stays_inside_it() -> None:
    frame = np.arange(100 * 200 * 3, dtype=np.int64).reshape(100, 200, 3).astype(np.uint8)
    part = main_face(frame, (face(0.1, 0.1, 0.1), face(0.8, 0.6, 0.4)))
    assert part is not None and part.shape == (84, 64, 3)  # of 128 x 128 px, which reach beyond the right and lower edge
    assert main_face(frame, ()) is None
    for x, y, side in ((0, 0, 0.001), (0.999, 0.999, 0.001), (0.0, 0.0, 1.0)):
        found = main_face(frame, (face(x, y, side),))
        assert found is not None and found.size
