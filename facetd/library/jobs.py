"""The state of a long piece of work that can be watched: how far, how fast, what waits, what failed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

EVENT = "captions"  # what a job's progress is published as
FAILURES_TOLD = 20


@dataclass(slots=True)
class JobProgress:
    """The job that runs, or the last one.

    `kind` says what it does. `done` of `total` photos were tried, `failed` of them in vain (the first ones in `failures`), `kept` were
    changed by somebody meanwhile and stay as they are. `waiting` tells why nothing happens at the moment. `error` is what ended it early.
    """

    kind: str = ""
    state: str = "idle"  # idle, running
    done: int = 0
    total: int = 0
    failed: int = 0
    kept: int = 0
    waiting: str = ""
    failures: list[dict[str, Any]] = field(default_factory=list)
    started_at: str | None = None
    finished_at: str | None = None
    cancelled: bool = False
    error: str | None = None
    _started: float = 0.0
    _ended: float = 0.0

    def start(self, kind: str, moment: str) -> None:
        """The clock runs from here."""
        self.kind, self.state, self.started_at = kind, "running", moment
        self._started = time.monotonic()

    def finish(self, moment: str) -> None:
        """The job is over."""
        self.state, self.waiting, self.finished_at = "idle", "", moment
        self._ended = time.monotonic()

    def fail(self, photo_id: int, message: str) -> None:
        """A photo was tried in vain."""
        self.failed += 1
        if len(self.failures) < FAILURES_TOLD:
            self.failures.append({"id": photo_id, "message": message})

    @property
    def elapsed_s(self) -> float:
        """How long the job has run, or ran."""
        end = self._ended if self.state == "idle" else time.monotonic()
        return max(0.0, end - self._started) if self._started else 0.0

    def as_dict(self) -> dict[str, Any]:
        """As events and the API carry it."""
        rate = self.done / self.elapsed_s if self.elapsed_s else 0.0
        eta = (self.total - self.done) / rate if self.state == "running" and rate > 0 and not self.waiting else None
        plain = {key: value for key, value in asdict(self).items() if not key.startswith("_")}
        return {
            **plain,
            "elapsed_s": round(self.elapsed_s, 2),
            "rate_per_s": round(rate, 3),
            "eta_s": None if eta is None else round(eta, 1),
        }
