"""A photo's row as the API and the pages show it."""

from __future__ import annotations

import base64
import json
import sqlite3
import struct
from datetime import datetime
from typing import Any

from facetd.config import Config
from facetd.db.ledger import virtual_path
from facetd.db.names import from_stored, shown
from facetd.db.visibility import Hide
from facetd.fields import FIELDS, Kind

PLAIN = (
    "id", "format", "image_width", "image_height", "phash", "date_taken", "date_offset", "camera_make", "focal_length_35mm",
    "exposure_bias", "gps_latitude", "gps_longitude", "gps_altitude", "title", "size", "star_rating", "is_favorite", "is_rejected",
    "added_at",
)  # fmt: skip
HISTOGRAM_BINS = 64
HISTOGRAM_CHANNELS = ("l", "r", "g", "b")


def photo(row: sqlite3.Row, config: Config) -> dict[str, Any]:
    """One photo of a list: identity, camera, every metric by its key, flags, and what it looks like before its pixels arrive."""
    names = json.loads(row["tag_names"] or "[]")
    colors = [color for color in (row["colors"] or "").split(",") if color]
    flags = {entry.key for entry in FIELDS if entry.kind is Kind.FLAG}
    values = {entry.key: row[entry.column] for entry in FIELDS if entry.table == "photo"}
    return {
        **{key: None if value is None else int(value) if key in flags else value for key, value in values.items()},
        **{key: row[key] for key in PLAIN},
        "path": virtual_path(row["root_name"], row["folder_path"], row["filename"]),
        "filename": shown(from_stored(row["filename"])),
        "date_formatted": date_formatted(row["date_taken"]),
        "shutter_speed": exposure_text(row["exposure_time"]),
        "is_blink": int(bool(row["hide"] & Hide.BLINK)),
        "is_burst_lead": int(not row["hide"] & Hide.BURST),
        "is_duplicate_lead": int(not row["hide"] & Hide.DUPLICATE),
        "is_companion": int(bool(row["hide"] & Hide.COMPANION)),
        "tags": ",".join(names) or None,
        "tags_list": names[: config.viewer.display.tags_per_photo],
        "color": colors[0] if colors else None,
        "placeholder": base64.b64encode(row["placeholder"]).decode() if row["placeholder"] else None,
        "v": row["content_hash"],
        "offline": not row["root_online"],
        "readable": not row["hide"] & Hide.UNREADABLE,
    }


def date_formatted(date_taken: str | None) -> str | None:
    """`DD/MM/YYYY HH:MM` of the local wall time."""
    if date_taken is None:
        return None
    return datetime.fromisoformat(date_taken[:19]).strftime("%d/%m/%Y %H:%M")


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
