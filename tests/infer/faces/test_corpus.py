"""What the starter pack sees in real photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.eyes import Seen, look_turned, manifest, object_figures, open_engine, people_figures, see
from facetd.infer.catalogue import Catalogue, FileState


@pytest.fixture(scope="module")
def engine():
    catalogue = Catalogue.load()
    if any(catalogue.state(model, "f32") is not FileState.PRESENT for model in catalogue.models):
        pytest.skip("the models are not built")
    return open_engine("onnxruntime", "f32")


@pytest.mark.corpus
@pytest.mark.timeout(900)
def test_people_and_things_of_labelled_photos(corpus: Path, engine):
    rows = [row for row in manifest(corpus) if row["person"] or row["class"] or "no-face" in row["tags"]]
    seen = see(corpus, engine, rows)
    people, things = people_figures(corpus, seen), object_figures(seen)
    assert people["portraits"] >= 55
    assert people["portraits_missed"] == []
    assert people["false_face_share"] <= 0.03, people["false_faces"]
    assert people["auc"] >= 0.999
    assert people["accuracy"] >= 0.995, people["pairs_wrong"]
    assert things["right_label"] >= 0.55
    assert things["scenery_shown"] == ["Saved/2013/pic_0113.jpg"]  # a street full of cars
    assert len(things["scenery_with_objects"]) <= 3  # that one, a bridge above boats, a winged statue
    assert seen.around_s < 0.5 * seen.networks_s


@pytest.mark.corpus
@pytest.mark.parametrize(("degrees", "least"), [(45, 0.9), (90, 0.8)])
def test_tilted_heads_are_known(corpus: Path, engine, degrees: float, least: float):
    rows = [row for row in manifest(corpus) if row["person"] and ";" not in row["person"] and row["made"] == "0"][::5]
    seen: Seen = see(corpus, engine, rows)
    assert look_turned(corpus, engine, seen, degrees)["known"] >= least
