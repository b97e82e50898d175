"""The parts of a scan's work on a photo, each timed alone in this single process: `python -m bench.parts [--models DATA] THUMBS PHOTO...`
prints seconds and seconds of processor time as JSON, and of the look at a photo also the seconds of each network."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.timed import Timed
from facetd.config import Config
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import load_choices
from facetd.infer.look import look
from facetd.infer.measure import choice_path, packs_folder
from facetd.infer.settings import LookSettings
from facetd.media import appearance, decode, hashes, headers, metadata, thumbs
from facetd.media.thumbnail_paths import SIZES
from facetd.score.measure import measure
from facetd.score.settings import MeasureSettings

LONG_SIDE = max(SIZES)
KINDS = frozenset({"objects", "faces", "embedding"})
LOOK = "look at it"


def time_parts(paths: Sequence[str], folder: Path, models: Path | None = None) -> dict[str, dict[str, tuple[float, float]]]:
    """Seconds per photo of each part, and of processor time, over all `paths`; thumbnails go to `folder`.

    With `models`, a data folder with a choice of runtimes, also the look of that choice, one photo at a time, and its networks.
    """
    cv2.setNumThreads(1)
    settings, quality = _settings()
    head = [headers.read_header(path) for path in paths]
    pictures = [decode.decode_photo(path, header, long_side=LONG_SIDE, orientation=1) for path, header in zip(paths, head, strict=True)]
    hashed = [hashes.content_hash(path) for path in paths]
    small = [thumbs.write_thumbnails(p.show, folder, h, quality=quality) for p, h in zip(pictures, hashed, strict=True)]

    def timed(part: Callable[[int], object]) -> tuple[float, float]:
        start, cpu = time.perf_counter(), time.process_time()
        for i in range(len(paths)):
            part(i)
        return (time.perf_counter() - start) / len(paths), (time.process_time() - cpu) / len(paths)

    parts: dict[str, Callable[[int], object]] = {
        "content hash": lambda i: hashes.content_hash(paths[i]),
        "header and EXIF": lambda i: metadata.read_metadata(paths[i], headers.read_header(paths[i]), ()),
        "scaled decode": lambda i: decode.decode_photo(paths[i], head[i], long_side=LONG_SIDE, orientation=1),
        "thumbnails": lambda i: thumbs.write_thumbnails(pictures[i].show, folder, hashed[i], quality=quality),
        "placeholder, colours, look-alike hash": lambda i: (appearance.describe_appearance(small[i]), hashes.perceptual_hash(small[i])),
        "pixel metrics": lambda i: measure(pictures[i].measure, settings),
    }
    engine = _engine(models) if models else None
    if engine is not None:
        looking = LookSettings.from_config(Config())
        parts[LOOK] = lambda i: look(engine, pictures[i].show, KINDS, looking)
    found = {}
    for name, part in parts.items():
        for i in range(len(paths) if name == LOOK else 1):
            part(i)  # imports, tables and networks that the first call makes; a network comes with the first face
        if engine is not None:
            engine.seconds.clear()
        found[name] = timed(part)
    networks = {name: (seconds / len(paths), 0.0) for name, seconds in engine.seconds.items()} if engine else {}
    return {"parts": found, "networks": networks}


def _engine(data: Path) -> Timed:
    """What the choice in `data` says, for one photo at a time."""
    choices = load_choices(choice_path(data))
    if choices is None:
        raise RuntimeError(f"no choice of runtimes in {data}")
    return Timed(Catalogue.load(None, packs_folder(data)), dataclasses.replace(choices, streams=1))


@lru_cache
def _settings() -> tuple[MeasureSettings, int]:
    return MeasureSettings.from_config(Config()), Config().thumbnails.quality


def visit_once(path: str, folder: Path) -> float:
    """Seconds of all parts of a visit in a row for one photo."""
    start = time.perf_counter()
    visit(path, folder)
    return time.perf_counter() - start


def visit(path: str, folder: Path) -> NDArray[np.uint8]:
    """All parts of a visit in a row for one photo; the decoded picture."""
    settings, quality = _settings()
    header = headers.read_header(path)
    metadata.read_metadata(path, header, ())
    picture = decode.decode_photo(path, header, long_side=LONG_SIDE, orientation=1)
    small = thumbs.write_thumbnails(picture.show, folder, hashes.content_hash(path), quality=quality)
    appearance.describe_appearance(small)
    hashes.perceptual_hash(small)
    measure(picture.measure, settings)
    return picture.show


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path)
    parser.add_argument("thumbs", type=Path)
    parser.add_argument("photos", nargs="+")
    options = parser.parse_args()
    print(json.dumps(time_parts(options.photos, options.thumbs, options.models)))


if __name__ == "__main__":
    main()
