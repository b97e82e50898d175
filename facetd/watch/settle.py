"""When a file is complete: after its writer closed it, after a rename, or once nothing has changed for a while.

Pure logic. The clock and the look at a file are handed in; nothing here sleeps or opens anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells whether a file changed: size in bytes and modification time in ns."""

    size: int
    mtime_ns: int


class Settled(Enum):
    """How the story of a path ended."""

    CHANGED = "changed"
    GONE = "gone"


class _State(Enum):
    GROWING = 1  # someone may still be writing: wait until it has not changed for settle_s
    READY = 2  # closed, renamed or touched: hand over after a short quiet time
    REMOVED = 3


@dataclass(slots=True)
class _Pending:
    state: _State
    due: float
    stamp: Stamp | None


Probe = Callable[[str], Stamp | None]
Clock = Callable[[], float]


class Settler:
    """The paths that changed and are not handed over yet.

    `probe(path)` returns the stamp of a regular file, None when there is none. `clock()` is monotonic, in seconds. A closed
    file is handed over after `quiet_s` without another write, on a common `tick_s`, so that a burst becomes few batches and
    one file waits at most `quiet_s + tick_s`. A file that was handed over and is written again within `settle_s`, or that
    was closed empty (copy programs create first and write later), has to stay unchanged for `settle_s`.
    """

    def __init__(self, settle_s: float, probe: Probe, clock: Clock, *, quiet_s: float = 0.1, tick_s: float = 0.1) -> None:
        self.settle_s = settle_s
        self.quiet_s = min(quiet_s, settle_s)
        self.tick_s = tick_s
        self._probe = probe
        self._clock = clock
        self._pending: dict[str, _Pending] = {}
        self._handed_over: dict[str, float] = {}
        self._wake = math.inf

    def __len__(self) -> int:
        return len(self._pending)

    def growing(self, path: str) -> None:
        """`path` was created or written to, or found while someone may be writing it."""
        pending = self._pending.get(path)
        if pending and pending.state is _State.GROWING:
            pending.due = self._clock() + self.settle_s
        else:
            self._put(path, _State.GROWING, self.settle_s, self._probe(path))

    def closed(self, path: str) -> None:
        """A writer closed `path`."""
        again = self._handed_over.get(path, -math.inf) > self._clock() - self.settle_s
        if again:
            self._handed_over[path] = self._clock()
        self._put(path, _State.READY, self.settle_s if again else self.quiet_s)

    def complete(self, path: str) -> None:
        """`path` was renamed into place, or found old enough to be complete."""
        self._put(path, _State.READY, self.quiet_s)

    def touched(self, path: str) -> None:
        """Times or rights of `path` changed; says nothing about a write that may be going on."""
        pending = self._pending.get(path)
        if pending is None or pending.state is _State.READY:
            self.closed(path)

    def removed(self, path: str) -> None:
        """`path` was deleted or moved away."""
        self._put(path, _State.REMOVED, self.quiet_s)

    def forget_below(self, folder: str) -> None:
        """Drop what is pending below `folder`, which is reported as a whole."""
        prefix = folder + "/"
        for path in [path for path in self._pending if path.startswith(prefix)]:
            del self._pending[path]

    def clear(self) -> None:
        """Drop everything that is pending."""
        self._pending.clear()
        self._wake = math.inf

    def deadline(self) -> float | None:
        """The clock time at which `take` has something to do, None when nothing is pending. It may be early, never late."""
        return None if self._wake == math.inf else self._wake

    def take(self) -> dict[str, Settled]:
        """The paths whose story ended by now. Looks at each due path once."""
        now = self._clock()
        if now < self._wake:
            return {}
        done: dict[str, Settled] = {}
        for path, pending in list(self._pending.items()):
            if pending.due <= now and (settled := self._judge(path, pending, now)):
                done[path] = settled
                del self._pending[path]
        self._handed_over = {path: when for path, when in self._handed_over.items() if when > now - self.settle_s}
        self._handed_over.update((path, now) for path, settled in done.items() if settled is Settled.CHANGED)
        self._wake = min((pending.due for pending in self._pending.values()), default=math.inf)
        return done

    def _judge(self, path: str, pending: _Pending, now: float) -> Settled | None:
        stamp = self._probe(path)
        if stamp is None:
            return Settled.GONE
        ready = pending.state is not _State.GROWING and (stamp.size > 0 or self.settle_s == 0)
        if ready or stamp == pending.stamp:
            return Settled.CHANGED
        pending.state, pending.stamp, pending.due = _State.GROWING, stamp, self._on_tick(now + self.settle_s)
        return None

    def _put(self, path: str, state: _State, wait_s: float, stamp: Stamp | None = None) -> None:
        due = self._on_tick(self._clock() + wait_s)
        self._pending[path] = _Pending(state, due, stamp)
        self._wake = min(self._wake, due)

    def _on_tick(self, when: float) -> float:
        return math.ceil(when / self.tick_s) * self.tick_s if self.tick_s else when


def is_settled(mtime: float, ctime: float, now: float, settle_s: float) -> bool:
    """Whether a file found by a walk is old enough to be complete; all in seconds of the wall clock.

    The change time tells what copying programs hide by setting the modification time. A time in the future (a clock that
    was set back, a server with another time) says nothing, so it counts as old.
    """
    newest = max((when for when in (mtime, ctime) if when <= now), default=-math.inf)
    return now - newest >= settle_s
