"""What identifies a photo: a hash of its bytes, and one of its looks."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BLOCK = 1 << 20


def content_hash(path: str) -> str:
    """BLAKE2b with 128 bits of the whole file, as 32 hex digits. Raises OSError."""
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def perceptual_hash(rgb: NDArray[np.uint8]) -> str:
    """The 64-bit DCT hash of ImageHash as 16 hex digits, from RGB uint8 (H,W,3); a thumbnail is large enough.

    Pictures that look alike differ in few bits. Source: hackerfactor.com "Looks Like It".
    """
    import imagehash  # noqa: PLC0415  brings SciPy, 0.2 s and 36 MB: only processes that hash pay for it

    return str(imagehash.phash(Image.fromarray(rgb)))
