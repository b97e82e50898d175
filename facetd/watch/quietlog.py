"""Log lines that may repeat without end, written at a bounded rate."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable


class QuietLog:
    """Writes the first line of a kind at once and then at most one per `interval_s`, saying how many were left out."""

    def __init__(self, logger: logging.Logger, interval_s: float = 3600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._interval_s = interval_s
        self._clock = clock
        self._next: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warning(self, kind: str, message: str, *args: object) -> None:
        """Log `message % args` as a warning unless a line of this `kind` was written within the interval."""
        now = self._clock()
        if now < self._next.get(kind, now):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._next[kind] = now + self._interval_s
        left_out = self._left_out.pop(kind, 0)
        text = message % args if args else message
        self._logger.warning("%s", f"{text} (and {left_out} more like this)" if left_out else text)
