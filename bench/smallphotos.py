"""Small photos of every format that can be written here, for runs that are about surviving and not about speed."""

from __future__ import annotations

import csv
import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - registers JPEG XL with Pillow
from PIL import Image

from bench.pictures import CORPUS, camera_exif, rendered_scene

pillow_heif.register_heif_opener()
LARGEST_REAL = 200_000

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:subject><rdf:Bag><rdf:li>garden</rdf:li><rdf:li>summer</rdf:li></rdf:Bag></dc:subject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def _writer(format_name: str, **options: object) -> Callable[[Image.Image, int], bytes]:
    def write(picture: Image.Image, seed: int) -> bytes:
        out = io.BytesIO()
        with_exif = {"exif": camera_exif(seed).tobytes()} if format_name in ("JPEG", "HEIF", "AVIF", "WEBP", "PNG") else {}
        picture.save(out, format_name, **options, **with_exif)
        return out.getvalue()

    return write


WRITERS: dict[str, Callable[[Image.Image, int], bytes]] = {
    "jpg": _writer("JPEG", quality=88),
    "jpeg": _writer("JPEG", quality=88, progressive=True),
    "png": _writer("PNG"),
    "webp": _writer("WEBP", quality=80),
    "tif": _writer("TIFF", compression="tiff_lzw"),
    "gif": _writer("GIF"),
    "bmp": _writer("BMP"),
    "heic": _writer("HEIF", quality=60),
    "avif": _writer("AVIF", quality=60, speed=10),
    "jxl": _writer("JXL", quality=80),
}


def small_photo(seed: int, suffix: str, width: int = 320, height: int = 216) -> bytes:
    """The bytes of one photo."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 6, (height, width, 3))
    pixels = np.clip(rendered_scene(width, height, rng) + noise, 0, 255).astype(np.uint8)
    return WRITERS[suffix](Image.fromarray(pixels), seed)


def make_mixed_folder(folder: Path, count: int) -> None:
    """`count` files as a household has them: formats mixed, folders, sidecars, copies of a photo, and some that are broken."""
    suffixes = ["jpg"] * 12 + [suffix for suffix in WRITERS if suffix != "jpg"]
    rng = random.Random(5)
    for i in range(count):
        suffix = suffixes[i % len(suffixes)]
        data = small_photo(i - 1 if i % 15 == 14 else i, suffix)
        if i % 10 == 9:
            data = data[: len(data) // 3]
        target = folder / f"{2019 + i % 4}" / f"IMG_{i:04d}.{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if rng.random() < 0.2:
            target.with_suffix(".xmp").write_text(XMP)


def add_real_photos(folder: Path, count: int, corpus: Path = CORPUS) -> int:
    """Up to `count` small real photos, most of them of people who are in several of them; how many there are (none without the corpus)."""
    manifest = corpus / "MANIFEST.csv"
    if not manifest.exists():
        return 0
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["decoder"] == "pillow" and row["file_type"] == "JPEG" and "/Broken/" not in row["path"]
        ]
    small = sorted((row for row in rows if int(row["bytes"]) <= LARGEST_REAL), key=lambda row: int(row["bytes"]))
    people = [row["path"] for row in small if row["person"]]
    things = [row["path"] for row in small if row["class"]]
    wanted = people[: count * 3 // 4]
    wanted += things[: count - len(wanted)]
    for i, path in enumerate(wanted):
        target = folder / "real" / f"{i:03d}{Path(path).suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(corpus / path, target)
    return len(wanted)
