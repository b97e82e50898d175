"""Albums: collections that somebody made by hand, and filters that are looked up anew whenever they are opened.

An album belongs to who made it. Others of the household open it only when its `visibility` says so, and see of it what they may see of the
library: photos that are private to the owner are not listed, not counted, and never the cover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from facetd.config import Config
from facetd.db import albums as db_albums
from facetd.db import albumwrites
from facetd.db.albums import AlbumRow
from facetd.db.connection import Connection, Database
from facetd.db.listing import POSITION
from facetd.db.photos import shown_names
from facetd.db.store import now
from facetd.errors import Conflict, FacetdError, FieldError, Forbidden, InvalidInput, NotFound
from facetd.filters import PhotoConditions, PhotoFilter
from facetd.i18n import _
from facetd.library.albumorder import moved, rearranged
from facetd.library.albumundo import KIND, added, ordered, take_back, taken_out
from facetd.library.gallery import Gallery, PhotoPage
from facetd.library.smartfilter import FIELD, parse_smart_filter
from facetd.library.targets import targets
from facetd.library.undoing import Undoing
from facetd.records import Viewer

LONGEST_NAME = 200
AlbumSort = Literal["updated_at", "name", "photo_count"]
Visibility = Literal["private", "household"]
Ids = Sequence[int] | None
Paths = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Named:
    """A photo that stands for an album: its id, virtual path, and the hash that its thumbnails are kept under."""

    id: int
    path: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Album:
    """An album as one viewer sees it. `error`: why a smart one shows nothing. `photo_count` is None while it is being counted,
    and not `exact` when it may be that of a moment ago.
    """

    row: AlbumRow
    is_mine: bool
    photo_count: int | None
    cover: Named | None
    first: Named | None
    error: str | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class AlbumPage:
    """One page of an album's photos, and the order they are in."""

    photos: PhotoPage
    sort: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """How many photos of an album changed, how many a viewer sees in it now, what was named but not found, and the token that takes it
    back; None where nothing changed.
    """

    changed: int
    photo_count: int
    not_found: tuple[int | str, ...]
    undo: str | None


