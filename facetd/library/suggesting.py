"""What may have been meant by a search whose words find nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product

from facetd.db.conditions import Conditions
from facetd.db.connection import Database
from facetd.db.hits import Found, is_broad
from facetd.db.phrases import reworded
from facetd.db.spelling import OFFERED, meant, vocabulary
from facetd.db.visibility import Hide
from facetd.library.matches import Matches
from facetd.records.viewer import Viewer

TRIED = 8  # texts that are looked up before one is offered


class Suggestions:
    """Texts to search for instead."""

    def __init__(self, db: Database, matches: Matches) -> None:
        self._db = db
        self._matches = matches

    async def of(self, viewer: Viewer, hide: Hide, text: str, found: Sequence[Found], narrowed: Conditions) -> tuple[str, ...]:
        """`text` with the nearest names in place of words that find no photo of `viewer`; only what finds some under the conditions.

        Where all words together find none, the names alone.
        """
        known = await self._db.per_revision("vocabulary", lambda: self._db.read(vocabulary))
        near = await self._db.read(lambda connection: meant(connection, viewer, known, found))
        if not near:
            return ()
        whole = [reworded(text, dict(zip(near, choice, strict=True))) for choice in islice(product(*near.values()), TRIED)]
        single = [reworded(words, {words: names[0]}) for words, names in near.items() if " " not in words and names[0]]
        return await self._finding(viewer, hide, whole, narrowed) or await self._finding(viewer, hide, single, narrowed)

    async def _finding(self, viewer: Viewer, hide: Hide, texts: Sequence[str], narrowed: Conditions) -> tuple[str, ...]:
        offers: list[str] = []
        for text in texts:
            if len(offers) < OFFERED and await self._finds(viewer, hide, text, narrowed):
                offers.append(text)
        return tuple(offers)

    async def _finds(self, viewer: Viewer, hide: Hide, text: str, narrowed: Conditions) -> bool:
        """Whether a text finds a photo; one all of whose words find many is believed."""
        found = await self._matches.found(text, "words") or ()
        return is_broad(found) or len(await self._matches.ranked(viewer, hide, found, narrowed)) > 0
