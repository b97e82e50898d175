"""Taking back what was done to the photos of an album."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facetd.db import albumwrites
from facetd.db.albumwrites import Place
from facetd.db.connection import Writer
from facetd.library.albumorder import rearranged
from facetd.library.undoing import Restored
from facetd.records.viewer import Viewer

KIND = "album"


def added(album: int, photos: Sequence[int]) -> dict[str, Any]:
    """What takes back that these photos came into an album."""
    return {"album": album, "added": list(photos)}


def taken_out(album: int, places: Sequence[Place], cover: int | None) -> dict[str, Any]:
    """What takes back that photos were taken out of these places, among them the chosen `cover`."""
    return {"album": album, "taken_out": list(places), "cover": cover}


def ordered(album: int, before: Sequence[int]) -> dict[str, Any]:
    """What takes back that an album's order is another one than `before`."""
    return {"album": album, "before": list(before)}


def deleted(album: int, row: Sequence[Any], places: Sequence[Place]) -> dict[str, Any]:
    """What takes back that an album was deleted."""
    return {"album": album, "row": list(row), "places": list(places)}


async def take_back(connection: Writer, viewer: Viewer, data: Any) -> Restored:
    """Put an album back as far as it and its photos are there; nothing for one that is somebody else's, or smart now."""
    album = int(data["album"])
    if "row" in data:
        back = await albumwrites.restore(connection, data["row"], [(photo, place) for photo, place in data["places"]])
        lost = [photo for photo, _ in data["places"] if photo not in set(back)]
        return Restored(tuple(back), not_found=tuple(lost))
    if await albumwrites.owner(connection, album) != viewer.user_id:
        return Restored(())
    if "added" in data:
        places, cover = await albumwrites.take_out(connection, album, data["added"])
        gone = {photo for photo, _ in places}
        missing = [photo for photo in data["added"] if photo not in gone]
        again = taken_out(album, places, cover) if places else None
        return Restored(tuple(photo for photo, _ in places), not_found=tuple(missing), again=again)
    if "taken_out" in data:
        back = await albumwrites.put_back(connection, album, [(photo, place) for photo, place in data["taken_out"]], data.get("cover"))
        lost = [photo for photo, _ in data["taken_out"] if photo not in set(back)]
        return Restored(tuple(back), not_found=tuple(lost), again=added(album, back) if back else None)
    before, moved = await albumwrites.reorder(connection, album, lambda current: rearranged(current, data["before"]))
    return Restored(tuple(data["before"]) if moved else (), again=ordered(album, before) if moved else None)
