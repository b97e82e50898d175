"""What a viewer rejected: ratings are each user's own, so the counters that all share know nothing of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

from facetd.db.connection import Connection
from facetd.db.visibility import Hide, gate_condition
from facetd.records.viewer import Viewer

REJECTED = (
    "rating r INDEXED BY rating_is_rejected CROSS JOIN photo p ON p.id = r.photo_id CROSS JOIN gate g ON g.photo_id = p.id"
    " WHERE r.user_id = :viewer_id AND r.is_rejected = 1"
)
Place = Literal["p.folder_id", "g.root_id"]


def rejected_by_day(connection: Connection, viewer: Viewer, hide: Hide, first: str, last: str) -> dict[str, set[int]]:
    """The ids of the photos that `viewer` rejected, as far as they are not hidden anyway, by the days from `first` to `last`."""
    rows = connection.execute(
        f"SELECT p.day, p.id FROM {REJECTED} AND p.day BETWEEN :first AND :last AND {gate_condition(viewer, hide)}",
        {"viewer_id": viewer.user_id, "first": first, "last": last},
    )
    return _grouped(rows)


def rejected_by_place(connection: Connection, viewer: Viewer, hide: Hide, place: Place) -> dict[int, set[int]]:
    """The same by the ids of the folders or roots that they lie in."""
    rows = connection.execute(f"SELECT {place}, p.id FROM {REJECTED} AND {gate_condition(viewer, hide)}", {"viewer_id": viewer.user_id})
    return _grouped(rows)


def _grouped(rows: Iterable[Any]) -> dict[Any, set[int]]:
    found: dict[Any, set[int]] = defaultdict(set)
    for key, number in rows:
        found[key].add(number)
    return found
