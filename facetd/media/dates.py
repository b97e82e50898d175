"""Dates as cameras and editors write them, as ISO 8601 local wall time."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

from facetd.i18n import _

_EXIF_DATE = re.compile(r"(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?)?", re.ASCII)
_XMP_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)


class OddValue(ValueError):
    """A value that was left out; the text says which and why. `instead` holds facts that stand in for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.instead: dict[str, Any] = {}


def exif_date(text: str | None) -> str | None:
    """`2024:07:14 18:03:22` as `2024-07-14T18:03:22`. None for the ways to say "unknown"; OddValue for what is no date."""
    if not text or not text.strip("0: /-.T"):
        return None
    match = _EXIF_DATE.match(text)
    return _iso(text, match.groups()[:6], (match.group(7) or "")) if match else _refuse(text)


def xmp_date(text: str | None) -> tuple[str, str | None] | None:
    """An XMP date with at least a day as (local wall time, offset or None). OddValue for what is no date."""
    if not text or not text.strip("0: /-.T"):
        return None
    match = _XMP_DATE.fullmatch(text.strip())
    if match is None:
        if re.fullmatch(r"\d{4}(-\d\d)?", text.strip()):
            return None  # a year or a month says too little to sort by
        exif_like = exif_date(text)
        return (exif_like, None) if exif_like else None
    return _iso(text, match.groups()[:6], (match.group(7) or "")), offset_or_none(match.group(8))


def _iso(text: str, parts: tuple[str | None, ...], fraction: str) -> str:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        moment = f"{date(year, month, day).isoformat()}T{time(hour, minute, 59 if second == 60 else second).isoformat()}"
    except ValueError:
        return _refuse(text)
    return with_fraction(moment, fraction.lstrip("."))


def _refuse(text: str) -> str:
    raise OddValue(_("The date “{text}” does not exist and was left out.").format(text=text[:40]))


def with_fraction(moment: str, digits: str | None) -> str:
    """`moment` with the digits of a SubSecTime tag as fraction of the second; other text is ignored."""
    digits = (digits or "").strip()
    return f"{moment}.{digits[:9]}" if digits.isascii() and digits.isdigit() and "." not in moment else moment


def offset_or_none(text: str | None) -> str | None:
    """`+02:00` for an offset between -12:00 and +14:00 in any spelling, else None."""
    if text in ("Z", "z"):
        return "+00:00"
    match = _OFFSET.fullmatch((text or "").strip())
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
    return f"{sign}{hours}:{minutes}" if int(minutes) < 60 and -720 <= offset <= 840 else None
