"""What the models see in real photos: `python -m bench.eyes [--runtime onnxruntime] [--precision int8]`.

Every photo of the corpus is decoded as a scan does and looked at by the functions of the inference process. Figures: labelled portraits
with a face, faces on photos without people, pairs of the same and of different people, objects of labelled photos, false objects on
scenery, behaviour under rotation, and milliseconds of the networks and of everything around them. Misses are listed by name.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench import report
from bench.pictures import CORPUS
from bench.timed import Timed
from facetd.config.model import Config
from facetd.errors import MediaError
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices
from facetd.infer.faces.embed import unpacked
from facetd.infer.look import look
from facetd.infer.pixels import resized
from facetd.infer.runner import OBJECTS
from facetd.infer.settings import LookSettings
from facetd.media import decode, headers, metadata
from facetd.records.sightings import DetectedFace, DetectedObject, Sighting

LONG_SIDE = 1600
SAME = 0.36
SHOWN = 0.40
BOTH = frozenset({"objects", "faces"})
TURNS = (30, 45, 60, 90)
SCENERY = ("scenery", "plant", "architecture")
# Photos labelled with a thing in which people's faces can be seen; looked at one by one.
WITH_PEOPLE = frozenset({"horizontal bar", "hippopotamus", "basketball", "laptop", "canoe", "triumphal arch", "cowboy hat"})

_LABELS: Mapping[str, Sequence[str]] = {
    "bird": ("jay", "cock", "great grey owl", "flamingo", "bald eagle", "toucan", "hummingbird", "ostrich", "macaw"),
    "dog": ("Pomeranian", "German shepherd", "Siberian husky", "beagle", "golden retriever", "pug", "Chihuahua"),
    "cat": ("tabby", "Siamese cat"),
    "boat": ("speedboat", "schooner", "canoe", "gondola", "container ship"),
    "sports ball": ("volleyball", "basketball", "soccer ball", "tennis ball"),
    "car": ("sports car", "jeep", "convertible", "cab", "pickup", "racer", "ambulance", "minibus"),
    "truck": ("garbage truck", "fire engine", "ambulance", "pickup"),
    "bus": ("school bus", "minibus", "streetcar"),
    "train": ("bullet train", "steam locomotive", "streetcar"),
    "bicycle": ("mountain bike", "bicycle-built-for-two"),
    "chair": ("folding chair", "rocking chair"),
    "cup": ("coffee mug", "cup", "espresso"),
    "motorcycle": ("moped",), "airplane": ("airliner",), "pizza": ("pizza",), "zebra": ("zebra",), "orange": ("orange",),
    "banana": ("banana",), "broccoli": ("broccoli",), "traffic light": ("traffic light",), "couch": ("studio couch",),
    "elephant": ("Indian elephant",), "laptop": ("laptop",), "skis": ("ski",), "bear": ("ice bear",), "clock": ("analog clock",),
    "umbrella": ("umbrella",), "bottle": ("wine bottle",), "backpack": ("backpack",), "dining table": ("dining table",),
    "keyboard": ("computer keyboard",),
}  # fmt: skip
EXPECTED = {name: {label for label, names in _LABELS.items() if name in names} for names in _LABELS.values() for name in names}


@dataclass(slots=True)
class Seen:
    """What was seen in the corpus: sightings by path, rows of the manifest by path, and the seconds it took."""

    sightings: dict[str, Sighting] = field(default_factory=dict)
    rows: dict[str, Mapping[str, str]] = field(default_factory=dict)
    networks_s: float = 0.0
    around_s: float = 0.0

    def faces(self, path: str) -> tuple[DetectedFace, ...]:
        return self.sightings[path].faces or ()

    def things(self, path: str) -> list[DetectedObject]:
        return [thing for thing in self.sightings[path].objects or () if thing.label != "person"]

    def where(self, **columns: str) -> list[str]:
        return [path for path in self.sightings if all(self.rows[path][key] == value for key, value in columns.items())]


def open_engine(runtime: str, precision: str) -> Timed:
    """The starter pack in one runtime, one thread, `precision` where a model allows it and f32 otherwise."""
    catalogue = Catalogue.load()
    chosen = {
        model.id: Choice(runtime, "cpu", precision if precision in model.precisions else "f32", 8, 0.0, "asked for")
        for model in catalogue.models
    }
    return Timed(catalogue, Choices("bench", 1, chosen))


def manifest(corpus: Path) -> list[dict[str, str]]:
    with open(corpus / "MANIFEST.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def frame_of(path: Path) -> NDArray[np.uint8]:
    """The photo as a scan hands it to the inference process. Raises MediaError."""
    header = headers.read_header(str(path))
    turn = metadata.read_metadata(str(path), header, ()).orientation or 1
    return decode.decode_for_showing(str(path), header, long_side=LONG_SIDE, orientation=turn)


def decoded(corpus: Path, rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[Mapping[str, str], NDArray[np.uint8]]]:
    """Those of `rows` that can be decoded, each with its frame."""
    for row in rows:
        if not row["decoder"] or "/Broken/" in row["path"]:
            continue
        with suppress(MediaError):
            yield row, frame_of(corpus / row["path"])


def see(corpus: Path, engine: Timed, rows: Iterable[Mapping[str, str]]) -> Seen:
    """Look at every photo of `rows` that can be decoded."""
    settings, seen = LookSettings.from_config(Config()), Seen()
    for row, frame in decoded(corpus, rows):
        begin, before = time.perf_counter(), engine.total_s
        seen.sightings[row["path"]] = look(engine, frame, BOTH, settings)
        seen.rows[row["path"]] = row
        networks_s = engine.total_s - before
        seen.networks_s += networks_s
        seen.around_s += time.perf_counter() - begin - networks_s
    return seen


def vector(seen: Seen, path: str) -> NDArray[np.float32] | None:
    """The embedding of the largest face of a photo."""
    largest = max(seen.faces(path), key=lambda face: face.box.width * face.box.height, default=None)
    return unpacked(largest.embedding) if largest and largest.embedding else None


def pairs(corpus: Path, seen: Seen) -> Iterator[tuple[bool, float, str, str]]:
    """(same person, distance, path, path) of PAIRS.csv; a photo without a face is as far as can be."""
    with open(corpus / "PAIRS.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            a, b = vector(seen, row["file_a"]), vector(seen, row["file_b"])
            yield row["same"] == "1", 2.0 if a is None or b is None else float(np.linalg.norm(a - b)), row["file_a"], row["file_b"]


def people_figures(corpus: Path, seen: Seen) -> dict[str, object]:
    """Portraits found, false faces, and how well pairs are told apart."""
    labelled = [path for path in seen.sightings if seen.rows[path]["person"]]
    nobody = [
        path for path in seen.sightings if (seen.rows[path]["class"] not in {"", *WITH_PEOPLE}) or "no-face" in seen.rows[path]["tags"]
    ]
    false = [path for path in nobody if seen.faces(path)]
    told = list(pairs(corpus, seen))
    same = np.array([distance for is_same, distance, *_ in told if is_same])
    other = np.array([distance for is_same, distance, *_ in told if not is_same])
    wrong = [f"{a} {b} {distance:.3f}" for is_same, distance, a, b in told if is_same != (distance <= SAME)]
    return {
        "portraits": len(labelled), "portraits_missed": [path for path in labelled if not seen.faces(path)],
        "photos_without_people": len(nobody), "false_faces": false, "false_face_share": len(false) / max(1, len(nobody)),
        "pairs": len(told), "auc": float((same[:, None] < other).mean()), "accuracy": 1 - len(wrong) / len(told), "pairs_wrong": wrong,
        "same_median": float(np.median(same)), "same_max": float(same.max()), "other_min": float(other.min()),
    }  # fmt: skip


def object_figures(seen: Seen) -> dict[str, object]:
    """Right labels on photos of things, and objects on photos of scenery (some of which are there)."""
    of_things = [path for path in seen.where(made="0") if seen.rows[path]["class"] in EXPECTED]
    hit = [path for path in of_things if any(thing.label in EXPECTED[seen.rows[path]["class"]] for thing in seen.things(path))]
    first = [path for path in hit if seen.things(path)[0].label in EXPECTED[seen.rows[path]["class"]]]
    scenery = [path for path in seen.where(made="0") if any(seen.rows[path]["note"].endswith(f"category {kind}") for kind in SCENERY)]
    on = {path: [f"{thing.label} {thing.score:.2f}" for thing in seen.things(path)] for path in scenery}
    shown = [path for path in scenery if any(thing.score >= SHOWN for thing in seen.things(path))]
    count = max(1, len(of_things))
    return {
        "photos_of_things": len(of_things), "right_label": len(hit) / count, "right_first": len(first) / count,
        "missed": [seen.rows[path]["class"] for path in of_things if path not in hit],
        "scenery": len(scenery), "scenery_with_objects": {path: things for path, things in on.items() if things}, "scenery_shown": shown,
    }  # fmt: skip


def turned(frame: NDArray[np.uint8], degrees: float, side: int = 700) -> NDArray[np.uint8]:
    """`frame` in a grey square, turned clockwise about its middle."""
    factor = side / float(np.hypot(*frame.shape[:2]))
    small = resized(frame, max(1, round(frame.shape[1] * factor)), max(1, round(frame.shape[0] * factor)))
    matrix = cv2.getRotationMatrix2D((small.shape[1] / 2, small.shape[0] / 2), -degrees, 1.0)
    matrix[:, 2] += (side - small.shape[1]) / 2, (side - small.shape[0]) / 2
    return np.asarray(cv2.warpAffine(small, matrix, (side, side), borderValue=(128, 128, 128)), np.uint8)


def look_turned(corpus: Path, engine: Timed, seen: Seen, degrees: float) -> dict[str, float]:
    """For the labelled portraits turned by `degrees`: the share found, and the share still known as the same person."""
    settings = LookSettings.from_config(Config())
    portraits = [path for path in seen.where(made="0") if seen.rows[path]["person"] and ";" not in seen.rows[path]["person"]]
    found, known = 0, 0
    for path in portraits:
        faces = look(engine, turned(frame_of(corpus / path), degrees), frozenset({"faces"}), settings).faces or ()
        upright = vector(seen, path)
        found += bool(faces)
        known += upright is not None and any(
            face.embedding and np.linalg.norm(unpacked(face.embedding) - upright) <= SAME for face in faces
        )
    return {"found": found / len(portraits), "known": known / len(portraits)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--runtime", choices=("openvino", "onnxruntime"), default="onnxruntime")
    parser.add_argument("--precision", choices=("f32", "bf16", "int8"), default="f32", help="of the models that allow it")
    parser.add_argument("--turns", type=float, nargs="*", default=TURNS, help="degrees by which the portraits are turned as well")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = open_engine(options.runtime, options.precision)
    seen = see(options.corpus, engine, manifest(options.corpus))
    twice = engine.runs[OBJECTS] - len(seen.sightings)
    people, objects = people_figures(options.corpus, seen), object_figures(seen)
    turning = {f"{degrees:g}": look_turned(options.corpus, engine, seen, degrees) for degrees in options.turns}
    count = max(1, len(seen.sightings))
    speed = {
        "photos": count,
        "networks_ms": 1000 * seen.networks_s / count,
        "around_ms": 1000 * seen.around_s / count,
        "second_looks": twice / count,
    }
    title = f"Eyes: {options.runtime}, {options.precision}"
    figures = {**people, **objects, **speed}
    report.show(
        title, ("figure", "value"), [(name, len(value) if isinstance(value, (list, dict)) else value) for name, value in figures.items()]
    )
    report.show("Portraits turned", ("degrees", "found", "known"), [(name, one["found"], one["known"]) for name, one in turning.items()])
    for name, value in figures.items():
        if isinstance(value, (list, dict)) and value:
            report.say(f"{name}: {value}")
    report.emit("eyes", {"runtime": options.runtime, "precision": options.precision, **figures, "turned": turning})


if __name__ == "__main__":
    main()
