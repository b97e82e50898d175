"""Taking over what other programs changed in files and sidecars, where sidecars are written: compared with what was known before.

What only they changed comes in; what only the library changed stays and is due to be written; of what both changed, the later change wins
and the other one is logged. Keywords that were added and taken away on both sides are merged.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import aiosqlite

from facetd.db.sidecars import kept_roots_in, note_conflicts
from facetd.db.sidecarstates import (
    CAPTION,
    FIELDS,
    KEYWORDS,
    LABEL,
    RATING,
    Kept,
    Known,
    Said,
    State,
    one_line,
    refresh_due,
    remember,
    states,
)
from facetd.records.metadata import Metadata
from facetd.records.visit import PhotoVisit

logger = logging.getLogger(__name__)
Pairs = Sequence[tuple[int, PhotoVisit]]


async def take_over(connection: aiosqlite.Connection, pairs: Pairs) -> list[tuple[int, PhotoVisit]]:
    """Store what the files newly say about photos whose sidecars are written; returns the visits with what is left to store for them.

    Inside the transaction that stores the visits; `settle` follows at its end.
    """
    visits = dict(pairs)
    for kept, mine in await _kept_pairs(connection, pairs):
        merging = _Merging(kept)
        known = await states(connection, mine, kept.user_id)
        for number, visit in mine.items():
            visits[number] = merging.merge(number, visit, known[number])
        await merging.store(connection)
    return list(visits.items())


async def settle(connection: aiosqlite.Connection, pairs: Pairs) -> None:
    """Let what differs be due, and nothing else, once everything is stored."""
    for kept, mine in await _kept_pairs(connection, pairs):
        await refresh_due(connection, mine, kept)


async def _kept_pairs(connection: aiosqlite.Connection, pairs: Pairs) -> list[tuple[Kept, dict[int, PhotoVisit]]]:
    """The visits that read metadata in roots whose sidecars are written, by root."""
    return [
        (kept, {number: visit for number, visit in pairs if visit.root_id == root_id and visit.metadata is not None})
        for root_id, kept in (await kept_roots_in(connection)).items()
        if any(visit.root_id == root_id for _, visit in pairs)
    ]


def outside(metadata: Metadata) -> Said:
    """What the files say. A description inside the photo is the camera's or somebody's: only one in a sidecar is a caption."""
    beside = metadata.sidecar.fields if metadata.sidecar else frozenset()
    caption = metadata.description if "description" in beside else None
    return Said(metadata.rating or 0, metadata.label or "", one_line(caption or ""), metadata.keywords)


class _Merging:
    """The photos of one batch in one root: what is to be stored of them."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._taken: dict[str, list[dict[str, int | str]]] = {RATING: [], LABEL: [], CAPTION: []}
        self._conflicts: list[dict[str, object]] = []
        self._said: dict[int, Known] = {}

    def merge(self, number: int, visit: PhotoVisit, state: State) -> PhotoVisit:
        """Compare one photo; returns the visit with what is left to be stored as it is."""
        metadata = visit.metadata
        if metadata is None:
            return visit
        says, reading, before = outside(metadata), metadata.sidecar, state.known
        damaged = reading is not None and not reading.sound
        if reading is not None and not reading.whole and before is not None:  # an odd value is left out when it is read: not taken away
            unsaid = {field: getattr(before, field) for field in FIELDS if not getattr(says, field)}
            says = dataclasses.replace(says, **unsaid)
        # A sidecar that went, perhaps with its disk, or that is damaged, takes nothing away.
        believed = before is None or (not damaged and (reading is not None or not state.present))
        if believed:
            changed_at = _moment(reading.changed_at if reading else visit.mtime_ns / 1e9)
            for field in (RATING, LABEL, CAPTION):
                if field in self._kept.fields:
                    self._compare(number, field, says, state, changed_at)
        if damaged and before is not None:
            self._said[number] = Known(before, state.compared, present=True)
        else:
            self._said[number] = Known(says, self._kept.fields, reading is not None)
        left = dataclasses.replace(
            metadata,
            keywords=self._words(says, state, believed=believed),
            rating=None if RATING in self._kept.fields else metadata.rating,
            label=None if LABEL in self._kept.fields else metadata.label,
        )
        return dataclasses.replace(visit, metadata=left)

    async def store(self, connection: aiosqlite.Connection) -> None:
        """Store what was taken over, and what the files say."""
        await connection.executemany(
            "INSERT INTO rating (user_id, photo_id, stars, is_rejected, updated_at) VALUES (:user, :photo, MAX(0, :value), :value < 0, :at)"
            " ON CONFLICT (user_id, photo_id) DO UPDATE SET stars = excluded.stars, is_rejected = excluded.is_rejected,"
            " is_favorite = is_favorite AND NOT excluded.is_rejected, updated_at = excluded.updated_at",
            [{**each, "user": self._kept.user_id} for each in self._taken[RATING]],
        )
        await connection.executemany(
            "INSERT INTO label (photo_id, text, updated_at) VALUES (:photo, :value, :at)"
            " ON CONFLICT (photo_id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at",
            self._taken[LABEL],
        )
        await connection.executemany(
            "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (:photo, :value, 'manual', :at) ON CONFLICT (photo_id)"
            " DO UPDATE SET text = excluded.text, source = 'manual', content_hash = NULL, updated_at = excluded.updated_at",
            [each for each in self._taken[CAPTION] if each["value"]],
        )
        await connection.executemany(
            "DELETE FROM caption WHERE photo_id = ? AND source = 'manual'",
            [(each["photo"],) for each in self._taken[CAPTION] if not each["value"]],
        )
        await note_conflicts(connection, self._kept.user_id, self._conflicts)
        await remember(connection, self._kept.user_id, self._said)

    def _compare(self, number: int, field: str, says: Said, state: State, changed_at: str) -> None:
        theirs, ours = getattr(says, field), getattr(state.mine, field)
        before = getattr(state.known, field) if state.known is not None and field in state.compared else None
        if theirs in (ours, before) or (before is None and not theirs):
            return
        take = {"photo": number, "value": theirs, "at": changed_at}
        if ours == before or (before is None and not ours):
            self._taken[field].append(take)
            return
        ours_at = state.times.get(field, "")
        later = changed_at > ours_at
        if later:
            self._taken[field].append(take)
        found = {
            "photo_id": number, "field": field, "kept": "sidecar" if later else "library", "library_value": state.mine.shown(field),
            "library_at": ours_at, "sidecar_value": says.shown(field), "sidecar_at": changed_at,
        }  # fmt: skip
        self._conflicts.append(found)
        logger.warning(
            "photo %d: %s was changed here to '%s' (%s) and in its sidecar to '%s' (%s); the later one counts, that of the %s",
            number, field, found["library_value"], ours_at, found["sidecar_value"], changed_at, found["kept"],
        )  # fmt: skip

    def _words(self, says: Said, state: State, *, believed: bool) -> tuple[str, ...]:
        if state.known is None or KEYWORDS not in self._kept.fields & state.compared:
            return says.keywords
        known = {word.casefold() for word in state.known.keywords}
        there = {word.casefold() for word in says.keywords}
        gone = known - there if believed else set()
        words = {word.casefold(): word for word in state.mine.keywords if word.casefold() not in gone}
        words |= {word.casefold(): word for word in says.keywords if word.casefold() not in known}
        return tuple(words.values())


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
