"""Where a network of U2-Net's kind has the subject, as a map of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer import wire
from facetd.infer.catalogue import Catalogue, Saliency
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.look import look
from facetd.infer.settings import LookSettings
from facetd.infer.things.saliency import scaled
from facetd.records.sightings import Sighting, SubjectMap
from tests.infer.subjectpack import install
from tests.infer.tiny import tiny_catalogue

SETTINGS = LookSettings(labels=("person", "dog"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("models")
    tiny_catalogue(folder / "starter")
    install(folder / "packs")
    catalogue = Catalogue.load(folder / "starter", folder / "packs")
    assert catalogue.problems == ()
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    return Engine(catalogue, Choices("key", 1, {catalogue.first(Saliency).id: choice}, (), {}))


def as_array(found: SubjectMap | None) -> np.ndarray:
    assert found is not None
    return np.frombuffer(found.values, np.uint8).reshape(found.height, found.width)


@pytest.mark.parametrize(("width", "height"), [(1600, 1067), (500, 1500), (320, 320), (90, 40)])
def test_the_map_has_the_subject_at_its_place(engine: Engine, width: int, height: int) -> None:
    frame = np.full((height, width, 3), 120, np.uint8)
    frame[height // 4 : height // 2, width // 2 : width * 3 // 4] = (30, 200, 30)
    sighting = look(engine, frame, {"saliency"}, SETTINGS)
    assert sighting.failures == {}
    assert sighting.objects is None
    found = as_array(sighting.saliency)
    assert max(found.shape) == 128
    assert found.shape[1] / found.shape[0] == pytest.approx(width / height, rel=0.03)
    rows, columns = np.nonzero(found > 127)
    assert (rows.min() / found.shape[0], (rows.max() + 1) / found.shape[0]) == pytest.approx((0.25, 0.5), abs=0.03)
    assert (columns.min() / found.shape[1], (columns.max() + 1) / found.shape[1]) == pytest.approx((0.5, 0.75), abs=0.03)
    assert (found.min(), found.max()) == (0, 255)


def test_a_picture_without_anything_has_no_map(engine: Engine) -> None:
    sighting = look(engine, np.full((200, 300, 3), 120, np.uint8), {"saliency"}, SETTINGS)
    assert sighting.saliency is None
    assert sighting.failures == {}
    assert scaled(np.full((8, 8), 0.4, np.float32), 10, 10) is None


def test_a_map_travels() -> None:
    sighting = Sighting(saliency=SubjectMap(3, 2, bytes(range(6))))
    raw = wire.parse(wire.frame(wire.sighting_to_json(sighting))[4:])
    assert wire.sighting_from_json(raw) == sighting
    raw["saliency"][0] = 4
    with pytest.raises(wire.WireError, match="4 x 2"):
        wire.sighting_from_json(raw)
