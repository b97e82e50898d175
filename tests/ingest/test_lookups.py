"""What looks like a photo, among thousands: all are compared by their hash and their embedding, the best by these as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bench.synthetic import make_library
from facetd.db.connection import Database
from facetd.ingest import lookups
from facetd.ingest.lookups import COMPARED, similar_by_looks

ROWS, ASKED, ALIKE, DIMENSION = 2 * COMPARED + 600, 7, 1234, 32
HASH = 0x0123_4567_89AB_CDEF
FAR = HASH ^ ((1 << 40) - 1)  # 40 bits away: thousands are nearer


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Database]:
    """Two photos with one embedding and hashes that are far apart, among many with neither in common."""
    await make_library(tmp_path, ROWS)
    random = np.random.default_rng(3)
    vectors = random.standard_normal((ROWS + 1, DIMENSION)).astype("<f4")
    vectors[ALIKE] = vectors[ASKED]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    async with Database(tmp_path / "library.db") as db:
        async with db.writing() as connection:
            await connection.executemany(
                "INSERT INTO photo_embedding (photo_id, space, vector) SELECT id, 'test', ?2 FROM photo WHERE id = ?1",
                [(number, vectors[number].tobytes()) for number in range(1, ROWS + 1)],
            )
            hashes = [(f"{int(value):016x}", number) for number, value in enumerate(random.integers(0, 2**63, ROWS, np.uint64), start=1)]
            await connection.executemany("UPDATE photo SET phash = ? WHERE id = ?", hashes)
            await connection.executemany("UPDATE photo SET phash = ? WHERE id = ?", [(f"{HASH:016x}", ASKED), (f"{FAR:016x}", ALIKE)])
        yield db
    lookups._indexes.pop(tmp_path / "library.db", None)


async def roots(db: Database) -> list[int]:
    return [row[0] for row in await db.rows("SELECT id FROM root")]


async def test_photos_alike_only_to_the_model_are_found(library: Database, tmp_path: Path) -> None:
    found = similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.4)
    assert found.basis == "hash+embedding"
    assert dict(zip(found.ids, found.similarity, strict=True))[ALIKE] == pytest.approx(0.7 * (1 - 40 / 64) + 0.3, abs=1e-4)


async def test_the_best_are_those_of_all_photos_compared_in_full(library: Database, tmp_path: Path) -> None:
    rows = await library.rows("SELECT p.id, p.phash, e.vector FROM photo p JOIN photo_embedding e ON e.photo_id = p.id")
    vectors = {row[0]: np.frombuffer(row[2], "<f4") for row in rows}
    truth = {
        row[0]: 0.7 * (1 - (int(row[1], 16) ^ HASH).bit_count() / 64) + 0.3 * float(np.clip(vectors[row[0]] @ vectors[ASKED], 0, 1))
        for row in rows
    }
    allowed = set(similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.0).ids)
    best = sorted(allowed, key=lambda number: (-truth[number], number))[:500]
    found = similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.4)
    assert found.similarity[:500].tolist() == pytest.approx([truth[number] for number in best], abs=1e-5)
    assert len(set(found.ids[:500]) & set(best)) >= 499  # equal ones may change places


async def test_photos_of_another_model_are_compared_by_their_hash(library: Database, tmp_path: Path) -> None:
    async with library.writing() as connection:
        await connection.execute("UPDATE photo_embedding SET space = 'other' WHERE photo_id = ?", (ALIKE,))
    found = similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.3)
    assert dict(zip(found.ids, found.similarity, strict=True))[ALIKE] == pytest.approx(1 - 40 / 64, abs=1e-4)


async def test_a_photo_without_hash_is_compared_by_its_embedding(library: Database, tmp_path: Path) -> None:
    async with library.writing() as connection:
        await connection.execute("UPDATE photo SET phash = NULL WHERE id = ?", (ASKED,))
    found = similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.4)
    assert (found.basis, found.ids[0]) == ("embedding", ALIKE)
    assert found.similarity[0] == pytest.approx(1, abs=1e-4)


async def test_who_may_not_see_a_root_finds_nothing_there(library: Database, tmp_path: Path) -> None:
    assert not similar_by_looks(library.path, tmp_path / "vectors", [4711], ASKED, 0.0).ids


async def test_without_a_place_for_the_vectors_hashes_still_compare(library: Database, tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(b"a file where the folder should be")
    found = similar_by_looks(library.path, tmp_path / "vectors", await roots(library), ASKED, 0.5)
    assert found.ids and ALIKE not in found.ids
