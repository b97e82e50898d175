"""Finding one's way: the folder tree, and what the filters offer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from facetd.config import Config
from facetd.db import folders as db_folders
from facetd.db import ledger, options, tree
from facetd.db import roots as db_roots
from facetd.db.conditions import hide_bits
from facetd.db.connection import Database
from facetd.errors import NotFound
from facetd.filters import PhotoConditions
from facetd.i18n import _
from facetd.records.files import Root
from facetd.records.viewer import Viewer

OPTIONS_KEPT = 200


class Browse:
    """Lists of choices. They are read once for each revision of the library."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._config = config
        self._cache: dict[tuple[object, ...], tuple[int, list[options.Option]]] = {}

    async def cameras(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Camera models, most used first; and whether the counts were known already."""
        return await self._values(viewer, "camera", limit=self._config.viewer.dropdowns.max_cameras)

    async def lenses(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Lenses, most used first."""
        return await self._values(viewer, "lens", limit=self._config.viewer.dropdowns.max_lenses)

    async def patterns(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Composition patterns, most frequent first."""
        return await self._values(viewer, "pattern")

    async def categories(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Categories, most frequent first."""
        return await self._values(viewer, "category")

    async def apertures(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """F-numbers, rounded to 0.1, ascending."""
        return await self._values(viewer, "aperture", by_count=False)

    async def focal_lengths(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Focal lengths in whole mm, ascending."""
        return await self._values(viewer, "focal_length", by_count=False)

    async def tags(self, viewer: Viewer) -> tuple[list[options.Option], bool]:
        """Tags, most frequent first."""
        limit = self._config.viewer.dropdowns.max_tags
        return await self._known(("tags", viewer.root_ids), lambda: options.tags(self._db, viewer, limit=limit))

    async def _values(
        self, viewer: Viewer, facet: options.Facet, *, by_count: bool = True, limit: int | None = None
    ) -> tuple[list[options.Option], bool]:
        return await self._known((facet, viewer.root_ids), lambda: options.values(self._db, viewer, facet, by_count=by_count, limit=limit))

    async def _known(
        self, key: tuple[object, ...], count: Callable[[], Awaitable[list[options.Option]]]
    ) -> tuple[list[options.Option], bool]:
        current = self._db.revision
        known = self._cache.get(key)
        if known is not None and known[0] == current:
            return known[1], True
        found = await count()
        if len(self._cache) >= OPTIONS_KEPT:
            self._cache.clear()
        self._cache[key] = (current, found)
        return found, False

    async def folders(self, viewer: Viewer, prefix: str, chosen: PhotoConditions) -> tuple[list[tree.Branch], bool]:
        """The folders directly below `prefix` ('' for the roots), and whether photos lie in it directly. Raises NotFound."""
        root_name, _slash, inside = prefix.strip("/").partition("/")
        hide = hide_bits(chosen)
        if not root_name:
            return await tree.root_branches(self._db, viewer, hide, kept=chosen.hide_rejected), False
        folder_id = await db_folders.find_folder(self._db, viewer, root_name, inside)
        if folder_id is None and not inside and await db_folders.sees_root(self._db, viewer, root_name):
            return [], False  # nothing was found in it yet
        if folder_id is None:
            raise NotFound(_("there is no folder {prefix}").format(prefix=prefix))
        return await tree.branches(self._db, viewer, folder_id, hide, kept=chosen.hide_rejected)

    async def failures(self, viewer: Viewer, *, page: int, per_page: int) -> tuple[int, list[dict[str, Any]]]:
        """Unreadable files with the reason: how many, and one page, newest first."""
        return await ledger.failures(self._db, viewer, offset=(page - 1) * per_page, limit=per_page)

    async def roots(self, viewer: Viewer) -> list[tuple[Root, int]]:
        """The roots that a viewer sees, with the number of photos that the gallery shows."""
        return [(root, count) for root, count in await db_roots.counted_roots(self._db) if root.id in viewer.root_ids]
