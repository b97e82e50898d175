"""A photo's row as the API and the pages show it."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from facetd.config import Config
from facetd.db.connection import Row
from facetd.db.ledger import virtual_path
from facetd.db.names import from_stored, shown
from facetd.db.visibility import Hide
from facetd.fields import FIELDS, Kind

PLAIN = (
    "id", "format", "image_width", "image_height", "phash", "date_taken", "date_offset", "camera_make", "focal_length_35mm",
    "exposure_bias", "gps_latitude", "gps_longitude", "gps_altitude", "title", "size", "star_rating", "is_favorite", "is_rejected",
    "added_at",
)  # fmt: skip
# Plain integers: bit tests on an enum cost more than everything else here.
BLINK, BURST, DUPLICATE = int(Hide.BLINK), int(Hide.BURST), int(Hide.DUPLICATE)
COMPANION, UNREADABLE = int(Hide.COMPANION), int(Hide.UNREADABLE)
HISTOGRAM_BINS = 64
HISTOGRAM_CHANNELS = ("l", "r", "g", "b")


FLAGS = tuple((entry.key, entry.column) for entry in FIELDS if entry.kind is Kind.FLAG)
VALUES = tuple((entry.key, entry.column) for entry in FIELDS if entry.table == "photo" and entry.kind is not Kind.FLAG)


def photo(row: Row, config: Config) -> dict[str, Any]:
    """One photo of a list: identity, camera, every metric by its key, flags, and what it looks like before its pixels arrive."""
    found = dict(zip(row.keys(), row, strict=True))  # looking up by name in a row is slow
    names = json.loads(found["tag_names"] or "[]")
    colors = [color for color in (found["colors"] or "").split(",") if color]
    hide = found["hide"]
    return {
        **{key: found[column] for key, column in VALUES},
        **{key: None if found[column] is None else int(found[column]) for key, column in FLAGS},
        **{key: found[key] for key in PLAIN},
        "path": virtual_path(found["root_name"], found["folder_path"], found["filename"]),
        "filename": shown(from_stored(found["filename"])),
        "date_formatted": date_formatted(found["date_taken"]),
        "shutter_speed": exposure_text(found["exposure_time"]),
        "is_blink": int(bool(hide & BLINK)),
        "is_burst_lead": int(not hide & BURST),
        "is_duplicate_lead": int(not hide & DUPLICATE),
        "is_companion": int(bool(hide & COMPANION)),
        "tags": ",".join(names) or None,
        "tags_list": names[: config.viewer.display.tags_per_photo],
        "color": colors[0] if colors else None,
        "placeholder": base64.b64encode(found["placeholder"]).decode() if found["placeholder"] else None,
        "v": found["content_hash"],
        "offline": not found["root_online"],
        "readable": not hide & UNREADABLE,
    }


def date_formatted(date_taken: str | None) -> str | None:
    """`DD/MM/YYYY HH:MM` of the local wall time."""
    if date_taken is None:
        return None
    return f"{date_taken[8:10]}/{date_taken[5:7]}/{date_taken[:4]} {date_taken[11:16]}"


def exposure_text(seconds: float | None) -> str | None:
    """Exposure time as photographers write it: `1/250`, or seconds from about a third on."""
    if seconds is None or seconds <= 0:
        return None
    if seconds < 0.3:
        return f"1/{round(1 / seconds)}"
    return f"{seconds:.4g}"


def histogram(blob: bytes | None) -> dict[str, Any] | None:
    """The stored histogram by channel; see records.PixelMetrics."""
    if not blob:
        return None
    values = struct.unpack(f"<{len(HISTOGRAM_CHANNELS) * HISTOGRAM_BINS}H", blob)
    bins = {
        channel: list(values[index * HISTOGRAM_BINS : (index + 1) * HISTOGRAM_BINS]) for index, channel in enumerate(HISTOGRAM_CHANNELS)
    }
    return {"bins": HISTOGRAM_BINS, **bins}
