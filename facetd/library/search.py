"""Search: photos by relevance, found by their words and, where a model reads text, by what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from facetd.config import Config
from facetd.db.conditions import Conditions, hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.hits import Found
from facetd.db.listing import Key
from facetd.db.phrases import alone, meaning
from facetd.db.ranked import Listed, Ranked
from facetd.db.ranking import Completion, allowed, complete, listed
from facetd.db.rows import photo_rows
from facetd.db.visibility import Hide
from facetd.errors import FieldError, InvalidInput
from facetd.filters import PhotoConditions
from facetd.i18n import _
from facetd.ingest.meaning import Near
from facetd.library import present
from facetd.library.gallery import Gallery
from facetd.library.memo import SizedMemo
from facetd.library.paging import decode_key, encode_key
from facetd.library.suggesting import Suggestions
from facetd.records.viewer import Viewer

VECTOR_SHARE = 0.7  # of the similarity, where both are there; the words have the rest
RESULTS_KEPT_BYTES = 4 * 1024 * 1024
DIGITS = 6
NARROW = 20_000  # photos that conditions leave, up to which those are compared with a text, and no other
ENOUGH = 4  # of the nearest photos at least one in so many has to be left by the conditions


class TextVectors(Protocol):
    """A model that reads text; see ingest/meaning.py."""

    @property
    def there(self) -> bool:
        """Whether there is such a model."""

    async def nearest(self, text: str, *, limit: int, within: Sequence[int] | None = None) -> Near:
        """The photos nearest to `text`, of those `within` if given; within some seconds, whatever the models do."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What was used: text, vectors; and `message`, why vectors were not, if that may pass.

    Where words found no photo: `suggestions` are texts of what may have been meant, `alone` the words that say something alone.
    """

    parts: tuple[str, ...]
    message: str = ""
    suggestions: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found, and how."""

    photos: list[dict[str, Any]]
    total: int
    next: str | None
    hints: Hints


