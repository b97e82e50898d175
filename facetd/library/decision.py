"""A decision about persons that can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from facetd.db import peopleundo
from facetd.db.connection import Writer
from facetd.library.undoing import Restored, Undoing
from facetd.records.viewer import Viewer

KIND = "persons"


class Decision:
    """What is about to be decided about `persons`. Its `token` takes it back; None without `undoing`, and when nothing changed."""

    def __init__(self, undoing: Undoing | None, viewer: Viewer, persons: Sequence[int]) -> None:
        self.token: str | None = None
        self._undoing = undoing
        self._viewer = viewer
        self._persons = persons

    @asynccontextmanager
    async def around(self, connection: Writer) -> AsyncIterator[None]:
        """Keep what the transaction does to the persons inside this."""
        if self._undoing is None:
            yield
            return
        before = await peopleundo.state(connection, self._persons)
        yield
        after = await peopleundo.state(connection, self._persons, [face for face, *_ in before.faces])
        changes = peopleundo.difference(before, after)
        if changes is not None:
            self.token = await self._undoing.keep(connection, self._viewer, KIND, changes)


async def take_back(connection: Writer, _viewer: Viewer, data: Any) -> Restored:
    """Put persons back, as far as nobody decided otherwise since."""
    done = await peopleundo.put_back(connection, data)
    return Restored(done.persons, done.kept)
