"""What client and inference process say to each other: JSON behind a length, records spelled out field by field."""

from __future__ import annotations

import base64
import dataclasses
import json
import struct
from collections.abc import Mapping
from typing import Any, TypeVar

from facetd.records.sightings import Box, DetectedFace, DetectedObject, Failure, PhotoVector, Sighting, SubjectMap

LENGTH = struct.Struct(">I")
MAX_BYTES = 64 * 1024 * 1024  # a photo with a thousand faces is about one megabyte
T = TypeVar("T")
Json = dict[str, Any]


class WireError(Exception):
    """Bytes that are no message of this protocol."""


def frame(message: Mapping[str, object]) -> bytes:
    """`message` as it travels. File names keep their odd bytes as lone surrogates, escaped in ASCII."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > MAX_BYTES:
        raise WireError(f"a message of {len(body)} bytes is too long")
    return LENGTH.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """How many bytes follow `header` (4 bytes). Raises WireError."""
    if len(header) != LENGTH.size:
        raise WireError("the message was cut short")
    length = int(LENGTH.unpack(header)[0])
    if length > MAX_BYTES:
        raise WireError(f"a message of {length} bytes is too long")
    return length


def parse(body: bytes) -> Json:
    """The message in `body`. Raises WireError."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise WireError("not a JSON object")
    return message


def sighting_to_json(sighting: Sighting) -> Json:
    """The inverse of `sighting_from_json`."""
    return {
        "objects": None if sighting.objects is None else [_object_to_json(each) for each in sighting.objects],
        "faces": None if sighting.faces is None else [_face_to_json(each) for each in sighting.faces],
        "failures": {kind: [failure.reason, failure.message] for kind, failure in sighting.failures.items()},
        "opinions": {field: None if share is None else float(share) for field, share in sighting.opinions.items()},
        "embedding": None if sighting.embedding is None else [sighting.embedding.space, _text(sighting.embedding.vector)],
        "saliency": None if (seen := sighting.saliency) is None else [seen.width, seen.height, _text(seen.values)],
    }


def sighting_from_json(raw: Json) -> Sighting:
    """Raises WireError for anything that is not a whole sighting."""
    try:
        objects, faces, embedding = raw["objects"], raw["faces"], raw["embedding"]
        return Sighting(
            None if objects is None else tuple(_object_from_json(each) for each in objects),
            None if faces is None else tuple(_face_from_json(each) for each in faces),
            {str(kind): Failure(str(reason), str(message)) for kind, (reason, message) in raw["failures"].items()},
            None if embedding is None else _vector_from_json(embedding),
            {str(field): None if share is None else float(share) for field, share in raw.get("opinions", {}).items()},
            None if (seen := raw.get("saliency")) is None else _map_from_json(seen),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"not a sighting: {type(error).__name__}: {error}") from error


def settings_to_json(settings: object) -> Json:
    """A flat dataclass of plain values."""
    if not dataclasses.is_dataclass(settings) or isinstance(settings, type):
        raise WireError(f"not settings: {settings!r}")
    return dataclasses.asdict(settings)


def settings_from_json(kind: type[T], raw: Mapping[str, Any]) -> T:
    """The inverse of `settings_to_json`; lists become tuples. Raises WireError."""
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})
    except TypeError as error:
        raise WireError(f"not settings: {error}") from error


def _vector_from_json(raw: list[str]) -> PhotoVector:
    space, vector = raw
    return PhotoVector(str(space), base64.b64decode(vector, validate=True))


def _map_from_json(raw: tuple[int, int, str]) -> SubjectMap:
    width, height, values = int(raw[0]), int(raw[1]), base64.b64decode(raw[2], validate=True)
    if len(values) != width * height:
        raise ValueError(f"a map of {width} x {height} has {len(values)} values")
    return SubjectMap(width, height, values)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _box_to_json(box: Box) -> list[float]:
    return [float(box.x), float(box.y), float(box.width), float(box.height)]


def _box_from_json(raw: list[float]) -> Box:
    x, y, width, height = map(float, raw)
    return Box(x, y, width, height)


def _object_to_json(thing: DetectedObject) -> Json:
    return {"label": thing.label, "score": float(thing.score), "box": _box_to_json(thing.box)}


def _object_from_json(raw: Json) -> DetectedObject:
    return DetectedObject(str(raw["label"]), float(raw["score"]), _box_from_json(raw["box"]))


NUMBERS = ("score", "flag", "width_px", "roll_deg", "yaw_deg", "quality", "eye_sharpness", "sharpness")


def _face_to_json(face: DetectedFace) -> Json:
    return {name: float(getattr(face, name)) for name in NUMBERS} | {
        "box": _box_to_json(face.box),
        "eye_openness": [float(value) for value in face.eye_openness],
        "eyes_closed": bool(face.eyes_closed),
        "embedding": None if face.embedding is None else _text(face.embedding),
        "space": face.space,
        "clusterable": bool(face.clusterable),
    }


def _face_from_json(raw: Json) -> DetectedFace:
    left, right = map(float, raw["eye_openness"])
    embedding = raw["embedding"]
    return DetectedFace(
        box=_box_from_json(raw["box"]),
        eye_openness=(left, right),
        eyes_closed=bool(raw["eyes_closed"]),
        embedding=None if embedding is None else base64.b64decode(embedding, validate=True),
        space=str(raw["space"]),
        clusterable=bool(raw["clusterable"]),
        **{name: float(raw[name]) for name in NUMBERS},
    )
