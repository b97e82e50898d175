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

from facetd.db import sidecars
from facetd.db.sidecars import CAPTION, KEYWORDS, LABEL, RATING, Kept, Said
from facetd.records import Metadata, PhotoVisit

logger = logging.getLogger(__name__)
Pairs = Sequence[tuple[int, PhotoVisit]]


async def take_over(connection: aiosqlite.Connection, pairs: Pairs) -> list[tuple[int, PhotoVisit]]:
    """Store what the files newly say about photos whose sidecars are written; returns the visits with what is left to store for them.

    Inside the transaction that stores the visits; `settle` follows at its end.
    """
    kept = await sidecars.kept_roots_in(connection)
    found = []
    for number, visit in pairs:
        owner = kept.get(visit.root_id)
        if visit.metadata is None or owner is None:
            found.append((number, visit))
        else:
            found.append((number, dataclasses.replace(visit, metadata=await _Merging(connection, number, owner, visit).merge())))
    return found


async def settle(connection: aiosqlite.Connection, pairs: Pairs) -> None:
    """Let what differs be due, and nothing else, once everything is stored."""
    kept = await sidecars.kept_roots_in(connection)
    for number, visit in pairs:
        if visit.metadata is not None and (owner := kept.get(visit.root_id)) is not None:
            await sidecars.refresh_due(connection, number, owner)


def outside(metadata: Metadata) -> Said:
    """What the files say. A description inside the photo is the camera's or somebody's: only one in a sidecar is a caption."""
    beside = metadata.sidecar.fields if metadata.sidecar else frozenset()
    caption = metadata.description if "description" in beside else None
    return Said(metadata.rating or 0, metadata.label or "", sidecars.one_line(caption or ""), metadata.keywords)


class _Merging:
    """One photo."""

    def __init__(self, connection: aiosqlite.Connection, photo_id: int, owner: Kept, visit: PhotoVisit) -> None:
        assert visit.metadata is not None
        self._connection = connection
        self._photo_id = photo_id
        self._owner = owner
        self._visit = visit
        self._metadata = visit.metadata
        reading = visit.metadata.sidecar
        self._changed_at = _moment(reading.changed_at if reading else visit.mtime_ns / 1e9)

    async def merge(self) -> Metadata:
        """Take over what changed; the metadata that is left to be stored as it is."""
        known = await sidecars.known_of(self._connection, self._photo_id, self._owner.user_id)
        mine = await sidecars.library_says(self._connection, self._photo_id, self._owner.user_id)
        times = await sidecars.times_of(self._connection, self._photo_id, self._owner.user_id)
        says, reading = outside(self._metadata), self._metadata.sidecar
        before, was_there = known or (None, False)
        damaged = reading is not None and not reading.sound
        # A sidecar that went, perhaps with its disk, or that is damaged, takes nothing away.
        believed = before is None or (not damaged and (reading is not None or not was_there))
        if believed:
            for field in (RATING, LABEL, CAPTION):
                if field in self._owner.fields:
                    await self._compare(field, before, says, mine, times.get(field, ""))
        words = self._words(before, says, mine, believed=believed)
        base = before if damaged and before is not None else says
        await sidecars.remember(self._connection, self._photo_id, self._owner.user_id, base, present=reading is not None)
        return dataclasses.replace(
            self._metadata,
            keywords=words,
            rating=None if RATING in self._owner.fields else self._metadata.rating,
            label=None if LABEL in self._owner.fields else self._metadata.label,
        )

    async def _compare(self, field: str, before: Said | None, says: Said, mine: Said, mine_at: str) -> None:
        theirs, ours = getattr(says, field), getattr(mine, field)
        if theirs == ours:
            return
        if before is None:
            if not theirs:
                return
            if not ours:
                await self._take(field, theirs)
                return
        elif theirs == getattr(before, field):
            return
        elif ours == getattr(before, field):
            await self._take(field, theirs)
            return
        later = self._changed_at > mine_at
        found = {
            "field": field, "kept": "sidecar" if later else "library", "library_value": mine.shown(field), "library_at": mine_at,
            "sidecar_value": says.shown(field), "sidecar_at": self._changed_at,
        }  # fmt: skip
        await sidecars.note_conflict(self._connection, self._photo_id, self._owner.user_id, found)
        logger.warning(
            "photo %d: %s changed here to '%s' (%s) and in its sidecar to '%s' (%s); the later one counts: %s",
            self._photo_id, field, found["library_value"], mine_at, found["sidecar_value"], self._changed_at, found["kept"],
        )  # fmt: skip
        if later:
            await self._take(field, theirs)

    def _words(self, before: Said | None, says: Said, mine: Said, *, believed: bool) -> tuple[str, ...]:
        if KEYWORDS not in self._owner.fields or before is None:
            return says.keywords
        known = {word.casefold() for word in before.keywords}
        there = {word.casefold() for word in says.keywords}
        gone = known - there if believed else set()
        words = {word.casefold(): word for word in mine.keywords if word.casefold() not in gone}
        words |= {word.casefold(): word for word in says.keywords if word.casefold() not in known}
        return tuple(words.values())

    async def _take(self, field: str, value: int | str) -> None:
        named = {"photo": self._photo_id, "user": self._owner.user_id, "value": value, "at": self._changed_at}
        if field == RATING:
            await self._connection.execute(
                "INSERT INTO rating (user_id, photo_id, stars, is_rejected, updated_at)"
                " VALUES (:user, :photo, MAX(0, :value), :value < 0, :at)"
                " ON CONFLICT (user_id, photo_id) DO UPDATE SET stars = excluded.stars, is_rejected = excluded.is_rejected,"
                " is_favorite = is_favorite AND NOT excluded.is_rejected, updated_at = excluded.updated_at",
                named,
            )
        elif field == LABEL:
            await self._connection.execute(
                "INSERT INTO label (photo_id, text, updated_at) VALUES (:photo, :value, :at)"
                " ON CONFLICT (photo_id) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at",
                named,
            )
        elif value:
            await self._connection.execute(
                "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (:photo, :value, 'manual', :at) ON CONFLICT (photo_id)"
                " DO UPDATE SET text = excluded.text, source = 'manual', content_hash = NULL, updated_at = excluded.updated_at",
                named,
            )
        else:
            await self._connection.execute("DELETE FROM caption WHERE photo_id = :photo AND source = 'manual'", named)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
