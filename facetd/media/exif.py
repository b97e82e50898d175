"""EXIF to facts: every field by itself, so that one odd value never loses the others. Source: EXIF 2.32 (CIPA DC-008)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from facetd.i18n import _
from facetd.media.containers import Blocks
from facetd.media.dates import OddValue, exif_date, offset_or_none, with_fraction
from facetd.media.gps import altitude, position
from facetd.media.orientation import valid_orientation
from facetd.media.ratings import stars_of_percent
from facetd.media.tifftags import Directory, Rational, TiffTags

_EXIF_POINTER, _GPS_POINTER, _PANASONIC_ISO, _XMP_TAG = 0x8769, 0x8825, 0x0017, 0x02BC
_MAIN_TAGS = frozenset({
    0x010E, 0x010F, 0x0110, 0x0112, 0x0132, 0x4746, 0x4749, 0x9C9B, 0x9C9C, 0x9C9E, _EXIF_POINTER, _GPS_POINTER, _PANASONIC_ISO, _XMP_TAG,
    0x829A, 0x829D, 0x8827, 0x9003, 0x920A,
})  # fmt: skip
_EXIF_TAGS = frozenset({
    0x829A, 0x829D, 0x8827, 0x8830, 0x8831, 0x8832, 0x8833, 0x9003, 0x9004, 0x9011, 0x9012, 0x9201, 0x9202, 0x9204, 0x9209, 0x920A, 0x9291,
    0x9292, 0xA405, 0xA434,
})  # fmt: skip
_GPS_TAGS = frozenset(range(1, 7))
# What cameras write when nobody described the picture.
_EMPTY_DESCRIPTIONS = {
    "olympus digital camera",
    "sony dsc",
    "minolta digital camera",
    "digital camera",
    "default",
    "untitled",
    "exif_jpeg_picture",
}
_FULL_ISO = 65535  # EXIF: the field is too small, see the others


@dataclass(slots=True)
class Exif:
    """The directories of one photo. `main` is the first one, `exif` and `gps` those it points to."""

    main: Directory = field(default_factory=dict)
    exif: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)


def read_directories(blocks: Blocks) -> Exif:
    """The three directories, as far as they can be read."""
    found = Exif()
    if blocks.tiff is not None:
        try:
            tags = TiffTags(blocks.tiff, blocks.base)
            found.main = tags.directory(tags.first, _MAIN_TAGS)
            found.exif = tags.directory(_pointer(found.main, _EXIF_POINTER), _EXIF_TAGS)
            found.gps = tags.directory(_pointer(found.main, _GPS_POINTER), _GPS_TAGS)
        except (ValueError, OSError):
            pass  # no TIFF structure, or it ends early
    if blocks.exif_alone:
        found.exif = _alone(blocks.exif_alone, _EXIF_TAGS)
    if blocks.gps_alone:
        found.gps = _alone(blocks.gps_alone, _GPS_TAGS)
    packet = found.main.get(_XMP_TAG)
    if packet and not blocks.xmp:
        blocks.xmp.append(
            packet if isinstance(packet, bytes) else bytes(part for part in packet if isinstance(part, int) and 0 <= part < 256)
        )
    return found


def _alone(data: bytes, wanted: frozenset[int]) -> Directory:
    try:
        tags = TiffTags(io.BytesIO(data))
        return tags.directory(tags.first, wanted)
    except ValueError:
        return {}


def _pointer(directory: Directory, tag: int) -> int:
    value = directory.get(tag)
    return value[0] if isinstance(value, tuple) and value and isinstance(value[0], int) else 0


def exif_facts(exif: Exif) -> tuple[dict[str, Any], list[str]]:
    """Fields of Metadata that EXIF knows, and sentences about the values that were left out."""
    facts: dict[str, Any] = {}
    warnings: list[str] = []
    for read in _READERS:
        try:
            facts.update({key: value for key, value in read(exif).items() if value is not None})
        except OddValue as odd:
            warnings.append(str(odd))
            facts.update(odd.instead)
        except (ValueError, OverflowError):
            continue  # not a number where one is meant
    return facts, warnings


def modify_date(exif: Exif) -> str | None:
    """The date of the last change, when a camera signed the file: the last resort for a photo without a better date."""
    try:
        return exif_date(_text(exif.main, 0x0132)) if _text(exif.main, 0x010F) else None
    except OddValue:
        return None


def _number(directory: Directory, tag: int) -> float | None:
    """The first number of a tag; None when absent, 0/0 or text."""
    value = directory.get(tag)
    if not isinstance(value, tuple) or not value:
        return None
    first = value[0]
    return first.value() if isinstance(first, Rational) else float(first)


def _first(exif: Exif, *tags: int) -> float | None:
    """The first number of `tags` that is not 0, from the EXIF directory before the main one; 0 if only that was found."""
    numbers = [number for tag in tags for number in (_number(exif.exif, tag), _number(exif.main, tag)) if number is not None]
    return next((number for number in numbers if number), numbers[0] if numbers else None)


def _text(directory: Directory, tag: int) -> str | None:
    """Text without control characters and surrounding space, None when empty."""
    value = directory.get(tag)
    if isinstance(value, bytes):
        value = value.split(b"\0", 1)[0].decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    return " ".join("".join(char if char.isprintable() else " " for char in value).split()) or None


def _wide_text(directory: Directory, tag: int) -> str | None:
    """Text of the Windows tags, which are bytes of UTF-16."""
    value = directory.get(tag)
    if isinstance(value, tuple):
        value = bytes(part for part in value if isinstance(part, int) and 0 <= part < 256)
    return value.decode("utf-16-le", "ignore").split("\0", 1)[0].strip() or None if isinstance(value, bytes) else None


def _within(name: str, value: float | None, low: float, high: float) -> float | None:
    """`value` if it lies in `low`..`high`; 0 and absurd ones are odd."""
    if value is None or low <= value <= high:
        return value
    raise OddValue(_("{name} {value:g} makes no sense and was left out.").format(name=name, value=value))


def _camera(exif: Exif) -> dict[str, Any]:
    return {"camera_make": _text(exif.main, 0x010F), "camera_model": _text(exif.main, 0x0110), "lens_model": _text(exif.exif, 0xA434)}


def _exposure_time(exif: Exif) -> dict[str, Any]:
    """ExposureTime, else ShutterSpeedValue, which is in APEX steps: t = 2^-v."""
    value, apex = _first(exif, 0x829A), _number(exif.exif, 0x9201)
    if not value and apex and -17 <= apex <= 20:
        value = 2.0**-apex
    return {"exposure_time": _within(_("Exposure time"), value, 1e-7, 86400)}


def _f_number(exif: Exif) -> dict[str, Any]:
    """FNumber, else ApertureValue, which is in APEX steps: N = 2^(v/2)."""
    value, apex = _first(exif, 0x829D), _number(exif.exif, 0x9202)
    if not value and apex and 0 < apex <= 16:
        value = round(2.0 ** (apex / 2), 1)
    return {"f_stop": _within(_("F-number"), value, 0.1, 256)}


def _iso(exif: Exif) -> dict[str, Any]:
    value = _first(exif, 0x8827, _PANASONIC_ISO)
    if value is None or value >= _FULL_ISO:
        value = _first(exif, 0x8833, 0x8832, 0x8831) or value
    if value == _FULL_ISO:
        raise OddValue(_("ISO {iso} only says that the number did not fit; it was left out.").format(iso=_FULL_ISO))
    value = _within(_("ISO"), value, 1, 1e8)
    return {"iso": None if value is None else round(value)}


def _focal_length(exif: Exif) -> dict[str, Any]:
    return {"focal_length": _within(_("Focal length"), _first(exif, 0x920A), 0.1, 20000)}


def _focal_length_35mm(exif: Exif) -> dict[str, Any]:
    return {"focal_length_35mm": _within(_("Focal length in 35 mm"), _number(exif.exif, 0xA405) or None, 1, 20000)}


def _exposure_bias(exif: Exif) -> dict[str, Any]:
    return {"exposure_bias": _within(_("Exposure bias"), _number(exif.exif, 0x9204), -20, 20)}


def _flash(exif: Exif) -> dict[str, Any]:
    value = _number(exif.exif, 0x9209)
    return {"flash_fired": None if value is None else bool(int(value) & 1)}


def _date(exif: Exif) -> dict[str, Any]:
    """DateTimeOriginal, else DateTimeDigitized, each with its own fraction and offset; never those of the last change."""
    odd: OddValue | None = None
    facts: dict[str, Any] = {}
    for tag, fraction, offset in ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012)):
        try:
            taken = exif_date(_text(exif.exif, tag) or _text(exif.main, tag))
        except OddValue as error:
            odd = odd or error
            continue
        if taken:
            facts = {
                "date_taken": with_fraction(taken, _text(exif.exif, fraction)),
                "date_offset": offset_or_none(_text(exif.exif, offset)),
            }
            break
    if odd is not None:
        odd.instead.update({key: value for key, value in facts.items() if value is not None})
        raise odd
    return facts


def _place(exif: Exif) -> dict[str, Any]:
    found = position(exif.gps)
    return {"gps_latitude": found[0], "gps_longitude": found[1], "gps_altitude": altitude(exif.gps)} if found else {}


def _orientation(exif: Exif) -> dict[str, Any]:
    value = _number(exif.main, 0x0112)
    return {"orientation": None if value is None else valid_orientation(int(value))}


def _rating(exif: Exif) -> dict[str, Any]:
    stars, percent = _number(exif.main, 0x4746), _number(exif.main, 0x4749)
    if stars is None and percent is not None:
        stars = stars_of_percent(percent)
    value = _within(_("Rating"), stars, 0, 5)
    return {"rating": None if value is None else int(value)}


def _words(exif: Exif) -> dict[str, Any]:
    described = _text(exif.main, 0x010E)
    if described and described.casefold() in _EMPTY_DESCRIPTIONS:
        described = None
    keywords = tuple(dict.fromkeys(word.strip() for word in (_wide_text(exif.main, 0x9C9E) or "").split(";") if word.strip()))
    return {
        "title": _wide_text(exif.main, 0x9C9B),
        "description": described or _wide_text(exif.main, 0x9C9C),
        "keywords": keywords or None,
    }


_READERS: tuple[Callable[[Exif], dict[str, Any]], ...] = (
    _camera,
    _exposure_time,
    _f_number,
    _iso,
    _focal_length,
    _focal_length_35mm,
    _exposure_bias,
    _flash,
    _date,
    _place,
    _orientation,
    _rating,
    _words,
)
