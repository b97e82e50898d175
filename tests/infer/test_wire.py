from __future__ import annotations

import dataclasses
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.infer import wire
from facetd.records.sightings import Box, DetectedFace, DetectedObject, Failure, PhotoVector, Sighting
from tests.infer.looks import TinySettings

FACE = DetectedFace(
    box=Box(0.1, 0.2, 0.3, 0.4),
    score=0.91,
    flag=0.99,
    width_px=120.5,
    roll_deg=-3.25,
    yaw_deg=12.0,
    quality=8.1,
    eye_sharpness=6.6,
    sharpness=44.4,
    eye_openness=(0.25, 0.31),
    eyes_closed=False,
    embedding=np.linspace(-1, 1, 128, dtype="<f4").tobytes(),
    space="tiny/f32",
    clusterable=True,
)


def _through(sighting: Sighting) -> Sighting:
    framed = wire.frame(wire.sighting_to_json(sighting))
    assert wire.body_length(framed[:4]) == len(framed) - 4
    return wire.sighting_from_json(wire.parse(framed[4:]))


def test_a_sighting_arrives_as_it_was_sent() -> None:
    sighting = Sighting(
        objects=(DetectedObject("dog", 0.5, Box(0, 0, 1, 1)),),
        faces=(FACE, dataclasses.replace(FACE, embedding=None, eyes_closed=True, clusterable=False)),
        failures={"tags": Failure("odd", 'a "message" with \udcff and é')},
        embedding=PhotoVector("tiny-photos/f32", bytes(range(256))),
    )
    assert _through(sighting) == sighting


def test_nothing_seen_is_not_the_same_as_not_looked() -> None:
    assert _through(Sighting()) == Sighting(objects=None, faces=None)
    assert _through(Sighting(objects=(), faces=())) == Sighting(objects=(), faces=())


def test_every_field_of_the_records_travels() -> None:
    numpy_face = dataclasses.replace(FACE, score=np.float32(0.25), eyes_closed=np.bool_(True))  # type: ignore[arg-type]
    arrived = _through(Sighting(faces=(numpy_face,))).faces
    assert arrived is not None
    for field in dataclasses.fields(DetectedFace):
        assert getattr(arrived[0], field.name) == getattr(numpy_face, field.name), field.name


@given(st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=600))
def test_numbers_and_vectors_keep_every_bit(number: float, vector: bytes) -> None:
    face = dataclasses.replace(FACE, yaw_deg=number, embedding=vector)
    assert _through(Sighting(faces=(face,))).faces == (face,)


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.frame(wire.sighting_to_json(Sighting(faces=(dataclasses.replace(FACE, score=float("nan")),))))


def test_settings_travel_with_their_tuples() -> None:
    settings = TinySettings("cat", (3, 4))
    raw = wire.parse(wire.frame(wire.settings_to_json(settings))[4:])
    assert wire.settings_from_json(TinySettings, raw) == settings
    with pytest.raises(wire.WireError):
        wire.settings_from_json(TinySettings, {"unknown": 1})
    with pytest.raises(wire.WireError):
        wire.settings_to_json({"label": "cat"})


def test_file_names_keep_bytes_that_are_not_utf8() -> None:
    name = os.fsdecode(b"/tmp/caf\xe9.npy")
    assert wire.parse(wire.frame({"frame": name})[4:]) == {"frame": name}


@pytest.mark.parametrize("header", [b"", b"\0\0", struct.pack(">I", wire.MAX_BYTES + 1), b"\xff\xff\xff\xff"])
def test_headers_that_are_none_are_refused(header: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.body_length(header)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_bodies_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse(body)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"objects": None, "faces": None, "failures": {}},
        {"objects": 3, "faces": None, "failures": {}, "embedding": None},
        {"objects": None, "faces": [{}], "failures": {}, "embedding": None},
        {"objects": None, "faces": None, "failures": {"faces": ["one"]}, "embedding": None},
        {"objects": [{"label": "dog", "score": 0.5, "box": [1, 2, 3]}], "faces": None, "failures": {}, "embedding": None},
        {"objects": None, "faces": None, "failures": {}, "embedding": ["space"]},
        {"objects": None, "faces": None, "failures": {}, "embedding": ["space", "no base64!"]},
    ],
)
def test_answers_that_are_no_sighting_are_refused(raw: wire.Json) -> None:
    with pytest.raises(wire.WireError):
        wire.sighting_from_json(raw)
