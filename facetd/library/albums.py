"""Albums: collections that somebody makes by hand, and filters that are looked up anew whenever they are opened."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from facetd.config import Config
from facetd.db import albums as db_albums
from facetd.db import albumwrites
from facetd.db.albums import AlbumRow
from facetd.db.connection import Database
from facetd.errors import Conflict, FieldError, Forbidden, InvalidInput, NotFound
from facetd.i18n import _
from facetd.library.albumorder import moved, rearranged
from facetd.library.albumundo import KIND, added, deleted, ordered, take_back, taken_out
from facetd.library.albumviews import Album, AlbumViews
from facetd.library.gallery import Gallery
from facetd.library.people import TURNING
from facetd.library.smartfilter import FIELD, parse_smart_filter
from facetd.library.targets import targets
from facetd.library.undoing import Undoing
from facetd.records.viewer import Viewer

LONGEST_NAME = 200
Visibility = Literal["private", "household"]
Ids = Sequence[int] | None
Paths = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Changed:
    """How many photos of an album changed, how many a viewer sees in it now, what was named but not found, and the token that takes it
    back; None where nothing changed.
    """

    changed: int
    photo_count: int
    not_found: tuple[int | str, ...]
    undo: str | None


class Albums(AlbumViews):
    """What people see of albums, and do with their own."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, undoing: Undoing) -> None:
        super().__init__(db, config, gallery)
        self._undoing = undoing
        undoing.register(KIND, take_back, editing=True)

    async def make(
        self,
        viewer: Viewer,
        name: str,
        *,
        description: str = "",
        visibility: Visibility = "private",
        smart_filter: str | None = None,
        ids: Ids = None,
        paths: Paths = None,
    ) -> Album:
        """A new album that belongs to `viewer`: with these photos as far as `viewer` sees them, or what the filter finds.

        Raises InvalidInput.
        """
        if smart_filter is not None:
            await self._check_filter(viewer, smart_filter)
        photos = () if not ids and not paths else (await targets(self._db, viewer, ids, paths)).ids
        number = await albumwrites.make(
            self._db,
            viewer.user_id,
            clean_name(name),
            description=clean_description(description),
            visibility=visibility,
            smart_filter=smart_filter,
            photos=photos,
        )
        return await self.album(viewer, number)

    async def change(self, viewer: Viewer, album: int, values: Mapping[str, object]) -> Album:
        """Set `name`, `description`, `visibility`, `smart_filter` (None: manual) or `cover_photo_id` (None: the first photo).

        Raises NotFound, Forbidden for an album of somebody else, and InvalidInput.
        """
        row = await self.own(viewer, album)
        values = dict(values)
        if "name" in values:
            values["name"] = clean_name(str(values["name"]))
        if "description" in values:
            values["description"] = clean_description(str(values["description"]))
        smart = values.get("smart_filter", row.smart_filter)
        if values.get("smart_filter") is not None:
            await self._check_filter(viewer, str(smart))
        if (cover := values.get("cover_photo_id")) is not None:
            await self._check_cover(viewer, row, int(str(cover)), manual=smart is None)
        await albumwrites.change(self._db, album, values)
        return await self.album(viewer, album)

    async def delete(self, viewer: Viewer, album: int) -> str:
        """Forget an album; its photos stay. Returns the token that takes it back, without its links. Raises NotFound, Forbidden."""
        await self.own(viewer, album)
        async with self._db.writing() as connection:
            row, places = await albumwrites.delete(connection, album)
            if not row:
                raise NotFound(_("there is no such album"))
            return await self._undoing.keep(connection, viewer, KIND, deleted(album, row, places))

    async def add(self, viewer: Viewer, album: int, ids: Ids, paths: Paths) -> Changed:
        """Put photos at the end of a manual album; those that are in it already stay where they are.

        Raises NotFound, Forbidden, Conflict for a smart album, and InvalidInput.
        """
        await self._manual(viewer, album)
        wanted = await targets(self._db, viewer, ids, paths)
        async with self._db.writing() as connection:
            new = await albumwrites.add(connection, album, wanted.ids)
            token = await self._undoing.keep(connection, viewer, KIND, added(album, new)) if new else None
        return Changed(len(new), (await self._find(viewer, album)).photos, wanted.not_found, token)

    async def take_out(self, viewer: Viewer, album: int, ids: Ids, paths: Paths) -> Changed:
        """Take photos out of a manual album; they stay in the library. Raises as `add` does."""
        await self._manual(viewer, album)
        wanted = await targets(self._db, viewer, ids, paths)
        async with self._db.writing() as connection:
            gone, cover = await albumwrites.take_out(connection, album, wanted.ids)
            token = await self._undoing.keep(connection, viewer, KIND, taken_out(album, gone, cover)) if gone else None
        return Changed(len(gone), (await self._find(viewer, album)).photos, wanted.not_found, token)

    async def reorder(
        self, viewer: Viewer, album: int, ids: Ids, paths: Paths, *, before: int | None = None, after: int | None = None
    ) -> Changed:
        """Give photos another order among themselves or, with `before` or `after`, move them next to that photo. See albumorder.py.

        Raises as `add` does, NotFound also for a neighbour that is not in the album.
        """
        await self._manual(viewer, album)
        wanted = await targets(self._db, viewer, ids, paths)
        neighbour = before if before is not None else after
        asked = [*wanted.ids, *([] if neighbour is None else [neighbour])]
        inside = await self._db.read(lambda connection: db_albums.among(connection, viewer, album, asked))
        outside = tuple(number for number in wanted.ids if number not in inside)
        named = [number for number in wanted.ids if number in inside]
        if neighbour is not None and neighbour not in inside:
            raise NotFound(_("the album has no such photo to move others next to"))
        if neighbour in named:
            raise Conflict(_("a photo cannot be moved next to itself"), errors=[FieldError("photo_ids", _("expected other photos"))])

        def arrange(current: list[int]) -> list[int]:
            if neighbour is None:
                return rearranged(current, named)
            return moved(current, named, neighbour, after=after is not None) if neighbour in current else current

        async with self._db.writing() as connection:
            order, changed = await albumwrites.reorder(connection, album, arrange)
            token = await self._undoing.keep(connection, viewer, KIND, ordered(album, order)) if changed else None
        return Changed(changed, (await self._find(viewer, album)).photos, (*wanted.not_found, *outside), token)

    async def own(self, viewer: Viewer, album: int) -> AlbumRow:
        """An album that `viewer` owns. Raises NotFound, and Forbidden for one of somebody else."""
        row = await self._find(viewer, album)
        if row.user_id != viewer.user_id:
            raise Forbidden(_("the album is somebody else's"))
        return row

    async def _manual(self, viewer: Viewer, album: int) -> AlbumRow:
        row = await self.own(viewer, album)
        if row.smart_filter is not None:
            raise Conflict(_("the photos of a smart album follow from its filter"))
        return row

    async def _check_filter(self, viewer: Viewer, text: str) -> None:
        """Raises InvalidInput, and Conflict for a filter that cannot be looked up."""
        chosen = parse_smart_filter(text).chosen
        try:
            if chosen.album_id is not None and (await self._find(viewer, chosen.album_id)).smart_filter is not None:
                raise Conflict(
                    _("a smart album cannot be made of another one"), errors=[FieldError(f"{FIELD}.album_id", _("expected a manual album"))]
                )
            await self._gallery.narrowed(viewer, chosen)
        except NotFound as error:
            raise Conflict(_("the filter names what is not there"), errors=[FieldError(FIELD, error.message)]) from error
        except InvalidInput as error:
            errors = [FieldError(f"{FIELD}.{each.field.removeprefix(f'{FIELD}.')}", each.message) for each in error.errors]
            raise InvalidInput(error.message, errors=errors) from error

    async def _check_cover(self, viewer: Viewer, row: AlbumRow, photo: int, *, manual: bool) -> None:
        if manual:
            seen = await self._db.read(lambda connection: db_albums.among(connection, viewer, row.id, [photo]))
        else:
            seen = await self._db.read(lambda connection: db_albums.shown_covers(connection, viewer, [photo]))
        if photo not in seen:
            raise Conflict(_("the cover is not in the album"), errors=[FieldError("cover_photo_id", _("expected a photo of the album"))])


def clean_name(name: str) -> str:
    """A name as it is kept: one line, no blanks at its ends. Raises InvalidInput."""
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not _is_text(clean):
        raise InvalidInput(
            _("the album has no usable name"),
            errors=[FieldError("name", _("expected 1 to {count} characters, none of which steer a terminal").format(count=LONGEST_NAME))],
        )
    return clean


def clean_description(description: str) -> str:
    """A text as it is kept: lines, no blanks at its ends. Raises InvalidInput."""
    clean = "\n".join(line.rstrip() for line in description.strip().splitlines())
    if not _is_text(clean):
        raise InvalidInput(
            _("the description is no text"), errors=[FieldError("description", _("expected no characters that steer a terminal"))]
        )
    return clean


def _is_text(text: str) -> bool:
    """Whether there are no control characters but ends of lines and tabs, and none that have it run the other way."""
    return not any((unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t") or sign in TURNING for sign in text)
