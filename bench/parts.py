"""The parts of one visit to a photo, each timed alone in this single process: `python -m bench.parts THUMBS PHOTO...` prints
seconds and seconds of processor time as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from facetd.config import Config
from facetd.media import appearance, decode, hashes, headers, metadata, thumbs
from facetd.score.measure import measure
from facetd.score.settings import MeasureSettings

LONG_SIDE = max(thumbs.SIZES)


def time_parts(paths: Sequence[str], folder: Path) -> dict[str, tuple[float, float]]:
    """Seconds per photo of each part, and of processor time, over all `paths`; thumbnails go to `folder`."""
    cv2.setNumThreads(1)
    settings, quality = MeasureSettings.from_config(Config()), Config().thumbnails.quality
    head = [headers.read_header(path) for path in paths]
    pictures = [decode.decode_photo(path, header, long_side=LONG_SIDE, orientation=1) for path, header in zip(paths, head, strict=True)]
    hashed = [hashes.content_hash(path) for path in paths]
    small = [thumbs.write_thumbnails(p.show, folder, h, quality=quality) for p, h in zip(pictures, hashed, strict=True)]

    def timed(part: Callable[[int], object]) -> tuple[float, float]:
        part(0)  # imports and tables that the first call makes
        start, cpu = time.perf_counter(), time.process_time()
        for i in range(len(paths)):
            part(i)
        return (time.perf_counter() - start) / len(paths), (time.process_time() - cpu) / len(paths)

    return {
        "content hash": timed(lambda i: hashes.content_hash(paths[i])),
        "header and EXIF": timed(lambda i: metadata.read_metadata(paths[i], headers.read_header(paths[i]), ())),
        "scaled decode": timed(lambda i: decode.decode_photo(paths[i], head[i], long_side=LONG_SIDE, orientation=1)),
        "thumbnails": timed(lambda i: thumbs.write_thumbnails(pictures[i].show, folder, hashed[i], quality=quality)),
        "placeholder, colours, look-alike hash": timed(
            lambda i: (appearance.describe_appearance(small[i]), hashes.perceptual_hash(small[i]))
        ),
        "pixel metrics": timed(lambda i: measure(pictures[i].measure, settings)),
    }


def visit_once(path: str, folder: Path) -> float:
    """Seconds of all parts in a row for one photo."""
    settings, quality = MeasureSettings.from_config(Config()), Config().thumbnails.quality
    start = time.perf_counter()
    header = headers.read_header(path)
    metadata.read_metadata(path, header, ())
    picture = decode.decode_photo(path, header, long_side=LONG_SIDE, orientation=1)
    small = thumbs.write_thumbnails(picture.show, folder, hashes.content_hash(path), quality=quality)
    appearance.describe_appearance(small)
    hashes.perceptual_hash(small)
    measure(picture.measure, settings)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(time_parts(sys.argv[2:], Path(sys.argv[1]))))
