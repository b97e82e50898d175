"""What the words of a search find, looked up once for each revision of the library."""

from __future__ import annotations

from collections.abc import Sequence

from facetd.db.conditions import Conditions
from facetd.db.connection import Connection, Database
from facetd.db.hits import Found, is_broad, look_up
from facetd.db.levels import Leveled, leveled
from facetd.db.phrases import parse
from facetd.db.ranked import Ranked
from facetd.db.ranking import allowed, count_photos, hidden_ids, places_by_score, rank
from facetd.db.visibility import Hide
from facetd.library.memo import SizedMemo
from facetd.records import Viewer

KEPT_BYTES = 4 * 1024 * 1024  # a byte for each photo of the library and search that finds many


class Matches:
    """Looks terms up. The photos of terms that find few are left to SQL; for terms that find many they are `many`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._many: SizedMemo[Leveled] = SizedMemo(KEPT_BYTES)

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
        return await (self._leveled(viewer, hide, found, narrowed) if narrowed else self.many(viewer, hide, found))

    async def many(self, viewer: Viewer, hide: Hide, found: Sequence[Found]) -> Leveled:
        """The photos that all terms hold for. They find many: `is_broad(found)`."""
        key = (self._db.revision, viewer.root_ids, int(hide), tuple(each.term for each in found))
        made = self._many.get(key)
        if made is None:
            made = await self._leveled(viewer, hide, found, None)
            self._many.put(key, made, size=made.size)
        return made

    async def _leveled(self, viewer: Viewer, hide: Hide, found: Sequence[Found], narrowed: Conditions | None) -> Leveled:
        places = await self._db.per_revision("places by score", lambda: places_by_score(self._db))
        hidden = await self._db.per_revision(("hidden", viewer.root_ids, int(hide)), lambda: hidden_ids(self._db, viewer, hide))

        def read(connection: Connection) -> Leveled:
            kept = allowed(connection, viewer, hide, narrowed) if narrowed else None
            return leveled(connection, found, count_photos(connection), places, hidden=hidden, kept=kept)

        return await self._db.read(read)
