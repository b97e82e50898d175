"""The process that decode workers are forked from: it loads what they all need once. Light to import, so that it can be started first."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

PRELOAD = ["facetd.ingest.warm", "facetd.ingest.hush"]
SINGLE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def open_nursery() -> ForkServerContext:
    """Start the process, if it does not run, without waiting for what it loads; the context that forks workers from it."""
    os.environ.update({key: os.environ.get(key, value) for key, value in SINGLE_THREAD.items()})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    # Ctrl-C goes to every process of a terminal; ending the workers is the daemon's business.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context
