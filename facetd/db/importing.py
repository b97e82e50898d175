"""What an import puts into the library. What a user decided here stays; what an earlier import brought is replaced by what it says now."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosqlite

from facetd.db.captions import IMPORTED, MANUAL
from facetd.db.companions import LEADING_FORMATS
from facetd.db.connection import Database
from facetd.db.facetvalues import Opinion
from facetd.db.names import from_stored
from facetd.db.revision import bump
from facetd.db.store import now
from facetd.db.visibility import Hide, id_list

BATCH = 2000
BROUGHT, SAME, KEPT = "brought", "same", "kept"  # what became of a value: written, there already, left to what a user decided here


@dataclass(frozen=True, slots=True)
class KnownPhoto:
    """A photo of the library by its absolute path, with what tells it from others of the same name.

    `missing`: the file is gone. `lead`: of a RAW that is hidden, the photo of the same name that stands for it.
    """

    id: int
    path: str
    filename: str
    date_taken: str | None
    width: int | None
    height: int | None
    phash: int | None
    missing: bool
    lead: int | None = None


class Writes:
    """The transactions of an import; those of a trial are one, which is taken back in the end."""

    def __init__(self, db: Database, held: aiosqlite.Connection | None) -> None:
        self._db = db
        self._held = held

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[aiosqlite.Connection]:
        """One transaction; the library's revision grows when it changed something."""
        if self._held is not None:
            yield self._held
            return
        async with self._db.writing() as connection:
            before = connection.total_changes
            yield connection
            if connection.total_changes > before:
                await bump(connection)


class _TakenBack(Exception):
    """Ends the transaction of a trial."""


@asynccontextmanager
async def importing(db: Database, *, trial: bool) -> AsyncIterator[Writes]:
    """Transactions for an import; nothing of a trial stays."""
    if not trial:
        yield Writes(db, None)
        return
    try:
        async with db.writing() as connection:
            yield Writes(db, connection)
            raise _TakenBack
    except _TakenBack:
        return


async def account_numbers(writes: Writes, names: Iterable[str]) -> dict[str, int]:
    """The numbers of users, made where they are new."""
    async with writes.batch() as connection:
        moment = now()
        wanted = sorted(set(names))
        known = {str(row[1]): int(row[0]) for row in await connection.execute_fetchall("SELECT id, name FROM account")}
        for name in (each for each in wanted if each not in known):
            made = await connection.execute_fetchall("INSERT INTO account (name, created_at) VALUES (?, ?) RETURNING id", (name, moment))
            known[name] = int(next(iter(made))[0])
    return {name: known[name] for name in wanted}


def known_photos(connection: sqlite3.Connection) -> list[KnownPhoto]:
    """Every photo of the library, also those whose file is gone."""
    folders = {}
    for number, root, folder in connection.execute("SELECT f.id, r.path, f.path FROM folder f JOIN root r ON r.id = f.root_id"):
        below = from_stored(folder)
        folders[int(number)] = from_stored(root).rstrip("/") + (f"/{below}" if below else "")
    leads = _leads(connection)
    found = []
    sql = "SELECT id, folder_id, filename, date_taken, image_width, image_height, phash, missing_since IS NOT NULL FROM photo"
    for number, folder_id, stored, date, width, height, phash, missing in connection.execute(sql):
        filename = from_stored(stored)
        bits = int(phash, 16) if phash else None
        path = f"{folders[folder_id]}/{filename}"
        found.append(KnownPhoto(number, path, filename, date, width, height, bits, bool(missing), leads.get(number)))
    return found


def _leads(connection: sqlite3.Connection) -> dict[int, int]:
    """The photo that stands for each hidden RAW."""
    hidden: dict[tuple[int, str], list[int]] = defaultdict(list)
    sql = "SELECT p.id, p.folder_id, p.filename FROM gate g JOIN photo p ON p.id = g.photo_id WHERE g.hide & ?"
    for number, folder, stored in connection.execute(sql, (int(Hide.COMPANION),)):
        hidden[int(folder), from_stored(stored).rpartition(".")[0]].append(int(number))
    formats = ", ".join(f"'{name}'" for name in LEADING_FORMATS)
    leads: dict[int, int] = {}
    for folder in {folder for folder, _ in hidden}:
        sql = f"SELECT id, filename FROM photo WHERE folder_id = ? AND format IN ({formats}) ORDER BY missing_since IS NOT NULL, id"
        for number, stored in connection.execute(sql, (folder,)):
            for raw in hidden.get((folder, from_stored(stored).rpartition(".")[0]), ()):
                leads.setdefault(raw, int(number))
    return leads


