"""The photos that the words of a search find, looked up once for each revision of the library."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from facetd.db.conditions import Conditions
from facetd.db.connection import Connection, Database
from facetd.db.hits import Found, is_broad, look_up, matching
from facetd.db.levels import Leveled, Places, leveled
from facetd.db.phrases import parse
from facetd.db.ranked import Ranked
from facetd.db.ranking import allowed, count_photos, hidden_ids, places_by_score, rank, seen, with_newer
from facetd.db.visibility import Hide
from facetd.library.memo import SizedMemo
from facetd.records.viewer import Viewer

KEPT_BYTES = 4 * 1024 * 1024  # a byte for each photo of the library and search that finds many
ORDER_STALE_S = 5.0  # how old the order of all photos may be while their scores change all the time
ORDER_KEPT_S = 60.0  # how long photos that came are the last ones among those that fit as well
ID_BYTES = 64  # of one photo of a search that finds few
Photos = Leveled | frozenset[int]


class Matches:
    """Looks terms up, and what photos all of them find."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._photos: SizedMemo[Photos] = SizedMemo(KEPT_BYTES)
        self._known: _Order | None = None

    async def found(self, text: str | None, mark: str = "term") -> tuple[Found, ...] | None:
        """What each term of `text` finds; None without one. See db/hits.py."""
        if not text:
            return None
        terms = parse(text)
        return await self._db.per_revision(
            ("found", terms, mark), lambda: self._db.read(lambda connection: look_up(connection, terms, mark))
        )

    async def ranked(self, viewer: Viewer, hide: Hide, found: Sequence[Found], narrowed: Conditions) -> Ranked:
        """The photos that all terms and all conditions hold for, most relevant first, then best first."""
        if not is_broad(found):
            return await self._db.read(lambda connection: rank(connection, viewer, hide, found, narrowed))
        if not narrowed and isinstance(photos := await self.photos(viewer, hide, found), Leveled):
            return photos
        return await self._leveled(viewer, hide, found, narrowed, await self._order())

    async def photos(self, viewer: Viewer, hide: Hide, found: Sequence[Found]) -> Photos | None:
        """The photos that all terms hold for and that `viewer` may list; None where all terms are negated, and hold for most."""
        if all(each.term.negated for each in found):
            return None
        order = await self._order() if is_broad(found) else None
        key = (self._db.revision, order and (order.revision, order.at), viewer.root_ids, int(hide), tuple(each.term for each in found))
        photos = self._photos.get(key)
        if photos is None:
            if order is not None:
                photos = await self._leveled(viewer, hide, found, None, order)
                size = photos.size
            else:
                photos = await self._db.read(lambda connection: frozenset(seen(connection, viewer, hide, matching(connection, found))))
                size = ID_BYTES * len(photos)
            self._photos.put(key, photos, size=size)
        return photos

    async def _leveled(self, viewer: Viewer, hide: Hide, found: Sequence[Found], narrowed: Conditions | None, order: _Order) -> Leveled:
        exact = order.exact and order.revision == self._db.revision
        # Read after the order, so that it has every photo of it that is hidden.
        hidden = await self._hidden(viewer, hide, order)

        def read(connection: Connection) -> Leveled:
            kept = allowed(connection, viewer, hide, narrowed) if narrowed else None
            return leveled(connection, found, count_photos(connection), order.places, hidden=hidden, kept=kept, exact=exact)

        return await self._db.read(read)

    async def _order(self) -> _Order:
        """All photos by score. Those that came since it was read are at its end, until it is read again."""
        known, revision, scores, now = self._known, self._db.revision, self._db.changes("scores"), time.monotonic()
        if known is not None and known.exact and known.revision == revision:
            return known
        if known is None or now - known.at >= (ORDER_KEPT_S if known.scores == scores else ORDER_STALE_S):
            known = self._known = _Order(await places_by_score(self._db), revision, scores, now)
        elif known.revision != revision:
            places = await with_newer(self._db, known.places)
            same = places is known.places
            exact = known.exact and same and known.scores == scores
            known = self._known = _Order(places, revision, known.scores, known.at, exact, dict(known.hidden) if same else {})
        return known

    async def _hidden(self, viewer: Viewer, hide: Hide, order: _Order) -> Sequence[int]:
        """The photos of the order that `viewer` may not list, or that are to be hidden: of now, however old the order is."""
        gates, key = self._db.changes("gates"), (viewer.root_ids, int(hide))
        known = order.hidden.get(key)
        if known is None or known[0] != gates:
            known = order.hidden[key] = gates, await hidden_ids(self._db, viewer, hide)
        return known[1]


@dataclass(slots=True)
class _Order:
    """The photos of a revision by score, the number of changes of scores and when (seconds) they were read by it. `exact` unless some came,
    or scores changed, since.

    `hidden`: what of them some viewers may not list, with the number of changes up to which that is so. It is read after the order, so that
    no photo of the order is missed.
    """

    places: Places
    revision: int
    scores: tuple[int, ...]
    at: float
    exact: bool = True
    hidden: dict[tuple[frozenset[int], int], tuple[tuple[int, ...], Sequence[int]]] = field(default_factory=dict)
