"""What is measured by where a model has the subject: it takes the place of what the built-in way measured, until the model goes."""

from __future__ import annotations

import json
from dataclasses import fields

import aiosqlite

from facetd.db.connection import Database
from facetd.records.measures import SubjectMetrics

COLUMNS = tuple(f.name for f in fields(SubjectMetrics) if f.name not in ("subject_box", "pattern_scores"))


async def save_subject(connection: aiosqlite.Connection, photo_id: int, subject: SubjectMetrics) -> None:
    """Store what was measured of one photo; what else was measured stays."""
    values = {name: getattr(subject, name) for name in COLUMNS}
    values["composition_pattern"] = subject.composition_pattern or None
    assignments = ", ".join(f"{name} = :{name}" for name in COLUMNS)
    await connection.execute(f"UPDATE photo SET {assignments} WHERE id = :id", {**values, "id": photo_id})
    await connection.execute(
        "UPDATE photo_blob SET details = json_set(details, '$.subject_box', json(?), '$.pattern_scores', json(?))"
        " WHERE photo_id = ? AND details IS NOT NULL",
        (json.dumps(subject.subject_box), json.dumps(dict(subject.pattern_scores)), photo_id),
    )


async def forget_subjects(db: Database) -> int:
    """Have photos measured again the built-in way whose subject a model found that is not installed any more; returns how many."""
    if not await db.rows("SELECT 1 FROM analysis WHERE kind = 'saliency' LIMIT 1"):
        return 0
    async with db.writing() as connection:
        cursor = await connection.execute(
            "DELETE FROM analysis WHERE kind = 'technical' AND photo_id IN (SELECT photo_id FROM analysis WHERE kind = 'saliency')"
        )
        await connection.execute("DELETE FROM analysis WHERE kind = 'saliency'")
        return cursor.rowcount
