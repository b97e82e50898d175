"""Photos made on the spot: rendered scenes with detail, light and colour of their own, and EXIF as cameras write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def scene(seed: int, size: tuple[int, int] = (320, 213)) -> Image.Image:
    """A landscape of sorts: sky, ground, a subject, fine texture. Each seed looks different."""
    random = np.random.default_rng(seed)
    width, height = size
    rows = np.linspace(0.0, 1.0, height)[:, None, None]
    top, bottom = random.integers(40, 255, 3), random.integers(10, 200, 3)
    sky = np.broadcast_to(top * (1 - rows) + bottom * rows, (height, width, 3))
    grain = random.normal(0.0, 6.0, (height, width, 3))
    picture = Image.fromarray(np.clip(sky + grain, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = random.integers(0, width), random.integers(height // 3, height)
        radius = int(random.integers(height // 16, height // 5))
        color = tuple(int(value) for value in random.integers(0, 255, 3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
        draw.line((x, y, int(random.integers(0, width)), int(random.integers(0, height))), fill=color, width=2)
    return picture.filter(ImageFilter.SMOOTH)


def exif(
    *, taken: str | None = "2024:07:14 18:03:22", model: str | None = "EOS Test", lens: str | None = None, iso: int | None = 200,
    f_number: float | None = 5.6, exposure_time: float | None = 1 / 250, focal_length: float | None = 50.0, orientation: int = 1,
    gps: tuple[float, float] | None = None,
) -> Image.Exif:  # fmt: skip
    """EXIF with these facts; None leaves one out."""
    made = Image.Exif()
    made[0x0112] = orientation
    if model is not None:
        made[0x010F], made[0x0110] = "Canon", model
    inner: dict[int, Any] = {0x9003: taken, 0x8827: iso, 0x829D: f_number, 0x829A: exposure_time, 0x920A: focal_length, 0xA434: lens}
    made.get_ifd(EXIF_IFD).update({tag: value for tag, value in inner.items() if value is not None})
    if gps is not None:
        latitude, longitude = gps
        made.get_ifd(GPS_IFD).update(
            {1: "N" if latitude >= 0 else "S", 2: _dms(latitude), 3: "E" if longitude >= 0 else "W", 4: _dms(longitude)}
        )
    return made


def _dms(angle: float) -> tuple[float, float, float]:
    degrees, rest = divmod(abs(angle), 1)
    minutes, rest = divmod(rest * 60, 1)
    return degrees, minutes, rest * 60


def make_photo(path: Path, seed: int = 0, *, size: tuple[int, int] = (320, 213), **facts: Any) -> Path:
    """A JPEG with EXIF at `path`; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scene(seed, size).save(path, "JPEG", quality=88, exif=exif(**facts))
    return path


def sidecar(path: Path, *, rating: int | None = None, keywords: tuple[str, ...] = (), title: str | None = None) -> Path:
    """An XMP sidecar at `path`."""
    words = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    subject = f"<dc:subject><rdf:Bag>{words}</rdf:Bag></dc:subject>" if keywords else ""
    named = f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>' if title else ""
    stars = f' xmp:Rating="{rating}"' if rating is not None else ""
    path.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f"{stars}>{subject}{named}</rdf:Description></rdf:RDF></x:xmpmeta>",
        encoding="utf-8",
    )
    return path
