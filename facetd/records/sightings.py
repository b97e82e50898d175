"""What the models see in a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facetd.records.measures import SubjectMetrics


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the upright picture: left, top, width and height as fractions 0..1 of it."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a stored face is: in which photo and content, whose it is, and the box in a picture of this size (px, upright)."""

    face_id: int
    photo_id: int
    person_id: int | None
    content_hash: str
    image_width: int | None
    image_height: int | None
    box: Box


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """A thing found in a photo: its label (a name of the catalogue's label list), how sure the model is (0..1), and where."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face found in a photo.

    `score` is the detector's, `flag` the verifier's confidence (0..1). `width_px` is the width of the box in pixels of the decode it was
    found in. `roll_deg` and `yaw_deg` turn the head upright and to the camera. `quality` (0..10) says how well the face can be
    recognised, `eye_sharpness` (0..10) how sharp the eyes are, `sharpness` (0..100) the whole face. `eye_openness` is the eye aspect
    ratio (left, right in the picture); `eyes_closed` a hint, never a fact. `embedding` is a unit vector, little-endian float32, in the
    space named `space` (model and precision); None where it was not computed. `clusterable` is False for faces too small or doubtful
    to tell people by.
    """

    box: Box
    score: float
    flag: float
    width_px: float
    roll_deg: float
    yaw_deg: float
    quality: float
    eye_sharpness: float
    sharpness: float
    eye_openness: tuple[float, float]
    eyes_closed: bool
    embedding: bytes | None
    space: str
    clusterable: bool


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """What the faces of a photo say about it; the names are keys of fields.py. All None when nobody could look.

    `is_blink` is a hint that somebody's eyes are closed.
    """

    face_count: int | None = None
    face_ratio: float | None = None
    face_confidence: float | None = None
    face_quality: float | None = None
    eye_sharpness: float | None = None
    face_sharpness: float | None = None
    is_group_portrait: bool | None = None
    is_blink: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an analysis could not be made: a stable word, and a sentence for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PhotoVector:
    """What a photo looks like to a model: a unit vector, little-endian float32, in a space that names model and precision."""

    space: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class SubjectMap:
    """How much each place of the upright picture belongs to the subject, to a model: 0..255, row by row; of the picture's shape."""

    width: int
    height: int
    values: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the models saw in one photo. None where that analysis was not asked for or failed; `failures` by kind of analysis.

    `opinions` are shares of a scorer's scale (0: its low end, 1: its high one) by the field it fills; None where there was nothing to
    judge. `subject` is measured by where the model's `saliency` has the subject.
    """

    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    failures: Mapping[str, Failure] = field(default_factory=dict)
    embedding: PhotoVector | None = None
    opinions: Mapping[str, float | None] = field(default_factory=dict)
    saliency: SubjectMap | None = None
    subject: SubjectMetrics | None = None
