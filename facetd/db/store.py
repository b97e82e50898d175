"""Storing what visits found: upserts only, one transaction for a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import aiosqlite

from facetd.db.companions import pair_companions
from facetd.db.connection import Database
from facetd.db.folders import ensure_folder
from facetd.db.moment import now as now  # noqa: PLC0414 - taken from here by those who store
from facetd.db.names import from_stored, to_stored
from facetd.db.positions import keep_hand_positions
from facetd.db.revision import bump, note_faces
from facetd.db.takeover import settle, take_over
from facetd.db.visibility import Hide, id_list
from facetd.records.judgement import Judgement
from facetd.records.measures import PixelMetrics
from facetd.records.metadata import Metadata
from facetd.records.visit import PhotoVisit

SINGLE_USER = 0
NOT_COLUMNS = frozenset({"rating", "label", "description", "keywords", "regions", "warnings", "sidecar"})
METADATA_COLUMNS = tuple(f.name for f in fields(Metadata) if f.name not in NOT_COLUMNS)
METRIC_COLUMNS = tuple(f.name for f in fields(PixelMetrics) if f.name not in ("details", "histogram"))


async def save_visits(db: Database, visits: Sequence[PhotoVisit], *, pair_raw: bool) -> list[int]:
    """Store `visits` in one transaction; returns their photo ids in the same order."""
    async with db.writing() as connection:
        folders: dict[tuple[int, str], int] = {}
        ids: list[int] = []
        for visit in visits:
            place = (visit.root_id, visit.folder)
            if place not in folders:
                folders[place] = await ensure_folder(connection, *place)
            ids.append(await _save_photo(connection, visit, folders[place]))
        pairs = list(zip(ids, visits, strict=True))
        await keep_hand_positions(connection, [number for number, visit in pairs if "gps_latitude" in _columns(visit)])
        await _save_gates(connection, pairs)
        await _save_blobs(connection, pairs)
        pairs = await take_over(connection, pairs)
        await _save_keywords(connection, pairs)
        await _save_regions(connection, pairs)
        await _save_ratings(connection, pairs)
        await _save_labels(connection, pairs)
        await settle(connection, pairs)
        await _save_ledger(connection, pairs)
        if pair_raw:
            await pair_companions(connection, {(folders[v.root_id, v.folder], v.filename) for v in visits})
        await bump(connection)
        if any(visit.metadata is not None and visit.metadata.regions for visit in visits):
            await note_faces(connection)
    return ids


async def save_judgements(db: Database, judged: Mapping[int, tuple[Judgement, str]]) -> None:
    """Store new judgements with their fingerprints, by photo id."""
    moment = now()
    async with db.writing() as connection:
        await connection.executemany(
            "UPDATE photo SET category = ?, aggregate = ?, top_picks_score = ?, aesthetic = ? WHERE id = ?",
            [(j.category, j.aggregate, j.top_picks_score, j.aesthetic, number) for number, (j, _) in judged.items()],
        )
        await connection.executemany(
            LEDGER_UPSERT, [(number, "judgement", print_, "", "done", None, None, moment) for number, (_, print_) in judged.items()]
        )
        await bump(connection)


async def _save_photo(connection: aiosqlite.Connection, visit: PhotoVisit, folder_id: int) -> int:
    filename = to_stored(visit.filename)
    values: dict[str, Any] = {
        "folder_id": folder_id,
        "filename": filename,
        "size": visit.size,
        "mtime_ns": visit.mtime_ns,
        "content_hash": visit.content_hash,
        "sidecar_stamp": visit.sidecar_stamp,
        "missing_since": None,
        "updated_at": now(),
        **_columns(visit),
    }
    found = await connection.execute_fetchall("SELECT id FROM photo WHERE folder_id = ? AND filename = ?", (folder_id, filename))
    photo_id = next((int(row[0]) for row in found), visit.photo_id)
    if photo_id is None:
        values["added_at"] = values["updated_at"]
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        rows = await connection.execute_fetchall(f"INSERT INTO photo ({names}) VALUES ({marks}) RETURNING id", values)
        return int(next(iter(rows))[0])
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    await connection.execute(f"UPDATE photo SET {assignments} WHERE id = :id", {**values, "id": photo_id})
    return photo_id


def _columns(visit: PhotoVisit) -> dict[str, Any]:
    """The columns of table photo that this visit has something to say about."""
    failed = {outcome.kind for outcome in visit.outcomes if outcome.error is not None}
    values: dict[str, Any] = {}
    if visit.header is not None:
        values["format"] = visit.header.format
        values["jpeg_quality"] = visit.header.jpeg_quality
        values["megapixels"] = visit.header.megapixels
    if visit.metadata is not None:
        values.update({name: getattr(visit.metadata, name) for name in METADATA_COLUMNS})
    elif "metadata" in failed:
        values.update(dict.fromkeys(METADATA_COLUMNS), orientation=1)
    if visit.header is not None:
        turned = visit.metadata is not None and visit.metadata.orientation >= 5
        size = (visit.header.width, visit.header.height)
        values["image_width"], values["image_height"] = size[::-1] if turned else size
    if visit.phash is not None or "thumbnail" in failed:
        values["phash"] = visit.phash
    if visit.metrics is not None:
        values.update({name: getattr(visit.metrics, name) for name in METRIC_COLUMNS})
        values["composition_pattern"] = visit.metrics.composition_pattern or None
    elif "technical" in failed:
        values.update(dict.fromkeys(METRIC_COLUMNS), category=None, aggregate=None, top_picks_score=None, aesthetic=None)
    if visit.judgement is not None:
        values["category"] = visit.judgement.category
        values["aggregate"] = visit.judgement.aggregate
        values["top_picks_score"] = visit.judgement.top_picks_score
        values["aesthetic"] = visit.judgement.aesthetic
    return values


async def _save_gates(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    rows = []
    for number, visit in pairs:
        unreadable = any(outcome.kind == "thumbnail" and outcome.error is not None for outcome in visit.outcomes)
        looked = any(outcome.kind == "thumbnail" for outcome in visit.outcomes)
        cleared = Hide.MISSING | (Hide.UNREADABLE if looked else Hide(0))
        rows.append((number, visit.root_id, int(Hide.UNREADABLE) if unreadable else 0, int(cleared)))
    await connection.executemany(
        "INSERT INTO gate (photo_id, root_id, hide) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (photo_id) DO UPDATE SET root_id = ?2, hide = (hide & ~?4) | ?3",
        rows,
    )


async def _save_blobs(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    await connection.executemany("INSERT INTO photo_blob (photo_id) VALUES (?) ON CONFLICT DO NOTHING", [(number,) for number, _ in pairs])
    looks = [(v.appearance.placeholder, ",".join(v.appearance.colors), n) for n, v in pairs if v.appearance is not None]
    await connection.executemany("UPDATE photo_blob SET placeholder = ?, colors = ? WHERE photo_id = ?", looks)
    anew = [(n,) for n, v in pairs if v.metrics is not None]
    await connection.executemany("DELETE FROM analysis WHERE photo_id = ? AND kind = 'saliency'", anew)  # its numbers are overwritten
    measured = [(v.metrics.histogram, json.dumps(v.metrics.details), n) for n, v in pairs if v.metrics is not None]
    await connection.executemany("UPDATE photo_blob SET histogram = ?, details = ? WHERE photo_id = ?", measured)
    told = [(v.metadata.description, json.dumps(v.metadata.warnings), n) for n, v in pairs if v.metadata is not None]
    await connection.executemany("UPDATE photo_blob SET description = ?, warnings = ? WHERE photo_id = ?", told)


async def _save_keywords(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    read = [(number, visit.metadata) for number, visit in pairs if visit.metadata is not None]
    await connection.executemany("DELETE FROM photo_tag WHERE photo_id = ? AND source = 'keyword'", [(number,) for number, _ in read])
    words = [(number, word) for number, metadata in read for word in metadata.keywords]
    await connection.executemany("INSERT INTO tag (name) VALUES (?) ON CONFLICT DO NOTHING", [(word,) for _, word in words])
    await connection.executemany(
        "INSERT INTO photo_tag (photo_id, tag_id, source) SELECT ?, id, 'keyword' FROM tag WHERE name = ? ON CONFLICT DO NOTHING", words
    )


async def _save_regions(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    read = [(number, visit.metadata) for number, visit in pairs if visit.metadata is not None]
    await connection.executemany("DELETE FROM region WHERE photo_id = ?", [(number,) for number, _ in read])
    rows = [{"photo_id": n, "position": i, **asdict(region)} for n, metadata in read for i, region in enumerate(metadata.regions)]
    await connection.executemany(
        "INSERT INTO region (photo_id, position, name, kind, x, y, width, height)"
        " VALUES (:photo_id, :position, :name, :kind, :x, :y, :width, :height)",
        rows,
    )


async def _save_ratings(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    """A rating in the file counts until the viewer gives one."""
    moment = now()
    rows = [
        (SINGLE_USER, number, max(0, visit.metadata.rating), visit.metadata.rating < 0, moment)
        for number, visit in pairs
        if visit.metadata is not None and visit.metadata.rating
    ]
    await connection.executemany(
        "INSERT INTO rating (user_id, photo_id, stars, is_rejected, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows
    )


async def _save_labels(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    """A label in the file counts until somebody gives one."""
    moment = now()
    rows = [(number, visit.metadata.label, moment) for number, visit in pairs if visit.metadata is not None and visit.metadata.label]
    await connection.executemany("INSERT INTO label (photo_id, text, updated_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)


LEDGER_UPSERT = """
    INSERT INTO analysis (photo_id, kind, fingerprint, model, state, reason, error, attempts, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)
    ON CONFLICT (photo_id, kind) DO UPDATE SET
        attempts = CASE WHEN fingerprint = ?3 THEN attempts + 1 ELSE 1 END,
        fingerprint = ?3, model = ?4, state = ?5, reason = ?6, error = ?7, updated_at = ?8
