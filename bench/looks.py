"""What the vectors of photos are worth: `python -m bench.looks [--precision bf16]`, on the corpus of real photos.

Three questions: of the five photos nearest to a labelled one, how many show the same kind of thing (with the perceptual hash and chance
beside it); is the other version of a duplicate nearer than every other picture; are the frames of a burst each other's nearest.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import report
from bench.eyes import decoded, manifest, open_engine
from bench.pictures import CORPUS
from facetd.config.model import Config
from facetd.infer.faces.embed import unpacked
from facetd.infer.look import look
from facetd.infer.runner import Runner
from facetd.infer.settings import LookSettings
from facetd.media.hashes import perceptual_hash

Matrix = NDArray[np.float64]
KINDS: Mapping[str, Sequence[str]] = {
    "dog": ("Pomeranian", "German shepherd", "Siberian husky", "beagle", "golden retriever", "pug", "Chihuahua"),
    "cat": ("Siamese cat", "tabby", "lion", "tiger"),
    "bird": ("cock", "jay", "great grey owl", "flamingo", "bald eagle", "toucan", "hummingbird", "ostrich", "macaw"),
    "mammal": (
        "zebra", "hippopotamus", "koala", "gorilla", "Indian elephant", "Arabian camel", "giant panda", "hamster", "red fox", "ice bear",
    ),
    "reptile": ("tree frog", "common iguana", "Indian cobra", "African crocodile", "loggerhead", "snail"),
    "insect": ("ladybug", "tarantula", "monarch", "bee"),
    "under water": ("goldfish", "jellyfish", "killer whale", "great white shark", "anemone fish", "scuba diver", "Dungeness crab"),
    "road": (
        "moped", "go-kart", "mountain bike", "sports car", "streetcar", "tractor", "pickup", "racer", "garbage truck",
        "bicycle-built-for-two", "fire engine", "ambulance", "cab", "jeep", "minibus", "convertible", "school bus",
    ),
    "rail": ("bullet train", "steam locomotive"),
    "air": ("airliner", "balloon"),
    "boat": ("speedboat", "schooner", "container ship", "canoe", "gondola"),
    "building": (
        "church", "mosque", "monastery", "barn", "stupa", "palace", "dome", "triumphal arch", "castle", "beacon", "birdhouse",
        "fountain", "steel arch bridge", "viaduct",
    ),
    "landscape": ("volcano", "lakeside", "seashore", "geyser", "cliff", "alp", "rapeseed"),
    "dish": (
        "carbonara", "guacamole", "pizza", "bagel", "cheeseburger", "burrito", "ice cream", "espresso", "cup", "coffee mug", "dining table",
    ),
    "fruit": ("pomegranate", "pineapple", "Granny Smith", "orange", "banana", "corn", "broccoli", "strawberry", "daisy"),
    "music": ("grand piano", "violin", "drum", "drumstick", "cello", "sax", "acoustic guitar"),
    "furniture": ("folding chair", "rocking chair", "studio couch", "bookcase", "chest", "dishwasher"),
    "sport": ("horizontal bar", "volleyball", "punching bag", "basketball", "ballplayer", "tennis ball", "soccer ball", "ski"),
    "device": (
        "cassette", "dial telephone", "laptop", "reflex camera", "analog clock", "computer keyboard", "ballpoint", "traffic light",
        "street sign",
    ),
    "thing": ("bucket", "cowboy hat", "sock", "teapot", "candle", "umbrella", "wine bottle", "backpack"),
}  # fmt: skip
"""Which labels count as the same kind of thing; chosen before anything was measured."""
NEAREST = 5


def see(corpus: Path, engine: Runner) -> tuple[dict[str, Mapping[str, str]], Matrix, Matrix]:
    """Rows of the manifest by path, and for each pair of photos the cosine and the likeness of the perceptual hashes (0..1)."""
    settings = LookSettings.from_config(Config())
    rows: dict[str, Mapping[str, str]] = {}
    vectors, hashes = [], []
    for row, frame in decoded(corpus, manifest(corpus)):
        seen = look(engine, frame, frozenset({"embedding"}), settings).embedding
        if seen is not None:
            rows[row["path"]] = row
            vectors.append(unpacked(seen.vector))
            hashes.append([bit == "1" for bit in f"{int(perceptual_hash(frame), 16):064b}"])
    found, bits = np.stack(vectors).astype(np.float64), np.array(hashes, np.float64)
    alike = 1 - (bits @ (1 - bits).T + (1 - bits) @ bits.T) / 64
    return rows, found @ found.T, alike


def same_kind(paths: Sequence[str], rows: Mapping[str, Mapping[str, str]], near: Matrix) -> tuple[float, float]:
    """Share of the nearest five labelled photos that are of the same kind, and what chance gives."""
    kind_of = {label: kind for kind, labels in KINDS.items() for label in labels}
    labelled = [(index, kind_of[rows[path]["class"]]) for index, path in enumerate(paths) if rows[path]["class"] in kind_of]
    places, kinds = np.array([index for index, _ in labelled]), np.array([kind for _, kind in labelled])
    among = near[np.ix_(places, places)].copy()
    np.fill_diagonal(among, -np.inf)
    best = np.argsort(-among, axis=1, kind="stable")[:, :NEAREST]
    chance = np.mean([((kinds == kind).sum() - 1) / (len(kinds) - 1) for kind in kinds])
    return float((kinds[best] == kinds[:, None]).mean()), float(chance)


def partners(corpus: Path, paths: Sequence[str], near: Matrix) -> tuple[float, float, list[str]]:
    """Share of duplicates whose other version is the nearest picture, and among the nearest five; and those that are not."""
    place = {path: index for index, path in enumerate(paths)}
    with open(corpus / "DUPLICATES.csv", encoding="utf-8", newline="") as file:
        known = [row for row in csv.DictReader(file) if row["path"] in place and row["of"] in place]
    group = list(range(len(paths)))
    for row in known:
        old, new = group[place[row["path"]]], group[place[row["of"]]]
        group = [new if number == old else number for number in group]
    of_group = np.array(group)
    nearer, missed = [], []
    for row in known:
        if row["kind"].startswith("derived"):
            continue
        for one, other in ((place[row["path"]], place[row["of"]]), (place[row["of"]], place[row["path"]])):
            nearer.append(int(((near[one] > near[one, other]) & (of_group != of_group[one])).sum()))
            if nearer[-1] >= NEAREST:
                missed.append(f"{row['path']}: {row['kind']}")
    return float(np.mean(np.array(nearer) == 0)), float(np.mean(np.array(nearer) < NEAREST)), missed


def frames(corpus: Path, paths: Sequence[str], near: Matrix) -> float:
    """Share of the nearest photos of a burst's frame that are of the same burst, as many as it has."""
    place = {path: index for index, path in enumerate(paths)}
    with open(corpus / "BURSTS.csv", encoding="utf-8", newline="") as file:
        burst = {place[row["path"]]: row["burst"] for row in csv.DictReader(file) if row["path"] in place}
    shares = []
    for one, own in burst.items():
        mates = list(burst.values()).count(own) - 1
        order = [index for index in np.argsort(-near[one], kind="stable") if index != one][:mates]
        shares.append(np.mean([burst.get(int(index)) == own for index in order]))
    return float(np.mean(shares))


