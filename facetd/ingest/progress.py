"""Progress that can be watched: the status of a scan, and the events that the page, the API stream and the terminal show."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from facetd.i18n import _
from facetd.records.viewer import Viewer

RATE_WINDOW_S = 20.0
LISTENER_BACKLOG = 1000
LISTENERS = 24  # of one key; tabs that are open, and streams of devices that fell asleep
COUNTED = (
    "done", "total", "failed", "unchanged", "added", "changed", "moved", "missing", "ignored_videos", "unreadable_folders", "unseen",
)  # fmt: skip


@dataclass(slots=True)
class Progress:
    """The state of the scan that runs, or of the last one.

    `total` grows while folders are still being looked into (phase `discovering`). `rate_per_s` is over the last seconds;
    `eta_s` is None until it is known. `error` tells what ended a scan early.
    `confirm` names roots where so many photos vanished that a person must confirm. `unseen` photos are still to be looked at, because no
    inference server answered; `waiting_for` says why while the scan waits for one. What is counted is counted for each root, too, so that
    everybody can be told of the roots that they see, see `told_to`.
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
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=256))  # when a photo was done, of which root
    _roots: dict[int, Counter[str]] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)  # of roots that `offline` and `confirm` name
    _current_root: int = 0

    def start(self, moment: str, roots: Iterable[int] = ()) -> None:
        """The clock runs from here. `roots` are the ones that are looked through."""
        self.state, self.phase, self.started_at = "running", "discovering", moment
        self._roots |= {number: Counter() for number in roots}
        self._started = time.monotonic()

    def count(self, root_id: int, **more: int) -> None:
        """Add to what is COUNTED: so much more in one root."""
        counts = self._roots.setdefault(root_id, Counter())
        for name, number in more.items():
            counts[name] += number
            setattr(self, name, getattr(self, name) + number)

    def counted(self, *names: str) -> dict[int, dict[str, int]]:
        """What was counted so far under these names, by root."""
        return {number: {name: counts[name] for name in names} for number, counts in self._roots.items()}

    def recount(self, by_root: Mapping[int, Mapping[str, int]]) -> None:
        """Let counts be these, by root, whatever was counted meanwhile."""
        for name in {name for counts in by_root.values() for name in counts}:
            for number, counts in self._roots.items():
                counts[name] = by_root.get(number, {}).get(name, 0)
            setattr(self, name, sum(counts[name] for counts in self._roots.values()))

    def note_offline(self, root_id: int, name: str) -> None:
        """A root is not there."""
        self._names[name] = root_id
        if name not in self.offline:
            self.offline.append(name)

    def ask(self, root_id: int, name: str, *, missing: int, photos: int) -> None:
        """So many of a root's photos vanished that somebody must confirm it."""
        self._names[name] = root_id
        self.confirm.append({"root": name, "missing": missing, "photos": photos})

    def take_questions(self, other: Progress) -> None:
        """What another run wants to have confirmed is asked now."""
        self._names |= other._names
        self.confirm = other.confirm

    def finish(self, moment: str) -> None:
        """The scan is over."""
        self.state, self.phase, self.current, self.finished_at = "idle", "", "", moment
        self._ended = time.monotonic()

    def step(self, root_id: int, current: str, *, failed: bool = False) -> None:
        """One photo of a root is done."""
        self.count(root_id, done=1, failed=int(failed))
        self.current, self._current_root = current, root_id
        self._marks.append((time.monotonic(), root_id))

    @property
    def elapsed_s(self) -> float:
        """How long the scan has run, or ran."""
        end = self._ended if self.state == "idle" else time.monotonic()
        return max(0.0, end - self._started) if self._started else 0.0

    @property
    def rate_per_s(self) -> float:
        """Photos per second: lately while it runs, over the whole scan afterwards."""
        return self._rate(self._roots, self.done)

    @property
    def eta_s(self) -> float | None:
        """Seconds left, or None while that cannot be told."""
        return self._eta(self.rate_per_s, self.total - self.done)

    def _rate(self, roots: Collection[int], done: int) -> float:
        if self.state == "idle":
            return done / self.elapsed_s if self.elapsed_s else 0.0
        now = time.monotonic()
        recent = [at for at, root_id in self._marks if now - at <= RATE_WINDOW_S and root_id in roots]
        if len(recent) < 2:
            return done / self.elapsed_s if self.elapsed_s > 1 else 0.0
        return (len(recent) - 1) / max(now - recent[0], 1e-6)

    def _eta(self, rate: float, left: int) -> float | None:
        return left / rate if self.state == "running" and rate > 0 and self.phase != "discovering" else None

    def as_dict(self) -> dict[str, Any]:
        """The structured progress of the whole scan."""
        return self._told(self.rate_per_s, self.eta_s, {})

    def told_to(self, viewer: Viewer) -> dict[str, Any]:
        """The progress as somebody may know it: the numbers, the file at work and the names are those of the roots that they see.

        Why a scan ended early is told to whoever sees all that was scanned: a sentence may name a file.
        """
        seen = {number: counts for number, counts in self._roots.items() if number in viewer.root_ids}
        if viewer.root_ids.issuperset(self._roots) and viewer.root_ids.issuperset(self._names.values()):
            return self.as_dict()
        changes: dict[str, Any] = {name: sum(counts[name] for counts in seen.values()) for name in COUNTED}
        changes["current"] = self.current if self._current_root in viewer.root_ids else ""
        changes["offline"] = [name for name in self.offline if self._names.get(name) in viewer.root_ids]
        changes["confirm"] = [each for each in self.confirm if self._names.get(each["root"]) in viewer.root_ids]
        changes["error"] = self.error and _("the scan ended early; the log says why")
        rate = self._rate(seen, changes["done"])
        return self._told(rate, self._eta(rate, changes["total"] - changes["done"]), changes)

    def _told(self, rate: float, eta: float | None, changes: Mapping[str, Any]) -> dict[str, Any]:
        plain = {key: value for key, value in asdict(self).items() if not key.startswith("_")}
        return {
            **plain,
            **changes,
            "running": self.state == "running",
            "elapsed_s": round(self.elapsed_s, 2),
            "rate_per_s": round(rate, 2),
            "eta_s": None if eta is None else round(eta, 1),
        }


