"""A job's progress in the terminal: done/total, rate, time left, what it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facetd.cli.progress import duration
from facetd.ingest.progress import Event
from facetd.library.jobs import EVENT

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 10.0
DOING = {"generate": "Describing photos", "translate": "Translating captions"}
DID = {"generate": "described", "translate": "translated"}


class JobView:
    """A bar on a terminal; elsewhere a line now and then, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._said_at = 0.0
        self._said = ""

    async def follow(self, events: asyncio.Queue[Event | None]) -> None:
        """Show every job that the events tell of, until they end."""
        try:
            while (event := await events.get()) is not None:
                if event[0] == EVENT:
                    self.show(event[1])
        finally:
            self.close()

    def show(self, status: Mapping[str, Any]) -> None:
        """Show one status."""
        if status["state"] != "running":
            self.close()
            if status["finished_at"] is not None:
                for line in summary(status):
                    self._console.print(line, highlight=False, markup=False)
        elif self._console.is_terminal:
            self._update(status)
        elif status["waiting"] != self._said or status["elapsed_s"] - self._said_at >= LINE_EVERY_S:
            self._said, self._said_at = status["waiting"], status["elapsed_s"]
            self._console.print(f"{status['done']}/{status['total']}, {facts(status)}", highlight=False, markup=False)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None

    def _update(self, status: Mapping[str, Any]) -> None:
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - only a terminal has a bar

        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
            self._bar = Progress(*columns, TextColumn("{task.fields[facts]}", markup=False), console=self._console, transient=True)
            self._task = self._bar.add_task("", total=0, facts="")
            self._bar.start()
        if self._task is not None:
            self._bar.update(
                self._task,
                description=DOING.get(status["kind"], ""),
                completed=status["done"],
                total=status["total"],
                facts=facts(status),
            )


def facts(status: Mapping[str, Any]) -> str:
    """What it waits for, else rate and time left; failures."""
    parts = [f"waiting: {status['waiting']}"] if status["waiting"] else [f"{status['rate_per_s']:.1f}/s"]
    if status["eta_s"] is not None:
        parts.append(f"{duration(status['eta_s'])} left")
    if status["failed"]:
        parts.append(f"{status['failed']} in vain")
    return ", ".join(parts)


def summary(status: Mapping[str, Any]) -> list[str]:
    """What a job did, in a line or a few."""
    made = status["done"] - status["failed"] - status["kept"]
    how = "Cancelled" if status["cancelled"] else "Ended early" if status["error"] else "Done"
    what = f"{made} {DID.get(status['kind'], 'done')}" if status["total"] or status["error"] else "there was nothing to do"
    lines = [f"{how} in {duration(status['elapsed_s'])}: {what}."]
    if status["kept"]:
        lines.append(f"{status['kept']} were changed by somebody meanwhile and stay as they are.")
    if status["failed"]:
        lines.append(f"{status['failed']} were tried in vain:")
        lines += [f"  photo {failure['id']}: {failure['message']}" for failure in status["failures"]]
        lines += [f"  and {status['failed'] - len(status['failures'])} more"] * (status["failed"] > len(status["failures"]))
    return lines
