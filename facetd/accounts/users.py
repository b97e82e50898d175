"""The users of the configuration, with their numbers and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from facetd.accounts.viewers import SINGLE_USER_ID, known_roots, real_directories, seen_roots
from facetd.config import Config
from facetd.config.viewer import User
from facetd.db import accounts as db_accounts
from facetd.db.connection import Database
from facetd.errors import NotFound
from facetd.i18n import _
from facetd.records.viewer import Viewer


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A user: the number that their things belong to, what the configuration says of them, and their directories with the shared ones,
    links resolved."""

    id: int
    name: str
    entry: User
    directories: tuple[str, ...]

    @property
    def display_name(self) -> str:
        """What the user is called."""
        return self.entry.display_name or self.name


class Users:
    """Everybody with an account. Empty in single-user mode."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._config = config
        self._known: dict[str, KnownUser] | None = None
        self._opening = asyncio.Lock()

    def take(self, config: Config) -> None:
        """Another configuration is in force."""
        self._config = config
        self._known = None

    @property
    def any(self) -> bool:
        """Whether there are users at all."""
        return bool(self._config.users)

    async def all(self) -> Mapping[str, KnownUser]:
        """Users by name."""
        known = self._known
        while known is None:
            async with self._opening:
                known = self._known or await self._read(self._config)
        return known

    async def named(self, name: str) -> KnownUser | None:
        """The user of exactly this name."""
        return (await self.all()).get(name)

    async def numbered(self, user_id: int) -> KnownUser | None:
        """The user of this number."""
        return next((user for user in (await self.all()).values() if user.id == user_id), None)

    async def viewer(self, user: KnownUser) -> Viewer:
        """The user as one who asks."""
        roots = await known_roots(self._db)
        seen = await self._db.per_revision(("seen", user.directories), lambda: _as_is(seen_roots(roots, user.directories)))
        return Viewer(user.id, user.entry.role, seen, user.name)

    async def take_over(self, name: str) -> tuple[int, int]:
        """Give a user the ratings of single-user mode, where they have none, and its albums; returns how many of each. Raises NotFound."""
        user = await self.named(name)
        if user is None:
            raise NotFound(_("there is no user called '{name}'").format(name=name))
        ratings = await db_accounts.copy_ratings(self._db, SINGLE_USER_ID, user.id)
        return ratings, await db_accounts.move_albums(self._db, SINGLE_USER_ID, user.id)

    async def _read(self, config: Config) -> dict[str, KnownUser]:
        ids = await db_accounts.account_ids(self._db, config.users) if config.users else {}
        known = {}
        for name, entry in config.users.items():
            directories = await real_directories((*entry.directories, *config.shared_directories)) if entry.directories else ()
            known[name] = KnownUser(ids[name], name, entry, directories)
        if config is self._config:
            self._known = known
        return known


async def _as_is(value: frozenset[int]) -> frozenset[int]:
    return value
