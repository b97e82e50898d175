"""Taking back what was just done: for ten minutes, once, by whoever did it.

A subject that writes keeps, in the transaction of the write, the data it needs to put everything back, under a kind for which it has
registered who can do that.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from facetd.db import undo as db_undo
from facetd.db.connection import Database, Writer
from facetd.errors import Forbidden, NotFound
from facetd.i18n import _
from facetd.library.captions import may_write
from facetd.records.viewer import Viewer

LASTS_S = 600.0
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Restored:
    """What taking back has changed: ids of what is as it was, of what was changed since and stays so, and of what is not there any more.

    `again` is the data by which this can be taken back in turn, None where it cannot.
    """

    ids: tuple[int, ...]
    kept: tuple[int, ...] = ()
    not_found: tuple[int, ...] = ()
    again: Any = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, of which kind, and the token that takes this back in turn."""

    kind: str
    restored: Restored
    token: str | None


Restore = Callable[[Writer, Viewer, Any], Awaitable[Restored]]  # puts back what an action changed, inside a transaction


@dataclass(frozen=True, slots=True)
class _Kind:
    restore: Restore
    editing: bool
    done: Callable[[Viewer, Restored], None]


def _nothing(_viewer: Viewer, _restored: Restored) -> None:
    """There is nothing to do afterwards."""


class Undoing:
    """The actions that can be taken back. `clock` gives seconds since 1970."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def register(self, kind: str, restore: Restore, *, editing: bool = False, done: Callable[[Viewer, Restored], None] = _nothing) -> None:
        """Say who puts back actions of this kind; `done` is told afterwards. `editing`: it changes what others see, too."""
        self._kinds[kind] = _Kind(restore, editing, done)

    async def keep(self, connection: Writer, viewer: Viewer, kind: str, data: Any) -> str:
        """Keep how to take back what this transaction does; returns the token for it. `data` is anything that JSON can say."""
        token, moment = secrets.token_urlsafe(TOKEN_BYTES), self._clock()
        await db_undo.prune(connection, moment=moment)
        await db_undo.keep(connection, token, viewer.user_id, kind, data, ends_at=moment + LASTS_S)
        return token

    async def undo(self, viewer: Viewer, token: str) -> Undone:
        """Take an action back. Raises NotFound for a token that is unknown, used, too old or somebody else's, and Forbidden when the viewer
        may not do such things any more.
        """
        async with self._db.writing() as connection:
            taken = await db_undo.take(connection, token, viewer.user_id, moment=self._clock())
            if taken is None or taken[0] not in self._kinds:
                raise NotFound(_("there is nothing to take back"))
            name, data = taken
            kind = self._kinds[name]
            if kind.editing and not may_write(viewer):
                raise Forbidden(_("only who may edit can take this back"))
            restored = await kind.restore(connection, viewer, data)
            again = None if restored.again is None else await self.keep(connection, viewer, name, restored.again)
        kind.done(viewer, restored)
        return Undone(name, restored, again)
