"""Lists of photos: ids first, in order, by page or by key; then the rows of one page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from facetd.db.conditions import Conditions, hide_bits
from facetd.db.connection import Database
from facetd.db.visibility import Hide, count_condition, gate_condition, gate_join, id_list
from facetd.fields import BY_KEY
from facetd.filters import PhotoConditions
from facetd.records import Viewer

FEW = 0.05  # below this share of visible photos the gate's own index is the shorter way


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a sortable key of the registry, and the direction."""

    key: str
    descending: bool = True

    @property
    def column(self) -> str:
        """The column that is sorted by, of `photo p` or `rating r`."""
        entry = BY_KEY[self.key]
        return f"{'r' if entry.table == 'rating' else 'p'}.{entry.column}"

    @property
    def rated(self) -> bool:
        """Whether the order comes from the viewer's own ratings."""
        return BY_KEY[self.key].table == "rating"

    @property
    def way(self) -> str:
        """ASC or DESC, for the column and for the id that breaks ties."""
        return "DESC" if self.descending else "ASC"


@dataclass(frozen=True, slots=True)
class After:
    """Where a list goes on: the sort value and id of the last photo seen."""

    value: str | bytes | float | int | None
    id: int


@dataclass(frozen=True, slots=True)
class Key:
    """One photo of a list: its id and the value it was sorted by."""

    id: int
    value: str | bytes | float | int | None


class Listing:
    """One filter, one viewer, one order: pages of ids."""

    def __init__(self, db: Database, viewer: Viewer, chosen: PhotoConditions, narrowed: Conditions, order: Order) -> None:
        self._db = db
        self._viewer = viewer
        self._hide = hide_bits(chosen)
        self._narrowed = narrowed
        self._order = order

    async def page(self, *, offset: int, limit: int) -> list[Key]:
        """`limit` photos from `offset` on. Photos without the value come last in both directions."""
        column, way = self._order.column, self._order.way
        if not self._order.rated:
            sql = f"{await self._select()} ORDER BY {column} {way} NULLS LAST, p.id {way} LIMIT :limit OFFSET :offset"
            return await self._keys(sql, limit=limit, offset=offset)
        found = await self._keys(
            f"{self._rated} ORDER BY {column} {way}, p.id {way} LIMIT :limit OFFSET :offset", limit=limit, offset=offset
        )
        if len(found) == limit:
            return found
        rated = offset + len(found) if found or not offset else await self._number(f"SELECT COUNT(*) FROM ({self._rated})")
        rest = f"{await self._without_value()} ORDER BY p.id {way} LIMIT :limit OFFSET :offset"
        return found + await self._keys(rest, limit=limit - len(found), offset=max(0, offset - rated))

    async def after(self, last: After, *, limit: int) -> list[Key]:
        """`limit` photos that follow `last`; as fast at the end of the library as at its beginning."""
        column, way = self._order.column, self._order.way
        sign = "<" if self._order.descending else ">"
        if last.value is None:
            sql = f"{await self._without_value()} AND p.id {sign} :after_id ORDER BY p.id {way} LIMIT :limit"
            return await self._keys(sql, limit=limit, after_id=last.id)
        select = self._rated if self._order.rated else f"{await self._select()} AND {column} IS NOT NULL"
        sql = f"{select} AND ({column}, p.id) {sign} (:after_value, :after_id) ORDER BY {column} {way}, p.id {way} LIMIT :limit"
        found = await self._keys(sql, limit=limit, after_value=last.value, after_id=last.id)
        if len(found) < limit:
            rest = f"{await self._without_value()} ORDER BY p.id {way} LIMIT :limit"
            found += await self._keys(rest, limit=limit - len(found))
        return found

    @property
    def counted_by_gate(self) -> bool:
        """Whether the total comes from the counters, without counting."""
        return not self._narrowed.parts

    async def total(self) -> int:
        """How many photos the list has, exactly: from the counters when nothing but the gate limits it."""
        if self.counted_by_gate:
            sql = f"SELECT COALESCE(SUM(photos), 0) FROM gate_count WHERE {count_condition(self._viewer, self._hide)}"
            return await self._db.per_revision(sql, lambda: self._number(sql))
        return await self._number(f"SELECT COUNT(*) FROM photo p {gate_join(self._viewer, self._hide)} WHERE 1{self._narrowed.sql}")

    @property
    def _rated(self) -> str:
        """SELECT ... WHERE of the photos that the viewer gave stars, by the index of ratings."""
        return (
            "SELECT p.id, r.stars AS value FROM rating r INDEXED BY rating_stars CROSS JOIN photo p ON p.id = r.photo_id"
            f" {gate_join(self._viewer, self._hide)} WHERE r.user_id = :viewer_id AND r.stars > 0{self._narrowed.sql}"
        )

    async def _without_value(self) -> str:
        """SELECT ... WHERE of the photos that lack what is sorted by."""
        if not self._order.rated:
            return f"{await self._select()} AND {self._order.column} IS NULL"
        return (
            f"SELECT p.id, NULL AS value FROM photo p {gate_join(self._viewer, self._hide)} WHERE NOT EXISTS"
            f" (SELECT 1 FROM rating r WHERE r.user_id = :viewer_id AND r.photo_id = p.id AND r.stars > 0){self._narrowed.sql}"
        )

    async def _select(self) -> str:
        """SELECT ... WHERE of all photos, with the joins in the order that suits what the viewer sees."""
        order = self._order
        head = f"SELECT p.id, {order.column} AS value FROM"
        if await self._sees_few():
            return (
                f"{head} gate g INDEXED BY gate_root CROSS JOIN photo p ON p.id = g.photo_id"
                f" WHERE {gate_condition(self._viewer, self._hide)}{self._narrowed.sql}"
            )
        index = "" if self._narrowed.parts else f"INDEXED BY photo_{BY_KEY[order.key].column}"
        return f"{head} photo p {index} {gate_join(self._viewer, self._hide)} WHERE 1{self._narrowed.sql}"

    async def _sees_few(self) -> bool:
        sql = f"SELECT SUM(photos), SUM(photos) FILTER (WHERE root_id IN ({id_list(self._viewer.root_ids)})) FROM gate_count"
        row = await self._db.per_revision(sql, lambda: self._db.row(sql))
        return row is not None and bool(row[0]) and (row[1] or 0) < FEW * row[0]

    async def _keys(self, sql: str, **parameters: object) -> list[Key]:
        rows = await self._db.rows(sql, {**self._narrowed.parameters, **parameters})
        return [Key(row[0], row[1]) for row in rows]

    async def _number(self, sql: str) -> int:
        row = await self._db.row(sql, self._narrowed.parameters)
        return int(row[0]) if row else 0


