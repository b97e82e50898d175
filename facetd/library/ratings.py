"""Rating photos: stars, favorites and rejections of one viewer, one photo or thousands at once; all of it can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from facetd.db import ratings as db_ratings
from facetd.db.connection import Database, Writer
from facetd.db.ratings import Change, Rating
from facetd.errors import FieldError, InvalidInput, NotFound
from facetd.i18n import _
from facetd.library.targets import Targets, target, targets
from facetd.library.undoing import Restored, Undoing
from facetd.records.viewer import Viewer

KIND = "ratings"
MOST_STARS = 5
Changed = Callable[[Viewer, Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class Rated:
    """Which photos' ratings really changed, what was not found, and the token that takes it back; None where nothing changed."""

    ids: tuple[int, ...]
    not_found: tuple[int | str, ...]
    undo: str | None


@dataclass(frozen=True, slots=True)
class Toggled:
    """What one photo's rating is now, and was before."""

    before: Rating
    now: Rating
    undo: str | None


def favored(before: Rating) -> Rating:
    """A favorite is not rejected."""
    return before._replace(is_favorite=True, is_rejected=False)


def rejected(_before: Rating) -> Rating:
    """What is rejected is no favorite and has no stars."""
    return Rating(is_rejected=True)


def _nobody(_viewer: Viewer, _ids: Sequence[int]) -> None:
    """Nobody wants to know."""


class Ratings:
    """What viewers think of photos; each sees and changes their own. `changed` is told which photos somebody rates otherwise now."""

    def __init__(self, db: Database, undoing: Undoing, changed: Changed = _nobody) -> None:
        self._db = db
        self._undoing = undoing
        self._changed = changed
        undoing.register(KIND, _take_back, done=lambda viewer, restored: self._tell(viewer, restored.ids))

    async def photos(self, viewer: Viewer, ids: Sequence[int] | None, paths: Sequence[str] | None) -> Targets:
        """The photos that are to be rated. Raises InvalidInput; see targets."""
        return await targets(self._db, viewer, ids, paths)

    async def photo(self, viewer: Viewer, photo_id: int | None, path: str | None) -> int:
        """The one photo that is to be rated. Raises InvalidInput, NotFound."""
        return await target(self._db, viewer, photo_id, path)

    async def favor(self, viewer: Viewer, photos: Targets) -> Rated:
        """Make photos favorites; none of them is rejected any more."""
        return await self._rate(viewer, photos, favored)

    async def reject(self, viewer: Viewer, photos: Targets) -> Rated:
        """Reject photos; none of them is a favorite or has stars any more."""
        return await self._rate(viewer, photos, rejected)

    async def give_stars(self, viewer: Viewer, photos: Targets, stars: int) -> Rated:
        """Give photos 1 to 5 stars, or 0 to take them away. Raises InvalidInput for any other number."""
        if not 0 <= stars <= MOST_STARS:
            raise InvalidInput(_("no such rating"), errors=[FieldError("rating", _("expected 0 to 5"))])
        return await self._rate(viewer, photos, lambda before: before._replace(stars=stars))

    async def toggle_favorite(self, viewer: Viewer, photo_id: int) -> Toggled:
        """Make a photo a favorite, or no favorite if it is one. Raises NotFound."""
        return await self._toggle(viewer, photo_id, lambda old: old._replace(is_favorite=False) if old.is_favorite else favored(old))

    async def toggle_rejected(self, viewer: Viewer, photo_id: int) -> Toggled:
        """Reject a photo, or not if it is. Raises NotFound."""
        return await self._toggle(viewer, photo_id, lambda old: old._replace(is_rejected=False) if old.is_rejected else rejected(old))

    async def _toggle(self, viewer: Viewer, photo_id: int, become: Callable[[Rating], Rating]) -> Toggled:
        seen: list[Rating] = []

        def note(before: Rating) -> Rating:
            seen[:] = [before, become(before)]
            return seen[1]

        rated = await self._rate(viewer, Targets((photo_id,), ()), note)
        if not seen:
            raise NotFound(_("there is no such photo"))
        return Toggled(seen[0], seen[1], rated.undo)

    async def _rate(self, viewer: Viewer, photos: Targets, become: Callable[[Rating], Rating]) -> Rated:
        async with self._db.writing() as connection:
            changes, unseen = await db_ratings.change(connection, viewer, photos.ids, become)
            token = await self._undoing.keep(connection, viewer, KIND, changes) if changes else None
        ids = tuple(each.photo_id for each in changes)
        self._tell(viewer, ids)
        return Rated(ids, (*photos.not_found, *unseen), token)

    def _tell(self, viewer: Viewer, ids: Sequence[int]) -> None:
        if ids:
            self._changed(viewer, ids)


async def _take_back(connection: Writer, viewer: Viewer, data: Any) -> Restored:
    changes = [Change(number, _rating(before), _rating(after)) for number, before, after in data]
    found, kept, gone = await db_ratings.take_back(connection, viewer, changes)
    return Restored(tuple(each.photo_id for each in found), tuple(kept), tuple(gone), again=found or None)


def _rating(stored: list[Any] | None) -> Rating | None:
    """A rating as JSON keeps it."""
    return None if stored is None else Rating(*stored)
