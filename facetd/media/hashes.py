"""What identifies a photo: a hash of its bytes, and one of its looks."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BLOCK = 1 << 20
_DCT_SIDE, _DCT_KEPT = 32, 8
# The low rows of the DCT-II, without normalisation, as imagehash.phash takes it from SciPy, which costs 0.25 s and 36 MB to load.
_DCT = 2.0 * np.cos(np.pi * np.outer(np.arange(_DCT_KEPT), 2 * np.arange(_DCT_SIDE) + 1) / (2 * _DCT_SIDE))


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
    import imagehash  # noqa: PLC0415  only processes that hash need it

    small = np.asarray(Image.fromarray(rgb).convert("L").resize((_DCT_SIDE, _DCT_SIDE), Image.Resampling.LANCZOS), np.float64)
    low = np.round(_DCT @ small @ _DCT.T, 6)  # rounded: the noise of a flat picture must not make a hash
    return str(imagehash.ImageHash(low > np.median(low)))
