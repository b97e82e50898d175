"""The rows of photos as lists show them: every value of the registry, and what lies beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from facetd.db.connection import Connection
from facetd.db.names import Stored
from facetd.db.tags import HINTS
from facetd.db.visibility import Hide, gate_condition
from facetd.fields import FIELDS, Kind
from facetd.records.viewer import Viewer

PLAIN = (
    "id", "format", "image_width", "image_height", "size", "phash", "date_offset", "added_at", "camera_make", "focal_length_35mm",
    "exposure_bias", "gps_latitude", "gps_longitude", "gps_altitude", "title",
)  # fmt: skip
RATED = ("star_rating", "is_favorite", "is_rejected")
REGISTERED = tuple(entry for entry in FIELDS if entry.table == "photo")
TAKEN = "p.date_taken || COALESCE(p.date_offset, '')"  # local wall time, with its offset where it is known
KEYS = (*PLAIN, *(entry.key for entry in REGISTERED), *RATED)


class Beside(NamedTuple):
    """What is known of a photo beside its plain values. `tag_names`: JSON list, a tag may come twice; `colors`: separated by commas."""

    filename: Stored
    folder_path: Stored
    root_name: str
    root_online: int
    hide: int
    content_hash: str
    orientation: int
    exposure_time: float | None
    flash_fired: int | None
    placeholder: bytes | None
    colors: str | None
    burst_id: int | None
    burst_kind: str | None
    burst_count: int
    duplicate_set: int | None
    duplicate_count: int
    town: str | None
    region: str | None
    country: str | None
    caption: str | None
    caption_source: str | None
    translation: str | None
    translation_language: str | None
    tag_names: str


class PhotoRow(NamedTuple):
    """One photo: `values` by registry key and by the names of PLAIN and RATED, and what lies beside them."""

    values: dict[str, Any]
    beside: Beside


# How many frames of a series, or copies of a picture, may be seen.
COUNT = "(SELECT COUNT(*) FROM {0} x CROSS JOIN gate g ON g.photo_id = x.photo_id WHERE x.{1} = {2} AND :seen)"
# In Beside's order after KEYS'. The order of the ids is that of the rows: CROSS JOIN keeps SQLite on it.
PHOTO_ROWS = f"""
    SELECT {", ".join(f"p.{name}" for name in PLAIN)},
           {", ".join(TAKEN if entry.kind is Kind.DATE else f"p.{entry.column}" for entry in REGISTERED)},
           COALESCE(r.stars, 0), COALESCE(r.is_favorite, 0), COALESCE(r.is_rejected, 0),
           p.filename, f.path, root.name, root.online, g.hide, p.content_hash, p.orientation, p.exposure_time, p.flash_fired,
           b.placeholder, b.colors, bp.burst_id, burst.kind,
           {COUNT.format("burst_photo", "burst_id", "bp.burst_id")}, d.set_id, {COUNT.format("duplicate_photo", "set_id", "d.set_id")},
           place.name, place.region, place.country, caption.text, caption.source, ct.text, ct.language,
           (SELECT json_group_array(t.name) FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = p.id
            AND pt.source NOT IN {HINTS})
    FROM json_each(:ids) wanted
    CROSS JOIN photo p ON p.id = wanted.value
    CROSS JOIN gate g ON g.photo_id = p.id
    CROSS JOIN folder f ON f.id = p.folder_id
    CROSS JOIN root ON root.id = g.root_id
    LEFT JOIN photo_blob b ON b.photo_id = p.id
    LEFT JOIN burst_photo bp ON bp.photo_id = p.id
    LEFT JOIN burst ON burst.id = bp.burst_id
    LEFT JOIN duplicate_photo d ON d.photo_id = p.id
    LEFT JOIN place_cell pc ON pc.cell = p.place_cell
    LEFT JOIN place ON place.id = pc.place_id
    LEFT JOIN caption ON caption.photo_id = p.id
    LEFT JOIN caption_translation ct ON ct.photo_id = p.id
    LEFT JOIN rating r ON r.photo_id = p.id AND r.user_id = :viewer_id
"""


def photo_rows(connection: Connection, viewer: Viewer, ids: Sequence[int]) -> list[PhotoRow]:
    """The rows of those of `ids` that `viewer` may see, in the order of `ids`."""
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: thousands of values a page
    seen = gate_condition(viewer, Hide.MISSING)
    sql = PHOTO_ROWS.replace(":seen", seen)
    cursor.execute(f"{sql} WHERE {seen}", {"ids": json.dumps(list(ids)), "viewer_id": viewer.user_id})
    count = len(KEYS)
    return [PhotoRow(dict(zip(KEYS, row, strict=False)), Beside._make(row[count:])) for row in cursor.fetchall()]
