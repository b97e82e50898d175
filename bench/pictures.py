"""Large JPEGs that cost what a camera's files cost: real photos (or rendered scenes) brought to size, with grain and EXIF."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

CORPUS = Path(__file__).parents[2] / "shared" / "photos"
SIZES = {12: (4000, 3000), 24: (6000, 4000)}  # megapixels: width, height
LEAST_BYTES_PER_PIXEL = 0.35
_GRAIN_SIDE = 1024
_CAMERAS = (("Canon", "EOS R6"), ("NIKON CORPORATION", "NIKON Z 6"), ("SONY", "ILCE-7M3"), ("FUJIFILM", "X-T4"))


@dataclass(frozen=True, slots=True)
class Order:
    """One photo to make. `seed` decides everything about it."""

    target: Path
    megapixels: int
    source: Path | None
    seed: int


def sources(corpus: Path = CORPUS) -> list[Path]:
    """Real photos large enough to start from, people (two fifths) among everything else; none without the corpus."""
    manifest = corpus / "MANIFEST.csv"
    if not manifest.exists():
        return []
    with open(manifest, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file_type"] == "JPEG" and row["decoder"] == "pillow" and row["mode"] == "RGB"]
    large = [row["path"] for row in rows if int(row["decoded_width"]) * int(row["decoded_height"]) >= 700_000]
    found = [corpus / path for path in sorted(large) if "/Broken/" not in path]
    random.Random(12).shuffle(found)
    return found


def make_photos(folder: Path, counts: dict[int, int], *, processes: int | None = None) -> dict[int, list[Path]]:
    """`counts` says how many photos of how many megapixels; the files made, by megapixels, each in a folder of its own."""
    found = sources()
    orders: list[Order] = []
    for megapixels, count in counts.items():
        target = folder / f"{megapixels}mp"
        target.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            source = found[i % len(found)] if found else None
            orders.append(Order(target / f"DSC_{i:04d}.jpg", megapixels, source, seed=1000 * megapixels + i))
    missing = [order for order in orders if not order.target.exists()]
    with ProcessPoolExecutor(processes or len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        list(pool.map(make_photo, missing))
    return {mp: [order.target for order in orders if order.megapixels == mp] for mp in counts}


def make_photo(order: Order) -> None:
    """Write one photo: baseline JPEG, 4:2:0, with at least 0.35 byte per pixel."""
    rng = np.random.default_rng(order.seed)
    width, height = SIZES[order.megapixels]
    pixels = _with_grain(_scene(order.source, width, height, rng), rng, strength=0.9 + 0.6 * rng.random())
    picture = Image.fromarray(pixels)
    exif = camera_exif(order.seed)
    for quality in (90, 93, 95, 97):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling="4:2:0", exif=exif)
        if out.tell() >= LEAST_BYTES_PER_PIXEL * width * height:
            break
    temporary = order.target.with_suffix(".tmp")
    temporary.write_bytes(out.getvalue())
    temporary.rename(order.target)


def _scene(source: Path | None, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """The picture before grain, RGB uint8 (H,W,3): a random crop of a real photo, perhaps mirrored, or a rendered scene."""
    if source is None:
        return rendered_scene(width, height, rng)
    with Image.open(source) as opened:
        photo = opened.convert("RGB")
    aspect = width / height
    crop_w = min(photo.width, photo.height * aspect) * (0.8 + 0.2 * rng.random())
    left = rng.random() * (photo.width - crop_w)
    top = rng.random() * (photo.height - crop_w / aspect)
    box = (left, top, left + crop_w, top + crop_w / aspect)
    photo = photo.resize((width, height), Image.Resampling.BICUBIC, box=box)
    if rng.random() < 0.5:
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(photo)


def rendered_scene(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Sky over ground with lit discs and a striped texture: edges, gradients and colours, RGB uint8 (H,W,3)."""
    y, x = np.mgrid[0:height:8, 0:width:8].astype(np.float32) / np.float32(height)
    horizon = 0.3 + 0.4 * rng.random()
    sky, ground = rng.uniform(90, 220, 3), rng.uniform(30, 140, 3)
    scene = np.where((y < horizon)[..., None], sky * (0.6 + 0.4 * y[..., None] / horizon), ground)
    scene *= 1 + 0.25 * np.sin(40 * x + 25 * y * rng.random())[..., None] * (y > horizon)[..., None]
    for _ in range(12):
        cx, cy, radius = rng.random() * width / height, rng.random(), rng.uniform(0.02, 0.18)
        distance = np.hypot(x - cx, y - cy)
        light = np.clip(1.2 - distance / radius, 0, 1)[..., None]
        scene = np.where((distance < radius)[..., None], rng.uniform(20, 250, 3) * (0.4 + 0.6 * light), scene)
    small = Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


