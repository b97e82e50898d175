"""Long pieces of work that can be watched and cancelled by whoever began them: how far, how fast, what waits, what failed."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from facetd.db.store import now
from facetd.errors import FacetdError, NotFound
from facetd.i18n import _
from facetd.ingest.progress import Broadcast
from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
EVENT = "captions"  # what the progress of the job of captions is published as
JOB_EVENT = "job"  # what that of any job is
FAILURES_TOLD = 20
JOBS_KEPT = 200  # that are over
PUBLISH_EVERY_S = 0.5
LOCAL_USER = 0  # on the daemon's own socket; nobody else where there are users
HOUSEHOLD_ROLES = frozenset({"admin", "superadmin"})


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


@dataclass(slots=True)
class Job:
    """A piece of work of the user `user_id`; of the whole `household` where anybody who may edit may know and cancel it.

    `result` is what it came to, once it is done.
    """

    id: str
    kind: str
    user_id: int
    household: bool
    progress: JobProgress
    result: Any = None
    _task: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        """running, done, failed or cancelled."""
        progress = self.progress
        if progress.state == "running":
            return "running"
        return "cancelled" if progress.cancelled else "failed" if progress.error else "done"

    def concerns(self, viewer: Viewer) -> bool:
        """Whether `viewer` may know of it."""
        return may_know(viewer, self.user_id) or (self.household and viewer.role in HOUSEHOLD_ROLES)

    def as_dict(self) -> dict[str, Any]:
        """As events and the API carry it."""
        return {**self.progress.as_dict(), "id": self.id, "kind": self.kind, "state": self.state, "result": self.result}


def may_know(viewer: Viewer, owner: int) -> bool:
    """Whether a job of the user `owner` is the viewer's business: their own, and everybody's for who uses the machine itself."""
    return viewer.user_id == owner or (viewer.user_id == LOCAL_USER and viewer.role == "superadmin")


def new_id() -> str:
    """An id that no job ever had."""
    return secrets.token_hex(8)


Work = Callable[[Job], Awaitable[Any]]


class Jobs:
    """Every job since the daemon started; of those that are over, the last ones. Their ids are random: none comes again after a restart."""

    def __init__(self, events: Broadcast) -> None:
        self._events = events
        self._jobs: dict[str, Job] = {}
        self._publisher: asyncio.Task[None] | None = None

    def start(self, viewer: Viewer, kind: str, work: Work, *, household: bool = False) -> Job:
        """Begin `work` in the background; it tells of itself through `job.progress`, and what it returns becomes the result."""
        job = Job(new_id(), kind, viewer.user_id, household, JobProgress())
        job.progress.start(kind, now())
        self.adopt(job, asyncio.create_task(self._run(job, work), name=kind))
        return job

    def adopt(self, job: Job, task: asyncio.Task[None]) -> None:
        """Take in a job that `task` does, which also begins and ends its progress."""
        job._task = task
        self._jobs[job.id] = job
        over = [each.id for each in self._jobs.values() if each.state != "running"]
        for number in over[: max(0, len(over) - JOBS_KEPT)]:
            del self._jobs[number]
        task.add_done_callback(lambda _task: self._end(job))
        if self._publisher is None or self._publisher.done():
            self._publisher = asyncio.create_task(self._publish())

    def all(self, viewer: Viewer) -> list[Job]:
        """The jobs that `viewer` may know of, the latest first."""
        return [job for job in reversed(self._jobs.values()) if job.concerns(viewer)]

    def job(self, viewer: Viewer, job_id: str) -> Job:
        """One job. Raises NotFound."""
        found = self._jobs.get(job_id)
        if found is None or not found.concerns(viewer):
            raise NotFound(_("there is no such job"))
        return found

    async def cancel(self, viewer: Viewer, job_id: str) -> bool:
        """Stop a job; returns whether it ran. What is done stays done. Raises NotFound."""
        job = self.job(viewer, job_id)
        if job._task is None or job._task.done():
            return False
        job._task.cancel()
        await asyncio.wait({job._task})
        return True

    async def stop(self) -> None:
        """End everything."""
        tasks = {job._task for job in self._jobs.values() if job._task is not None} | ({self._publisher} if self._publisher else set())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work) -> None:
        progress = job.progress
        try:
            job.result = await work(job)
        except asyncio.CancelledError:
            progress.cancelled = True
            raise
        except FacetdError as error:
            progress.error = str(error)
        except Exception as error:  # the daemon goes on serving
            progress.error = str(error) or type(error).__name__
            logger.exception("the job %s ended early", job.kind)
        finally:
            progress.finish(now())

    async def _publish(self) -> None:
        """Tell of what runs, until nothing does."""
        while running := [job for job in self._jobs.values() if job.state == "running"]:
            for job in running:
                self._tell(job)
            await asyncio.sleep(PUBLISH_EVERY_S)

    def _end(self, job: Job) -> None:
        if job.state == "running":  # it was cancelled before its first step
            job.progress.cancelled = True
            job.progress.finish(now())
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self._events.publish(JOB_EVENT, job.as_dict(), user_id=job.user_id, roles=HOUSEHOLD_ROLES if job.household else frozenset())
