"""What of a photo a visitor with a link sees: the picture and how it was taken; not where, not who is in it, not what people wrote or think
about it, and not where its file lies. What is not listed here is not told: null, or an empty value of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from facetd.config import Config
from facetd.db.connection import Connection
from facetd.db.rows import photo_rows
from facetd.db.shares import seen_tags
from facetd.fields import FIELDS
from facetd.library import present
from facetd.records.viewer import Viewer

TOLD = frozenset({
    "id", "filename", "format", "image_width", "image_height", "size", "date_taken", "date_offset", "date_formatted", "added_at",
    "camera_make", "focal_length_35mm", "exposure_bias", "shutter_speed", "is_blink", "is_burst_lead", "is_duplicate_lead", "is_companion",
    "color", "placeholder", "v", "offline", "readable",
    *(entry.key for entry in FIELDS if entry.table == "photo"),
})  # fmt: skip
UNTOLD: dict[str, Any] = {
    "persons": [], "unassigned_faces": 0, "star_rating": 0, "is_favorite": 0, "is_rejected": 0, "burst_count": 0, "duplicate_count": 0
}  # fmt: skip
SHARED_PATH = re.compile(r"/shared/([1-9]\d{0,17})/([1-9]\d{0,17})/[^/]*")


@dataclass(frozen=True, slots=True)
class SharedLook:
    """How the visitors of an album see its photos."""

    album: int

    def photos(self, connection: Connection, viewer: Viewer, ids: Sequence[int], config: Config) -> list[dict[str, Any]]:
        """Those of `ids` that the owner, `viewer`, may see, with the tags that models gave."""
        tags = seen_tags(connection, ids)
        shown = config.viewer.display.tags_per_photo
        return [
            self._photo(present.photo(row, config, {}), tags.get(row.values["id"], ()), shown)
            for row in photo_rows(connection, viewer, ids)
        ]

    def _photo(self, photo: dict[str, Any], tags: Sequence[str], tags_shown: int) -> dict[str, Any]:
        return {
            **photo,
            **_untold(tuple(photo)),
            "path": shared_path(self.album, photo["id"], photo["filename"]),
            "tags": ",".join(tags) or None,
            "tags_list": list(tags[:tags_shown]),
        }


@lru_cache(maxsize=4)
def _untold(keys: Sequence[str]) -> dict[str, Any]:
    """What stands in the place of everything that is not told."""
    return {key: UNTOLD.get(key) for key in keys if key not in TOLD}


def shared_path(album: int, photo: int, filename: str) -> str:
    """How a visitor names a photo: `/shared/<album>/<photo>/<file name>`."""
    return f"/shared/{album}/{photo}/{filename}"


def photo_at(album: int, path: str) -> int | None:
    """The photo that `shared_path` names in this album."""
    found = SHARED_PATH.fullmatch(path)
    return int(found[2]) if found is not None and int(found[1]) == album else None
