"""Photos by what a text means: the models say where it points, and the process that searches vectors finds the photos there."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from facetd.errors import FacetdError, Unavailable
from facetd.i18n import _
from facetd.ingest.models import Models
from facetd.ingest.tasks import EMBEDDING
from facetd.library.vectors import Vectors

logger = logging.getLogger(__name__)
PATIENCE_S = 3.0  # of somebody who searches; loading goes on, and the next search has it
AGAIN_S = 30.0  # after something broke, until it is tried again
KEPT = 256  # texts whose vectors are remembered, of some kilobytes each
QUESTION = "text_vector"


@dataclass(frozen=True, slots=True)
class Near:
    """The cosines of the photos that are nearest to a text. None where there is none to be had; `why` then, if that may pass.

    `least` is the cosine from which a photo may show the text.
    """

    cosines: Mapping[int, float] | None = None
    why: str = ""
    least: float = 0.0


class Direction(NamedTuple):
    """Where a text points."""

    space: str
    vector: bytes
    least: float


class Meaning:
    """Never raises, and answers within some seconds. A text is read once."""

    def __init__(self, models: Models, vectors: Vectors, *, patience_s: float = PATIENCE_S, again_s: float = AGAIN_S) -> None:
        self._models = models
        self._vectors = vectors
        self._patience_s = patience_s
        self._again_s = again_s
        self._known: OrderedDict[tuple[str, str], Direction] = OrderedDict()
        self._reading: dict[tuple[str, str], asyncio.Task[Direction]] = {}
        self._finding: set[asyncio.Task[Near]] = set()
        self._broken: tuple[float, str] = (0.0, "")

    @property
    def there(self) -> bool:
        """Whether a model that reads text is installed and can be used here."""
        return self._models.reads_text

    async def nearest(self, text: str, *, limit: int, within: Sequence[int] | None = None) -> Near:
        """The `limit` photos nearest to `text`, of those `within` if given; whom they may be shown to is the caller's business."""
        if not self.there:
            return Near()
        until, why = self._broken
        if time.monotonic() < until:
            return Near(why=why)
        task = asyncio.create_task(self._find(text, limit, within), name="meaning")
        self._finding.add(task)
        task.add_done_callback(self._finding.discard)
        done, _pending = await asyncio.wait({task}, timeout=self._patience_s)
        if not done:
            return Near(why=_("The model that reads text is still getting ready."))
        return task.result()

    async def stop(self) -> None:
        """Cancel what is under way."""
        tasks = [*self._finding, *self._reading.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, text: str, limit: int, within: Sequence[int] | None) -> Near:
        try:
            asked = await self._vector(text)
            found = await self._vectors.nearest(asked.vector, limit, space=asked.space, within=within)
        except FacetdError as error:
            why = _("The model that reads text cannot be used: {why}").format(why=error)
            logger.warning("a search goes without what photos show: %s", error)
            self._broken = time.monotonic() + self._again_s, why
            return Near(why=why)
        if found is None:
            return Near({}, why=_("No photo was looked at with the model that reads text yet; the next scan does that."))
        return Near(dict(zip(found.ids, found.cosines, strict=True)), least=asked.least)

    async def _vector(self, text: str) -> Direction:
        """The space and the vector of `text`. Raises Unavailable."""
        key = (self._models.names.get(EMBEDDING, ""), text)
        if (known := self._known.get(key)) is not None:
            self._known.move_to_end(key)
            return known
        if key not in self._reading:
            self._reading[key] = task = asyncio.create_task(self._read(text), name="text vector")
            task.add_done_callback(lambda _task: self._reading.pop(key, None))
        found = await asyncio.shield(self._reading[key])
        self._known[key] = found
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found

    async def _read(self, text: str) -> Direction:
        answer = await self._models.ask(QUESTION, {"text": text})
        try:
            return Direction(str(answer["space"]), base64.b64decode(answer["vector"], validate=True), float(answer["least"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(_("The models gave no usable answer.")) from error
