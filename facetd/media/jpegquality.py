"""How strongly a JPEG is compressed, told by its quantisation tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The luminance table of ITU-T T.81, Annex K.1, row by row: what the quality settings of libjpeg scale.
_STANDARD = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def _sum_at(quality: int) -> int:
    """The sum of the luminance table that libjpeg writes at a quality setting."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return sum(min(255, max(1, (value * percent + 50) // 100)) for row in _STANDARD for value in row)


_SUMS = [(_sum_at(quality), quality) for quality in range(1, 101)]


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality setting 1..100 of libjpeg that quantises luminance as coarsely as `tables` do; None without tables.

    Tables of other encoders are compared by their sum.
    """
    luminance = tables.get(0)
    if not luminance:
        return None
    total = sum(luminance)
    return min(_SUMS, key=lambda entry: abs(entry[0] - total))[1]
