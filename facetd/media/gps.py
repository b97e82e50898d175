"""Places: signed degrees from EXIF and XMP, or nothing. A wrong place is worse than none."""

from __future__ import annotations

import re

from facetd.i18n import _
from facetd.media.dates import OddValue
from facetd.media.tifftags import Directory, Rational

_XMP_ANGLE = re.compile(r"(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?\s*([NSEW])", re.ASCII | re.IGNORECASE)


def position(gps: Directory) -> tuple[float, float] | None:
    """Latitude and longitude of an EXIF GPS directory in signed degrees, None when there is none.

    OddValue when a hemisphere or the degrees are missing, when out of range, and for 0, 0: what devices write that have
    no fix. Missing minutes or seconds (0/0) count as 0.
    """
    if 2 not in gps and 4 not in gps:
        return None
    latitude, longitude = _angle(gps, 2, 1, "NS"), _angle(gps, 4, 3, "EW")
    if latitude is None or longitude is None:
        raise OddValue(_("The GPS position is incomplete and was left out."))
    return checked(latitude, longitude)


def checked(latitude: float, longitude: float) -> tuple[float, float]:
    """The position if it is on Earth and not exactly 0, 0; else OddValue."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise OddValue(_("The GPS position {place} is not on Earth and was left out.").format(place=f"{latitude:g}, {longitude:g}"))
    if latitude == 0 and longitude == 0:
        raise OddValue(_("The GPS position 0, 0 means that there was no fix; it was left out."))
    return latitude, longitude


def altitude(gps: Directory) -> float | None:
    """Metres above sea level (negative below), None when absent or absurd."""
    value = gps.get(6)
    metres = value[0].value() if isinstance(value, tuple) and value and isinstance(value[0], Rational) else None
    if metres is None or not -12000 <= metres <= 100000:
        return None
    below = gps.get(5)
    return -metres if below in ((1,), b"\x01") else metres


def xmp_angle(text: str | None) -> float | None:
    """`50,5.375N` or `50,5,22N` in signed degrees."""
    match = _XMP_ANGLE.fullmatch((text or "").strip())
    if match is None:
        return None
    degrees, minutes, seconds = (float(part or 0) for part in match.groups()[:3])
    value = degrees + minutes / 60 + seconds / 3600
    return -value if match.group(4).upper() in "SW" else value


def _angle(gps: Directory, tag: int, reference_tag: int, hemispheres: str) -> float | None:
    parts = gps.get(tag)
    reference = gps.get(reference_tag)
    letter = reference.strip()[:1].upper() if isinstance(reference, str) else ""
    if not isinstance(parts, tuple) or not parts or letter not in hemispheres or not letter:
        return None
    values = [part.value() if isinstance(part, Rational) else float(part) for part in parts[:3]]
    if values[0] is None or any(value is None and part != Rational(0, 0) for value, part in zip(values, parts, strict=False)):
        return None
    degrees: float = sum((value or 0.0) / 60**place for place, value in enumerate(values))
    return -degrees if letter in "SW" else degrees