def figures(corpus: Path, engine: Runner) -> dict[str, object]:
    """All of it; `hash_` is what the perceptual hash does."""
    rows, cosines, alike = see(corpus, engine)
    paths = list(rows)
    found: dict[str, object] = {"photos": len(paths)}
    for name, near in (("", cosines), ("hash_", alike)):
        found[f"{name}same_kind"], found["chance"] = same_kind(paths, rows, near)
        found[f"{name}duplicates_first"], found[f"{name}duplicates_in_5"], missed = partners(corpus, paths, near)
        found[f"{name}burst"] = frames(corpus, paths, near)
        found[f"{name}missed"] = missed
    return found


def main() -> None:
    """Print the figures as one report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="openvino")
    parser.add_argument("--precision", default="f32")
    options = parser.parse_args()
    found = figures(CORPUS, open_engine(options.runtime, options.precision))
    names = ("same_kind", "duplicates_first", "duplicates_in_5", "burst")
    rows = [(name, found[name], found[f"hash_{name}"], found["chance"] if name == "same_kind" else "") for name in names]
    report.show("What vectors of photos are worth", ("question", "vectors", "perceptual hash", "chance"), rows)
    report.emit("looks", {"runtime": options.runtime, "precision": options.precision, **found})


if __name__ == "__main__":
    main()
