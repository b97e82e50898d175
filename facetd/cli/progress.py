"""Scan progress in the terminal: done/total, rate, time left, failures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facetd.ingest.progress import Event

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 10.0


class ProgressView:
    """A bar on a terminal; elsewhere a line now and then, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._said = 0.0

    async def follow(self, events: asyncio.Queue[Event | None]) -> None:
        """Show every scan that the events tell of, until they end."""
        try:
            while (event := await events.get()) is not None:
                if event[0] == "scan":
                    self.show(event[1])
        finally:
            self.close()

    def show(self, status: Mapping[str, Any]) -> None:
        """Show one status; a scan that found nothing to do is not mentioned."""
        if status["state"] != "running":
            self._finish(status)
        elif status["total"]:
            self._update(status)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def _update(self, status: Mapping[str, Any]) -> None:
        if not self._console.is_terminal:
            if status["elapsed_s"] - self._said >= LINE_EVERY_S:
                self._said = status["elapsed_s"]
                self._console.print(f"{status['done']}/{status['total']} photos, {facts(status)}", highlight=False)
            return
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - only a terminal has a bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                TextColumn("{task.fields[facts]}"),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=0, facts="")
            self._bar.start()
        if self._task is not None:
            words = {
                "discovering": "Looking for photos",
                "analysing": "Scoring photos",
                "judging": "Judging",
                "waiting": "Waiting for the inference server",
            }
            self._bar.update(
                self._task, description=words.get(status["phase"], ""), completed=status["done"], total=status["total"], facts=facts(status)
            )

    def _finish(self, status: Mapping[str, Any]) -> None:
        self.close()
        self._said = 0.0
        if status["finished_at"] is not None:
            for line in summary(status):
                self._console.print(line, highlight=False, markup=False)


def facts(status: Mapping[str, Any]) -> str:
    """Rate, time left, failures."""
    parts = [f"{status['rate_per_s']:.1f}/s"]
    if status["eta_s"] is not None:
        parts.append(f"{duration(status['eta_s'])} left")
    if status["failed"]:
        parts.append(f"{status['failed']} unreadable")
    if status.get("waiting_for"):
        parts.append(f"waiting for the inference server, {status['unseen']} photos to look at")
    return ", ".join(parts)


def summary(status: Mapping[str, Any]) -> list[str]:
    """What a scan did, in a line or a few."""
    counts = [
        f"{status[key]} {word}"
        for key, word in (
            ("added", "new"),
            ("changed", "changed"),
            ("moved", "moved"),
            ("missing", "gone"),
            ("failed", "unreadable"),
            ("unchanged", "unchanged"),
        )
        if status[key]
    ]
    how = "Scan cancelled" if status["cancelled"] else "Scan ended early" if status["error"] else "Scan done"
    rate = f" ({status['done'] / status['elapsed_s']:.1f} photos/s)" if status["done"] and status["elapsed_s"] else ""
    nothing_new = f"{status['done']} looked at again" if status["done"] else "no photos found"
    lines = [f"{how} in {duration(status['elapsed_s'])}{rate}: {', '.join(counts) or nothing_new}."]
    if status["unseen"]:
        lines.append(f"{status['unseen']} photos wait for an inference server: {status['waiting_for'] or 'it answers, but not to them'}.")
    if status["ignored_videos"]:
        lines.append(f"{status['ignored_videos']} videos were left out.")
    if status["unreadable_folders"]:
        lines.append(f"{status['unreadable_folders']} folders may not be read; their photos stay as they were.")
    lines += [f"{name} is offline; its photos stay in the library." for name in status["offline"]]
    lines += [
        f"{entry['missing']} of {entry['photos']} photos of {entry['root']} are not there any more. If that is right, run "
        "`facetd scan --confirm-missing`; until then they stay."
        for entry in status["confirm"]
    ]
    return lines


def duration(seconds: float) -> str:
    """Seconds as people read them."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
