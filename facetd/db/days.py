"""The local days of the library: how many photos each has that a viewer may see, the best of them, and which they are.

Counts and bests come from `day_count`, which triggers keep. Days are texts, `YYYY-MM-DD`; spans of days include both ends. With `kept`
photos are left out that the viewer rejected: these are taken off, because the counters are everybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from facetd.db.conditions import NO_UPPER_BOUND, UNREJECTED
from facetd.db.connection import Connection
from facetd.db.rejected import rejected_by_day
from facetd.db.visibility import Hide, count_condition, gate_condition
from facetd.records.viewer import Viewer

FIRST, LAST = "0001-01-01", "9999-12-31"
UNDATED = ""
SORTS = {
    "aggregate": "p.aggregate DESC, p.id DESC",  # what the index of a day has
    "date_taken": "p.date_taken, p.id",
    "filename": "p.filename, p.id",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`."""

    first: str = FIRST
    last: str = LAST


@dataclass(frozen=True, slots=True)
class Tally:
    """How many photos, and which one is the best."""

    count: int
    hero_id: int


def days(
    connection: Connection, viewer: Viewer, hide: Hide, span: Span, *, newest_first: bool, kept: bool = False
) -> Iterator[tuple[str, int]]:
    """The days that have photos, with their number; as they are asked for."""
    rows = connection.execute(
        f"SELECT day, SUM(photos) FROM day_count WHERE day BETWEEN ? AND ? AND {count_condition(viewer, hide)}"
        f" GROUP BY day ORDER BY day {'DESC' if newest_first else 'ASC'}",
        (span.first, span.last),
    )
    off = rejected_by_day(connection, viewer, hide, span.first, span.last) if kept else {}
    return ((row[0], left) for row in rows if (left := row[1] - len(off.get(row[0], ()))))


def tally(connection: Connection, viewer: Viewer, hide: Hide, span: Span, *, kept: bool = False) -> Tally | None:
    """The photos of a span together; None where there are none."""
    row = connection.execute(
        f"SELECT SUM(photos), hero_id, MAX(hero_score) FROM day_count WHERE day BETWEEN ? AND ? AND {count_condition(viewer, hide)}",
        (span.first, span.last),
    ).fetchone()
    if not row[0]:
        return None
    off = rejected_by_day(connection, viewer, hide, span.first, span.last) if kept else {}
    return _left(connection, viewer, hide, span, Tally(row[0], row[1]), {number for some in off.values() for number in some})


def daily_tallies(connection: Connection, viewer: Viewer, hide: Hide, span: Span, *, kept: bool = False) -> dict[str, Tally]:
    """The photos of each day of a span that has some, in order."""
    rows = connection.execute(
        f"SELECT day, SUM(photos), hero_id, MAX(hero_score) FROM day_count WHERE day BETWEEN ? AND ? AND {count_condition(viewer, hide)}"
        " GROUP BY day",
        (span.first, span.last),
    )
    off = rejected_by_day(connection, viewer, hide, span.first, span.last) if kept else {}
    found = {row[0]: Tally(row[1], row[2]) for row in rows}
    left = {day: _left(connection, viewer, hide, Span(day, day), each, off.get(day, ())) for day, each in found.items()}
    return {day: each for day, each in left.items() if each is not None}


def _left(connection: Connection, viewer: Viewer, hide: Hide, span: Span, found: Tally, off: Collection[int]) -> Tally | None:
    """What is left of the photos of a span without those that are taken off."""
    if found.hero_id not in off:
        return Tally(found.count - len(off), found.hero_id)
    best = photos_of(connection, viewer, hide, span, sort="aggregate", limit=1, kept=True)
    return Tally(found.count - len(off), best[0]) if best else None


def years(connection: Connection, viewer: Viewer, hide: Hide, span: Span) -> Iterator[int]:
    """The years of a span that have photos, newest first."""
    last = span.last
    while (day := next((day for day, _ in days(connection, viewer, hide, Span(span.first, last), newest_first=True)), None)) is not None:
        yield int(day[:4])
        last = day[:4]  # which sorts ahead of its days


def undated(connection: Connection, viewer: Viewer, hide: Hide, *, kept: bool = False) -> int:
    """How many photos no day is known of."""
    found = tally(connection, viewer, hide, Span(UNDATED, UNDATED), kept=kept)
    return found.count if found else 0


def photos_of(
    connection: Connection, viewer: Viewer, hide: Hide, span: Span, *, sort: str, limit: int, kept: bool = False
) -> list[int]:  # fmt: skip
    """The ids of at most `limit` photos of a span: the first ones by `sort`, a key of SORTS."""
    if sort == "date_taken":  # in the order of its index, which is left when there are enough
        index, which = "photo_date_taken", "p.date_taken BETWEEN :first AND :last || :any_time"
    else:
        index, which = "photo_day", "p.day = :first" if span.first == span.last else "p.day BETWEEN :first AND :last"
    rows = connection.execute(
        f"SELECT p.id FROM photo p INDEXED BY {index} CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE {which} AND {gate_condition(viewer, hide)}{f' AND {UNREJECTED}' if kept else ''} ORDER BY {SORTS[sort]} LIMIT :limit",
        {"first": span.first, "last": span.last, "any_time": NO_UPPER_BOUND, "limit": limit, "viewer_id": viewer.user_id},
    )
    return [row[0] for row in rows]


def kept_photos_of(connection: Connection, viewer: Viewer, hide: Hide, span: Span, *, limit: int) -> tuple[int, list[int]]:
    """How many photos a span has without those that `viewer` rejected, and the ids of the best ones."""
    rows = connection.execute(
        "SELECT p.id, COUNT(*) OVER () FROM photo p INDEXED BY photo_day CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE p.day BETWEEN :first AND :last AND {gate_condition(viewer, hide)} AND NOT EXISTS"
        " (SELECT 1 FROM rating r WHERE r.user_id = :viewer_id AND r.photo_id = p.id AND r.is_rejected)"
        f" ORDER BY {SORTS['aggregate']} LIMIT :limit",
        {"first": span.first, "last": span.last, "viewer_id": viewer.user_id, "limit": limit},
    ).fetchall()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]
