"""What each decode worker would otherwise load and work out for its first photo, done once in the process that they are forked from."""

from __future__ import annotations

import imagehash
import numpy as np
from PIL import Image

from facetd.ingest.visit import visit
from facetd.media.hashes import perceptual_hash
from facetd.score.measure import measure
from facetd.score.settings import MeasureSettings

__all__ = ["imagehash", "visit"]


def warm_up() -> None:
    """Have the libraries make their tables: 0.1 s, most of it OpenCV's for L*a*b*. No thread may be left: forks follow."""
    Image.preinit()
    picture = (np.arange(64 * 96 * 3, dtype=np.uint32) * 31 % 251).astype(np.uint8).reshape(64, 96, 3)
    perceptual_hash(picture)
    measure(picture, MeasureSettings())


warm_up()
