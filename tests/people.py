"""Faces put into a library without any picture: unit vectors like those of a real model, and who they are given to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from facetd.config.eyes import People
from facetd.db.connection import Database
from facetd.db.grouping import Counts
from facetd.ingest.people import group_people
from tests.house import InlineWorkers

SPACE = "face_recognition-1.7.15/f32"
LENGTH = 128


class Cast:
    """People with faces: each face of one person lies about 0.25 from the others, and about 0.6 from anybody else's."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._middle: dict[str, np.ndarray] = {}

    def face(self, who: str, noise: float = 0.18) -> bytes:
        """Another look at a person."""
        if who not in self._middle:
            self._middle[who] = _unit(np.eye(LENGTH)[0] + self._direction() * 0.45)
        return _unit(self._middle[who] + self._direction() * noise).astype("<f4").tobytes()

    def between(self, one: str, other: str) -> bytes:
        """Somebody who looks like both."""
        return _unit(self._middle[one] + self._middle[other]).astype("<f4").tobytes()

    def _direction(self) -> np.ndarray:
        return _unit(self._random.normal(size=LENGTH))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


async def add_face(
    db: Database, photo: int, vector: bytes | None, *, place: int = 0, clusterable: bool = True, quality: float = 5.0, space: str = SPACE
) -> int:
    """A face in a photo; `place` 0.. from left to right. Returns its id."""
    async with db.writing() as connection:
        rows = await connection.execute_fetchall(
            "INSERT INTO face (photo_id, x, y, width, height, score, quality, clusterable)"
            " VALUES (?, ?, 0.2, 0.1, 0.2, 0.9, ?, ?) RETURNING id",
            (photo, round(0.05 + 0.15 * place, 4), quality, clusterable),
        )
        number = int(next(iter(rows))[0])
        if vector is not None:
            await connection.execute("INSERT INTO face_embedding VALUES (?, ?, ?)", (number, space, vector))
    return number


async def add_faces(db: Database, cast: Cast, photos: Sequence[int], scenes: Iterable[str]) -> dict[str, list[int]]:
    """For each photo a scene: the people in it, one letter each. Returns everybody's face ids."""
    found: dict[str, list[int]] = {}
    for photo, scene in zip(photos, scenes, strict=True):
        for place, who in enumerate(scene):
            found.setdefault(who, []).append(await add_face(db, photo, cast.face(who), place=place))
    return found


async def add_region(db: Database, photo: int, name: str, *, place: int = 0, larger: float = 1.0) -> None:
    """A named area, as another program would draw it around the face at this place."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO region (photo_id, position, name, kind, x, y, width, height)"
            " SELECT ?1, COUNT(*), ?2, 'Face', ?3, 0.3, ?4, ?5 FROM region WHERE photo_id = ?1",
            (photo, name, round(0.1 + 0.15 * place, 4), 0.1 * larger, 0.2 * larger),
        )


async def group(db: Database, *, everything: bool = False, afresh: bool = False, **people: object) -> Counts:
    """Find out who is whom."""
    return await group_people(db, InlineWorkers(), People.model_validate(people), everything=everything, afresh=afresh)


async def whose(db: Database) -> dict[int, int | None]:
    """The person of each face."""
    return {row[0]: row[1] for row in await db.rows("SELECT id, person_id FROM face ORDER BY id")}


async def groups(db: Database) -> set[frozenset[int]]:
    """The faces that are together."""
    found: dict[int, set[int]] = {}
    for face, person in (await whose(db)).items():
        if person is not None:
            found.setdefault(person, set()).add(face)
    return {frozenset(faces) for faces in found.values()}
