"""One person becomes part of another: faces, refusals, distinctions and names in files go along."""

from __future__ import annotations

import aiosqlite

MERGE = (
    "UPDATE face SET person_id = :target WHERE person_id = :source",
    "INSERT OR IGNORE INTO face_refusal (face_id, person_id) SELECT face_id, :target FROM face_refusal WHERE person_id = :source",
    "DELETE FROM face_refusal WHERE person_id = :target AND face_id IN (SELECT id FROM face WHERE person_id = :target)",
    """INSERT OR IGNORE INTO person_distinction (first_id, second_id)
       SELECT min(:target, other), max(:target, other)
       FROM (SELECT iif(first_id = :source, second_id, first_id) AS other FROM person_distinction
             WHERE first_id = :source OR second_id = :source)
       WHERE other <> :target""",
    "UPDATE person_alias SET person_id = :target WHERE person_id = :source",
    """INSERT INTO person_alias (name, person_id) SELECT name, :target FROM person WHERE id = :source AND name IS NOT NULL
       ON CONFLICT (name) DO UPDATE SET person_id = excluded.person_id""",
    """UPDATE person SET name = COALESCE(name, (SELECT s.name FROM person s WHERE s.id = :source)),
                         avatar_face_id = COALESCE(avatar_face_id, (SELECT s.avatar_face_id FROM person s WHERE s.id = :source))
       WHERE id = :target""",
    "DELETE FROM person WHERE id = :source",
)


async def merge_rows(connection: aiosqlite.Connection, source: int, target: int) -> None:
    """Put `source` into `target`, inside a transaction. A target without a name takes the source's; both must exist and differ."""
    for statement in MERGE:
        await connection.execute(statement, {"source": source, "target": target})