PHOTO_COLUMNS = """
    SELECT p.*, f.path AS folder_path, root.id AS root_id, root.name AS root_name, root.path AS root_path, root.online AS root_online,
           g.hide, b.placeholder, b.colors, COALESCE(r.stars, 0) AS star_rating, COALESCE(r.is_favorite, 0) AS is_favorite,
           COALESCE(r.is_rejected, 0) AS is_rejected,
           (SELECT json_group_array(t.name) FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = p.id) AS tag_names
    FROM photo p
    CROSS JOIN gate g ON g.photo_id = p.id
    CROSS JOIN folder f ON f.id = p.folder_id
    CROSS JOIN root ON root.id = g.root_id
    LEFT JOIN photo_blob b ON b.photo_id = p.id
    LEFT JOIN rating r ON r.photo_id = p.id AND r.user_id = :viewer_id
"""


async def photo_rows(db: Database, viewer: Viewer, ids: Sequence[int]) -> list[sqlite3.Row]:
    """The full rows of those of `ids` that `viewer` may see, in the order of `ids`."""
    sql = f"{PHOTO_COLUMNS} WHERE p.id IN ({id_list(ids)}) AND {gate_condition(viewer, Hide.MISSING)}"
    rows = {row["id"]: row for row in await db.rows(sql, {"viewer_id": viewer.user_id})}
    return [rows[number] for number in ids if number in rows]
