"""Lists of photos: ids in order, by page or by key. Their rows come from db/rows.py."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Any

from facetd.db.conditions import Conditions, hide_bits
from facetd.db.connection import Connection
from facetd.db.ranking import allowed
from facetd.db.totals import counted_total
from facetd.db.visibility import count_condition, gate_condition, gate_join, id_list
from facetd.fields import BY_KEY
from facetd.filters import PhotoConditions
from facetd.records.viewer import Viewer

FEW_FOUND = 2000  # photos that are sorted in a moment
FEW = 0.05  # below this share of visible photos the gate's own index is the shorter way
FEW_IN_ALBUM = 0.01  # the same for an album that is sorted by something else than its own order
POSITION = "position"  # the order that an album was given
BY_POSITION = "INDEXED BY album_photo_position"
IS_IN_ALBUM = " AND EXISTS (SELECT 1 FROM album_photo a WHERE a.album_id = :in_album AND a.photo_id = p.id)"


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a sortable key of the registry, or POSITION in a manual album; and the direction."""

    key: str
    descending: bool = True

    @property
    def column(self) -> str:
        """The column that is sorted by, of `photo p`, `rating r` or `album_photo a`."""
        if self.key == POSITION:
            return "a.position"
        entry = BY_KEY[self.key]
        return f"{'r' if entry.table == 'rating' else 'p'}.{entry.column}"

    @property
    def rated(self) -> bool:
        """Whether the order comes from the viewer's own ratings."""
        return self.key != POSITION and BY_KEY[self.key].table == "rating"

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
    """One filter, one viewer, one order: pages of ids. What reads takes a reader's connection, see Database.read."""

    def __init__(
        self,
        viewer: Viewer,
        chosen: PhotoConditions,
        narrowed: Conditions,
        order: Order,
        many: Collection[int] | None = None,
        *,
        exact: bool = True,
    ) -> None:
        """Of the photos that `narrowed` lets through, only those that are among `many` if given, all of which `viewer` may list: so many
        that going through the list and leaving out the others is the shortest way. `exact` unless photos of the last moment may be
        missing."""
        self._viewer = viewer
        self._hide = hide_bits(chosen)
        self._narrowed = narrowed
        self._order = order
        self._many = many
        self.exact = exact
        self._sorted_afterwards = False

    def expect(self, total: int) -> None:
        """The list has about so many photos: few are rather found by what they have in common and sorted then, than looked for among all
        in the order of the list."""
        self._sorted_afterwards = bool(self._narrowed.parts) and total <= FEW_FOUND

    def page(self, connection: Connection, *, offset: int, limit: int) -> list[Key]:
        """`limit` photos from `offset` on. Photos without the value come last in both directions; what is not rated has a rating, 0."""
        column, way = self._order.column, self._order.way
        if not self._order.rated:
            by = f"+{column}" if self._sorted_afterwards else column
            sql = f"{self._select(connection)} ORDER BY {by} {way} NULLS LAST, {self._id} {way} LIMIT :limit OFFSET :offset"
            return self._keys(connection, sql, limit=limit, offset=offset)
        first, second = (self._rated_in_order, self._unrated_in_order(connection))[:: 1 if self._order.descending else -1]
        found = self._keys(connection, f"{first} LIMIT :limit OFFSET :offset", limit=limit, offset=offset)
        if len(found) == limit:
            return found
        before = offset + len(found) if found or not offset else self._length_of_first(connection)
        rest = f"{second} LIMIT :limit OFFSET :offset"
        return found + self._keys(connection, rest, limit=limit - len(found), offset=max(0, offset - before))

    def _length_of_first(self, connection: Connection) -> int:
        """How many photos are in the first part of a list that is sorted by ratings, of which those rated are the few."""
        rated = len(self._keys(connection, f"{self._rated} LIMIT :limit", limit=-1))
        return rated if self._order.descending else self.total(connection) - rated

    def after(self, connection: Connection, last: After, *, limit: int) -> list[Key]:
        """`limit` photos that follow `last`; as fast at the end of the library as at its beginning."""
        column, way = self._order.column, self._order.way
        sign = "<" if self._order.descending else ">"
        if self._order.rated:
            return self._rated_after(connection, last, limit=limit)
        if last.value is None:
            sql = f"{self._without_value(connection)} AND {self._id} {sign} :after_id ORDER BY {self._id} {way} LIMIT :limit"
            return self._keys(connection, sql, limit=limit, after_id=last.id)
        select = f"{self._select(connection)} AND {column} IS NOT NULL"
        sql = f"{select} AND ({column}, {self._id}) {sign} (:after_value, :after_id) ORDER BY {column} {way}, {self._id} {way} LIMIT :limit"
        found = self._keys(connection, sql, limit=limit, after_value=last.value, after_id=last.id)
        if len(found) < limit:
            rest = f"{self._without_value(connection)} ORDER BY {self._id} {way} LIMIT :limit"
            found += self._keys(connection, rest, limit=limit - len(found))
        return found

    def _rated_after(self, connection: Connection, last: After, *, limit: int) -> list[Key]:
        """The same in the order of ratings."""
        column, way = self._order.column, self._order.way
        sign = "<" if self._order.descending else ">"
        unrated = not last.value
        if unrated:
            sql = f"{self._unrated(connection)} AND p.id {sign} :after_id ORDER BY p.id {way} LIMIT :limit"
            found = self._keys(connection, sql, limit=limit, after_id=last.id)
        else:
            sql = f"{self._rated} AND ({column}, p.id) {sign} (:after_value, :after_id) ORDER BY {column} {way}, p.id {way} LIMIT :limit"
            found = self._keys(connection, sql, limit=limit, after_value=last.value, after_id=last.id)
        if len(found) < limit and unrated != self._order.descending:  # that was the first part
            second = self._rated_in_order if unrated else self._unrated_in_order(connection)
            found += self._keys(connection, f"{second} LIMIT :limit", limit=limit - len(found))
        return found

    def ids(self, connection: Connection, *, limit: int) -> tuple[int, bytes]:
        """How many photos the list has up to `limit`, and their ids in order, as a JSON list: SQLite writes it in half the time."""
        if self._many is not None:
            found = [key.id for key in self.page(connection, offset=0, limit=limit)]
            return len(found), json.dumps(found, separators=(",", ":")).encode()
        column, way = self._order.column, self._order.way
        if self._order.rated:
            parts = (self._rated_in_order, self._unrated_in_order(connection))[:: 1 if self._order.descending else -1]
            ordered = " UNION ALL ".join(f"SELECT id FROM ({part} LIMIT :limit)" for part in parts) + " LIMIT :limit"
        else:
            ordered = f"{self._select(connection)} ORDER BY {column} {way} NULLS LAST, {self._id} {way} LIMIT :limit"
        sql = f"SELECT COUNT(*), json_group_array(id) FROM ({ordered})"
        row = connection.execute(sql, {**self._narrowed.parameters, "limit": limit}).fetchone()
        return int(row[0]), row[1].encode()

    @property
    def counted_at_once(self) -> bool:
        """Whether the total is known without counting."""
        return not self._narrowed or (self._narrowed.in_album and not self._narrowed.besides_album)

    def total(self, connection: Connection) -> int:
        """How many photos the list has, exactly: from the counters when nothing but the gate limits it."""
        if self._many is not None:
            return self._total_of_many(connection, self._many)
        if self.counted_at_once:
            counters = "album_count WHERE album_id = :in_album AND" if self._narrowed.in_album else "gate_count WHERE"
            counted = f"SELECT COALESCE(SUM(photos), 0) FROM {counters} {count_condition(self._viewer, self._hide)}"
            return self._number(connection, counted)
        known = counted_total(connection, self._viewer, self._hide, self._narrowed)
        if known is not None:
            return known
        if not self._narrowed.parts:  # the rows of photos are not needed
            seen = f"(SELECT g.photo_id AS id FROM gate g NOT INDEXED WHERE {gate_condition(self._viewer, self._hide)}) p"
            return self._number(connection, f"SELECT COUNT(*) FROM {seen} WHERE 1{self._narrowed.sql}")
        joined = f"photo p {gate_join(self._viewer, self._hide)}"
        return self._number(connection, f"SELECT COUNT(*) FROM {joined} WHERE 1{self._narrowed.sql}")

    def _total_of_many(self, connection: Connection, many: Collection[int]) -> int:
        if not self._narrowed:
            return len(many)
        ids = allowed(connection, self._viewer, self._hide, self._narrowed)
        return sum(map(many.__contains__, ids))

    @property
    def _rated(self) -> str:
        """SELECT ... WHERE of the photos that the viewer rated in the way that is sorted by, by its index of ratings."""
        column = BY_KEY[self._order.key].column
        return (
            f"SELECT p.id, r.{column} AS value FROM rating r INDEXED BY rating_{column} CROSS JOIN photo p ON p.id = r.photo_id"
            f" {gate_join(self._viewer, self._hide)} WHERE r.user_id = :viewer_id AND r.{column} > 0{self._narrowed.sql}"
        )

    @property
    def _rated_in_order(self) -> str:
        return f"{self._rated} ORDER BY {self._order.column} {self._order.way}, p.id {self._order.way}"

    def _unrated(self, connection: Connection) -> str:
        """SELECT ... WHERE of the other photos, whose rating is 0."""
        narrowed = self._narrowed.sql
        if self._narrowed.in_album and not self._is_small(connection):
            narrowed = f"{self._narrowed.besides_album}{IS_IN_ALBUM}"
        return (
            f"SELECT p.id, 0 AS value FROM photo p {gate_join(self._viewer, self._hide)} WHERE NOT EXISTS"
            f" (SELECT 1 FROM rating r WHERE r.user_id = :viewer_id AND r.photo_id = p.id AND {self._order.column} > 0){narrowed}"
        )

    def _unrated_in_order(self, connection: Connection) -> str:
        return f"{self._unrated(connection)} ORDER BY p.id {self._order.way}"

    def _without_value(self, connection: Connection) -> str:
        """SELECT ... WHERE of the photos that lack what is sorted by."""
        return f"{self._select(connection)} AND {self._order.column} IS NULL"

    def _select(self, connection: Connection) -> str:
        """SELECT ... WHERE of all photos, with the joins in the order that suits what the viewer sees."""
        order = self._order
        head = f"SELECT p.id, {order.column} AS value FROM"
        if self._by_position_alone:
            gate = f"gate g ON g.photo_id = a.photo_id AND {gate_condition(self._viewer, self._hide)}"
            inside = f"album_photo a {BY_POSITION} CROSS JOIN {gate} WHERE a.album_id = :in_album"
            return f"SELECT a.photo_id AS id, a.position AS value FROM {inside}"
        if self._narrowed.in_album and (order.key == POSITION or self._is_small(connection)):
            index = BY_POSITION if order.key == POSITION else ""
            gate = gate_join(self._viewer, self._hide)
            return (
                f"{head} album_photo a {index} CROSS JOIN photo p ON p.id = a.photo_id {gate}"
                f" WHERE a.album_id = :in_album{self._narrowed.besides_album}"
            )
        if self._many is not None:
            index = "" if self._narrowed.parts else f"INDEXED BY photo_{BY_KEY[order.key].column}"
            return f"{head} photo p {index} WHERE 1{self._narrowed.sql}"
        if self._sees_few(connection):
            return (
                f"{head} gate g INDEXED BY gate_root CROSS JOIN photo p ON p.id = g.photo_id"
                f" WHERE {gate_condition(self._viewer, self._hide)}{self._narrowed.sql}"
            )
        besides = self._narrowed.besides_album
        index = "" if besides else f"INDEXED BY photo_{BY_KEY[order.key].column}"
        album = IS_IN_ALBUM if self._narrowed.in_album else ""
        return f"{head} photo p {index} {gate_join(self._viewer, self._hide)} WHERE 1{besides}{album}"

    @property
    def _by_position_alone(self) -> bool:
        """Whether the rows of photos are not needed."""
        return self._order.key == POSITION and not self._narrowed.besides_album

    @property
    def _id(self) -> str:
        return "a.photo_id" if self._by_position_alone else "p.id"

    def _is_small(self, connection: Connection) -> bool:
        """Whether the album has so few photos that sorting them is shorter than walking the library in its order."""
        most = int(FEW_IN_ALBUM * (connection.execute("SELECT SUM(photos) FROM gate_count").fetchone()[0] or 0)) + 1
        counted = "SELECT COUNT(*) FROM (SELECT 1 FROM album_photo WHERE album_id = :in_album LIMIT :most)"
        parameters = {"in_album": self._narrowed.parameters["in_album"], "most": most}
        return int(connection.execute(counted, parameters).fetchone()[0]) < most

    def _sees_few(self, connection: Connection) -> bool:
        roots = id_list(self._viewer.root_ids)
        sql = f"SELECT SUM(photos), SUM(photos) FILTER (WHERE root_id IN ({roots})) FROM gate_count"
        row = connection.execute(sql).fetchone()
        return bool(row[0]) and (row[1] or 0) < FEW * row[0]

    def _keys(self, connection: Connection, sql: str, **parameters: Any) -> list[Key]:
        """The list of a SELECT with LIMIT and OFFSET; where there are `many`, both count those."""
        if self._many is None:
            return [Key(row[0], row[1]) for row in connection.execute(sql, {**self._narrowed.parameters, **parameters})]
        first, limit = parameters.pop("offset", 0), parameters.pop("limit")
        rows = connection.execute(sql, {**self._narrowed.parameters, **parameters, "limit": -1, "offset": 0})
        found = (Key(row[0], row[1]) for row in rows if row[0] in self._many)
        return list(islice(found, first, None if limit < 0 else first + limit))

    def _number(self, connection: Connection, sql: str) -> int:
        return int(connection.execute(sql, self._narrowed.parameters).fetchone()[0])
