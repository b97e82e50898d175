"""The photos that a search finds, best first; and names that complete what is being typed."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from facetd.db.conditions import Conditions
from facetd.db.connection import Connection, Database
from facetd.db.folding import fold
from facetd.db.hits import OF_TOPIC, Found, matching, scored
from facetd.db.levels import Places
from facetd.db.names import from_stored, shown
from facetd.db.options import LISTED
from facetd.db.ranked import Listed
from facetd.db.visibility import Hide, gate_condition, gate_join
from facetd.records.viewer import Viewer

CANDIDATES = 200  # topics that are looked at for one completion
BY_KIND = (
    "SELECT t.kind, t.ref FROM topic_words w CROSS JOIN topic t ON t.id = w.rowid WHERE w.words MATCH ? AND t.kind <> 'category'"
    " ORDER BY CASE t.kind WHEN 'person' THEN 0 WHEN 'place' THEN 1 WHEN 'tag' THEN 2 WHEN 'folder' THEN 3 ELSE 4 END"
)
"""The topics with a word, people first; to be gone on with, after a comma."""
LABELS = {
    "person": "SELECT name FROM person WHERE id = ? AND hidden = 0",
    "tag": "SELECT name FROM tag WHERE id = ?",
    "place": "SELECT name, region, country FROM place WHERE id = ?",
    "folder": "SELECT f.path, r.name FROM folder f JOIN root r ON r.id = f.root_id WHERE f.id = ?",
}


class Completion(NamedTuple):
    """A name that begins with, or has a word that begins with, what was typed."""

    kind: str
    text: str


def rank(connection: Connection, viewer: Viewer, hide: Hide, found: Sequence[Found], narrowed: Conditions) -> Listed:
    """The photos that all terms of `found` and all conditions hold for, most relevant first, then best first.

    One of the terms that have to hold finds few, if there are any.
    """
    parameters = dict(narrowed.parameters)
    if len(found) > 1 and any(not each.term.negated for each in found):
        ids = matching(connection, found)
        found = [each.among(ids) for each in found if not each.term.negated]
    for each in found:
        parameters |= each.parameters
    hits = f"({scored(found, count_photos(connection))}) s CROSS JOIN photo p ON p.id = s.id {gate_join(viewer, hide)}"
    order = "ORDER BY s.score DESC, p.aggregate DESC NULLS LAST, p.id DESC"
    cursor = connection.cursor()
    cursor.row_factory = None
    return Listed(cursor.execute(f"SELECT p.id, s.score FROM {hits} WHERE 1{narrowed.sql} {order}", parameters).fetchall())


def count_photos(connection: Connection) -> int:
    """All photos of the library, whoever may see them."""
    return connection.execute("SELECT SUM(photos) FROM gate_count").fetchone()[0] or 0


def listed(connection: Connection, viewer: Viewer, hide: Hide, narrowed: Conditions, ids: Iterable[int]) -> list[int]:
    """Those of `ids` that `viewer` may list and all conditions hold for."""
    sql = f"SELECT p.id FROM json_each(:wanted_ids) w CROSS JOIN photo p ON p.id = w.value {gate_join(viewer, hide)} WHERE 1{narrowed.sql}"
    return [row[0] for row in connection.execute(sql, {**narrowed.parameters, "wanted_ids": json.dumps(list(ids))})]


def seen(connection: Connection, viewer: Viewer, hide: Hide, ids: Iterable[int]) -> list[int]:
    """Those of `ids` that `viewer` may list; rows of photos are not read."""
    gate = f"gate g ON g.photo_id = w.value AND {gate_condition(viewer, hide)}"
    return _ids(
        connection, f"SELECT g.photo_id AS id FROM json_each(:wanted_ids) w CROSS JOIN {gate}", {"wanted_ids": json.dumps(list(ids))}
    )


def allowed(connection: Connection, viewer: Viewer, hide: Hide, narrowed: Conditions, *, most: int = -1) -> list[int]:
    """All that `viewer` may list and all conditions hold for, `most` of them unless it is below 0; in no order."""
    sql = f"SELECT p.id FROM photo p {gate_join(viewer, hide)} WHERE 1{narrowed.sql} LIMIT :most_ids"
    return _ids(connection, sql, {**narrowed.parameters, "most_ids": most})


async def places_by_score(db: Database) -> Places:
    """All photos, best first, then newest first."""
    sql = "SELECT id FROM photo INDEXED BY photo_aggregate ORDER BY aggregate DESC NULLS LAST, id DESC"
    return await db.read(lambda connection: Places(_ids(connection, sql)))


async def with_newer(db: Database, places: Places) -> Places:
    """The same with photos that came since at the end; itself where there are none."""
    newer = await db.rows("SELECT id FROM photo WHERE id >= ? ORDER BY id", (places.end,))
    return Places([*places.ids, *(row[0] for row in newer)]) if newer else places


async def hidden_ids(db: Database, viewer: Viewer, hide: Hide) -> Sequence[int]:
    """The photos that `viewer` may not list, or that are to be hidden."""
    sql = f"SELECT g.photo_id AS id FROM gate g NOT INDEXED WHERE NOT ({gate_condition(viewer, hide)})"
    return await db.read(lambda connection: array("q", _ids(connection, sql)))


def complete(connection: Connection, viewer: Viewer, typed: str, *, limit: int) -> list[Completion]:
    """Names that go on from what was typed, of what `viewer` may list: people and places first, then tags, folders and cameras."""
    words = fold(typed)
    if not words:
        return []
    candidates = connection.execute(
        f"{BY_KIND}, ' ' || t.words LIKE ? DESC, length(t.words), t.words, t.id LIMIT ?",
        (f'"{words}" *', f" {words}%", CANDIDATES),
    ).fetchall()
    found: dict[Completion, None] = {}
    for kind, ref in candidates:
        # A synonym or another part of the name led here: what is offered must itself go on from what was typed.
        fitting = [Completion(kind, text) for text in _labels(connection, kind, ref) if f" {words}" in f" {fold(text)}"]
        unsaid = [completion for completion in fitting if completion not in found]
        if unsaid and is_listed(connection, viewer, kind, ref):
            found |= dict.fromkeys(unsaid)
            if len(found) >= limit:
                break
    return list(found)[:limit]


def is_listed(connection: Connection, viewer: Viewer, kind: str, ref: Any, *, most: int = -1) -> bool:
    """Whether `viewer` may list a photo of a topic; of its photos `most` are looked at, unless it is below 0."""
    sql = (
        f"SELECT 1 FROM (SELECT id FROM ({OF_TOPIC[kind].format('refs')}) LIMIT :most) h CROSS JOIN gate g ON g.photo_id = h.id"
        f" AND {gate_condition(viewer, LISTED)} LIMIT 1"
    )
    return connection.execute(sql, {"refs": json.dumps([ref]), "most": most}).fetchone() is not None


def _labels(connection: Connection, kind: str, ref: Any) -> list[str]:
    """What a topic is called: one name, of places also that of their region and country, of folders those of the folders they lie in."""
    if kind not in LABELS:
        return [str(ref)]
    row = connection.execute(LABELS[kind], (ref,)).fetchone() or ()
    names = [str(name) for name in row if name]
    return [part for name in names for part in reversed(shown(from_stored(name)).split("/"))] if kind == "folder" else names


def _ids(connection: Connection, sql: str, parameters: Mapping[str, Any] | None = None) -> list[int]:
    """One text of all ids is read several times as fast as a row for each."""
    found: list[int] = json.loads(connection.execute(f"SELECT json_group_array(id) FROM ({sql})", dict(parameters or {})).fetchone()[0])
    return found