@lru_cache(maxsize=1)
def _grain_tile() -> np.ndarray:
    """Sensor-like noise: fine in lightness, a little coarser and weaker in colour; int8 (side,side,3)."""
    rng = np.random.default_rng(7)
    light = rng.normal(0, 7, (_GRAIN_SIDE, _GRAIN_SIDE, 1))
    color = rng.normal(0, 3, (_GRAIN_SIDE // 2, _GRAIN_SIDE // 2, 3)).repeat(2, axis=0).repeat(2, axis=1)
    return np.clip(light + color, -60, 60).astype(np.int8)


def _with_grain(pixels: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """`pixels` with grain, tile by tile, each turned and shifted its own way."""
    tile = _grain_tile().astype(np.float32) * np.float32(strength)
    out = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], _GRAIN_SIDE):
        for left in range(0, pixels.shape[1], _GRAIN_SIDE):
            part = pixels[top : top + _GRAIN_SIDE, left : left + _GRAIN_SIDE]
            grain = np.rot90(np.roll(tile, tuple(rng.integers(0, _GRAIN_SIDE, 2)), axis=(0, 1)), int(rng.integers(4)))
            grained = np.clip(part + grain[: part.shape[0], : part.shape[1]], 0, 255)
            out[top : top + _GRAIN_SIDE, left : left + _GRAIN_SIDE] = grained.astype(np.uint8)
    return out


def camera_exif(seed: int) -> Image.Exif:
    """EXIF as a camera writes it: who, when, how, where."""
    rng = np.random.default_rng(seed)
    make, model = _CAMERAS[seed % len(_CAMERAS)]
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = make
    exif[ExifTags.Base.Model] = model
    exif[ExifTags.Base.Orientation] = 1
    moment = f"2024:{1 + seed % 12:02d}:{1 + seed % 28:02d} {seed % 24:02d}:{seed % 60:02d}:{seed * 7 % 60:02d}"
    exif[ExifTags.Base.DateTime] = moment
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    shot[ExifTags.Base.DateTimeOriginal] = moment
    shot[ExifTags.Base.SubsecTimeOriginal] = f"{seed % 100:02d}"
    shot[ExifTags.Base.OffsetTimeOriginal] = "+02:00"
    shot[ExifTags.Base.ISOSpeedRatings] = int(rng.choice([100, 200, 400, 800, 1600]))
    shot[ExifTags.Base.FNumber] = IFDRational(int(rng.choice([18, 28, 40, 56, 80])), 10)
    shot[ExifTags.Base.ExposureTime] = IFDRational(1, int(rng.choice([30, 60, 125, 250, 1000])))
    shot[ExifTags.Base.FocalLength] = IFDRational(int(rng.choice([24, 35, 50, 85, 200])), 1)
    shot[ExifTags.Base.LensModel] = "24-200mm F4"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    gps[ExifTags.GPS.GPSLatitude] = (IFDRational(47, 1), IFDRational(seed % 60, 1), IFDRational(1234, 100))
    gps[ExifTags.GPS.GPSLongitude] = (IFDRational(8, 1), IFDRational(seed * 3 % 60, 1), IFDRational(4321, 100))
    return exif


def bytes_per_pixel(paths: Sequence[Path], megapixels: int) -> list[float]:
    """File size by picture size, for each of `paths`."""
    width, height = SIZES[megapixels]
    return [path.stat().st_size / (width * height) for path in paths]