class Albums:
    """What people do with albums."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, undoing: Undoing) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery
        self._undoing = undoing
        undoing.register(KIND, take_back, editing=True)

    async def albums(
        self, viewer: Viewer, *, page: int = 1, per_page: int = 48, search: str = "", kind: str = "", sort: AlbumSort = "updated_at"
    ) -> tuple[list[Album], int]:
        """One page of the albums that `viewer` may open, and how many there are. `kind`: smart, manual, or all.

        Changed last first, by name, or most photos first.
        """
        rows = [row for row in await self._db.read(lambda connection: db_albums.albums(connection, viewer)) if _is(row, kind)]
        if wanted := search.strip().casefold():
            rows = [row for row in rows if wanted in row.name.casefold() or wanted in row.description.casefold()]
        rows.sort(key=lambda row: row.id, reverse=True)
        if sort == "name":
            rows.sort(key=lambda row: row.name.casefold())
        elif sort == "photo_count":
            rows.sort(key=lambda row: row.photos, reverse=True)
        else:
            rows.sort(key=lambda row: row.updated_at, reverse=True)
        return await self._shown(viewer, rows[(page - 1) * per_page : page * per_page]), len(rows)

    async def revision(self, viewer: Viewer) -> str:
        """Changes with every change that `viewer` could see in albums, links that ran out included."""
        return f"{await self._gallery.revision(viewer)}.{now()[:16]}"

    async def album(self, viewer: Viewer, album: int) -> Album:
        """One album. Raises NotFound."""
        return (await self._shown(viewer, [await self._find(viewer, album)]))[0]

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
            description=description.strip(),
            visibility=visibility,
            smart_filter=smart_filter,
            photos=photos,
        )
        return await self.album(viewer, number)

    async def change(self, viewer: Viewer, album: int, values: Mapping[str, object]) -> Album:
        """Set `name`, `description`, `visibility`, `smart_filter` (None: manual) or `cover_photo_id` (None: the first photo).

        Raises NotFound, Forbidden for an album of somebody else, and InvalidInput.
        """
        row = await self._own(viewer, album)
        values = dict(values)
        if "name" in values:
            values["name"] = clean_name(str(values["name"]))
        if "description" in values:
            values["description"] = str(values["description"]).strip()
        smart = values.get("smart_filter", row.smart_filter)
        if values.get("smart_filter") is not None:
            await self._check_filter(viewer, str(smart))
        if (cover := values.get("cover_photo_id")) is not None:
            await self._check_cover(viewer, row, int(str(cover)), manual=smart is None)
        await albumwrites.change(self._db, album, values)
        return await self.album(viewer, album)

    async def delete(self, viewer: Viewer, album: int) -> None:
        """Forget an album; its photos stay. Raises NotFound, Forbidden."""
        await self._own(viewer, album)
        await albumwrites.delete(self._db, album)

    async def photos(
        self,
        viewer: Viewer,
        album: int,
        *,
        sort: str | None = None,
        descending: bool | None = None,
        per_page: int,
        page: int = 1,
        after: str | None = None,
    ) -> AlbumPage:
        """One page of an album's photos, without `sort` in the order of the album. Raises NotFound, InvalidInput.

        A smart album has no positions: it comes in the order of its filter, or as the gallery does. One whose filter cannot be read
        any more has no photos.
        """
        row = await self._find(viewer, album)
        chosen: PhotoConditions = PhotoFilter(album_id=album)
        if row.smart_filter is None:
            sort, descending = sort or POSITION, descending if descending is not None else sort not in (None, POSITION)
        else:
            try:
                smart = parse_smart_filter(row.smart_filter)
            except InvalidInput:
                return AlbumPage(PhotoPage(b"[]", 0, None), sort or POSITION, bool(descending))
            defaults = self._config.viewer.defaults
            if sort in (None, POSITION):
                sort, descending = smart.sort or defaults.sort, smart.descending if descending is None else descending
            descending = defaults.sort_direction == "DESC" if descending is None else descending
            chosen = smart.chosen
        try:
            found = await self._gallery.page(
                viewer, chosen, sort=sort or POSITION, descending=descending, per_page=per_page, page=page, after=after
            )
        except FacetdError as error:
            if row.smart_filter is None or _is_about_asking(error):
                raise
            found = PhotoPage(b"[]", 0, None)
        return AlbumPage(found, sort or POSITION, descending)

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
            gone = await albumwrites.take_out(connection, album, wanted.ids)
            token = await self._undoing.keep(connection, viewer, KIND, taken_out(album, gone)) if gone else None
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
            raise InvalidInput(_("a photo cannot be moved next to itself"), errors=[FieldError("photo_ids", _("expected other photos"))])

        def arrange(current: list[int]) -> list[int]:
            if neighbour is None:
                return rearranged(current, named)
            return moved(current, named, neighbour, after=after is not None) if neighbour in current else current

        async with self._db.writing() as connection:
            order, changed = await albumwrites.reorder(connection, album, arrange)
            token = await self._undoing.keep(connection, viewer, KIND, ordered(album, order)) if changed else None
        return Changed(changed, (await self._find(viewer, album)).photos, (*wanted.not_found, *outside), token)

    async def _find(self, viewer: Viewer, album: int) -> AlbumRow:
        row = await db_albums.find(self._db, viewer, album)
        if row is None:
            raise NotFound(_("there is no such album"))
        return row

    async def _own(self, viewer: Viewer, album: int) -> AlbumRow:
        row = await self._find(viewer, album)
        if row.user_id != viewer.user_id:
            raise Forbidden(_("the album is somebody else's"))
        return row

    async def _manual(self, viewer: Viewer, album: int) -> AlbumRow:
        row = await self._own(viewer, album)
        if row.smart_filter is not None:
            raise Conflict(_("the photos of a smart album follow from its filter"))
        return row

    async def _check_filter(self, viewer: Viewer, text: str) -> None:
        """Raises InvalidInput for a filter that cannot be looked up."""
        chosen = parse_smart_filter(text).chosen
        try:
            if chosen.album_id is not None and (await self._find(viewer, chosen.album_id)).smart_filter is not None:
                raise InvalidInput(
                    _("a smart album cannot be made of another one"), errors=[FieldError(f"{FIELD}.album_id", _("expected a manual album"))]
                )
            await self._gallery.narrowed(viewer, chosen)
        except NotFound as error:
            raise InvalidInput(_("the filter names what is not there"), errors=[FieldError(FIELD, error.message)]) from error
        except InvalidInput as error:
            errors = [FieldError(f"{FIELD}.{each.field.removeprefix(f'{FIELD}.')}", each.message) for each in error.errors]
            raise InvalidInput(error.message, errors=errors) from error

    async def _check_cover(self, viewer: Viewer, row: AlbumRow, photo: int, *, manual: bool) -> None:
        if manual:
            seen = await self._db.read(lambda connection: db_albums.among(connection, viewer, row.id, [photo]))
        else:
            seen = await self._db.read(lambda connection: db_albums.shown_covers(connection, viewer, [photo]))
        if photo not in seen:
            raise InvalidInput(
                _("the cover is not in the album"), errors=[FieldError("cover_photo_id", _("expected a photo of the album"))]
            )

    async def _shown(self, viewer: Viewer, rows: Sequence[AlbumRow]) -> list[Album]:
        def read(connection: Connection) -> tuple[dict[int, int], set[int], dict[int, tuple[str, str]]]:
            firsts = db_albums.first_photos(connection, viewer, [row.id for row in rows if row.photos])
            covers = db_albums.shown_covers(connection, viewer, [row.cover_photo_id for row in rows if row.cover_photo_id is not None])
            return firsts, covers, shown_names(connection, viewer, [*firsts.values(), *covers])

        firsts, covers, names = await self._db.read(read)

        def named(photo: int | None) -> Named | None:
            return Named(photo, *names[photo]) if photo is not None and photo in names else None

        found = []
        for row in rows:
            first = named(firsts.get(row.id))
            cover = named(row.cover_photo_id) if row.cover_photo_id in covers else None
            found.append(Album(row, row.user_id == viewer.user_id, row.photos, cover or first, first))
        return found


def clean_name(name: str) -> str:
    """A name as it is kept: one line, no blanks at its ends. Raises InvalidInput."""
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise InvalidInput(
            _("the album has no usable name"),
            errors=[FieldError("name", _("expected 1 to {count} characters").format(count=LONGEST_NAME))],
        )
    return clean


def _is(row: AlbumRow, kind: str) -> bool:
    return not kind or (kind == "smart") == (row.smart_filter is not None)


def _is_about_asking(error: FacetdError) -> bool:
    """Whether the order or page that was asked for is wrong, and not the album's filter."""
    return any(each.field in ("sort", "after") for each in error.errors)
