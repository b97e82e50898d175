"""Storing what the models saw: objects with their tags, and faces, which keep their id and their person when they are found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump, note_faces
from facetd.db.store import LEDGER_UPSERT, now
from facetd.db.subjects import save_subject
from facetd.db.tags import save_tags
from facetd.db.visibility import Hide, id_list
from facetd.fields import BY_KEY
from facetd.records.measures import SubjectMetrics
from facetd.records.sightings import Box, DetectedFace, DetectedObject, FaceFacts, PhotoVector
from facetd.records.visit import Outcome

SAME_FACE = 0.35  # overlap (intersection over union) from which a box found again is the same face
SAME_PART, SAME_SIZE = 0.75, 0.2  # of the smaller box inside the larger, and how small: another detector boxes less of a head, or more
DECIDED = """
    SELECT f.id FROM face f WHERE f.photo_id = ? AND (f.assigned_by = 'user'
        OR EXISTS (SELECT 1 FROM face_refusal r WHERE r.face_id = f.id) OR EXISTS (SELECT 1 FROM person p WHERE p.avatar_face_id = f.id))
"""
FACT_COLUMNS = tuple(f.name for f in fields(FaceFacts) if f.name != "is_blink")
FACE_COLUMNS = (
    "x", "y", "width", "height", "score", "flag", "width_px", "roll_deg", "yaw_deg", "quality", "eye_sharpness", "sharpness",
    "eye_left", "eye_right", "eyes_closed", "clusterable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """What was seen in one photo, ready to be stored. Parts that were not looked at are None and stay as they are.

    `content_hash` is of the file that was looked at: when the photo has other content by now, nothing is stored. `tags` maps each tag
    to its source. `embedded` says that `embedding` was asked for, also when there is none. `opinions` are
    scores by the field they fill.
    """

    photo_id: int
    content_hash: str
    outcomes: tuple[Outcome, ...]
    objects: tuple[DetectedObject, ...] | None = None
    tags: Mapping[str, str] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    facts: FaceFacts | None = None
    embedded: bool = False
    embedding: PhotoVector | None = None
    opinions: Mapping[str, float | None] = field(default_factory=dict)
    subject: SubjectMetrics | None = None


async def save_sightings(db: Database, seen: Sequence[SeenPhoto]) -> list[int]:
    """Store `seen` in one transaction; returns the ids of the photos that are still what was looked at. Their judgement is due again."""
    moment = now()
    async with db.writing() as connection:
        known = await connection.execute_fetchall(
            f"SELECT id, content_hash FROM photo WHERE id IN ({id_list(photo.photo_id for photo in seen)})"
        )
        content = {int(row[0]): row[1] for row in known}
        current = [photo for photo in seen if content.get(photo.photo_id) == photo.content_hash]
        for photo in current:
            if photo.objects is not None:
                await _save_objects(connection, photo.photo_id, photo.objects)
            if photo.tags is not None:
                await save_tags(connection, photo.photo_id, photo.tags)
            if photo.faces is not None:
                await _save_faces(connection, photo.photo_id, photo.faces)
            if photo.facts is not None:
                await _save_facts(connection, photo.photo_id, photo.facts)
            if photo.embedded:
                await _save_embedding(connection, photo.photo_id, photo.embedding)
            if photo.subject is not None:
                await save_subject(connection, photo.photo_id, photo.subject)
            if photo.opinions:
                assignments = ", ".join(f"{BY_KEY[key].column} = ?" for key in photo.opinions)
                await connection.execute(f"UPDATE photo SET {assignments} WHERE id = ?", (*photo.opinions.values(), photo.photo_id))
        ledger = [
            (p.photo_id, o.kind, o.fingerprint, o.model, "done" if o.error is None else "failed", o.reason, o.error, moment)
            for p in current
            for o in p.outcomes
        ]
        await connection.executemany(LEDGER_UPSERT, ledger)
        await connection.executemany(
            "DELETE FROM analysis WHERE photo_id = ? AND kind = 'judgement'", [(photo.photo_id,) for photo in current]
        )
        await bump(connection)
        if any(photo.faces for photo in current):
            await note_faces(connection)
    return [photo.photo_id for photo in current]


async def objects_of(db: Database, photo_ids: Sequence[int]) -> dict[int, list[DetectedObject]]:
    """The objects of each photo, most certain first; photos without any have an empty list."""
    found: dict[int, list[DetectedObject]] = {number: [] for number in photo_ids}
    rows = await db.rows(
        "SELECT photo_id, label, score, x, y, width, height FROM object"
        f" WHERE photo_id IN ({id_list(photo_ids)}) ORDER BY photo_id, position"
    )
    for row in rows:
        found[row["photo_id"]].append(DetectedObject(row["label"], row["score"], Box(row["x"], row["y"], row["width"], row["height"])))
    return found


async def vectors_state(db: Database) -> tuple[int, int]:
    """What differs when vectors of photos came or went: the last number that one was given, and how many there are."""
    sql = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'photo_embedding'), 0), (SELECT COUNT(*) FROM photo_embedding)"
    row = await db.row(sql)
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def _save_objects(connection: aiosqlite.Connection, photo_id: int, objects: Sequence[DetectedObject]) -> None:
    await connection.execute("DELETE FROM object WHERE photo_id = ?", (photo_id,))
    await connection.executemany(
        "INSERT INTO object (photo_id, position, label, score, x, y, width, height) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(photo_id, position, o.label, o.score, o.box.x, o.box.y, o.box.width, o.box.height) for position, o in enumerate(objects)],
    )


async def _save_embedding(connection: aiosqlite.Connection, photo_id: int, embedding: PhotoVector | None) -> None:
    """A photo has one vector: that of the model in use. A vector of another space is of no use any more."""
    await connection.execute("DELETE FROM photo_embedding WHERE photo_id = ?", (photo_id,))
    if embedding is not None:
        await connection.execute(
            "INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)", (photo_id, embedding.space, embedding.vector)
        )


async def _save_facts(connection: aiosqlite.Connection, photo_id: int, facts: FaceFacts) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in FACT_COLUMNS)
    values = {name: getattr(facts, name) for name in FACT_COLUMNS}
    await connection.execute(f"UPDATE photo SET {assignments} WHERE id = :id", {**values, "id": photo_id})
    bit = int(Hide.BLINK)
    await connection.execute("UPDATE gate SET hide = (hide & ~?1) | ?2 WHERE photo_id = ?3", (bit, bit * facts.is_blink, photo_id))


async def _save_faces(connection: aiosqlite.Connection, photo_id: int, faces: Sequence[DetectedFace]) -> None:
    """Faces found again keep their row; those not found again go, unless a user said something about them."""
    rows = await connection.execute_fetchall(
        "SELECT id, x, y, width, height FROM face WHERE photo_id = ? AND source = 'model'", (photo_id,)
    )
    old = {int(row[0]): Box(*row[1:5]) for row in rows}
    decided = {int(row[0]) for row in await connection.execute_fetchall(DECIDED, (photo_id,))}
    matched = match_faces(old, [face.box for face in faces])
    for face, face_id in zip(faces, matched, strict=True):
        number = await _save_face(connection, photo_id, face, face_id)
        await connection.execute("DELETE FROM face_embedding WHERE face_id = ?", (number,))
        if face.embedding is not None:
            await connection.execute("INSERT INTO face_embedding VALUES (?, ?, ?)", (number, face.space, face.embedding))
    gone = set(old) - set(matched) - decided
    await connection.execute(f"DELETE FROM face WHERE id IN ({id_list(gone)})")


async def _save_face(connection: aiosqlite.Connection, photo_id: int, face: DetectedFace, face_id: int | None) -> int:
    box = face.box
    values = (
        box.x, box.y, box.width, box.height, face.score, face.flag, face.width_px, face.roll_deg, face.yaw_deg, face.quality,
        face.eye_sharpness, face.sharpness, *face.eye_openness, face.eyes_closed, face.clusterable,
    )  # fmt: skip
    if face_id is not None:
        await connection.execute(f"UPDATE face SET {', '.join(f'{name} = ?' for name in FACE_COLUMNS)} WHERE id = ?", (*values, face_id))
        return face_id
    inserted = await connection.execute_fetchall(
        f"INSERT INTO face (photo_id, {', '.join(FACE_COLUMNS)}) VALUES (?{', ?' * len(FACE_COLUMNS)}) RETURNING id", (photo_id, *values)
    )
    return int(next(iter(inserted))[0])


def match_faces(old: Mapping[int, Box], new: Sequence[Box]) -> list[int | None]:
    """For each new box the id of the old one it is, best overlaps first, each used once; None for a face that is new.

    What is left then is matched where one box lies in the other.
    """
    found: list[int | None] = [None] * len(new)
    for likeness, least in ((overlap, SAME_FACE), (_inside, SAME_PART)):
        pairs = sorted(
            ((likeness(box, known), index, number) for index, box in enumerate(new) for number, known in old.items()), reverse=True
        )
        for share, index, number in pairs:
            if share >= least and found[index] is None and number not in found:
                found[index] = number
    return found


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (first.width * first.height + second.width * second.height - common)


def _inside(first: Box, second: Box) -> float:
    """The share of the smaller box that lies in the other one, 0..1; 0 for one that is far smaller."""
    small, large = sorted((first.width * first.height, second.width * second.height))
    if small < SAME_SIZE * large or not small:
        return 0.0
    common = overlap(first, second) * (small + large) / (1 + overlap(first, second))
    return common / small
