"""A whole look at a photo, with networks that answer as they are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facetd.config.model import Config
from facetd.infer import wire
from facetd.infer.faces.embed import unpacked
from facetd.infer.look import look
from facetd.infer.runner import DETECTOR, EMBEDDING, OBJECTS
from facetd.infer.settings import LookSettings
from tests.infer.networks import SETTINGS, detector, mesh, objects, runner

BOTH = frozenset({"objects", "faces"})
FACES, THINGS = frozenset({"faces"}), frozenset({"objects"})
FRAME = np.random.default_rng(0).integers(0, 255, (600, 600, 3), np.uint8)
DOG = (16, 0.8, 64, 64, 200.0)


def nan(answer):
    """`answer` with a NaN in its first output."""

    def broken(batch):
        outputs = answer(batch)
        outputs[0].ravel()[0] = np.nan
        return outputs

    return broken


def test_a_face_is_described():
    (face,) = look(runner(), FRAME, FACES, SETTINGS).faces
    assert (face.box.x, face.box.y, face.box.width, face.box.height) == pytest.approx((0.3, 0.3, 0.4, 0.4), abs=0.01)
    assert face.width_px == pytest.approx(240, abs=2)
    assert (face.roll_deg, face.yaw_deg) == pytest.approx((0, 0), abs=0.5)
    assert face.eye_openness == pytest.approx((0.3, 0.3), abs=0.01)
    assert face.space == "face_recognition/made"
    assert face.clusterable
    assert not face.eyes_closed
    assert 5 < face.quality <= 10


def test_embeddings_are_unit_vectors():
    (face,) = look(runner(), FRAME, FACES, SETTINGS).faces
    assert len(face.embedding) == 128 * 4
    assert np.linalg.norm(unpacked(face.embedding)) == pytest.approx(1)


def test_only_what_was_asked_for_is_returned_and_objects_run_once():
    fake = runner(objects=objects((15, 0.9, 10, 10, 20.0)))
    assert look(fake, FRAME, THINGS, SETTINGS).faces is None
    assert fake.count(DETECTOR) == 0
    assert look(fake, FRAME, FACES, SETTINGS).objects is None
    both = look(fake, FRAME, BOTH, SETTINGS)
    assert [thing.label for thing in both.objects] == ["thing 15"]
    assert len(both.faces) == 1
    assert fake.count(OBJECTS) == 3


def test_nothing_found_is_not_the_same_as_not_looked():
    sighting = look(runner(detector=detector([])), FRAME, BOTH, SETTINGS)
    assert sighting.objects == sighting.faces == ()
    assert not sighting.failures


def test_a_box_that_the_verifier_does_not_confirm_is_no_face():
    fake = runner(mesh=mesh(flag=0.4))
    assert look(fake, FRAME, FACES, SETTINGS).faces == ()
    assert fake.count(EMBEDDING) == 0
    assert len(look(fake, FRAME, FACES, replace(SETTINGS, min_flag=0.3)).faces) == 1


def test_a_dogs_face_is_dropped_also_when_dogs_are_not_searched_for():
    fake = runner(objects=objects(DOG), mesh=mesh(flag=0.8))
    assert look(fake, FRAME, FACES, replace(SETTINGS, search_score=0.9)).faces == ()


def test_who_hugs_a_dog_and_is_surely_human_stays():
    assert len(look(runner(objects=objects(DOG)), FRAME, FACES, SETTINGS).faces) == 1


def test_shut_eyes_are_hinted():
    (face,) = look(runner(mesh=mesh(opening=0.08)), FRAME, FACES, SETTINGS).faces
    assert face.eyes_closed


def test_a_tiny_face_is_kept_but_tells_nobody():
    fake = runner(detector=detector([((0.5, 0.5, 0.54, 0.54), 0.9)]))
    (face,) = look(fake, FRAME, FACES, SETTINGS).faces
    assert face.embedding
    assert not face.clusterable


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (10, 3000), (3000, 10), (17, 23)])
def test_odd_frames_do_no_harm(shape):
    sighting = look(runner(objects=objects(DOG)), np.full((*shape, 3), 90, np.uint8), BOTH, SETTINGS)
    assert sighting.faces is not None
    assert all(0 <= face.box.x <= 1 and 0 <= face.box.y <= 1 for face in sighting.faces)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), 30.0), np.full((5, 2), -40.0)])
def test_points_from_nowhere_do_no_harm(points):
    sighting = look(runner(mesh=mesh(five=points)), FRAME, BOTH, SETTINGS)
    assert sighting.faces is not None


@pytest.mark.parametrize("role", ["detector", "landmarks", "mesh", "embedding"])
def test_a_face_network_that_gives_nan_fails_the_faces_only(role):
    broken = nan(runner().answers[getattr(__import__("facetd.infer.runner", fromlist=["x"]), role.upper())])
    sighting = look(runner(**{role: broken}), FRAME, BOTH, SETTINGS)
    assert sighting.objects == ()
    assert sighting.faces is None
    assert sighting.failures["faces"].reason == "model_output"


def test_an_object_network_that_gives_nan_fails_what_needs_it():
    sighting = look(runner(objects=nan(objects())), FRAME, BOTH, SETTINGS)
    assert sighting.objects is None
    assert sighting.faces is None
    assert set(sighting.failures) == {"objects", "faces"}


def test_a_vector_without_length_fails_the_faces():
    sighting = look(runner(embedding=lambda batch: (np.zeros((len(batch), 128), np.float32),)), FRAME, FACES, SETTINGS)
    assert set(sighting.failures) == {"faces"}


LOOKS = frozenset({"embedding"})


def test_what_the_photo_looks_like_comes_with_the_objects_in_one_run():
    fake = runner(objects=objects(features=(1.5, 9.0, 3.0)))
    sighting = look(fake, FRAME, BOTH | LOOKS, SETTINGS)
    assert sighting.embedding.space == f"{OBJECTS}-photos/made"
    assert unpacked(sighting.embedding.vector).tolist() == pytest.approx([0.6, 0.8])  # (2 x 1.5, 3 + 1) at unit length
    assert fake.count(OBJECTS) == 1
    assert look(fake, FRAME, BOTH, SETTINGS).embedding is None
    only = look(fake, FRAME, LOOKS, SETTINGS)
    assert (only.objects, only.faces, only.embedding) == (None, None, sighting.embedding)


def test_features_that_point_nowhere_fail_the_embedding_only():
    sighting = look(runner(objects=objects(features=(0.0, 5.0, -1.0))), FRAME, BOTH | LOOKS, SETTINGS)
    assert sighting.embedding is None
    assert set(sighting.failures) == {"embedding"}
    assert sighting.objects == ()


def test_settings_come_from_the_catalogue_and_the_configuration():
    settings = LookSettings.from_config(
        Config.model_validate({"faces": {"min_score": 0.6, "tiles": True}, "objects": {"search_score": 0.25}})
    )
    assert (settings.min_score, settings.tiles, settings.search_score) == (0.6, True, 0.25)
    assert settings.labels[0] == "person"
    assert settings.labels[settings.animal_first : settings.animal_last + 1][0] == "bird"
    assert len(settings.labels) == 80


def test_settings_travel():
    settings = LookSettings.from_config(Config())
    assert wire.settings_from_json(LookSettings, wire.settings_to_json(settings)) == settings
