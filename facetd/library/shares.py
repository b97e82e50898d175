"""Sharing an album by link: whoever has it sees the album through the eyes of its owner, and nothing else.

What is nobody's business is left out, see sharedphoto.py.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from facetd.accounts.guesses import Guesses
from facetd.config import Config
from facetd.db import albums as db_albums
from facetd.db import shares as db_shares
from facetd.db.albums import AlbumRow
from facetd.db.conditions import hide_bits
from facetd.db.connection import Database
from facetd.db.listing import POSITION
from facetd.db.ranking import listed
from facetd.db.shares import Link, Value
from facetd.errors import Conflict, FieldError, InvalidInput, NotFound
from facetd.fields import FIELDS
from facetd.filters import PhotoConditions
from facetd.i18n import _
from facetd.library.albums import Albums
from facetd.library.albumviews import Album, AlbumPage
from facetd.library.gallery import Gallery, PhotoPage
from facetd.library.sharedphoto import SharedLook, photo_at
from facetd.library.smartfilter import parse_smart_filter
from facetd.records.viewer import Viewer

TOKEN_BYTES = 24
MOST_LINKS = 100  # to one album
LONGEST_DAYS = 3650
NOT_SORTED_BY = frozenset(entry.key for entry in FIELDS if entry.table == "rating")  # what only the owner knows
OFFERED_STALE_S = 60.0
ALBUMS_KEPT = 200
Owner = Callable[[int], Awaitable[Viewer | None]]


@dataclass(frozen=True, slots=True)
class Shared:
    """An album that a link opened: its row, and `eyes` that see what the owner sees, and may only look."""

    row: AlbumRow
    eyes: Viewer


@dataclass(frozen=True, slots=True)
class _Offered:
    """What the filters of an album offered at a revision, and when (seconds) that was counted."""

    revision: int
    at: float
    values: Mapping[str, list[Value]]


class Shares:
    """Links to albums. `owner` gives a user as one who looks now, None for one who is gone."""

    def __init__(self, db: Database, config: Config, albums: Albums, gallery: Gallery, owner: Owner, guesses: Guesses) -> None:
        self._db = db
        self._config = config
        self._albums = albums
        self._gallery = gallery
        self._owner = owner
        self._guesses = guesses
        self._offered: OrderedDict[tuple[int, frozenset[int]], _Offered] = OrderedDict()

    async def share(self, viewer: Viewer, album: int, expires_in_days: int | None = None) -> tuple[Link, str]:
        """One more link to an own album; its token is told now and never again. Raises NotFound, Forbidden, Conflict."""
        await self._albums.own(viewer, album)
        if len(await db_shares.links(self._db, album)) >= MOST_LINKS:
            raise Conflict(_("the album has {count} links already; end some").format(count=MOST_LINKS))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        number = await db_shares.add(self._db, album, token, _in_days(expires_in_days))
        return next(link for link in await db_shares.links(self._db, album) if link.id == number), token

    async def links(self, viewer: Viewer, album: int) -> list[Link]:
        """The links to an own album that are in force. Raises NotFound, Forbidden."""
        await self._albums.own(viewer, album)
        return await db_shares.links(self._db, album)

    async def end(self, viewer: Viewer, album: int, only: int | None = None) -> int:
        """End the links to an own album, all or one; returns how many. Raises NotFound, also for a link that is not, and Forbidden."""
        await self._albums.own(viewer, album)
        ended = await db_shares.end(self._db, album, only)
        if only is not None and not ended:
            raise NotFound(_("there is no such link"))
        return ended

    async def open(self, album: int, token: str, network: str) -> Shared:
        """The album that a token opens. Raises NotFound, in the same words and time for a wrong token, another album's, an unknown album,
        and a link that was ended or ran out; and TooManyRequests for a network that guesses.
        """
        token_hash = db_shares.hashed(token)
        self._guesses.begin(network, token_hash)
        found = await db_shares.opened_by(self._db, token)
        opened, user = found or (0, 0)
        if found is not None and hmac.compare_digest(opened.to_bytes(8, "big"), album.to_bytes(8, "big")):
            owner = await self._owner(user)
            row = None if owner is None else await self._db.read(lambda connection: db_shares.owned(connection, owner, album))
            if owner is not None and row is not None:
                self._guesses.right(network, token_hash)
                return Shared(row, owner)
        self._guesses.wrong(network, token_hash)
        raise NotFound(_("there is no such album"))

    async def find(self, shared: Shared, *, photo_id: int | None, path: str | None) -> int:
        """The id of a photo of the album that its owner sees now, named by id or as the album names it. Raises InvalidInput, NotFound."""
        if (photo_id is None) == (path is None):
            raise InvalidInput(_("name one photo"), errors=[FieldError("id", _("expected exactly one of id and path"))])
        number = photo_id if path is None else photo_at(shared.row.id, path)
        if number is None or not await self._contains(shared, number):
            raise NotFound(_("there is no such photo"))
        return number

    async def _contains(self, shared: Shared, photo: int) -> bool:
        """Whether a photo is in the album and the owner may see it at this moment."""
        row, eyes = shared.row, shared.eyes
        if row.smart_filter is None:
            return photo in await self._db.read(lambda connection: db_albums.among(connection, eyes, row.id, [photo]))
        try:
            chosen = parse_smart_filter(row.smart_filter).chosen
            narrowed = await self._gallery.narrowed(eyes, chosen)
        except (InvalidInput, NotFound):
            return False
        return bool(await self._db.read(lambda connection: listed(connection, eyes, hide_bits(chosen), narrowed, [photo])))

    async def album(self, shared: Shared) -> Album:
        """What is told of the album."""
        return await self._albums.told_of(shared.eyes, shared.row)

    async def page(
        self, shared: Shared, chosen: PhotoConditions, *, sort: str, descending: bool | None, per_page: int, page: int = 1
    ) -> AlbumPage:
        """One page of the album's photos as visitors see them; of a manual album narrowed by `chosen`. Raises InvalidInput.

        POSITION is the album's own order, also of a smart one. Without `descending` positions ascend, and all else descends.
        """
        if sort in NOT_SORTED_BY:
            raise InvalidInput(_("a shared album has no such order"), errors=[FieldError("sort", _("expected another sort key"))])
        row, eyes, look = shared.row, shared.eyes, SharedLook(shared.row.id)
        if row.smart_filter is not None:
            found = await self._albums.photos(eyes, row.id, sort=sort, descending=descending, per_page=per_page, page=page, look=look)
        else:
            way = sort != POSITION if descending is None else descending
            if chosen.tag and chosen.tag not in {name for name, _count in (await self.offered(shared))["tags"]}:
                return AlbumPage(PhotoPage(b"[]", 0, None), sort, way)  # a word that somebody wrote into files, maybe
            inside = chosen.model_copy(update={"album_id": row.id})
            photos = await self._gallery.page(eyes, inside, sort=sort, descending=way, per_page=per_page, page=page, look=look)
            found = AlbumPage(photos, sort, way)
        return replace(found, error=None)

    async def offered(self, shared: Shared) -> Mapping[str, list[Value]]:
        """What the filters of a manual album offer: cameras, lenses, tags, patterns, categories.

        While the library changes all the time it may be OFFERED_STALE_S old.
        """
        row, eyes = shared.row, shared.eyes
        key = (row.id, eyes.root_ids)
        known = self._offered.get(key)
        if known is not None and (known.revision == self._db.revision or time.monotonic() - known.at < OFFERED_STALE_S):
            return known.values
        revision = self._db.revision
        values = await self._db.read(lambda connection: db_shares.offered(connection, eyes, row.id))
        self._offered[key] = _Offered(revision, time.monotonic(), values)
        while len(self._offered) > ALBUMS_KEPT:
            self._offered.popitem(last=False)
        return values


def _in_days(days: int | None) -> str | None:
    """The moment in so many days, as the library keeps moments."""
    return None if days is None else (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
