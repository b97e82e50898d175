"""Photos whose file is not where it was: moved, gone, or so many that a person must say so."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facetd.config.model import Scanning
from facetd.db import matching, store
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.ingest.moves import Moves
from facetd.ingest.presence import check_presence
from facetd.media.thumbnail_paths import SIZES, thumbnail_path
from facetd.records.files import Root


@dataclass(frozen=True, slots=True)
class Vanished:
    """What became of the photos that vanished from a root; `unconfirmed` wait for a person's word."""

    missing: int = 0
    moved: int = 0
    unconfirmed: int = 0
    photos: int = 0


async def settle_vanished(
    db: Database, root: Root, candidates: Sequence[int], scanning: Scanning, *, confirmed: bool, fresh: Collection[int], moves: Moves
) -> Vanished:
    """Look again; what turned up elsewhere (among the `fresh` rows of this scan) keeps its id, the rest becomes missing.

    More than `confirm_missing_percent` and more than `confirm_missing_photos` of a root at once stay as they are until
    `confirmed`, and nothing is believed of a root that went OFFLINE meanwhile.
    """
    places = await matching.places_of(db, candidates)
    gone = await asyncio.to_thread(lambda: [place for place in places if not os.path.lexists(place.path)])
    if not gone or not await check_presence(db, root):
        return Vanished()
    pairs = await _moved(db, gone, fresh, moves)
    await matching.unite(db, pairs)
    moved = {old for old, _ in pairs}
    lost = [place.photo_id for place in gone if place.photo_id not in moved]
    photos = await db_roots.photo_count(db, root.id)
    many = len(lost) > scanning.confirm_missing_photos and len(lost) * 100 > scanning.confirm_missing_percent * photos
    if many and not confirmed:
        return Vanished(moved=len(moved), unconfirmed=len(lost), photos=photos)
    if lost:
        await store.set_missing(db, lost, missing=True, pair_raw=scanning.raw_jpeg == "pair")
    return Vanished(missing=len(lost), moved=len(moved))


async def forget_missing(db: Database, thumbs: Path, keep_days: float) -> None:
    """Photos gone for longer than `keep_days` leave the library, with thumbnails that nobody else uses."""
    before = datetime.now(UTC) - timedelta(days=keep_days)
    orphans = await store.delete_missing(db, before.strftime("%Y-%m-%dT%H:%M:%SZ"))
    await asyncio.to_thread(_delete_thumbnails, thumbs, orphans)


def _delete_thumbnails(thumbs: Path, hashes: Sequence[str]) -> None:
    for content_hash in hashes:
        for size in SIZES:
            thumbnail_path(thumbs, content_hash, size).unlink(missing_ok=True)


async def _moved(db: Database, gone: Sequence[matching.Place], fresh: Collection[int], moves: Moves) -> list[tuple[int, int]]:
    """(old id, new id) for photos whose content this scan stored under another path before the old one was gone."""
    copies = await matching.places_of_content(db, {place.content_hash for place in gone})
    free = [place for place in copies if place.photo_id in fresh]
    pairs: list[tuple[int, int]] = []
    for place in gone:
        alike = [other for other in free if other.content_hash == place.content_hash]
        match = await asyncio.to_thread(_first_fitting, moves, place, alike)
        if match is not None:
            free.remove(match)
            pairs.append((place.photo_id, match.photo_id))
    return pairs


def _first_fitting(moves: Moves, gone: matching.Place, alike: Sequence[matching.Place]) -> matching.Place | None:
    return next((other for other in alike if moves.fits(gone, other.root_path)), None)
