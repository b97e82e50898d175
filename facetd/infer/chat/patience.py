"""How long to wait for a model, and how often to ask again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from facetd.infer.chat.problems import Asleep, NoSentence, Unsteady

T = TypeVar("T")
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0)  # the last one again and again
TRIES = 3


async def patiently(ask: Callable[[], Awaitable[T]], *, waits: Callable[[str], None] | None) -> T:
    """What `ask` gives: once more after what may pass (at most TRIES times in all), and after a sleep for as long as that lasts.

    `waits` is told why nothing happens, and '' when it goes on; without it nobody waits for a sleeper. Raises Asleep, Unusable,
    NoSentence (also for what failed TRIES times).
    """
    failed, asleep = 0, False
    try:
        for turn in count():
            pause_s = PAUSES_S[min(turn, len(PAUSES_S) - 1)]
            try:
                return await ask()
            except Asleep as error:
                if waits is None:
                    raise
                waits(error.message)
                asleep, pause_s = True, error.after_s or pause_s
            except Unsteady as error:
                failed += 1
                if failed >= TRIES:
                    raise NoSentence(error.message, hint=error.hint) from error
            await asyncio.sleep(pause_s)
        raise AssertionError("count() has no end")
    finally:
        if asleep and waits is not None:
            waits("")
