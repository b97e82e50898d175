"""The plugins and webhooks of one configuration: started and stopped with the daemon, described and tried out by the API."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from facetd.config.plugins import Plugins as Settings
from facetd.config.plugins import check_url
from facetd.db.connection import Database
from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _
from facetd.plugins.loading import Plugin, load_plugins, make_manager
from facetd.plugins.notifier import SETTLE_S, Notifier
from facetd.plugins.running import PluginThread
from facetd.plugins.sending import NotSent, Sender
from facetd.plugins.webhooks import OK, Webhooks, described, document

TESTS_AT_ONCE = 2


class Plugins:
    """`folder` has the plugins; `sender` replaces what sends webhooks."""

    def __init__(
        self, settings: Settings, folder: Path, db: Database, sender: Sender | None = None, *, settle_s: float = SETTLE_S
    ) -> None:  # fmt: skip
        self._settings = settings
        self._folder = folder
        self._db = db
        self._sender = sender or Sender(private=settings.allow_private_webhooks)
        self._settle_s = settle_s
        self._loaded: list[Plugin] = []
        self._notifier: Notifier | None = None
        self._testing = asyncio.Semaphore(TESTS_AT_ONCE)

    async def start(self) -> Notifier | None:
        """Run the plugins and begin to send webhooks; whom the pipeline has to tell, None when nobody wants to know."""
        thread = None
        if self._settings.enabled:
            manager = make_manager()
            self._loaded = await asyncio.to_thread(load_plugins, self._folder, manager)
            if manager.get_plugins():
                thread = PluginThread(manager)
        if thread is None and not self._settings.webhooks:
            return None
        webhooks = Webhooks(self._settings.webhooks, self._sender)
        self._notifier = Notifier(self._db, thread, webhooks, self._settle_s)
        self._notifier.start()
        return self._notifier

    async def stop(self) -> None:
        """Tell nobody any more."""
        if self._notifier is not None:
            await self._notifier.stop()

    def describe(self) -> dict[str, Any]:
        """What is set up, without secrets: of webhooks the host only."""
        return {
            "enabled": self._settings.enabled,
            "plugins": [
                {"name": each.name, "file": each.file, "events": list(each.events), "doc": each.doc, "problem": each.problem}
                for each in self._loaded
            ],
            "webhooks": described(self._settings.webhooks),
            "actions": [],
        }

    async def try_out(self, url: str) -> dict[str, Any]:
        """Send a document for a test. Raises InvalidInput for an address that is none, Forbidden for one that must not be asked."""
        try:
            check_url(url)
        except ValueError as error:
            raise InvalidInput(_("this is no address of a webhook"), errors=[FieldError("url", str(error))]) from error
        async with self._testing:
            try:
                status = await self._sender.post(url, document("test", None))
            except NotSent as error:
                return {"ok": False, "url": url, "error": str(error)}
        if status in OK:
            return {"ok": True, "url": url, "status": status}
        return {"ok": False, "url": url, "status": status, "error": _("the host answered {status}").format(status=status)}
