"""Searching vectors in files beside the library: always what the library says, whatever happened to the files."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facetd.db import looks
from facetd.db.connection import Database
from facetd.errors import Unavailable
from facetd.ingest import nearest as searching
from facetd.ingest.nearest import cosines, estimates, file_of, nearest, tend
from facetd.ingest.vectorcare import VectorCare
from facetd.ingest.vectorfile import HEAD_SIZE, VectorFile
from facetd.library.vectors import Vectors
from tests.house import InlineWorkers

Floats = NDArray[np.float32]
SPACE = "made-16/f32"
RANDOM = np.random.default_rng


def unit(rows: int, dimension: int = 16, seed: int = 1) -> Floats:
    found = RANDOM(seed).standard_normal((rows, dimension)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


class Library:
    """A library of nothing but vectors, and the folder of the files."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "library.db"
        self.files = folder / "vectors"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = OFF")

    def add(self, vectors: Floats, first: int = 1, space: str = SPACE) -> None:
        self.connection.executemany(
            "INSERT OR REPLACE INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)",
            [(first + i, space, vector.astype("<f4").tobytes()) for i, vector in enumerate(vectors)],
        )

    def remove(self, *photos: int) -> None:
        self.connection.executemany("DELETE FROM photo_embedding WHERE photo_id = ?", [(photo,) for photo in photos])

    def near(self, asked: int | Floats, count: int, within: list[int] | None = None, space: str | None = None) -> list[int]:
        question = asked if isinstance(asked, int) else asked.astype("<f4").tobytes()
        found = nearest(self.path, self.files, space, question, count, within)
        assert found is not None
        assert list(found.cosines) == sorted(found.cosines, reverse=True)
        return list(found.ids)

    @property
    def file(self) -> Path:
        return file_of(self.files, SPACE)


@pytest.fixture
async def library(tmp_path: Path) -> Library:
    async with Database(tmp_path / "library.db"):
        pass
    return Library(tmp_path)


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    yield
    searching._open.clear()


def fresh_process() -> None:
    """What a process that has just started knows."""
    searching._open.clear()


def truth(vectors: Floats, question: Floats, count: int, photos: list[int] | None = None) -> list[int]:
    """Photos numbered from 1, nearest first."""
    ids = [photo for photo in range(1, len(vectors) + 1) if photos is None or photo in photos]
    return sorted(ids, key=lambda photo: (-float(vectors[photo - 1] @ question), photo))[:count]


@pytest.mark.parametrize("dimension", [1, 3, 16, 128])
def test_the_nearest_are_the_nearest(library: Library, dimension: int) -> None:
    vectors = unit(700, dimension)
    library.add(vectors)
    for question in unit(5, dimension, seed=2):
        found = nearest(library.path, library.files, None, question.tobytes(), 20)
        assert found is not None
        assert found.space == SPACE
        expected = truth(vectors, question, 20)
        assert np.allclose(found.cosines, [vectors[photo - 1] @ question for photo in expected], atol=1e-5)
        assert dimension == 1 or list(found.ids) == expected


def test_a_photo_is_not_near_itself(library: Library) -> None:
    vectors = unit(300)
    library.add(vectors)
    assert library.near(7, 10) == [photo for photo in truth(vectors, vectors[6], 11) if photo != 7]
    assert nearest(library.path, library.files, None, 999, 10) is None


def test_only_some_photos_are_searched_on_request(library: Library) -> None:
    vectors = unit(900)
    library.add(vectors)
    some = RANDOM(3).permutation(900)[:40] + 1
    question = unit(1, seed=4)[0]
    assert library.near(question, 25, some.tolist()) == truth(vectors, question, 25, some.tolist())
    assert library.near(question, 25, [5000, 3]) == [3]
    assert library.near(question, 25, []) == []


def test_vectors_with_one_great_number_are_told_apart(library: Library) -> None:
    vectors = unit(2000, 64)
    vectors[:, 5] = 6.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    library.add(vectors)
    found, right = library.near(vectors[0], 50), truth(vectors, vectors[0], 50)
    assert len(set(found) & set(right)) >= 49


