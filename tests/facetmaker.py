"""Databases as Facet makes them: those of its first versions, which know little, and those of today."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

FIRST = {
    "photos": "path TEXT PRIMARY KEY, filename TEXT, date_taken TEXT, camera_model TEXT, image_width INTEGER, image_height INTEGER,"
    " aggregate REAL, thumbnail BLOB, phash TEXT",
    "faces": "id INTEGER PRIMARY KEY AUTOINCREMENT, photo_path TEXT NOT NULL, face_index INTEGER NOT NULL, embedding BLOB NOT NULL,"
    " bbox_x1 INTEGER, bbox_y1 INTEGER, bbox_x2 INTEGER, bbox_y2 INTEGER, confidence REAL, person_id INTEGER,"
    " UNIQUE (photo_path, face_index)",
    "persons": "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, representative_face_id INTEGER, face_count INTEGER DEFAULT 0,"
    " centroid BLOB",
}
LATER = {
    **FIRST,
    "photos": FIRST["photos"] + ", star_rating INTEGER DEFAULT 0, is_favorite INTEGER DEFAULT 0, is_rejected INTEGER DEFAULT 0,"
    " caption TEXT, caption_translated TEXT",
    "persons": FIRST["persons"] + ", auto_clustered INTEGER DEFAULT 1, face_thumbnail BLOB, is_hidden INTEGER DEFAULT 0",
    "user_preferences": "user_id TEXT NOT NULL, photo_path TEXT NOT NULL, star_rating INTEGER DEFAULT 0, is_favorite INTEGER DEFAULT 0,"
    " is_rejected INTEGER DEFAULT 0, PRIMARY KEY (user_id, photo_path)",
    "albums": "id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, name TEXT NOT NULL, description TEXT, cover_photo_path TEXT,"
    " is_smart INTEGER DEFAULT 0, smart_filter_json TEXT, share_token TEXT, created_at TEXT DEFAULT (datetime('now')),"
    " updated_at TEXT DEFAULT (datetime('now'))",
    "album_photos": "id INTEGER PRIMARY KEY AUTOINCREMENT, album_id INTEGER NOT NULL, photo_path TEXT NOT NULL, position INTEGER DEFAULT 0,"
    " added_at TEXT DEFAULT (datetime('now')), UNIQUE (album_id, photo_path)",
    "comparisons": "id INTEGER PRIMARY KEY AUTOINCREMENT, photo_a_path TEXT NOT NULL, photo_b_path TEXT NOT NULL, winner TEXT NOT NULL,"
    " category TEXT, timestamp TEXT DEFAULT (datetime('now')), session_id TEXT, user_id TEXT, source TEXT NOT NULL DEFAULT 'vote',"
    " UNIQUE (photo_a_path, photo_b_path)",
    "photo_manual_tags": "photo_path TEXT NOT NULL, tag TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'user', created_by TEXT,"
    " created_at TEXT, PRIMARY KEY (photo_path, tag)",
    "weight_config_snapshots": "id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT DEFAULT (datetime('now')), category TEXT,"
    " weights TEXT NOT NULL, description TEXT, accuracy_before REAL, accuracy_after REAL, comparisons_used INTEGER, created_by TEXT",
}  # fmt: skip


class FacetMaker:
    """A Facet database at `path`, of the version whose tables are given."""

    def __init__(self, path: Path, tables: Mapping[str, str] = LATER) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as connection, connection:
            for name, columns in tables.items():
                connection.execute(f"CREATE TABLE {name} ({columns})")
            if "star_rating" in tables["photos"]:
                connection.execute("CREATE INDEX idx_star_rating ON photos (star_rating)")

    def put(self, table: str, **values: Any) -> int:
        """A row; returns its id."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            marks = ", ".join("?" * len(values))
            return int(
                connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values())).lastrowid or 0
            )

    def photo(self, path: str, **values: Any) -> str:
        """A photo; its file name follows from its path. Returns the path."""
        name = path.replace("\\", "/").rpartition("/")[2]
        self.put("photos", **{"path": path, "filename": name, "image_width": 30, "image_height": 20, **values})
        return path

    def face(self, path: str, box: tuple[int, int, int, int], person: int | None = None) -> int:
        """A face in a photo; box: left, top, right, bottom in pixels."""
        index = self.run("SELECT COUNT(*) FROM faces WHERE photo_path = ?", (path,))[0][0]
        corners = dict(zip(("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"), box, strict=True))
        return self.put("faces", photo_path=path, face_index=index, embedding=b"", confidence=0.9, person_id=person, **corners)

    def run(self, sql: str, parameters: Iterable[Any] = ()) -> list[Any]:
        """Any statement."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(sql, list(parameters)).fetchall()
