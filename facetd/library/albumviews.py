"""Albums as their viewers see them: lists, counts, covers and photos.

An album belongs to who made it. Others of the household open it only when its `visibility` says so, and see of it what they may see of the
library: photos that are private to the owner are not listed, not counted, and never the cover.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from facetd.config import Config
from facetd.db import albums as db_albums
from facetd.db.albums import AlbumRow
from facetd.db.connection import Connection, Database
from facetd.db.folding import plain
from facetd.db.listing import POSITION
from facetd.db.photos import shown_names
from facetd.db.store import now
from facetd.errors import FacetdError, InvalidInput, NotFound
from facetd.filters import PhotoFilter
from facetd.i18n import _
from facetd.library.gallery import OWN_LOOK, Gallery, Look, PhotoPage
from facetd.library.smartcounts import PATIENCE_S, Counted, SmartCounts
from facetd.library.smartfilter import parse_smart_filter
from facetd.records.viewer import Viewer

OWN_ORDER = POSITION  # the sort key of the order that an album has by itself
AlbumSort = Literal["updated_at", "name", "photo_count"]


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
    """One page of an album's photos, the order they are in, and why a smart album shows none."""

    photos: PhotoPage
    sort: str
    descending: bool
    error: str | None = None


class AlbumViews:
    """What is seen of albums."""

    def __init__(self, db: Database, config: Config, gallery: Gallery) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery
        self._smart = SmartCounts(self._count, lambda: db.revision)

    async def stop(self) -> None:
        """Count no more."""
        await self._smart.stop()

    async def albums(
        self, viewer: Viewer, *, page: int = 1, per_page: int = 48, search: str = "", kind: str = "", sort: AlbumSort = "updated_at"
    ) -> tuple[list[Album], int]:
        """One page of the albums that `viewer` may open, and how many there are. `kind`: smart, manual, or all.

        Changed last first, by name, or most photos first.
        """
        rows = [row for row in await self._db.read(lambda connection: db_albums.albums(connection, viewer)) if _is(row, kind)]
        if wanted := plain(search.strip()):
            rows = [row for row in rows if wanted in plain(row.name) or wanted in plain(row.description)]
        rows.sort(key=lambda row: row.id, reverse=True)
        if sort == "name":
            rows.sort(key=lambda row: plain(row.name))
        elif sort == "photo_count":
            counted = await self._smart.of(viewer, [row for row in rows if row.smart_filter is not None])
            rows.sort(key=lambda row: counted[row.id][0].photos if row.id in counted else row.photos, reverse=True)
        else:
            rows.sort(key=lambda row: row.updated_at, reverse=True)
        return await self._shown(viewer, rows[(page - 1) * per_page : page * per_page]), len(rows)

    async def revision(self, viewer: Viewer) -> str:
        """Changes with every change that `viewer` could see in albums, links that ran out included."""
        return f"{await self._gallery.revision(viewer)}.{now()[:16]}"

    async def album(self, viewer: Viewer, album: int) -> Album:
        """One album. Raises NotFound."""
        return await self.told_of(viewer, await self._find(viewer, album))

    async def told_of(self, viewer: Viewer, row: AlbumRow) -> Album:
        """One album that `viewer` may open."""
        return (await self._shown(viewer, [row], patience_s=None))[0]

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
        look: Look = OWN_LOOK,
    ) -> AlbumPage:
        """One page of an album's photos, without `sort` in the order of the album. Raises NotFound, InvalidInput.

        A smart album has no positions: it comes in the order of its filter, or as the gallery does. One whose filter cannot be read
        any more has no photos.
        """
        row = await self._find(viewer, album)
        if row.smart_filter is None:
            descending = sort not in (None, POSITION) if descending is None else descending
            found = await self._gallery.page(
                viewer,
                PhotoFilter(album_id=album),
                sort=sort or POSITION,
                descending=descending,
                per_page=per_page,
                page=page,
                after=after,
                look=look,
            )
            return AlbumPage(found, sort or POSITION, descending)
        return await self._smart_photos(viewer, row, sort, descending, per_page=per_page, page=page, after=after, look=look)

    async def ids(self, viewer: Viewer, album: int) -> tuple[str, list[int]]:
        """The name of an album, and all its photos in the order in which it shows them.

        Raises NotFound, also for a smart album whose filter cannot be read any more.
        """
        row = await self._find(viewer, album)
        if row.smart_filter is None:
            found = await self._gallery.ids(viewer, PhotoFilter(album_id=album), sort=POSITION, descending=False)
            return row.name, json.loads(found.ids_json)
        defaults = self._config.viewer.defaults
        try:
            smart = parse_smart_filter(row.smart_filter)
            way = defaults.sort_direction == "DESC" if smart.descending is None else smart.descending
            found = await self._gallery.ids(viewer, smart.chosen, sort=smart.sort or defaults.sort, descending=way)
        except (InvalidInput, NotFound) as problem:
            raise NotFound(_told_to(viewer, row, problem)) from problem
        return row.name, json.loads(found.ids_json)

    async def _smart_photos(
        self,
        viewer: Viewer,
        row: AlbumRow,
        sort: str | None,
        descending: bool | None,
        *,
        per_page: int,
        page: int,
        after: str | None,
        look: Look = OWN_LOOK,
    ) -> AlbumPage:
        defaults = self._config.viewer.defaults
        order, way, error = defaults.sort, defaults.sort_direction == "DESC", None
        found = PhotoPage(b"[]", 0, None)
        try:
            smart = parse_smart_filter(row.smart_filter or "")
            order, way = smart.sort or order, way if smart.descending is None else smart.descending
            if sort not in (None, POSITION):
                order, way = str(sort), True
            way = way if descending is None else descending
            found = await self._gallery.page(
                viewer, smart.chosen, sort=order, descending=way, per_page=per_page, page=page, after=after, look=look
            )
        except (InvalidInput, NotFound) as problem:
            if _is_about_asking(problem):
                raise
            error = _told_to(viewer, row, problem)
        return AlbumPage(found, order, way, error)

    async def _count(self, viewer: Viewer, row: AlbumRow) -> Counted:
        page = await self._smart_photos(viewer, row, None, None, per_page=1, page=1, after=None)
        first = next((int(photo["id"]) for photo in page.photos.photos), None)
        return Counted(page.photos.total, first, page.error, page.photos.exact)

    async def _find(self, viewer: Viewer, album: int) -> AlbumRow:
        row = await db_albums.find(self._db, viewer, album)
        if row is None:
            raise NotFound(_("there is no such album"))
        return row

    async def _shown(self, viewer: Viewer, rows: Sequence[AlbumRow], patience_s: float | None = PATIENCE_S) -> list[Album]:
        smart = await self._smart.of(viewer, [row for row in rows if row.smart_filter is not None], patience_s=patience_s)

        def read(connection: Connection) -> tuple[dict[int, int], set[int], dict[int, tuple[str, str]]]:
            firsts = db_albums.first_photos(connection, viewer, [row.id for row in rows if row.photos])
            firsts |= {album: counted.first for album, (counted, _) in smart.items() if counted.first is not None}
            covers = db_albums.shown_covers(connection, viewer, [row.cover_photo_id for row in rows if row.cover_photo_id is not None])
            return firsts, covers, shown_names(connection, viewer, [*firsts.values(), *covers])

        firsts, covers, names = await self._db.read(read)

        def named(photo: int | None) -> Named | None:
            return Named(photo, *names[photo]) if photo is not None and photo in names else None

        found = []
        for row in rows:
            first = named(firsts.get(row.id))
            cover = named(row.cover_photo_id) if row.cover_photo_id in covers else None
            count: int | None = row.photos
            error, exact = None, True
            if row.smart_filter is not None:
                counted, exact = smart.get(row.id, (None, False))
                count, error = (counted.photos, counted.error) if counted is not None else (None, None)
            found.append(Album(row, row.user_id == viewer.user_id, count, cover or first, first, error, exact))
        return found


def _is(row: AlbumRow, kind: str) -> bool:
    return not kind or (kind == "smart") == (row.smart_filter is not None)


def _is_about_asking(problem: FacetdError) -> bool:
    """Whether the order or page that was asked for is wrong, and not the album's filter."""
    return any(each.field in ("sort", "after") for each in problem.errors)


def _told_to(viewer: Viewer, row: AlbumRow, problem: FacetdError) -> str:
    """Why a smart album shows nothing: in full to its owner only, as a filter may name folders and people."""
    if row.user_id != viewer.user_id:
        return _("the filter of this album cannot be looked up")
    return " ".join([problem.message, *(f"({each})" for each in problem.errors)])
