"""The faces of a photo, from the detector's boxes to records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import as_fractions
from facetd.infer.faces import mesh
from facetd.infer.faces.detect import detect
from facetd.infer.faces.embed import MOST_AT_ONCE, embed, embedder_of, packed
from facetd.infer.faces.found import Found
from facetd.infer.faces.pose import Posed, find_poses
from facetd.infer.faces.quality import eyes_closed, is_clusterable, quality_of
from facetd.infer.faces.sharpness import face_and_eyes
from facetd.infer.faces.veto import surely_human, vetoed
from facetd.infer.runner import Runner
from facetd.infer.settings import LookSettings
from facetd.infer.things.objects import PERSON, Things
from facetd.records.sightings import DetectedFace


def find_faces(runner: Runner, frame: Pixels, things: Things, settings: LookSettings) -> tuple[DetectedFace, ...]:
    """The faces of `frame` (H,W,3 RGB, upright), the best detected first.

    A box counts where the verifier confirms it and no animal of `things`, which go down to settings.veto_score, vetoes it. Raises
    BadOutput.
    """
    found = detect(runner, frame, settings)
    if not len(found.scores):
        return ()
    poses = find_poses(runner, frame, found.boxes)
    faces = np.flatnonzero(_confirmed(frame, found, poses, things, settings))
    if not len(faces):
        return ()
    embedder = embedder_of(runner)
    parts = [faces[start : start + MOST_AT_ONCE] for start in range(0, len(faces), MOST_AT_ONCE)]
    vectors = embed(runner, embedder.model_id, (embedder.batch(frame, found, poses, part) for part in parts))
    space = runner.space(embedder.model_id)
    return tuple(_record(frame, found, poses, int(i), vector, space, settings) for i, vector in zip(faces, vectors, strict=True))


def _confirmed(frame: Pixels, found: Found, poses: Posed, things: Things, settings: LookSettings) -> NDArray[np.bool_]:
    centres = np.asarray((found.boxes[:, :2] + found.boxes[:, 2:]) / (2 * np.array(frame.shape[1::-1])), np.float32)
    animals = np.arange(settings.animal_first, settings.animal_last + 1)
    animal = vetoed(centres, things, animals, settings.labels.index(PERSON), settings.veto_score) & ~surely_human(poses)
    return (poses.meshes.flags > np.float32(settings.min_flag)) & ~animal


def _record(frame: Pixels, found: Found, poses: Posed, i: int, vector: Floats, space: str, settings: LookSettings) -> DetectedFace:
    points, box = poses.meshes.points[i], found.boxes[i]
    width_px, score, flag = float(box[2] - box[0]), float(found.scores[i]), float(poses.meshes.flags[i])
    roll_deg, yaw_deg = float(poses.rolls_deg[i]), float(mesh.yaw_of(points[None])[0])
    apart = float(poses.disagreements[i])
    left, right = (float(value) for value in mesh.openness_of(points[None])[0])
    sharpness, eye_sharpness = face_and_eyes(frame, points)
    return DetectedFace(
        box=as_fractions(box, frame.shape[1], frame.shape[0]),
        score=round(score, 4),
        flag=round(flag, 4),
        width_px=round(width_px, 1),
        roll_deg=round(roll_deg, 1),
        yaw_deg=round(yaw_deg, 1),
        quality=quality_of(
            width_px=width_px, score=score, flag=flag, roll_deg=roll_deg, yaw_deg=yaw_deg, disagreement=apart, sharpness=sharpness
        ),
        eye_sharpness=round(eye_sharpness, 2),
        sharpness=round(sharpness, 1),
        eye_openness=(round(left, 3), round(right, 3)),
        eyes_closed=eyes_closed((left, right), flag=flag, width_px=width_px, yaw_deg=yaw_deg, limit=settings.closed_eyes),
        embedding=packed(vector),
        space=space,
        clusterable=is_clusterable(
            width_px=width_px, flag=flag, yaw_deg=yaw_deg, disagreement=apart,
            min_width_px=settings.min_person_px, min_flag=settings.people_flag,
        ),
    )  # fmt: skip
