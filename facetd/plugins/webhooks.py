"""Webhooks: documents that are sent in the background, tried again for some minutes, and never waited for."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlsplit

from facetd.config.plugins import Webhook
from facetd.errors import Forbidden
from facetd.plugins.hooks import Photo, ScanSummary
from facetd.plugins.sending import NotSent, Sender

logger = logging.getLogger(__name__)
BACKLOG = 1000  # documents that wait for one address; the oldest go
PAUSES_S = (5.0, 30.0, 120.0)  # before each further try
RETRIED = frozenset({408, 425, 429}) | frozenset(range(500, 600))
OK = range(200, 300)


class Webhooks:
    """A queue and a task for each address, so that one that sleeps holds up no other."""

    def __init__(self, hooks: Sequence[Webhook], sender: Sender, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._hooks = hooks
        self._sender = sender
        self._pauses_s = pauses_s
        self._queues = [asyncio.Queue[bytes](BACKLOG) for _ in hooks]
        self._tasks: list[asyncio.Task[None]] = []

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def start(self) -> None:
        """Begin to send."""
        pairs = zip(self._hooks, self._queues, strict=True)
        self._tasks = [asyncio.create_task(self._work(hook, queue), name="webhook") for hook, queue in pairs]

    async def stop(self) -> None:
        """Send no more; what waits is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, event: str, what: Photo | ScanSummary) -> None:
        """Have every address told that wants to know."""
        body: bytes | None = None
        for hook, queue in zip(self._hooks, self._queues, strict=True):
            if event in hook.events and _is_good_enough(what, hook.min_score):
                body = body or document(event, what)
                if queue.full():
                    queue.get_nowait()
                    logger.warning("a webhook of %s does not keep up, and is not told of everything", host_of(hook.url))
                queue.put_nowait(body)

    async def _work(self, hook: Webhook, queue: asyncio.Queue[bytes]) -> None:
        while True:
            body = await queue.get()
            await self._deliver(hook, body)

    async def _deliver(self, hook: Webhook, body: bytes) -> None:
        problem = ""
        for pause in (*self._pauses_s, None):
            try:
                status = await self._sender.post(hook.url, body)
            except NotSent as error:
                problem = str(error)
            except Forbidden as error:
                logger.error("the webhook of %s is not sent: %s", host_of(hook.url), error)
                return
            except Exception:
                logger.exception("the webhook of %s is not sent", host_of(hook.url))
                return
            else:
                if status not in RETRIED:
                    if status not in OK:
                        logger.warning("the webhook of %s answered %d", host_of(hook.url), status)
                    return
                problem = f"it answered {status}"
            if pause is not None:
                await asyncio.sleep(pause)
        logger.warning("the webhook of %s was given up after %d tries: %s", host_of(hook.url), len(self._pauses_s) + 1, problem)


def document(event: str, what: Photo | ScanSummary | None) -> bytes:
    """What is sent: the event, when that was (UTC), and the photo or the scan."""
    told: dict[str, object] = {"event": event, "sent_at": datetime.now(UTC).isoformat(timespec="seconds")}
    if isinstance(what, Photo):
        told["photo"] = asdict(what)
    elif what is not None:
        told["scan"] = asdict(what)
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def host_of(url: str) -> str:
    """The host of an address: the rest may be a secret."""
    return urlsplit(url).hostname or ""


def described(hooks: Sequence[Webhook]) -> list[Mapping[str, object]]:
    """The webhooks as others may know them."""
    return [{"host": host_of(hook.url), "events": list(hook.events), "min_score": hook.min_score} for hook in hooks]


def _is_good_enough(what: Photo | ScanSummary, min_score: float) -> bool:
    return not min_score or not isinstance(what, Photo) or (what.aggregate is not None and what.aggregate >= min_score)
