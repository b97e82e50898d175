"""The eight orientations of EXIF (TIFF 6.0 tag 274), applied once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# LibRaw's flip has one bit each for: mirrored left-right 1, top-bottom 2, then rows and columns swapped 4.
_EXIF_OF_FLIP = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}


def valid_orientation(value: object) -> int:
    """`value` if it is one of 1..8, else 1 (upright): cameras write 0, damaged files write anything."""
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def exif_orientation_of_flip(flip: int) -> int:
    """The EXIF orientation of LibRaw's `flip` (0..7; older files carry degrees)."""
    degrees = {90: 6, 180: 3, 270: 8}
    return degrees.get(flip, _EXIF_OF_FLIP.get(flip, 1))


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height after `orientation` (1..8) has been applied."""
    return (height, width) if orientation >= 5 else (width, height)


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """`pixels` (H,W,C) or (H,W) as they are to be seen; a new contiguous array unless nothing is to do."""
    import numpy as np  # noqa: PLC0415 - who turns regions only has no pixels

    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
