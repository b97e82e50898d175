"""Search: photos by relevance, found by their words and, where a model reads text, by what they show."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from facetd.config import Config
from facetd.db.conditions import hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.hits import is_broad
from facetd.db.listing import Key
from facetd.db.ranking import Completion, Ranked, complete, ids_by_score, listed, rank
from facetd.db.rows import photo_rows
from facetd.errors import FieldError, InvalidInput
from facetd.filters import PhotoConditions
from facetd.library import present
from facetd.library.gallery import Gallery
from facetd.library.memo import SizedMemo
from facetd.library.paging import decode_key, encode_key
from facetd.records import Viewer

VECTOR_SHARE = 0.7  # of the similarity, where both are there; the words have the rest
RESULTS_KEPT_BYTES = 4 * 1024 * 1024
RESULT_BYTES = 100  # of one photo in a result: a tuple with two numbers
DIGITS = 6


class TextVectors(Protocol):
    """A model that reads text."""

    async def nearest(self, text: str, *, limit: int) -> Mapping[int, float] | None:
        """The cosines of the photos that are nearest to `text`; None while no such model is there."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found. `parts` says what was used: text, vectors."""

    photos: list[dict[str, Any]]
    total: int
    next: str | None
    parts: tuple[str, ...]


class Search:
    """What the search box asks. Without `vectors` only words count."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, vectors: TextVectors | None = None) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery
        self._vectors = vectors
        self._results: SizedMemo[tuple[Ranked, tuple[str, ...]]] = SizedMemo(RESULTS_KEPT_BYTES)

    async def page(
        self, viewer: Viewer, text: str, chosen: PhotoConditions, *, threshold: float, limit: int, page: int = 1, after: str | None = None
    ) -> SearchPage:
        """Photos that fit `text` among those `chosen`, most relevant first, each with its `similarity` 0..1.

        Photos found by their looks alone have at least a cosine of `threshold`. Raises InvalidInput for a key that is none.
        """
        results, parts = await self._ranked(viewer, text, chosen, threshold)
        start = (page - 1) * limit if after is None else _place(results, after)
        some = results[start : start + limit]

        def read(connection: Connection) -> list[dict[str, Any]]:
            rows = photo_rows(connection, viewer, [number for number, _ in some])
            people = people_of_photos(connection, [row.values["id"] for row in rows])
            similarity = dict(some)
            return [{**present.photo(row, self._config, people), "similarity": similarity[row.values["id"]]} for row in rows]

        photos = await self._db.read(read)
        following = encode_key(Key(*some[-1])) if start + limit < len(results) else None
        return SearchPage(photos, len(results), following, parts)

    async def complete(self, viewer: Viewer, typed: str, *, limit: int) -> list[Completion]:
        """Names of people, places, tags, folders and cameras that go on from what was typed, of photos that `viewer` may list."""
        return await self._db.read(lambda connection: complete(connection, viewer, typed, limit=limit))

    async def _ranked(self, viewer: Viewer, text: str, chosen: PhotoConditions, threshold: float) -> tuple[Ranked, tuple[str, ...]]:
        narrowed = await self._gallery.narrowed(viewer, chosen)
        hide = hide_bits(chosen)
        conditions = (narrowed.sql, tuple(sorted(narrowed.parameters.items(), key=str)))
        key = (self._db.revision, viewer.user_id, viewer.root_ids, int(hide), conditions, text, threshold)
        if known := self._results.get(key):
            return known
        found = await self._gallery.found(text, "words") or ()
        many = await self._db.per_revision("ids by score", lambda: ids_by_score(self._db)) if is_broad(found) else ()
        worded = await self._db.read(lambda connection: rank(connection, viewer, hide, found, narrowed, many)) if found else []
        parts: tuple[str, ...] = ("text",)
        near = await self._vectors.nearest(text, limit=chosen_limit(len(worded))) if self._vectors is not None else None
        if near is not None:
            fit = [number for number, cosine in near.items() if cosine >= threshold]
            allowed = await self._db.read(lambda connection: listed(connection, viewer, hide, narrowed, fit))
            results, parts = combined(worded, {number: near[number] for number in allowed}), ("vectors", "text")
        else:
            results = scaled(worded)
        self._results.put(key, (results, parts), size=RESULT_BYTES * len(results))
        return results, parts


def scaled(worded: Ranked) -> Ranked:
    """The scores of words in relation to the best one: 0..1."""
    best = max((score for _, score in worded), default=0.0)
    return [(number, round(score / best, DIGITS) if best else 1.0) for number, score in worded]


def combined(worded: Ranked, cosines: Mapping[int, float]) -> Ranked:
    """Both kinds of finding by one similarity: 0.7 of the cosine and 0.3 of the words' scaled score, where a photo has them."""
    words = dict(scaled(worded))
    order = {number: place for place, number in enumerate(words)}
    similarity = {
        number: round(VECTOR_SHARE * max(0.0, cosines.get(number, 0.0)) + (1 - VECTOR_SHARE) * words.get(number, 0.0), DIGITS)
        for number in words.keys() | cosines.keys()
    }
    return sorted(similarity.items(), key=lambda pair: (-pair[1], order.get(pair[0], len(order)), -pair[0]))


def chosen_limit(worded: int) -> int:
    """How many photos a model is asked for: enough for many pages, also beside many that words found."""
    return max(1000, 2 * worded)


def _place(results: Ranked, after: str) -> int:
    """Where a list goes on after a key. When the photo has moved or is gone, after those that are as similar. Raises InvalidInput."""
    last = decode_key(after)
    if not isinstance(last.value, int | float):
        raise InvalidInput("the page key cannot be read", errors=[FieldError("after", "expected the `next` of a page")])
    for place, (number, _) in enumerate(results):
        if number == last.id:
            return place + 1
    return bisect_right(results, -last.value, key=lambda pair: -pair[1])
