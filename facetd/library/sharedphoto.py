"""What of a photo a visitor with a link sees: the picture and how it was taken; not where, not who is in it, not what people wrote or think
about it, and not where its file lies. What is not listed here is not told: null, or an empty value of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from facetd.fields import FIELDS

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


def shared_photo(photo: dict[str, Any], album: int, tags: Sequence[str], tags_shown: int) -> dict[str, Any]:
    """A photo of a list as the visitor of `album` sees it, with `tags`, of which the first `tags_shown` are listed."""
    told = {key: value if key in TOLD else UNTOLD.get(key) for key, value in photo.items()}
    return {
        **told,
        "path": shared_path(album, photo["id"], photo["filename"]),
        "tags": ",".join(tags) or None,
        "tags_list": list(tags[:tags_shown]),
    }


def shared_path(album: int, photo: int, filename: str) -> str:
    """How a visitor names a photo: `/shared/<album>/<photo>/<file name>`."""
    return f"/shared/{album}/{photo}/{filename}"


def photo_at(album: int, path: str) -> int | None:
    """The photo that `shared_path` names in this album."""
    found = SHARED_PATH.fullmatch(path)
    return int(found[2]) if found is not None and int(found[1]) == album else None
