"""One look at one photo: what is in it, and whose faces."""

from __future__ import annotations

from collections.abc import Set

from facetd.i18n import _
from facetd.infer.faces.find import find_faces
from facetd.infer.runner import OBJECTS as MODEL
from facetd.infer.runner import BadOutput, Pixels, Runner
from facetd.infer.settings import LookSettings
from facetd.infer.things.objects import Things, find_things, named
from facetd.records import DetectedFace, DetectedObject, Failure, PhotoVector, Sighting

OBJECTS, FACES, EMBEDDING = "objects", "faces", "embedding"
UNUSABLE = "model_output"


def look(runner: Runner, frame: Pixels, kinds: Set[str], settings: LookSettings) -> Sighting:
    """What is seen in `frame`, RGB uint8 (H,W,3), upright, any size from 1x1 on.

    `kinds` are of "objects", "faces" and "embedding". Faces need the objects too, because animals veto faces, and what the photo looks
    like comes with them; one run serves all. A network that gives no numbers is a Failure of the kinds that need it; errors of the
    runtime itself are raised.
    """
    things = None
    failures: dict[str, Failure] = {}
    try:
        things = find_things(runner, frame, min(settings.search_score, settings.person_score, settings.veto_score))
    except BadOutput as error:
        failures = {kind: Failure(UNUSABLE, error.message) for kind in (OBJECTS, FACES, EMBEDDING) if kind in kinds}
    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    if things is not None and OBJECTS in kinds:
        objects = named(things, settings.labels, settings.search_score, settings.person_score)
    if things is not None and FACES in kinds:
        try:
            faces = find_faces(runner, frame, things, settings)
        except BadOutput as error:
            failures[FACES] = Failure(UNUSABLE, error.message)
    embedding = None
    if things is not None and EMBEDDING in kinds:
        embedding = _embedded(runner, things)
        if embedding is None:
            failures[EMBEDDING] = Failure(UNUSABLE, _("The picture gives the model nothing to tell it by."))
    return Sighting(objects=objects, faces=faces, embedding=embedding, failures=failures)


def _embedded(runner: Runner, things: Things) -> PhotoVector | None:
    vector = runner.projection(MODEL).vector(things.features)
    return None if vector is None else PhotoVector(runner.photo_space(MODEL), vector.astype("<f4").tobytes())
