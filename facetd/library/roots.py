"""Adding, naming and removing photo roots."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.errors import InvalidInput, NotFound
from facetd.i18n import _
from facetd.records.files import Root

logger = logging.getLogger(__name__)


async def add_directories(db: Database, data: Path, directories: Sequence[str]) -> list[Root]:
    """The roots for these directories; one inside a known root adds none. Raises InvalidInput for what cannot be a root.

    A directory that is a root already need not be there: its disk may be unplugged.
    """
    found = []
    for directory in directories:
        known = await db_roots.roots(db)
        root = next((root for root in known if root.path == real_path(directory)), None)
        if root is None:
            path = await asyncio.to_thread(_checked, directory, data)
            root = db_roots.owner(known, path)
        found.append(root if root is not None else await db_roots.add_root(db, path))
    return found


async def add_configured(db: Database, data: Path, directories: Sequence[str]) -> None:
    """Roots for the directories of the configuration. One that cannot be used now is logged, and is no reason not to start."""
    for directory in directories:
        try:
            await add_directories(db, data, [directory])
        except InvalidInput as error:
            logger.warning("scanning.directories: %s", error)


async def add_owned(db: Database, data: Path, directories: Sequence[str]) -> None:
    """Roots at these very directories of users, also inside other roots: who sees what goes by roots. Outer ones first."""
    for directory in sorted(directories, key=real_path):
        try:
            if not any(root.path == real_path(directory) for root in await db_roots.roots(db)):
                await make_root(db, data, directory)
        except InvalidInput as error:
            logger.warning("users: %s", error)


async def make_root(db: Database, data: Path, directory: str) -> Root:
    """A root at this very directory, also inside another root. Raises InvalidInput for what cannot be one."""
    return await db_roots.add_root(db, await asyncio.to_thread(_checked, directory, data))


async def find_root(db: Database, name: str) -> Root:
    """The root of this name or directory. Raises NotFound."""
    for root in await db_roots.roots(db):
        if root.name.casefold() == name.casefold() or root.path == real_path(name):
            return root
    raise NotFound(_("there is no root called '{name}'").format(name=name), hint=_("`facetd root list` shows them."))


def real_path(directory: str) -> str:
    """The absolute path of a directory, `~` and links resolved."""
    return os.path.realpath(os.path.expanduser(directory))


def _checked(directory: str, data: Path) -> str:
    """The absolute, real path of a directory. Looks at the disk."""
    path = real_path(directory)
    if not os.path.isdir(path):
        wrong = _("{directory}: not a directory") if os.path.lexists(path) else _("{directory}: there is no such directory")
        raise InvalidInput(wrong.format(directory=directory))
    if not os.access(path, os.R_OK | os.X_OK):
        raise InvalidInput(
            _("{directory}: may not be read").format(directory=directory), hint=_("Give the user that runs facetd read access.")
        )
    inside = os.path.realpath(data)
    if path == inside or path.startswith(inside + "/"):
        raise InvalidInput(_("{directory}: lies in the data folder of facetd, which is never scanned").format(directory=directory))
    return path
