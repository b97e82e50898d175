"""Thumbnails as files named by the content hash of their photo."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetd.media.scaling import shrink
from facetd.media.thumbnail_paths import SCRATCH, SIZES, thumbnail_path


def write_thumbnails(rgb: NDArray[np.uint8], folder: Path, content_hash: str, *, quality: int) -> NDArray[np.uint8]:
    """Write all SIZES of `rgb` (H,W,3 uint8 sRGB) as JPEG and return the pixels of the smallest.

    All three files exist afterwards: a photo smaller than a size is stored in its own size, never enlarged. Each file is
    complete or absent at any moment. Raises OSError when the folder cannot be written.
    """
    picture = Image.fromarray(rgb)
    for size in sorted(SIZES, reverse=True):
        picture = shrink(picture, size)
        save_jpeg(picture, thumbnail_path(folder, content_hash, size), quality=quality, scratch=folder / SCRATCH)
    return np.asarray(picture)


def save_jpeg(picture: Image.Image, target: Path, *, quality: int, scratch: Path) -> None:
    """Write `picture` (RGB) as baseline JPEG to `target`, through a temporary file in the folder `scratch`. Raises OSError.

    `scratch` is on the same file system; what a killed process left there may be deleted when no worker runs.
    Not flushed to the disk: a thumbnail lost with the power is made again.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    temporary = scratch / f"{target.name}.{os.getpid()}-{threading.get_ident()}"
    try:
        encoded = io.BytesIO()  # a file that is written by the encoder itself does not say why it could not be
        picture.save(encoded, "JPEG", quality=quality)
        temporary.write_bytes(encoded.getbuffer())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
