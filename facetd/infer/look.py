"""One look at one photo: what is in it, and whose faces."""

from __future__ import annotations

from collections.abc import Set

from facetd.i18n import _
from facetd.infer.arrays import Pixels
from facetd.infer.catalogue import ImageEmbedding, Saliency
from facetd.infer.faces.find import find_faces
from facetd.infer.opinions.scorers import opinions_of
from facetd.infer.opinions.wanted import FIELDS, OF_FACES
from facetd.infer.runner import OBJECTS as MODEL
from facetd.infer.runner import BadOutput, Runner
from facetd.infer.settings import LookSettings
from facetd.infer.things.again import without_doubtful
from facetd.infer.things.objects import Things, find_things, named
from facetd.infer.things.saliency import subject_map
from facetd.infer.things.tower import photo_vector
from facetd.records.sightings import DetectedFace, DetectedObject, Failure, PhotoVector, Sighting, SubjectMap

OBJECTS, FACES, EMBEDDING, SALIENCY = "objects", "faces", "embedding", "saliency"
UNUSABLE = "model_output"


def look(runner: Runner, frame: Pixels, kinds: Set[str], settings: LookSettings) -> Sighting:
    """What is seen in `frame`, RGB uint8 (H,W,3), upright, any size from 1x1 on.

    `kinds` are of "objects", "faces", "embedding", "saliency" and the fields that scorers fill. Faces need the objects too, because
    animals veto faces, and what the photo looks like comes with them, unless an installed network tells; one run serves all, and
    doubtful objects take another one. A network that gives no numbers is a Failure of the kinds that need it; errors of the runtime
    itself are raised.
    """
    things = None
    failures: dict[str, Failure] = {}
    tower = runner.tower if EMBEDDING in kinds else None
    of_things = kinds & ({OBJECTS, FACES, OF_FACES} if tower is not None else {OBJECTS, FACES, OF_FACES, EMBEDDING})
    if of_things:
        try:
            things = find_things(runner, frame, min(settings.search_score, settings.person_score, settings.veto_score))
        except BadOutput as error:
            failures = {kind: Failure(UNUSABLE, error.message) for kind in of_things}
    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    if things is not None and OBJECTS in kinds:
        try:
            objects = _objects(runner, frame, things, settings)
        except BadOutput as error:
            failures[OBJECTS] = Failure(UNUSABLE, error.message)
    if things is not None and kinds & {FACES, OF_FACES}:
        try:
            faces = find_faces(runner, frame, things, settings)
        except BadOutput as error:
            failures |= {kind: Failure(UNUSABLE, error.message) for kind in kinds & {FACES, OF_FACES}}
    opinions, unsaid = opinions_of(runner, frame, faces, kinds & FIELDS - failures.keys())
    failures |= unsaid
    embedding = None
    if EMBEDDING in kinds - failures.keys():
        try:
            embedding = _embedded(runner, things) if tower is None else _shown(runner, frame, tower)
            if embedding is None:
                failures[EMBEDDING] = Failure(UNUSABLE, _("The picture gives the model nothing to tell it by."))
        except BadOutput as error:
            failures[EMBEDDING] = Failure(UNUSABLE, error.message)
    saliency = None
    if SALIENCY in kinds:
        try:
            saliency = _subject(runner, frame)
        except BadOutput as error:
            failures[SALIENCY] = Failure(UNUSABLE, error.message)
    return Sighting(objects, faces if FACES in kinds else None, failures, embedding, opinions, saliency)


def _subject(runner: Runner, frame: Pixels) -> SubjectMap | None:
    """By the installed network."""
    model = runner.installed(Saliency)
    return None if model is None else subject_map(runner, frame, model)


def _objects(runner: Runner, frame: Pixels, things: Things, settings: LookSettings) -> tuple[DetectedObject, ...]:
    """What is there, weakly seen things only where a second look confirms them."""
    certain = without_doubtful(runner, frame, things, settings.search_score, settings.sure_score)
    return named(certain, settings.labels, settings.search_score, settings.person_score)


def _shown(runner: Runner, frame: Pixels, tower: ImageEmbedding) -> PhotoVector | None:
    """By the installed network."""
    vector = photo_vector(runner, frame, tower)
    return None if vector is None else PhotoVector(runner.photo_space(tower.id), vector.astype("<f4").tobytes())


def _embedded(runner: Runner, things: Things | None) -> PhotoVector | None:
    """By the backbone of the object detector."""
    if things is None:
        return None
    vector = runner.projection(MODEL).vector(things.features)
    return None if vector is None else PhotoVector(runner.photo_space(MODEL), vector.astype("<f4").tobytes())
