"""The models of the starter pack, by what they do, and the numbers that reading them takes."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveInt

from facetd.infer.catalogue.entries import Entry, InsidePath, Model, ModelFile, Point, Precision, Share


class Detection(Entry):
    """Reading the face detector: accept boxes at `score`, look again at `second_pass_scale` when some lie between `weak` and `score`."""

    score: Share
    weak: Share
    second_pass_scale: Share
    nms_iou: Share


class Points(Entry):
    """Indices of face landmarks; left and right as seen in the picture."""

    count: PositiveInt
    left_eye: tuple[int, ...]
    right_eye: tuple[int, ...]
    nose_tip: int
    mouth_left: int
    mouth_right: int


class Mesh(Entry):
    """Reading the face mesh: confirmation by the flag, and the points of the eyes' openness."""

    count: PositiveInt
    flag: Share
    flag_people: Share
    left_eye: tuple[int, int, int, int, int, int]
    right_eye: tuple[int, int, int, int, int, int]
    eyes_closed: float


class Template(Entry):
    """Where landmarks lie in an aligned chip: (x, y) in px of the input."""

    left_eye: Point
    right_eye: Point
    nose_tip: Point
    mouth_left: Point
    mouth_right: Point


class Embedding(Entry):
    """A vector space of faces and its distances (Euclidean, of unit vectors)."""

    space: str
    dimension: PositiveInt
    same: float
    merge: float
    suggest: float
    min_face_px: float
    template: Template

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class Appearance(Entry):
    """A vector space of whole photos: what a photo looks like to a model. Vectors are of unit length; near ones have a large cosine.

    `projection` is a matrix [dimension, values of `output` + 1] of float16, the shift as its last column: the vector is the direction of
    M x + shift. Its hash is part of what the vectors are made with.
    """

    space: str
    dimension: PositiveInt
    output: str
    projection: ModelFile

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class Objects(Entry):
    """Reading the object detector. `labels` is a file beside the catalogue, one name a line; `veto_*` are indices into it."""

    labels: InsidePath
    stride: PositiveInt
    top_k: PositiveInt
    nms_iou: Share
    index: Share
    show: Share
    person: Share
    veto_score: Share
    veto_first: int
    veto_last: int


class FaceDetector(Model):
    """photo -> boxes of faces."""

    task: Literal["face_detection"]
    detection: Detection


class FaceLandmarks(Model):
    """face box -> points for alignment."""

    task: Literal["face_landmarks"]
    points: Points


class FaceMesh(Model):
    """face -> dense points, and whether it is one."""

    task: Literal["face_mesh"]
    mesh: Mesh


class FaceEmbedding(Model):
    """aligned face -> vector."""

    task: Literal["face_embedding"]
    embedding: Embedding


class ObjectDetector(Model):
    """photo -> things with boxes; and what it looks like, where the network tells."""

    task: Literal["object_detection"]
    objects: Objects
    appearance: Appearance | None = None
