"""How many photos a filtered list has, where counters say it: one choice of what filters offer, with or without the rejected ones."""

from __future__ import annotations

from facetd.db.conditions import UNREJECTED, Conditions
from facetd.db.connection import Connection
from facetd.db.visibility import Hide, count_condition, gate_join
from facetd.records.viewer import Viewer


def counted_total(connection: Connection, viewer: Viewer, hide: Hide, narrowed: Conditions) -> int | None:
    """The exact total, or None where it must be counted."""
    parts = [part for part in narrowed.parts if part != UNREJECTED]
    if narrowed.on_ids or narrowed.in_album or len(parts) > 1 or any(part not in narrowed.facets for part in parts):
        return None
    seen = count_condition(viewer, hide)
    counters = f"gate_count WHERE {seen}"
    if parts:
        facet, chosen = narrowed.facets[parts[0]]
        counters = f"facet_count WHERE facet = '{facet}' AND {seen} AND {chosen}"
    total = int(connection.execute(f"SELECT COALESCE(SUM(photos), 0) FROM {counters}", narrowed.parameters).fetchone()[0])
    if len(parts) == len(narrowed.parts):
        return total
    rejected = connection.execute(
        f"SELECT COUNT(*) FROM rating r CROSS JOIN photo p ON p.id = r.photo_id {gate_join(viewer, hide)}"
        f" WHERE r.user_id = :viewer_id AND r.is_rejected{''.join(f' AND {part}' for part in parts)}",
        narrowed.parameters,
    ).fetchone()
    return total - int(rejected[0])
