"""One look at one photo: what is in it, and whose faces."""

from __future__ import annotations

from collections.abc import Set

from facetd.infer.faces.find import find_faces
from facetd.infer.runner import BadOutput, Pixels, Runner
from facetd.infer.settings import LookSettings
from facetd.infer.things.objects import find_things, named
from facetd.records import DetectedFace, DetectedObject, Failure, Sighting

OBJECTS, FACES = "objects", "faces"
UNUSABLE = "model_output"


def look(runner: Runner, frame: Pixels, kinds: Set[str], settings: LookSettings) -> Sighting:
    """What is seen in `frame`, RGB uint8 (H,W,3), upright, any size from 1x1 on.

    `kinds` are of "objects" and "faces". Faces need the objects too, because animals veto faces; one run serves both. A network that
    gives no numbers is a Failure of the kinds that need it; errors of the runtime itself are raised.
    """
    things = None
    failures: dict[str, Failure] = {}
    try:
        things = find_things(runner, frame, min(settings.search_score, settings.person_score, settings.veto_score))
    except BadOutput as error:
        failures = {kind: Failure(UNUSABLE, error.message) for kind in (OBJECTS, FACES) if kind in kinds}
    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    if things is not None and OBJECTS in kinds:
        objects = named(things, settings.labels, settings.search_score, settings.person_score)
    if things is not None and FACES in kinds:
        try:
            faces = find_faces(runner, frame, things, settings)
        except BadOutput as error:
            failures[FACES] = Failure(UNUSABLE, error.message)
    return Sighting(objects=objects, faces=faces, failures=failures)