@dataclass(slots=True)
class PhotosChange:
    """What became of photos: how many came, how many changed or went; `ids` of those that were read."""

    added: int = 0
    changed: int = 0
    ids: list[int] = field(default_factory=list)


def changes_of(by_root: Mapping[int, Sequence[int]]) -> dict[int, PhotosChange]:
    """Photos that changed, by root."""
    return {root_id: PhotosChange(changed=len(ids), ids=list(ids)) for root_id, ids in by_root.items()}


class Event(NamedTuple):
    """Something that happened.

    `user_id`: nobody but this user, and who has one of `roles`, is told. `by_root`: what happened to the photos of each root; everybody is
    told of those they see, and `data` is what whoever sees all of them is told.
    """

    name: str
    data: dict[str, Any]
    user_id: int | None = None
    roles: frozenset[str] = frozenset()
    by_root: Mapping[int, PhotosChange] | None = None

    def told_to(self, viewer: Viewer) -> dict[str, Any] | None:
        """What `viewer` is told, None for nothing."""
        if self.user_id not in (None, viewer.user_id) and viewer.role not in self.roles:
            return None
        if self.by_root is None:
            return self.data
        seen = [change for root_id, change in self.by_root.items() if root_id in viewer.root_ids]
        return (self.data if len(seen) == len(self.by_root) else _together(seen)) if seen else None


def _together(changes: Collection[PhotosChange]) -> dict[str, Any]:
    return {
        "added": sum(change.added for change in changes),
        "changed": sum(change.changed for change in changes),
        "ids": [number for change in changes for number in change.ids],
    }


class Broadcast:
    """Events to any number of listeners. A listener that does not keep up loses its oldest events, never delays the others."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Queue[Event | None], Hashable] = {}
        self._closed = False

    def publish(
        self, event: str, data: dict[str, Any], *, user_id: int | None = None, roles: frozenset[str] = frozenset()
    ) -> None:  # fmt: skip
        """Tell everybody who listens now; with `user_id` it is for this user, and who has one of `roles`.

        Nothing about photos may be in what is for everybody.
        """
        self._publish(Event(event, data, user_id, roles))

    def publish_photos(self, changes: Mapping[int, PhotosChange]) -> None:
        """Tell what became of photos, by root: `photos`."""
        if changes:
            self._publish(Event("photos", _together(changes.values()), by_root=changes))

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def close(self) -> None:
        """Tell everybody, also those who come later, by None, that nothing more will come."""
        self._closed = True
        self._put(None, self._listeners)

    def end(self, key: Hashable) -> None:
        """Tell those who listen under this key that nothing more will come, for example because their session is over."""
        self._put(None, [queue for queue, theirs in self._listeners.items() if theirs == key])

    def _publish(self, event: Event) -> None:
        if not self._closed:
            self._put(event, self._listeners)

    def _put(self, event: Event | None, queues: Iterable[asyncio.Queue[Event | None]]) -> None:
        for queue in queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    @contextmanager
    def listening(self, key: Hashable = None) -> Iterator[asyncio.Queue[Event | None]]:
        """The events from now on, until None. `key` is what `end` knows this listener by; of too many of one key the oldest end."""
        theirs = [queue for queue, other in self._listeners.items() if key is not None and other == key]
        self._put(None, theirs[: max(0, len(theirs) - LISTENERS + 1)])
        queue: asyncio.Queue[Event | None] = asyncio.Queue(LISTENER_BACKLOG)
        if self._closed:
            queue.put_nowait(None)
        self._listeners[queue] = key
        try:
            yield queue
        finally:
            del self._listeners[queue]