async def save_ratings(writes: Writes, user_id: int, wanted: Mapping[int, Opinion]) -> Counter[str]:
    """Bring in what somebody thinks of photos, by photo id; returns how many were brought, same or kept."""
    done: Counter[str] = Counter()
    for photos in _batches(list(wanted)):
        async with writes.batch() as connection:
            noted = await came(connection, "rating", user_id, photos)
            rows = await connection.execute_fetchall(
                f"SELECT photo_id, stars, is_favorite, is_rejected FROM rating WHERE user_id = ? AND photo_id IN ({id_list(photos)})",
                (user_id,),
            )
            ours = {int(row[0]): Opinion(int(row[1]), bool(row[2]), bool(row[3])) for row in rows}
            changed: dict[int, Opinion] = {}
            notes: dict[int, str] = {}
            for photo in photos:
                value = _rating_text(wanted[photo])
                before = noted.get(photo)
                merged = merge_opinions(ours.get(photo, NOTHING), wanted[photo], before)
                if merged != ours.get(photo, NOTHING):
                    changed[photo] = merged
                    done[BROUGHT] += 1
                else:
                    done[SAME if _agrees(merged, wanted[photo]) else KEPT] += 1
                if value != before:
                    notes[photo] = value
            moment = now()
            await connection.executemany(
                "INSERT INTO rating (user_id, photo_id, stars, is_favorite, is_rejected, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                " ON CONFLICT (user_id, photo_id) DO UPDATE SET stars = ?3, is_favorite = ?4, is_rejected = ?5, updated_at = ?6",
                [(user_id, photo, o.stars, o.is_favorite, o.is_rejected, moment) for photo, o in changed.items()],
            )
            await note_came(connection, "rating", user_id, notes)
    return done


NOTHING = Opinion(0, is_favorite=False, is_rejected=False)


def merge_opinions(ours: Opinion, theirs: Opinion, before: str | None) -> Opinion:
    """What an opinion of the library becomes. `before` is what the last import brought: what differs from that, a user changed here.

    At the first import, what is set here stays, and what is not set is taken over as far as the two go together.
    """
    if before is not None:
        return theirs if _rating_text(ours) == before else ours
    if ours == NOTHING:
        return theirs
    if ours.is_rejected != theirs.is_rejected:
        return ours
    return Opinion(ours.stars or theirs.stars, ours.is_favorite or theirs.is_favorite, ours.is_rejected)


async def save_captions(writes: Writes, wanted: Mapping[int, str]) -> Counter[str]:
    """Bring in captions by photo id; returns how many were brought, same or kept."""
    done: Counter[str] = Counter()
    for photos in _batches(list(wanted)):
        async with writes.batch() as connection:
            noted = await came(connection, "caption", 0, photos)
            rows = await connection.execute_fetchall(f"SELECT photo_id, text, source FROM caption WHERE photo_id IN ({id_list(photos)})")
            ours = {int(row[0]): (str(row[1]), str(row[2])) for row in rows}
            changed, notes = [], {}
            for photo in photos:
                text, before = wanted[photo], noted.get(photo)
                said, by = ours.get(photo, (None, ""))
                if said == text:
                    done[SAME] += 1
                elif said == before or (before is None and by != MANUAL):
                    changed.append(photo)
                    done[BROUGHT] += 1
                else:
                    done[KEPT] += 1
                if text != before:
                    notes[photo] = text
            await connection.executemany(
                "INSERT INTO caption (photo_id, text, source, content_hash, updated_at) SELECT id, ?2, ?3, content_hash, ?4 FROM photo"
                " WHERE id = ?1 ON CONFLICT (photo_id) DO UPDATE SET text = excluded.text, source = excluded.source,"
                " content_hash = excluded.content_hash, updated_at = excluded.updated_at",
                [(photo, wanted[photo], IMPORTED, now()) for photo in changed],
            )
            await note_came(connection, "caption", 0, notes)
    return done