def test_many_rows_are_searched_in_parts_by_several_threads(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.vectorfile.CHUNK", 64)
    monkeypatch.setattr("facetd.ingest.vectorfile.PARALLEL", 200)
    vectors = unit(1000)
    library.add(vectors)
    question = unit(1, seed=4)[0]
    assert library.near(question, 150) == truth(vectors, question, 150)
    library.remove(*truth(vectors, question, 400))
    assert library.near(question, 100) == truth(vectors, question, 500)[400:]


def test_what_comes_goes_or_changes_is_followed(library: Library) -> None:
    vectors = unit(200)
    library.add(vectors[:100])
    assert library.near(vectors[150], 1) != [151]
    library.add(vectors[100:], first=101)
    assert library.near(vectors[150], 1) == [151]
    vectors[150], vectors[20] = vectors[20].copy(), vectors[150].copy()
    library.add(vectors[150:151], first=151)
    library.add(vectors[20:21], first=21)
    assert library.near(vectors[20], 5) == truth(vectors, vectors[20], 5)
    library.remove(21)
    assert 21 not in library.near(vectors[20], 5)
    fresh_process()
    assert library.near(vectors[150], 1) == [151]


def test_photos_that_are_gone_take_no_places(library: Library) -> None:
    vectors = unit(1000)
    library.add(vectors)
    question = vectors[0]
    order = truth(vectors, question, 1000)
    assert library.near(question, 5) == order[:5]
    library.remove(*order[:900])
    assert library.near(question, 30) == order[900:930]


def test_pairs_of_different_spaces_have_no_cosine(library: Library) -> None:
    library.add(unit(2))
    library.add(unit(2), first=3, space="other/f32")
    vectors = looks.read_vectors(library.connection, [1, 2, 3, 4, 5])
    assert np.isnan(looks.cosines(vectors, [(1, 3), (2, 4), (1, 5)])).all()
    assert looks.cosines(vectors, [(1, 2), (3, 4)]) == pytest.approx(unit(2)[0] @ unit(2)[1])


def test_spaces_never_mix(library: Library) -> None:
    vectors = unit(50)
    library.add(vectors, space="other/f32")
    library.add(vectors[:20])
    assert len(library.near(vectors[30], 50)) == 20
    assert library.near(vectors[30], 1, space="other/f32") == [31]
    library.remove(*range(31, 51))
    library.add(vectors[30:], first=31, space="other/f32")
    assert library.near(40, 50) == [number for number in library.near(40, 50, space="other/f32") if number != 40], "in its own space"
    assert set(library.near(5, 50)) <= set(range(1, 21))
    assert nearest(library.path, library.files, "third/f32", vectors[0].tobytes(), 5) is None
    assert nearest(library.path, library.files, None, unit(1, 8)[0].tobytes(), 5) is None
    assert nearest(library.path, library.files, None, np.zeros(16, np.float32).tobytes(), 5) is None


def test_a_library_without_vectors_has_nothing_near(library: Library) -> None:
    assert nearest(library.path, library.files, None, unit(1)[0].tobytes(), 5) is None
    assert cosines(library.path, None, 1, [2]) is None
    assert tend(library.path, library.files) == 0


def test_how_near_others_are(library: Library) -> None:
    vectors = unit(10)
    library.add(vectors)
    found = cosines(library.path, None, 3, [4, 99, 5])
    assert found is not None
    assert dict(zip(found.ids, found.cosines, strict=True)) == pytest.approx(
        {4: float(vectors[2] @ vectors[3]), 5: float(vectors[2] @ vectors[4])}, abs=1e-6
    )


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize("place", [3, 20, 90, 100, HEAD_SIZE + 2, HEAD_SIZE + 1000, -1])
def test_a_file_with_a_flipped_bit_is_written_anew(library: Library, place: int) -> None:
    vectors = unit(300)
    library.add(vectors)
    expected = library.near(vectors[0], 10)
    whole = library.file.read_bytes()
    fresh_process()
    flip(library.file, place)
    assert library.near(vectors[0], 10) == expected
    assert library.file.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 10_000, None])
def test_a_file_cut_short_or_of_something_else_is_written_anew(library: Library, content: bytes | None) -> None:
    vectors = unit(300)
    library.add(vectors)
    expected = library.near(vectors[0], 10)
    whole = library.file.read_bytes()
    fresh_process()
    library.file.write_bytes(whole[:-100] if content is None else content)
    assert library.near(vectors[0], 10) == expected
    assert library.file.read_bytes() == whole