"""


async def _save_ledger(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, PhotoVisit]]) -> None:
    moment = now()
    rows = [
        (number, o.kind, o.fingerprint, o.model, "done" if o.error is None else "failed", o.reason, o.error, moment)
        for number, visit in pairs
        for o in visit.outcomes
    ]
    await connection.executemany(LEDGER_UPSERT, rows)


async def set_missing(db: Database, ids: Sequence[int], *, missing: bool, pair_raw: bool) -> None:
    """Mark photos as gone (hidden, everything kept) or as back."""
    change = f"hide | {int(Hide.MISSING)}" if missing else f"hide & ~{int(Hide.MISSING)}"
    since = now() if missing else None
    async with db.writing() as connection:
        for start in range(0, len(ids), 1000):
            some = id_list(ids[start : start + 1000])
            await connection.execute(f"UPDATE gate SET hide = {change} WHERE photo_id IN ({some})")
            rows = await connection.execute_fetchall(
                f"UPDATE photo SET missing_since = iif(? IS NULL, NULL, COALESCE(missing_since, ?)) WHERE id IN ({some})"
                " RETURNING folder_id, filename",
                (since, since),
            )
            if pair_raw:
                await pair_companions(connection, {(int(row[0]), from_stored(row[1])) for row in rows})
        await bump(connection)


async def delete_missing(db: Database, before: str) -> list[str]:
    """Forget photos that have been gone since before `before`; returns the content hashes that no photo has any more."""
    async with db.writing() as connection:
        rows = await connection.execute_fetchall("DELETE FROM photo WHERE missing_since < ? RETURNING content_hash", (before,))
        hashes = {str(row[0]) for row in rows}
        if hashes:
            await bump(connection)
        orphans = []
        for content_hash in hashes:
            used = await connection.execute_fetchall("SELECT 1 FROM photo WHERE content_hash = ? LIMIT 1", (content_hash,))
            if not list(used):
                orphans.append(content_hash)
    return orphans