async def save_translations(writes: Writes, language: str, wanted: Mapping[int, tuple[str, str]]) -> Counter[str]:
    """Bring in translations: by photo id the caption and what it is in `language`. One that is here already, and one of a caption that
    says something else here, is left out.
    """
    done: Counter[str] = Counter()
    for photos in _batches(list(wanted)):
        async with writes.batch() as connection:
            noted = await came(connection, "translation", 0, photos)
            rows = await connection.execute_fetchall(
                "SELECT c.photo_id, c.text, t.text, t.language FROM caption c LEFT JOIN caption_translation t ON t.photo_id = c.photo_id"
                f" WHERE c.photo_id IN ({id_list(photos)})"
            )
            ours = {int(row[0]): tuple(row[1:]) for row in rows}
            changed, notes = [], {}
            for photo in photos:
                caption, text = wanted[photo]
                said, translated, spoken = ours.get(photo, (None, None, None))
                if (translated, spoken) == (text, language):
                    done[SAME] += 1
                elif said == caption and translated == noted.get(photo) and spoken in (None, language):
                    changed.append(photo)
                    done[BROUGHT] += 1
                else:
                    done[KEPT] += 1
                    continue
                if text != noted.get(photo):
                    notes[photo] = text
            await connection.executemany(
                "INSERT INTO caption_translation (photo_id, language, text, model, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)"
                " ON CONFLICT (photo_id) DO UPDATE SET text = ?3, model = ?4, updated_at = ?5",
                [(photo, language, wanted[photo][1], IMPORTED, now()) for photo in changed],
            )
            await note_came(connection, "translation", 0, notes)
    return done


async def save_tags(writes: Writes, wanted: Sequence[tuple[int, str]]) -> Counter[str]:
    """Bring in (photo, tag) pairs; returns how many were brought or there, from wherever."""
    done: Counter[str] = Counter()
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        async with writes.batch() as connection:
            await connection.executemany("INSERT INTO tag (name) VALUES (?) ON CONFLICT DO NOTHING", [(tag,) for _, tag in some])
            for pair in some:
                cursor = await connection.execute(
                    f"INSERT INTO photo_tag (photo_id, tag_id, source) SELECT ?1, id, '{IMPORTED}' FROM tag WHERE name = ?2"
                    " AND NOT EXISTS (SELECT 1 FROM photo_tag h WHERE h.photo_id = ?1 AND h.tag_id = tag.id"
                    f" AND h.source IN ('keyword', '{IMPORTED}'))",
                    pair,
                )
                done[BROUGHT if cursor.rowcount > 0 else SAME] += 1
    return done


async def came(connection: aiosqlite.Connection, kind: str, user_id: int, refs: Sequence[int]) -> dict[int, str]:
    """What the last import said about each of `refs`."""
    rows = await connection.execute_fetchall(
        f"SELECT ref, value FROM imported WHERE kind = ? AND user_id = ? AND ref IN ({id_list(refs)})", (kind, user_id)
    )
    return {int(row[0]): str(row[1]) for row in rows}


async def note_came(connection: aiosqlite.Connection, kind: str, user_id: int, values: Mapping[int, str]) -> None:
    """Note what came, by the photo or person that it is about."""
    await connection.executemany(
        "INSERT INTO imported (kind, user_id, ref, value) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (kind, user_id, ref) DO UPDATE SET value = ?4",
        [(kind, user_id, ref, value) for ref, value in values.items()],
    )


def _agrees(ours: Opinion, theirs: Opinion) -> bool:
    """Whether everything that is set in `theirs` is so in `ours`."""
    return (
        theirs.stars in (0, ours.stars)
        and theirs.is_favorite in (False, ours.is_favorite)
        and theirs.is_rejected in (False, ours.is_rejected)
    )


def _rating_text(opinion: Opinion) -> str:
    return f"{opinion.stars} {opinion.is_favorite:d} {opinion.is_rejected:d}"


def _batches(items: Sequence[int]) -> list[Sequence[int]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
