"""Who sees which roots: a user the roots at or below their own directories and the shared ones, a household without users everything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence

from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.records.files import Root
from facetd.records.viewer import Viewer

SINGLE_USER_ID = 0
READER, USER, ADMIN, SUPERADMIN = "reader", "user", "admin", "superadmin"
ROLES = (READER, USER, ADMIN, SUPERADMIN)  # each may do what those before it may


async def single_viewer(db: Database, role: str = SUPERADMIN) -> Viewer:
    """The one viewer of single-user mode, who sees every root."""
    return Viewer(SINGLE_USER_ID, role, frozenset(root.id for root in await known_roots(db)))


async def known_roots(db: Database) -> list[Root]:
    """Every root, read once for each revision of the library."""
    return await db.per_revision("roots", lambda: db_roots.roots(db))


def seen_roots(roots: Iterable[Root], directories: Sequence[str]) -> frozenset[int]:
    """The roots at or below these directories (absolute, links resolved). Whole names count: `/a` is not above `/ab`."""
    return frozenset(root.id for root in roots if any(within(root.path, directory) for directory in directories))


def within(path: str, directory: str) -> bool:
    """Whether a path is a directory or lies in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


async def real_directories(directories: Iterable[str]) -> tuple[str, ...]:
    """Absolute directories, `~` and links resolved, as the paths of roots are. Looks at the disk."""
    return tuple(await asyncio.to_thread(lambda: [os.path.realpath(os.path.expanduser(each)) for each in directories]))
