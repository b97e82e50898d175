"""What each viewer thinks of photos: stars, favorites and rejections, changed many at once and put back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import aiosqlite

from facetd.db.revision import bump
from facetd.db.store import now
from facetd.db.visibility import Hide, gate_condition
from facetd.records.viewer import Viewer


class Rating(NamedTuple):
    """What one viewer thinks of one photo: 0 stars are none given."""

    stars: int = 0
    is_favorite: bool = False
    is_rejected: bool = False


class Change(NamedTuple):
    """What became of a viewer's rating of a photo; None where there is no row, which counts as nothing said."""

    photo_id: int
    before: Rating | None
    after: Rating | None


async def change(
    connection: aiosqlite.Connection, viewer: Viewer, ids: Sequence[int], become: Callable[[Rating], Rating]
) -> tuple[list[Change], list[int]]:
    """Make the viewer's ratings of these photos what `become` says, inside a transaction.

    Returns what really changed, and those of `ids` that the viewer does not see (any more).
    """
    seen = await _ratings(connection, viewer, ids)
    changes = []
    for number, before in seen.items():
        after = become(before or Rating())
        if after != (before or Rating()):
            changes.append(Change(number, before, after))
    await _write(connection, viewer, changes)
    return changes, [number for number in ids if number not in seen]


async def take_back(
    connection: aiosqlite.Connection, viewer: Viewer, changes: Iterable[Change]
) -> tuple[list[Change], list[int], list[int]]:
    """Put ratings back as they were before `changes`, inside a transaction.

    Returns what changed now, the photos that were rated anew since and keep that, and those that the viewer does not see any more.
    """
    wanted = {each.photo_id: each for each in changes}
    seen = await _ratings(connection, viewer, list(wanted))
    found = [Change(number, current, wanted[number].before) for number, current in seen.items() if current == wanted[number].after]
    await _write(connection, viewer, found)
    restored = {each.photo_id for each in found}
    return found, [number for number in seen if number not in restored], [number for number in wanted if number not in seen]


async def _ratings(connection: aiosqlite.Connection, viewer: Viewer, ids: Sequence[int]) -> dict[int, Rating | None]:
    """The viewer's ratings of those of `ids` that they see, in that order."""
    rows = await connection.execute_fetchall(
        "SELECT g.photo_id, r.stars, r.is_favorite, r.is_rejected FROM json_each(?) w CROSS JOIN gate g ON g.photo_id = w.value"
        f" LEFT JOIN rating r ON r.photo_id = g.photo_id AND r.user_id = ? WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(ids)), viewer.user_id),
    )
    return {row[0]: None if row[1] is None else Rating(row[1], bool(row[2]), bool(row[3])) for row in rows}


async def _write(connection: aiosqlite.Connection, viewer: Viewer, changes: Sequence[Change]) -> None:
    if not changes:
        return
    moment = now()
    await connection.executemany(
        "DELETE FROM rating WHERE user_id = ? AND photo_id = ?", [(viewer.user_id, each.photo_id) for each in changes if each.after is None]
    )
    await connection.executemany(
        "INSERT INTO rating (user_id, photo_id, stars, is_favorite, is_rejected, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET stars = excluded.stars, is_favorite = excluded.is_favorite, is_rejected = excluded.is_rejected,"
        " updated_at = excluded.updated_at",
        [(viewer.user_id, each.photo_id, *each.after, moment) for each in changes if each.after is not None],
    )
    await bump(connection)
