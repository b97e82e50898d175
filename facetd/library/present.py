"""A photo's row as the API and the pages show it."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from facetd.config import Config
from facetd.db.connection import Connection
from facetd.db.faces import people_of_photos
from facetd.db.ledger import virtual_path
from facetd.db.names import from_stored, shown
from facetd.db.places import display_name
from facetd.db.rows import PhotoRow, photo_rows
from facetd.db.visibility import Hide
from facetd.records.viewer import Viewer

# Plain integers: bit tests on an enum cost more than everything else here.
BLINK, BURST, DUPLICATE = int(Hide.BLINK), int(Hide.BURST), int(Hide.DUPLICATE)
COMPANION, UNREADABLE = int(Hide.COMPANION), int(Hide.UNREADABLE)
HISTOGRAM_BINS = 64
HISTOGRAM_CHANNELS = ("l", "r", "g", "b")
NOBODY: tuple[list[dict[str, Any]], int] = ([], 0)


def photo(row: PhotoRow, config: Config, people: Mapping[int, tuple[list[dict[str, Any]], int]]) -> dict[str, Any]:
    """One photo of a list; `people` are those of the page by photo id (see db/faces.py).

    Identity, camera, every metric by its key, flags, and what it looks like before its pixels arrive.
    """
    values, beside = row
    names = list(dict.fromkeys(json.loads(beside.tag_names))) if beside.tag_names != "[]" else []
    colors = shown_colors(row)
    hide = beside.hide
    persons, unassigned = people.get(values["id"], NOBODY)
    series, copies = beside.burst_count > 1, beside.duplicate_count > 1  # what others are in it, one may not see
    return {
        **values,
        "path": virtual_path(beside.root_name, beside.folder_path, beside.filename),
        "filename": shown(from_stored(beside.filename)),
        "date_formatted": date_formatted(values["date_taken"]),
        "shutter_speed": exposure_text(beside.exposure_time),
        "is_blink": int(bool(hide & BLINK)),
        "is_burst_lead": int(not hide & BURST),
        "is_duplicate_lead": int(not hide & DUPLICATE),
        "burst_group_id": beside.burst_id if series else None,
        "burst_kind": beside.burst_kind if series else None,
        "burst_count": beside.burst_count if series else 0,
        "duplicate_group_id": beside.duplicate_set if copies else None,
        "duplicate_count": beside.duplicate_count if copies else 0,
        "is_companion": int(bool(hide & COMPANION)),
        "tags": ",".join(names) or None,
        "tags_list": names[: config.viewer.display.tags_per_photo],
        "color": colors[0] if colors else None,
        "placeholder": base64.b64encode(beside.placeholder).decode() if beside.placeholder else None,
        "v": beside.content_hash,
        "offline": not beside.root_online,
        "readable": not hide & UNREADABLE,
        "place": display_name((beside.town, "", beside.country or "")) if beside.town else None,
        "caption": beside.caption,
        "caption_translated": beside.translation if beside.translation_language == config.translation.target_language else None,
        "persons": persons,
        "unassigned_faces": unassigned,
    }


def photos_shown(connection: Connection, viewer: Viewer, ids: Sequence[int], config: Config) -> list[dict[str, Any]]:
    """Those photos of a list that `viewer` may see, in the order of `ids`."""
    rows = photo_rows(connection, viewer, ids)
    people = people_of_photos(connection, [row.values["id"] for row in rows])
    return [photo(row, config, people) for row in rows]


def encoded(photos: list[dict[str, Any]]) -> bytes:
    """Photos as JSON; numbers that JSON cannot say (NaN, infinities) become null."""
    return to_json(photos, inf_nan_mode="null")


def shown_colors(row: PhotoRow) -> list[str]:
    """The dominant colors, most common first."""
    return [color for color in (row.beside.colors or "").split(",") if color]


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
