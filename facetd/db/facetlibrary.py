"""The database of the reference product (Facet's photo_scores.db), read as it is: nothing is written to it or beside it.

Facet adds columns from version to version and drops none, so that a column or table that is not there means nothing is known. Values are
what SQLite's loose types let through; what is none of the expected is left out.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from facetd.db.facetvalues import (
    ForeignAlbum,
    ForeignCaption,
    ForeignComparison,
    ForeignFace,
    ForeignPerson,
    ForeignPhoto,
    ForeignSnapshot,
    Opinion,
    moment_of,
    opinion_of,
    real,
    text_of,
    whole,
    words_of,
)
from facetd.db.names import to_stored
from facetd.errors import InvalidInput
from facetd.i18n import _

MAGIC = b"SQLite format 3\0"
WRONG = _("Give the photo_scores.db of Facet, or a copy of it, with --db.")
CHUNK = 400  # paths in one query


class FacetLibrary:
    """An open Facet database. Its methods block; values that cannot be read raise InvalidInput."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._tables: dict[str, set[str]] = {}

    def columns(self, table: str) -> set[str]:
        """The columns of a table, empty when it is not there."""
        if table not in self._tables:
            self._tables[table] = {str(row[1]) for row in self.rows(f"PRAGMA table_info({table})")}
        return self._tables[table]

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement. Raises InvalidInput when the file is damaged."""
        try:
            yield from self._connection.execute(sql, parameters)
        except (sqlite3.Error, OverflowError) as error:
            raise InvalidInput(
                _("{path}: cannot be read: {error}").format(path=self._path, error=error),
                hint=_("Check it with `sqlite3 FILE 'PRAGMA integrity_check'`, or import a backup of it."),
            ) from error

    def select(self, table: str, columns: Sequence[str], rest: str = "", parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """These columns of a table, NULL for those that this version of Facet does not have; nothing when there is no such table."""
        there = self.columns(table)
        if there:
            named = ", ".join(name if name in there else "NULL" for name in columns)
            yield from self.rows(f"SELECT {named} FROM {table} {rest}", parameters)

    def photos(self) -> Iterator[ForeignPhoto]:
        """Every photo. Large values are left alone, which would cost minutes to read past."""
        for row in self.select("photos", ("path", "filename", "date_taken", "image_width", "image_height")):
            path = text_of(row[0])
            if path:
                yield ForeignPhoto(path, text_of(row[1]) or "", text_of(row[2]), whole(row[3]), whole(row[4]))

    def hashes(self, paths: Sequence[str]) -> dict[str, int]:
        """The perceptual hash of those of `paths` that have one."""
        found: dict[str, int] = {}
        plain = [path for path in paths if isinstance(to_stored(path), str)] if "phash" in self.columns("photos") else []
        for start in range(0, len(plain), CHUNK):
            some = plain[start : start + CHUNK]
            for row in self.rows(f"SELECT path, phash FROM photos WHERE path IN ({','.join('?' * len(some))})", some):
                path, phash = text_of(row[0]), text_of(row[1]) or ""
                if path and len(phash) == 16 and set(phash.lower()) <= set("0123456789abcdef"):
                    found[path] = int(phash, 16)
        return found

    def opinions(self) -> Iterator[tuple[str | None, str, Opinion | None]]:
        """(user, path, opinion) of whoever has one; no user: the one of single-user mode. None for an opinion that makes no sense."""
        columns = ("star_rating", "is_favorite", "is_rejected")
        for table, keys in (("photos", ("NULL", "path")), ("user_preferences", ("user_id", "photo_path"))):
            there = self.columns(table)
            if not there.issuperset(set(keys) - {"NULL"}):
                continue
            given = [name for name in columns if name in there]
            # One index each: a scan of all photos would read past their thumbnails.
            found: dict[tuple[str | None, str], tuple[Any, ...]] = {}
            for name in given:
                for row in self.rows(
                    f"SELECT {', '.join(keys)}, {', '.join(n if n in there else 'NULL' for n in columns)} FROM {table} WHERE {name} > 0"
                ):
                    path = text_of(row[1])
                    if path:
                        found[text_of(row[0]), path] = row[2:]
            for (user, path), values in found.items():
                yield user, path, opinion_of(values)

    def captions(self) -> Iterator[ForeignCaption]:
        """Every caption."""
        if "caption" in self.columns("photos"):
            for row in self.select("photos", ("path", "caption", "caption_translated"), "WHERE caption IS NOT NULL AND caption <> ''"):
                path, caption = text_of(row[0]), words_of(row[1])
                if path and caption and caption.strip():
                    yield ForeignCaption(path, caption, words_of(row[2]))

    def tags(self) -> Iterator[tuple[str, str]]:
        """(path, tag) of what a hand tagged; what models did they do here, too."""
        if {"photo_path", "tag"} <= self.columns("photo_manual_tags"):
            for row in self.select("photo_manual_tags", ("photo_path", "tag"), "ORDER BY photo_path, tag"):
                path, tag = text_of(row[0]), words_of(row[1])
                if path and tag:
                    yield path, tag

    def persons(self) -> Iterator[ForeignPerson]:
        """Everybody with a name."""
        for row in self.select("persons", ("id", "name", "is_hidden", "representative_face_id")):
            number, name = whole(row[0]), words_of(row[1])
            if number is not None and name and name.strip():
                yield ForeignPerson(number, name, bool(whole(row[2])), whole(row[3]))

    def faces(self) -> Iterator[tuple[str, list[ForeignFace]]]:
        """The photos with somebody who has a name: each with all faces in it."""
        corners = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
        if not {"photo_path", "person_id", *corners} <= self.columns("faces") or not {"id", "name"} <= self.columns("persons"):
            return
        named = "SELECT photo_path FROM faces WHERE person_id IN (SELECT id FROM persons WHERE trim(name) <> '')"
        rows = self.select(
            "faces", ("photo_path", "id", "person_id", *corners), f"WHERE photo_path IN ({named}) ORDER BY photo_path, face_index, id"
        )
        for path, group in itertools.groupby(rows, lambda row: text_of(row[0])):
            found = []
            for row in group:
                number, box = whole(row[1]), tuple(whole(value) for value in row[3:7])
                if number is not None and len(box) == 4 and None not in box:
                    left, top, right, bottom = (value or 0 for value in box)
                    found.append(ForeignFace(number, (left, top, right, bottom), whole(row[2])))
            if path and found:
                yield path, found

    def albums(self) -> Iterator[ForeignAlbum]:
        """Every album with the paths of its photos."""
        photos: dict[int | None, list[str]] = {}
        for row in self.select("album_photos", ("album_id", "photo_path"), f"ORDER BY {self._order('album_photos', 'position', 'id')}"):
            path = text_of(row[1])
            if path:
                photos.setdefault(whole(row[0]), []).append(path)
        columns = ("id", "user_id", "name", "description", "cover_photo_path", "is_smart", "smart_filter_json", "share_token")
        for row in self.select("albums", (*columns, "created_at", "updated_at"), f"ORDER BY {self._order('albums', 'id')}"):
            number, name = whole(row[0]), words_of(row[2])
            if number is not None and name is not None:
                smart = (words_of(row[6]) or "") if whole(row[5]) else None
                yield ForeignAlbum(
                    number, text_of(row[1]) or None, name, words_of(row[3]) or "", text_of(row[4]), smart, bool(row[7]),
                    moment_of(row[8]), moment_of(row[9]), tuple(dict.fromkeys(photos.get(number, ()))),
                )  # fmt: skip

    def comparisons(self) -> Iterator[ForeignComparison]:
        """Every answer to which of two photos is the better one."""
        columns = ("user_id", "photo_a_path", "photo_b_path", "winner", "category", "source", "session_id", "timestamp")
        for row in self.select("comparisons", columns, f"ORDER BY {self._order('comparisons', 'id')}"):
            one, other = text_of(row[1]), text_of(row[2])
            if one and other:
                yield ForeignComparison(
                    text_of(row[0]) or None, one, other, words_of(row[3]) or "", words_of(row[4]) or None, words_of(row[5]) or "vote",
                    words_of(row[6]) or "", moment_of(row[7]),
                )  # fmt: skip

    def snapshots(self) -> Iterator[ForeignSnapshot]:
        """Every snapshot of weights."""
        columns = ("id", "category", "weights", "description", "accuracy_before", "accuracy_after", "comparisons_used", "created_by")
        for row in self.select(
            "weight_config_snapshots", (*columns, "timestamp"), f"ORDER BY {self._order('weight_config_snapshots', 'id')}"
        ):
            number, weights = whole(row[0]), words_of(row[2])
            if number is not None and weights:
                yield ForeignSnapshot(
                    number, words_of(row[1]) or "", weights, words_of(row[3]) or "", real(row[4]), real(row[5]), whole(row[6]),
                    words_of(row[7]) or "manual", moment_of(row[8]),
                )  # fmt: skip

    def _order(self, table: str, *columns: str) -> str:
        return ", ".join(name for name in columns if name in self.columns(table)) or "1"


@contextmanager
def open_facet(path: Path, scratch: Path) -> Iterator[FacetLibrary]:
    """Open a Facet database for reading, also while Facet has it open; of one that was left without its index of the write-ahead log, a
    copy in `scratch`. Raises InvalidInput with what is wrong with it.
    """
    _check_file(path)
    path = path.resolve()  # the log lies beside the file, not beside a link to it
    log = path.with_name(path.name + "-wal")
    journal = path.with_name(path.name + "-journal")
    unfinished = any(each.exists() and each.stat().st_size for each in (log, journal))
    try:
        if not unfinished:
            with _connected(path, "mode=ro&immutable=1") as library:
                yield library
        elif log.exists() and path.with_name(path.name + "-shm").exists():
            with _connected(path, "mode=ro&readonly_shm=1") as library:
                yield library
        else:
            with tempfile.TemporaryDirectory(dir=scratch, prefix=".facet-") as folder:
                copy = Path(folder) / "facet.db"
                _copy(path, copy)
                with _connected(copy, "mode=rw") as library:
                    yield library
    except sqlite3.Error as error:
        raise InvalidInput(_("{path}: cannot be read: {error}").format(path=path, error=error), hint=WRONG) from error


def _copy(path: Path, copy: Path) -> None:
    """A copy with what was not finished. Raises InvalidInput, for one when there is no room."""
    for suffix in ("", "-wal", "-journal"):
        source = path.with_name(path.name + suffix)
        try:
            if source.exists():
                shutil.copyfile(source, f"{copy}{suffix}")
        except OSError as error:
            raise InvalidInput(
                _("{source}: cannot be copied: {strerror}").format(source=source, strerror=error.strerror),
                hint=_("Start Facet once and end it, so that no copy is needed."),
            ) from error


@contextmanager
def _connected(path: Path, options: str) -> Iterator[FacetLibrary]:
    uri = f"file:{quote(os.fsencode(path.absolute()))}?{options}"
    with closing(sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)) as connection:
        connection.text_factory = os.fsdecode
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")  # one state of it, whatever Facet does meanwhile
        library = FacetLibrary(connection, path)
        if not {"path", "filename"} <= library.columns("photos"):
            raise InvalidInput(_("{path}: this is not a database of Facet: it has no table of photos").format(path=path), hint=WRONG)
        yield library


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(len(MAGIC))
    except IsADirectoryError as error:
        raise InvalidInput(_("{path}: this is a folder, expected a file").format(path=path), hint=WRONG) from error
    except OSError as error:
        raise InvalidInput(_("{path}: cannot be read: {strerror}").format(path=path, strerror=error.strerror), hint=WRONG) from error
    if start != MAGIC:
        wrong = _("{path}: this is not a SQLite database") if start else _("{path}: the file is empty")
        raise InvalidInput(wrong.format(path=path), hint=WRONG)
