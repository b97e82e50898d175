"""Progress that can be watched: the status of a scan, and the events that the page, the API stream and the terminal show."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

RATE_WINDOW_S = 20.0
LISTENER_BACKLOG = 1000
Event = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Progress:
    """The state of the scan that runs, or of the last one.

    `total` grows while folders are still being looked into (phase `discovering`). `rate_per_s` is over the last seconds;
    `eta_s` is None until it is known. `error` tells what ended a scan early.
    `confirm` names roots where so many photos vanished that a person must confirm. `unseen` photos are still to be looked at, because no
    inference server answered; `waiting_for` says why while the scan waits for one.
    """

    state: str = "idle"  # idle, running
    phase: str = ""  # discovering, analysing, waiting, judging
    done: int = 0
    total: int = 0
    failed: int = 0
    unchanged: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    ignored_videos: int = 0
    unreadable_folders: int = 0
    unseen: int = 0
    waiting_for: str = ""
    current: str = ""
    offline: list[str] = field(default_factory=list)
    confirm: list[dict[str, Any]] = field(default_factory=list)
    started_at: str | None = None
    finished_at: str | None = None
    cancelled: bool = False
    error: str | None = None
    _started: float = 0.0
    _ended: float = 0.0
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=256))

    def start(self, moment: str) -> None:
        """The clock runs from here."""
        self.state, self.phase, self.started_at = "running", "discovering", moment
        self._started = time.monotonic()

    def finish(self, moment: str) -> None:
        """The scan is over."""
        self.state, self.phase, self.current, self.finished_at = "idle", "", "", moment
        self._ended = time.monotonic()

    def step(self, current: str, *, failed: bool = False) -> None:
        """One photo is done."""
        self.done += 1
        self.failed += failed
        self.current = current
        self._marks.append((time.monotonic(), self.done))

    @property
    def elapsed_s(self) -> float:
        """How long the scan has run, or ran."""
        end = self._ended if self.state == "idle" else time.monotonic()
        return max(0.0, end - self._started) if self._started else 0.0

    @property
    def rate_per_s(self) -> float:
        """Photos per second: lately while it runs, over the whole scan afterwards."""
        if self.state == "idle":
            return self.done / self.elapsed_s if self.elapsed_s else 0.0
        now = time.monotonic()
        recent = [(at, done) for at, done in self._marks if now - at <= RATE_WINDOW_S]
        if len(recent) < 2:
            return self.done / self.elapsed_s if self.elapsed_s > 1 else 0.0
        return (recent[-1][1] - recent[0][1]) / max(now - recent[0][0], 1e-6)

    @property
    def eta_s(self) -> float | None:
        """Seconds left, or None while that cannot be told."""
        rate = self.rate_per_s
        return (self.total - self.done) / rate if self.state == "running" and rate > 0 and self.phase != "discovering" else None

    def as_dict(self) -> dict[str, Any]:
        """The structured progress of /api/scan/status."""
        plain = {key: value for key, value in asdict(self).items() if not key.startswith("_")}
        eta = self.eta_s
        return {
            **plain,
            "running": self.state == "running",
            "elapsed_s": round(self.elapsed_s, 2),
            "rate_per_s": round(self.rate_per_s, 2),
            "eta_s": None if eta is None else round(eta, 1),
        }


class Broadcast:
    """Events to any number of listeners. A listener that does not keep up loses its oldest events, never delays the others."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Event | None]] = set()
        self._closed = False

    def publish(self, event: str, data: dict[str, Any]) -> None:
        """Tell everybody who listens now."""
        if not self._closed:
            self._put((event, data))

    def close(self) -> None:
        """Tell everybody, also those who come later, by None, that nothing more will come."""
        self._closed = True
        self._put(None)

    def _put(self, event: Event | None) -> None:
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Event | None]]:
        """The events from now on, until None."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(LISTENER_BACKLOG)
        if self._closed:
            queue.put_nowait(None)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
