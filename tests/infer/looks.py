"""Stand-ins for the tasks: they run in the inference process and do what the frame's first pixel says."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from facetd.records.sightings import Box, DetectedObject, Failure, Sighting

WELL, CRASH, HANG, BREAK, NAN, SLOW, GIBBERISH, CHATTER = range(8)


@dataclass(frozen=True, slots=True)
class TinySettings:
    """Settings that travel."""

    label: str = "dog"
    sizes: tuple[int, ...] = (1, 2)


def look(engine: Any, frame: Any, kinds: Set[str], settings: TinySettings) -> Sighting:
    """Obey the first pixel; `objects` is one thing whose score is the mean of the picture's red."""
    assert settings.sizes == (1, 2)
    order = int(frame[0, 0, 0])
    if order == CRASH:
        ctypes.string_at(0)
    if order == HANG:
        time.sleep(600)
    if order == SLOW:
        time.sleep(0.4)
    if order == BREAK:
        raise ValueError("this photo is odd")
    if order == GIBBERISH:
        for descriptor in range(3, 64):  # the stream of answers is one of these
            try:
                os.write(descriptor, b"\xff\xff\xff\xff what?")
            except OSError:
                continue
    if order == CHATTER:
        os.write(1, b"a library prints to standard output\n")
        print("and to the error output", file=sys.stderr, flush=True)
    batch = frame[:32, :32].transpose(2, 0, 1)[None]
    (means,) = engine.run("tiny_objects", batch)
    score = float("nan") if order == NAN else float(means[0, 0]) / 255
    failures = {"faces": Failure("no", "not here")} if "faces" in kinds else {}
    return Sighting(objects=(DetectedObject(settings.label, score, Box(0, 0, 1, 1)),), failures=failures)


def look_with_all(engine: Any, frame: Any, kinds: Set[str], settings: TinySettings) -> Sighting:
    """Run every model of the starter pack as often as a photo with three faces does."""
    counts = {
        "ssd_mobilenetv1": (512, 1),
        "centernet": (512, 1),
        "face_landmark_68": (112, 3),
        "facemesh": (192, 3),
        "face_recognition": (150, 3),
    }
    for model, (size, count) in counts.items():
        outputs = engine.run(model, np.full((count, 3, size, size), frame[0, 0, 0], np.uint8))
        assert all(len(output) == count for output in outputs)
    return Sighting(objects=(), faces=())