def test_a_file_that_disappears_under_a_process_is_written_anew(library: Library) -> None:
    vectors = unit(50)
    library.add(vectors)
    library.near(vectors[0], 5)
    library.file.unlink()
    library.add(unit(5, seed=9), first=51)
    assert len(library.near(vectors[0], 100)) == 55


def test_a_file_of_another_library_is_written_anew(library: Library, tmp_path: Path) -> None:
    library.add(unit(100))
    library.near(1, 5)
    older, newer = unit(100, seed=5), unit(150, seed=5)
    for vectors in (newer, older):
        fresh_process()
        library.connection.execute("DELETE FROM photo_embedding")
        library.connection.execute("DELETE FROM sqlite_sequence WHERE name = 'photo_embedding'")
        library.add(vectors)
        question = unit(1, seed=6)[0]
        assert library.near(question, 10) == truth(vectors, question, 10)
    # also for a process that has the file open
    library.connection.execute("DELETE FROM photo_embedding")
    library.connection.execute("DELETE FROM sqlite_sequence WHERE name = 'photo_embedding'")
    library.add(newer[:20])
    assert library.near(newer[4], 1) == [5]


DYING = """
import os, signal, sys
from pathlib import Path
from facetd.ingest import nearest, vectorfile
wrote, calls = vectorfile._write_all, 0
def write(descriptor, content):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        os.write(descriptor, bytes(content)[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    wrote(descriptor, content)
vectorfile._write_all = write
nearest.tend(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("call", [1, 2])
def test_a_process_killed_while_it_appends_costs_nothing(library: Library, call: int) -> None:
    vectors = unit(400)
    library.add(vectors[:200])
    library.near(1, 5)
    library.add(vectors[200:], first=201)
    words = [sys.executable, "-c", DYING, str(library.path), str(library.files), str(call)]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": ":".join(sys.path)}, check=False)
    assert done.returncode == -signal.SIGKILL
    fresh_process()
    assert library.near(vectors[300], 10) == truth(vectors, vectors[300], 10)
    assert VectorFile.open(library.file, SPACE, 16).photos.tolist() == list(range(1, 401))


def test_files_are_tended(library: Library) -> None:
    vectors = unit(500)
    library.add(vectors)
    library.add(vectors[:10], space="old/f32")
    assert tend(library.path, library.files) == 510
    assert file_of(library.files, "old/f32").exists()
    library.connection.execute("DELETE FROM photo_embedding WHERE space = 'old/f32'")
    library.remove(*range(1, 101))
    size = library.file.stat().st_size
    assert tend(library.path, library.files) == 400
    assert not file_of(library.files, "old/f32").exists()
    assert library.file.stat().st_size < size
    assert library.near(vectors[200], 1) == [201]


def test_a_folder_that_cannot_be_written_is_told(library: Library) -> None:
    library.add(unit(5))
    library.files.write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be searched"):
        nearest(library.path, library.files, None, 1, 3)


async def test_the_follow_up_is_due_when_vectors_came_or_went(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        care, vectors = VectorCare(db, tmp_path, InlineWorkers()), Vectors(db, tmp_path, InlineWorkers())
        assert not await care.due()
        assert await vectors.nearest(1, 5) is None
        library = Library(tmp_path)
        library.add(unit(30))
        assert await care.due()
        assert await care.run(lambda _phase: None) == 30
        assert not await care.due()
        library.remove(3)
        assert await care.due()
        near = await vectors.nearest(1, 5, within=[2, 3, 4])
        assert near is not None
        assert sorted(near.ids) == [2, 4]
        others = await vectors.cosines(1, [2])
        assert others is not None
        assert others.cosines[0] == pytest.approx(near.cosines[list(near.ids).index(2)])


def test_estimates_are_within_a_hundredth_for_all_photos_in_their_place(library: Library) -> None:
    vectors = unit(500, 64)
    library.add(vectors)
    library.add(unit(3, 64, seed=9), first=20)
    vectors[19:22] = unit(3, 64, seed=9)
    found = estimates(library.path, library.files, 21)
    assert found is not None
    photos, values = found
    assert sorted(photos.tolist()) == list(range(1, 501))
    assert np.abs(values - vectors[photos - 1] @ vectors[20]).max() < 0.01
    assert estimates(library.path, library.files, 4711) is None
