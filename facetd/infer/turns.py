"""Taking turns: many at once, as long as nobody is suspected of ending the process for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager


class Turns:
    """Who is on the way, and who waits for a turn of its own. Suspects go first, one after the other."""

    def __init__(self) -> None:
        self._change = asyncio.Event()
        self._active = 0  # on their way side by side
        self._suspects = 0  # waiting for their turn to be tried alone
        self._alone = asyncio.Lock()

    @property
    def nobody(self) -> bool:
        """Whether nothing is on its way."""
        return self._active == 0 and self._suspects == 0

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Be on the way at once, whoever else is."""
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1
            self._tell()

    @asynccontextmanager
    async def side_by_side(self) -> AsyncIterator[None]:
        """Be on the way with others, once there is no suspect."""
        await self._until(lambda: self._suspects == 0)
        with self.beside():
            yield

    def suspect(self) -> None:
        """Let nobody else begin; to be followed by `by_itself` and `acquit`."""
        self._suspects += 1

    def acquit(self) -> None:
        """One suspect less."""
        self._suspects -= 1
        self._tell()

    @asynccontextmanager
    async def by_itself(self) -> AsyncIterator[None]:
        """Be the only one on the way."""
        async with self._alone:
            await self._until(lambda: self._active == 0)
            yield

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._change.wait()

    def _tell(self) -> None:
        """Wake those who wait for a change of the counters."""
        self._change.set()
        self._change = asyncio.Event()
