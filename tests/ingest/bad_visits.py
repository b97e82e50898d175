"""Visits that go wrong in ways a decoder may; run in worker processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from facetd.errors import DiskFull
from facetd.ingest.tasks import VisitResult, VisitTask


def by_name(task: VisitTask) -> VisitResult:
    """Do what the file's name says."""
    name = Path(task.path).stem
    if name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "killed" or (name == "killed once" and not Path(task.path).with_suffix(".killed").exists()):
        Path(task.path).with_suffix(".killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "process":
        return VisitResult(content_hash=str(os.getpid()))
    if name == "hang":
        time.sleep(60)
    if name == "eat":
        return VisitResult(content_hash=str(len(bytearray(400 * 1024 * 1024))))
    if name == "full":
        raise DiskFull("no room")
    if name == "raise":
        raise RuntimeError("a surprise")
    if name == "heavy" and not task.heavy:
        return VisitResult(too_heavy=True, content_hash="abc")
    return VisitResult(content_hash=f"{task.heavy} {task.content_hash}")
