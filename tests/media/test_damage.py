"""Damaged bytes of every format give a picture or a MediaError, in a process of its own with bounded memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media.pictures import saved, scene

# Runs in a child: a decoder that crashes or eats memory ends that process, not the tests.
CHILD = """
import collections, os, random, sys
from facetd.errors import MediaError
from facetd.media import decode
from facetd.media.metadata import read_metadata

def mutated(data, rng):
    data, how = bytearray(data), rng.randrange(4)
    if how == 0:
        for _ in range(rng.randint(1, 30)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif how == 1:
        for _ in range(rng.randint(1, 10)):
            data[rng.randrange(min(len(data), 600))] = rng.randrange(256)
    elif how == 2:
        del data[rng.randrange(len(data)):]
    else:
        at = rng.randrange(len(data))
        data[at : at + rng.randint(1, 300)] = rng.randbytes(rng.randint(0, 300))
    return bytes(data)

rng, seen = random.Random(int(sys.argv[1])), collections.Counter()
for path in sys.argv[3:]:
    with open(path, "rb") as file:
        data = file.read()
    target = "damaged" + os.path.splitext(path)[1]
    for _ in range(int(sys.argv[2])):
        with open(target, "wb") as file:
            file.write(mutated(data, rng))
        try:
            header = decode.read_header(target)
            decode.check_limits(header, max_megapixels=30)
            metadata = read_metadata(target, header, [])
            picture = decode.decode_photo(target, header, long_side=400, orientation=metadata.orientation)
            assert picture.show.ndim == picture.measure.ndim == 3 and max(picture.show.shape) <= 400
            seen["picture"] += 1
        except MediaError as error:
            assert error.message.endswith("."), error.message
            seen[error.reason] += 1
print(dict(seen))
"""


def run(folder: Path, seed: int, each: int, paths: list[str]) -> dict[str, int]:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(seed), str(each), *paths],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts: dict[str, int] = eval(done.stdout)
    return counts


def test_made_pictures_of_every_format(tmp_path: Path) -> None:
    import pillow_heif
    import pillow_jxl  # noqa: F401

    pillow_heif.register_heif_opener()
    names = ["a.jpg", "a.png", "a.webp", "a.tif", "a.bmp", "a.gif", "a.avif", "a.heic", "a.jxl"]
    paths = [saved(tmp_path, name, scene(120, 80)) for name in names]
    paths += [saved(tmp_path, "p.jpg", scene(), progressive=True), saved(tmp_path, "l.tif", scene(), compression="tiff_lzw")]
    counts = run(tmp_path, 1, 25, paths)
    assert sum(counts.values()) == 25 * len(paths)
    assert counts["picture"] > 20 and counts["truncated"] > 20 and counts["damaged"] > 20


@pytest.mark.corpus
def test_real_photos_of_every_format(corpus: Path, tmp_path: Path) -> None:
    folders = ("raw", "raw-headers", "heif", "avif", "webp", "tiff", "png", "jpeg", "gif", "bmp")
    found = [path for folder in folders for path in sorted((corpus / "Formats" / folder).iterdir()) if path.stat().st_size < 300_000]
    found += sorted((corpus / "Odd" / "Metadata").iterdir()) + sorted((corpus / "Odd" / "Regions").iterdir())
    counts = run(tmp_path, 2, 6, [str(path) for path in found if path.stat().st_size < 300_000])
    assert sum(counts.values()) > 200
    assert set(counts) <= {"picture", "truncated", "damaged", "unsupported", "not_a_photo", "memory", "too_large", "empty"}
