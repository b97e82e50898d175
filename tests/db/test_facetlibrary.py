"""Facet's database is read as it is, in whatever state it lies there, and never written to."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from facetd.db.facetlibrary import open_facet
from facetd.errors import InvalidInput
from tests.facetmaker import FacetMaker


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file of a folder, as it is on the disk."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()
    }


def paths(path: Path, scratch: Path) -> list[str]:
    with open_facet(path, scratch) as facet:
        return sorted(photo.path for photo in facet.photos())


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (tmp_path / "Facet %41 #?").mkdir()
    return tmp_path / "Facet %41 #?"


def test_nothing_is_written_beside_it(there: Path, tmp_path: Path) -> None:
    facet = FacetMaker(there / "photo_scores.db")
    facet.run("PRAGMA journal_mode = WAL")
    facet.photo("/a.jpg")
    before = state(there)
    assert set(before) == {"photo_scores.db"}
    there.chmod(0o555)
    assert paths(facet.path, tmp_path) == ["/a.jpg"]
    assert state(there) == before
    there.chmod(0o755)


@pytest.mark.parametrize("left", [("-wal", "-shm"), ("-wal",)])
def test_what_was_left_in_the_log_counts(there: Path, tmp_path: Path, left: tuple[str, ...]) -> None:
    facet = FacetMaker(tmp_path / "running.db")
    with closing(sqlite3.connect(facet.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO photos (path, filename) VALUES ('/a.jpg', 'a.jpg')")
        connection.commit()
        for suffix in ("", *left):
            shutil.copyfile(f"{facet.path}{suffix}", there / f"photo_scores.db{suffix}")
        before = state(there)
        assert paths(there / "photo_scores.db", tmp_path) == ["/a.jpg"]
        assert state(there) == before
        assert paths(facet.path, tmp_path) == ["/a.jpg"]  # while it is in use
        (tmp_path / "link.db").symlink_to(there / "photo_scores.db")
        assert paths(tmp_path / "link.db", tmp_path) == ["/a.jpg"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_another_state_is_not_mixed_in(tmp_path: Path) -> None:
    facet = FacetMaker(tmp_path / "running.db")
    facet.photo("/a.jpg", star_rating=1)
    with closing(sqlite3.connect(facet.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE photos SET star_rating = 2")
        connection.commit()
        with open_facet(facet.path, tmp_path) as library:
            assert [photo.path for photo in library.photos()] == ["/a.jpg"]
            connection.execute("UPDATE photos SET star_rating = 3")
            connection.commit()
            assert [opinion.stars for _, _, opinion in library.opinions() if opinion] == [2]


def test_paths_need_not_be_unicode(tmp_path: Path) -> None:
    facet = FacetMaker(tmp_path / "a.db")
    facet.photo("/Ünïcode/日本.jpg", phash="00ff00ff00ff00ff")
    facet.run("INSERT INTO photos (path, filename, phash) VALUES (CAST(x'2FFF2E6A7067' AS TEXT), 'x', '0000000000000001')")
    facet.run("INSERT INTO photos (path, filename) VALUES (x'2FFE2E6A7067', 'x'), (NULL, 'x'), (7, 'x')")
    with open_facet(facet.path, tmp_path) as library:
        found = [photo.path for photo in library.photos()]
        assert sorted(found) == sorted([os.fsdecode(b"/\xff.jpg"), os.fsdecode(b"/\xfe.jpg"), "/Ünïcode/日本.jpg", "7"])
        assert library.hashes(found) == {"/Ünïcode/日本.jpg": 0x00FF00FF00FF00FF}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"no database at all, but long enough", "not a SQLite database"),
        (b"SQLite format 3\0" + b"x" * 4096, "cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        paths(tmp_path / "a.db", tmp_path)


def test_other_databases_and_what_is_no_file_are_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE photo (id)")
    with pytest.raises(InvalidInput, match="not a database of Facet"):
        paths(tmp_path / "other.db", tmp_path)
    with pytest.raises(InvalidInput, match="a folder"):
        paths(tmp_path, tmp_path)
    with pytest.raises(InvalidInput, match="No such file"):
        paths(tmp_path / "nowhere.db", tmp_path)


def test_a_damaged_database_is_said_to_be(tmp_path: Path) -> None:
    facet = FacetMaker(tmp_path / "a.db")
    for number in range(400):
        facet.photo(f"/{'long name ' * 10}{number}.jpg") if number < 3 else None
    facet.run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
              " INSERT INTO photos (path, filename) SELECT '/p/' || i || '.jpg', i || '.jpg' FROM n")  # fmt: skip
    with facet.path.open("r+b") as stream:
        stream.seek(4096 * 12)
        for _ in range(20):
            stream.write(b"\xa5" * 4096)
    with pytest.raises(InvalidInput, match="cannot be read"):
        paths(facet.path, tmp_path)


def test_what_was_not_finished_is_taken_back_in_a_copy(there: Path, tmp_path: Path) -> None:
    facet = FacetMaker(tmp_path / "running.db")
    facet.photo("/a.jpg")
    with closing(sqlite3.connect(facet.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN")
        connection.execute("UPDATE photos SET path = '/b.jpg'")
        sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO photos (path) SELECT i FROM n"
        connection.execute(sql)
        for suffix in ("", "-journal"):
            shutil.copyfile(f"{facet.path}{suffix}", there / f"photo_scores.db{suffix}")
    before = state(there)
    assert paths(there / "photo_scores.db", tmp_path) == ["/a.jpg"]
    assert state(there) == before