class Search:
    """What the search box asks. Without `vectors` only words count."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, vectors: TextVectors | None = None) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery
        self._vectors = vectors
        self._suggestions = Suggestions(db, gallery.matches)
        self._results: SizedMemo[tuple[Ranked, Hints]] = SizedMemo(RESULTS_KEPT_BYTES)

    async def page(
        self,
        viewer: Viewer,
        text: str,
        chosen: PhotoConditions,
        *,
        threshold: float | None,
        limit: int,
        page: int = 1,
        after: str | None = None,
    ) -> SearchPage:
        """Photos that fit `text` among those `chosen`, most relevant first, each with its `similarity` 0..1.

        Photos found by their looks alone have at least a cosine of `threshold`, without one of what fits the model. Raises
        InvalidInput for a key that is none.
        """
        results, hints = await self._ranked(viewer, text, chosen, threshold)
        start = (page - 1) * limit if after is None else _place(results, after)
        some = results.part(start, limit)

        def read(connection: Connection) -> list[dict[str, Any]]:
            rows = photo_rows(connection, viewer, [number for number, _ in some])
            people = people_of_photos(connection, [row.values["id"] for row in rows])
            similarity = dict(some)
            return [{**present.photo(row, self._config, people), "similarity": similarity[row.values["id"]]} for row in rows]

        photos = await self._db.read(read)
        following = encode_key(Key(*some[-1])) if start + limit < len(results) else None
        return SearchPage(photos, len(results), following, hints)

    async def complete(self, viewer: Viewer, typed: str, *, limit: int) -> list[Completion]:
        """Names of people, places, tags, folders and cameras that go on from what was typed, of photos that `viewer` may list."""
        return await self._db.read(lambda connection: complete(connection, viewer, typed, limit=limit))

    async def _ranked(self, viewer: Viewer, text: str, chosen: PhotoConditions, threshold: float | None) -> tuple[Ranked, Hints]:
        narrowed = await self._gallery.narrowed(viewer, chosen)
        hide = hide_bits(chosen)
        conditions = (narrowed.sql, tuple(sorted(narrowed.parameters.items(), key=str)))
        reads = self._vectors is not None and self._vectors.there
        key = (self._db.revision, viewer.user_id, viewer.root_ids, int(hide), conditions, text, threshold, reads)
        if known := self._results.get(key):
            return known
        found = await self._gallery.matches.found(text, "words") or ()
        worded = await self._gallery.matches.ranked(viewer, hide, found, narrowed) if found else Listed()
        near = await self._shown(viewer, hide, text, found, narrowed, threshold, chosen_limit(len(worded)))
        hints = Hints(("text",) if near.cosines is None else ("vectors", "text"), near.why)
        if found and not len(worded):
            suggestions = await self._suggestions.of(viewer, hide, text, found, narrowed)
            hints = replace(hints, suggestions=suggestions, alone=tuple(alone(text)))
        results = scaled(worded) if near.cosines is None else combined(worded, near.cosines)
        if not near.why and worded.exact:  # otherwise the next search may find more
            self._results.put(key, (results, hints), size=results.size)
        return results, hints

    async def _shown(
        self, viewer: Viewer, hide: Hide, text: str, found: Sequence[Found], narrowed: Conditions, threshold: float | None, limit: int
    ) -> Near:
        """The photos that show what was typed. Words to leave out and days hold for them too, as no picture tells.

        Where conditions leave few photos those are compared; else the nearest of all are, and only where the conditions leave
        too few of them, all that they let through.
        """
        meant = meaning(text)
        if self._vectors is None or not self._vectors.there or not meant:
            return Near()
        strict = narrowed.with_terms([each for each in found if each.term.negated or each.term.days])
        within = await self._allowed(viewer, hide, strict, most=NARROW + 1) if strict else None
        if within is not None and len(within) > NARROW:
            within = None
        near = await self._vectors.nearest(meant, limit=limit, within=within)
        least = near.least if threshold is None else threshold
        kept = await self._kept(viewer, hide, strict, near.cosines or {})
        if near.cosines and within is None and len(near.cosines) >= limit > ENOUGH * len(kept) and min(near.cosines.values()) >= least:
            near = await self._vectors.nearest(meant, limit=limit, within=await self._allowed(viewer, hide, strict))
            kept = await self._kept(viewer, hide, strict, near.cosines or {})
        if near.cosines is None:
            return near
        return Near({number: cosine for number, cosine in kept.items() if cosine >= least}, near.why)

    async def _allowed(self, viewer: Viewer, hide: Hide, narrowed: Conditions, most: int = -1) -> list[int]:
        return await self._db.read(lambda connection: allowed(connection, viewer, hide, narrowed, most=most))

    async def _kept(self, viewer: Viewer, hide: Hide, narrowed: Conditions, cosines: Mapping[int, float]) -> dict[int, float]:
        ids = await self._db.read(lambda connection: listed(connection, viewer, hide, narrowed, cosines))
        return {number: cosines[number] for number in ids}


def scaled(worded: Ranked) -> Ranked:
    """The scores of words in relation to the best one: 0..1."""
    best = next((score for _, score in worded.part(0, 1)), 0.0)
    return worded.rescored(lambda score: round(score / best, DIGITS) if best else 1.0)


def combined(worded: Ranked, cosines: Mapping[int, float]) -> Ranked:
    """Both kinds of finding by one similarity: 0.7 of the cosine and 0.3 of the words' scaled score, where a photo has them."""
    words = dict(scaled(worded).pairs())
    order = {number: place for place, number in enumerate(words)}
    similarity = {
        number: round(VECTOR_SHARE * max(0.0, cosines.get(number, 0.0)) + (1 - VECTOR_SHARE) * words.get(number, 0.0), DIGITS)
        for number in words.keys() | cosines.keys()
    }
    return Listed(sorted(similarity.items(), key=lambda pair: (-pair[1], order.get(pair[0], len(order)), -pair[0])))


def chosen_limit(worded: int) -> int:
    """How many photos a model is asked for: enough for many pages, also beside many that words found."""
    return max(1000, 2 * worded)


def _place(results: Ranked, after: str) -> int:
    """Where a list goes on after a key. When the photo has moved or is gone, after those that are as similar. Raises InvalidInput."""
    last = decode_key(after)
    if not isinstance(last.value, int | float):
        raise InvalidInput(_("the page key cannot be read"), errors=[FieldError("after", _("expected the `next` of a page"))])
    place = results.place_of(last.id)
    return results.place_below(last.value) if place is None else place + 1
