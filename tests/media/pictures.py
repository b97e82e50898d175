"""Small pictures made on the spot for the tests of this room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facetd.media import decode
from facetd.media.decode import Decoded


def scene(width: int = 320, height: int = 200) -> Image.Image:
    """Smooth colours with a red top left, green top right, blue bottom left and white bottom right corner."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    red, green = (1 - across) * (1 - down) + across * down, across
    pixels = np.stack([red, green, down], axis=-1)
    return Image.fromarray(np.round(pixels * 255).astype(np.uint8))


def saved(folder: Path, name: str, picture: Image.Image, **options: Any) -> str:
    """`picture` written to `folder` under `name`; returns the path."""
    path = folder / name
    picture.save(path, **options)
    return str(path)


def look(path: str, *, long_side: int = 1600, orientation: int | None = None) -> Decoded:
    """Decode like a visit does: header, limit, then pixels."""
    header = decode.read_header(path)
    decode.check_limits(header, max_megapixels=300)
    return decode.decode_photo(path, header, long_side=long_side, orientation=orientation or header.orientation or 1)


def shown(path: str, **options: Any) -> np.ndarray:
    """The picture for showing as signed integers, for arithmetic."""
    return look(path, **options).show.astype(int)
