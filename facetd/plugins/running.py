"""Calling plugins: in a thread of their own, one call after the other."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading

import pluggy

from facetd.plugins.hooks import Photo, ScanSummary

logger = logging.getLogger(__name__)
BACKLOG = 1000  # calls that wait; those that come then are left out


class PluginThread:
    """Ends with the process: a plugin that never returns holds up nothing but other plugins."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._manager = manager
        self._calls: queue.Queue[tuple[str, dict[str, Photo | ScanSummary]] | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._work, name="plugins", daemon=True)
        self._dropped = 0

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def stop(self) -> None:
        """Call no more; the call that runs is not waited for."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._calls.get_nowait()
        self._calls.put(None)

    def tell(self, event: str, argument: str, what: Photo | ScanSummary) -> None:
        """Have the plugins called that implement `event`."""
        try:
            self._calls.put_nowait((event, {argument: what}))
        except queue.Full:
            self._dropped += 1
            if self._dropped & (self._dropped - 1) == 0:
                logger.warning("plugins do not keep up: %d calls were left out", self._dropped)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            event, arguments = call
            for name, plugin in self._manager.list_name_plugin():
                others = [other for _name, other in self._manager.list_name_plugin() if other is not plugin]
                try:
                    self._manager.subset_hook_caller(event, others)(**arguments)
                except (Exception, SystemExit):
                    logger.exception("plugin %s fails at %s", name, event)
