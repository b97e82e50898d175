"""A library of made-up photos with every column filled as a scan would fill it; the same for the same number of photos.

`python -m bench.synthetic DATA COUNT` writes it through the database room's own functions.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import struct
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.fields import COMPOSITION_PATTERNS
from facetd.records.files import PictureHeader
from facetd.records.judgement import Judgement
from facetd.records.measures import Appearance, PixelMetrics
from facetd.records.metadata import Metadata
from facetd.records.visit import Outcome, PhotoVisit

BATCH = 2000
CAMERAS = (
    ("Canon", "Canon EOS R6", "RF24-105mm F4 L IS USM", 0.22),
    ("Apple", "iPhone 13 Pro", "iPhone 13 Pro back triple camera 5.7mm f/1.5", 0.30),
    ("NIKON CORPORATION", "NIKON D750", "24-120mm f/4G", 0.14),
    ("SONY", "ILCE-7M3", "FE 85mm F1.8", 0.10),
    ("FUJIFILM", "X-T4", "XF16-55mmF2.8 R LM WR", 0.08),
    ("samsung", "SM-G991B", None, 0.12),
    ("Panasonic", "DMC-LX100", None, 0.04),
)
CATEGORIES = (
    "default",
    "landscape",
    "portrait",
    "street",
    "architecture",
    "macro",
    "wildlife",
    "night",
    "monochrome",
    "silhouette",
    "food",
    "sports",
)
WORDS = ("family", "summer", "garden", "beach", "mountain", "birthday", "city", "snow", "school", "dog", "wedding", "sea")
FIRST_DAY = datetime(2005, 1, 1)
DAYS = 20 * 365


async def make_library(data: Path, count: int) -> Path:
    """Write `count` photos of one root that is not there (so no scan touches them); the path of the database."""
    data.mkdir(parents=True, exist_ok=True)
    async with Database(data / "library.db") as db:
        root = await roots.add_root(db, str(data.parent / "synthetic photos"))
        batch: list[PhotoVisit] = []
        for visit in visits(root.id, count):
            batch.append(visit)
            if len(batch) == BATCH:
                await store.save_visits(db, batch, pair_raw=False)
                batch = []
        if batch:
            await store.save_visits(db, batch, pair_raw=False)
        await roots.set_presence(db, root.id, online=False, fs_id=None)
    return data / "library.db"


def visits(root_id: int, count: int) -> Iterator[PhotoVisit]:
    """The photos, in the order of their folders."""
    for number in range(count):
        yield make_visit(root_id, number, count)


def make_visit(root_id: int, number: int, count: int, *, days: int = DAYS) -> PhotoVisit:
    """Photo `number` of `count`: taken in time order within `days`, in folders of about 150, by several cameras."""
    rng = random.Random(number)
    taken = FIRST_DAY + timedelta(days=days * number / count, seconds=rng.uniform(0, 3600))
    folder = f"{taken.year}/{taken.year}-{taken.month:02d} {WORDS[number // 150 % len(WORDS)]} {number // 150}"
    content = hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()
    has_pixels = rng.random() > 0.002
    metrics = _metrics(rng) if has_pixels else None
    kinds = ("metadata", "thumbnail", "technical", "judgement")
    error = None if has_pixels else "The file ends in the middle of the picture."
    width, height = rng.choice(((4032, 3024), (6000, 4000), (5472, 3648), (3024, 4032), (4000, 6000)))
    return PhotoVisit(
        root_id=root_id,
        folder=folder,
        filename=f"{rng.choice(('IMG', 'DSC', '_MG', 'P'))}_{number:07d}.jpg",
        size=rng.randrange(1_500_000, 14_000_000),
        mtime_ns=int(taken.timestamp()) * 10**9 + rng.randrange(10**9),
        content_hash=content,
        sidecar_stamp="",
        outcomes=tuple(Outcome(kind, f"0123456789ab:{content}", error=error, reason="truncated" if error else None) for kind in kinds),
        header=PictureHeader("jpeg", width, height, width * height * 3),
        metadata=_metadata(rng, taken),
        appearance=Appearance(rng.randbytes(24), tuple(f"#{rng.randrange(1 << 24):06x}" for _ in range(5))) if has_pixels else None,
        phash=f"{rng.getrandbits(64):016x}" if has_pixels else None,
        metrics=metrics,
        judgement=_judgement(rng) if has_pixels else None,
    )


def _metadata(rng: random.Random, taken: datetime) -> Metadata:
    make, model, lens, _ = rng.choices(CAMERAS, [camera[3] for camera in CAMERAS])[0]
    dated, placed = rng.random() > 0.03, rng.random() < 0.4
    focal = rng.choice((24.0, 28.0, 35.0, 50.0, 70.0, 85.0, 105.0, 200.0))
    return Metadata(
        date_taken=f"{taken:%Y-%m-%dT%H:%M:%S}.{rng.randrange(100):02d}" if dated else None,
        date_offset="+02:00" if dated and placed else None,
        camera_make=make,
        camera_model=model,
        lens_model=lens,
        iso=rng.choice((64, 100, 200, 400, 800, 1600, 3200, 6400)),
        f_stop=rng.choice((1.5, 1.8, 2.8, 4.0, 5.6, 8.0, 11.0)),
        exposure_time=1 / rng.choice((8, 30, 60, 125, 250, 500, 1000, 4000)),
        focal_length=focal,
        focal_length_35mm=focal,
        exposure_bias=rng.choice((0.0, 0.0, -0.33, 0.67)),
        flash_fired=rng.random() < 0.1,
        gps_latitude=rng.uniform(-60, 70) if placed else None,
        gps_longitude=rng.uniform(-180, 180) if placed else None,
        gps_altitude=rng.uniform(0, 3000) if placed else None,
        rating=rng.choice((1, 2, 3, 4, 5)) if rng.random() < 0.05 else None,
        title="A day out" if rng.random() < 0.02 else None,
        keywords=tuple(sorted(rng.sample(WORDS, 2))) if rng.random() < 0.1 else (),
    )


def _metrics(rng: random.Random) -> PixelMetrics:
    def score() -> float:
        return min(10.0, max(0.0, rng.gauss(6, 1.7)))

    def ratio() -> float:
        return rng.betavariate(2, 4)

    shadow, highlight = ratio() ** 3, ratio() ** 3
    return PixelMetrics(
        sharpness_laplacian=rng.lognormvariate(6, 1),
        sharpness_multiscale=rng.lognormvariate(2, 0.6),
        tech_sharpness=score(),
        noise_sigma=rng.lognormvariate(0.9, 0.5),
        rms_contrast=ratio(),
        contrast_score=score(),
        dynamic_range_stops=rng.gauss(7.5, 1.2),
        histogram_spread=ratio(),
        shadow_clipping=shadow,
        highlight_clipping=highlight,
        shadow_clipped=shadow > 0.02,
        highlight_clipped=highlight > 0.02,
        mean_luminance=ratio(),
        exposure_score=score(),
        color_score=score(),
        color_harmony=score(),
        color_entropy=rng.uniform(3, 8),
        mean_saturation=ratio(),
        is_monochrome=rng.random() < 0.06,
        is_silhouette=rng.random() < 0.02,
        subject_sharpness=score(),
        subject_prominence=score(),
        subject_placement=score(),
        bg_separation=score(),
        comp_score=score(),
        power_point_score=score(),
        leading_lines_score=score(),
        isolation_bonus=score(),
        composition_pattern=rng.choice(tuple(COMPOSITION_PATTERNS)),
        details={
            "clipping": {channel: [round(ratio() / 10, 4), round(ratio() / 10, 4)] for channel in "rgb"},
            "subject_box": [round(rng.random() / 2, 3) for _ in range(4)],
            "pattern_scores": {name: round(rng.random(), 3) for name in COMPOSITION_PATTERNS},
        },
        histogram=_histogram(rng.randrange(500)),
    )


@lru_cache(maxsize=500)
def _histogram(seed: int) -> bytes:
    rng = random.Random(seed)
    return struct.pack("<256H", *(rng.randrange(65536) for _ in range(256)))


def _judgement(rng: random.Random) -> Judgement:
    aggregate = round(min(10.0, max(0.0, rng.gauss(5.8, 1.3))), 3)
    category = CATEGORIES[min(int(rng.expovariate(0.4)), len(CATEGORIES) - 1)]
    return Judgement(category, aggregate, round(0.8 * aggregate + rng.random(), 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data folder to make")
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    start = time.monotonic()
    path = asyncio.run(make_library(options.data, options.count))
    print(f"{path}: {options.count} photos, {path.stat().st_size / 1e6:.0f} MB, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
