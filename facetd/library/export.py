"""Photos with everything that is measured and said of them, as CSV or JSON: a piece at a time, so that any number of them takes little
memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, Protocol, get_args

from pydantic_core import to_json

from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.ledger import virtual_path
from facetd.db.listing import After, Key, Listing
from facetd.db.names import from_stored, shown
from facetd.db.places import display_name
from facetd.db.rows import PhotoRow, photo_rows
from facetd.fields import FIELDS
from facetd.filters import PhotoConditions
from facetd.library.present import NOBODY
from facetd.records.viewer import Viewer

Format = Literal["csv", "json"]
FORMATS: tuple[str, ...] = get_args(Format)
MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv", "json": "application/json"}
PIECE = 250  # photos that are read at once
BESIDE = (
    "format", "image_width", "image_height", "size", "date_offset", "added_at", "focal_length_35mm", "exposure_bias", "gps_latitude",
    "gps_longitude", "gps_altitude", "title",
)  # fmt: skip
COLUMNS = ("id", "path", *(field.key for field in FIELDS), *BESIDE, "place", "caption", "tags", "persons")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # what spreadsheets take for the beginning of a formula
SEPARATOR = "; "


class Lists(Protocol):
    """Who makes lists of photos: the gallery."""

    async def listing(self, viewer: Viewer, chosen: PhotoConditions, *, sort: str, descending: bool) -> Listing:
        """A list by filter and order. Raises InvalidInput, NotFound."""


class Export:
    """Lists of photos as files."""

    def __init__(self, db: Database, lists: Lists) -> None:
        self._db = db
        self._lists = lists

    async def pieces(
        self, viewer: Viewer, chosen: PhotoConditions, how: Format, *, sort: str, descending: bool
    ) -> AsyncIterator[bytes]:  # fmt: skip
        """The photos of a list that `viewer` sees, in its order, with their own ratings.

        Raises InvalidInput, NotFound before the first piece.
        """
        listing = await self._lists.listing(viewer, chosen, sort=sort, descending=descending)
        return self._pieces(viewer, listing, CsvWriter() if how == "csv" else JsonWriter())

    async def _pieces(self, viewer: Viewer, listing: Listing, writer: CsvWriter | JsonWriter) -> AsyncIterator[bytes]:
        yield writer.begin()
        last: After | None = None

        def read(connection: Connection) -> tuple[list[Key], bytes]:
            # The keys of the last photo are as of then; photos that changed their place meanwhile may come twice or not at all.
            keys = listing.page(connection, offset=0, limit=PIECE) if last is None else listing.after(connection, last, limit=PIECE)
            return keys, writer.write(exported_rows(connection, viewer, [key.id for key in keys]))

        while True:
            keys, piece = await self._db.read(read)
            if piece:
                yield piece
            if len(keys) < PIECE:
                break
            last = After(keys[-1].value, keys[-1].id)
        yield writer.end()


def exported_rows(connection: Connection, viewer: Viewer, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those of `ids` that `viewer` sees, with the values of COLUMNS; `tags` and `persons` are lists."""
    rows = photo_rows(connection, viewer, ids)
    people = people_of_photos(connection, [row.values["id"] for row in rows])
    return [_exported(row, people.get(row.values["id"], NOBODY)[0]) for row in rows]


def _exported(row: PhotoRow, persons: list[dict[str, Any]]) -> dict[str, Any]:
    values, beside = row
    more = {
        "path": virtual_path(beside.root_name, beside.folder_path, beside.filename),
        "filename": shown(from_stored(beside.filename)),
        "place": display_name((beside.town, "", beside.country or "")) if beside.town else None,
        "caption": beside.caption,
        "tags": list(dict.fromkeys(json.loads(beside.tag_names))),
        "persons": persons,
    }
    return {name: more[name] if name in more else values[name] for name in COLUMNS}


class CsvWriter:
    """CSV in UTF-8 with a line of names (RFC 4180). Tags and persons are joined by `; `.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """

    def begin(self) -> bytes:
        """The names."""
        return self._lines([COLUMNS])

    def write(self, photos: Sequence[Mapping[str, Any]]) -> bytes:
        """A line for each photo."""
        return self._lines([[_cell(name, photo[name]) for name in COLUMNS] for photo in photos])

    def end(self) -> bytes:
        """There is nothing to close."""
        return b""

    def _lines(self, rows: Sequence[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue().encode("utf-8", "replace")


class JsonWriter:
    """`{"photos": [...], "count": n}` with a line for each photo; the values have their types."""

    def __init__(self) -> None:
        self._count = 0

    def begin(self) -> bytes:
        """The beginning of the list."""
        return b'{"photos":['

    def write(self, photos: Sequence[Mapping[str, Any]]) -> bytes:
        """More of the list."""
        lines = [to_json(photo, inf_nan_mode="null") for photo in photos]
        before = b"\n" if not self._count else b",\n"
        self._count += len(lines)
        return before + b",\n".join(lines) if lines else b""

    def end(self) -> bytes:
        """The end of the list, and how many photos were in it: without that it is not whole."""
        return b'\n],"count":%d}\n' % self._count


def _cell(name: str, value: Any) -> Any:
    """A value as a cell; None is an empty one."""
    if name == "persons":
        value = SEPARATOR.join(person["name"] for person in value)
    elif name == "tags":
        value = SEPARATOR.join(value)
    if isinstance(value, str) and value.lstrip(" \n\xa0\ufeff").startswith(FORMULA):
        return f"'{value}"
    return value
