"""The models as the pipeline knows them: they get ready once, in the background, and tell what they can do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from facetd.errors import Asleep, NotInstalled, Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork
from facetd.infer.packs.features import FEATURES, lacking
from facetd.ingest.seeing import Eyes
from facetd.ingest.tasks import EMBEDDING, FACES, OBJECTS, OPINIONS
from facetd.records.sightings import Sighting

logger = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # between two questions whether an inference server is back
AHEAD = 2  # looks on their way for each stream of another device: one is computed, one is ready


class Models:
    """Wraps the eyes that the configuration asks for; None when it asks for none."""

    def __init__(self, eyes: Eyes | None) -> None:
        self._eyes = eyes
        self._preparing: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._turns = asyncio.Semaphore(1)
        self._waking: asyncio.Task[None] | None = None
        self.asleep = ""

    @property
    def names(self) -> Mapping[str, str]:
        """For each analysis that can be made now: the models that make it."""
        return self._eyes.models if self._eyes is not None and self.ready else {}

    @property
    def ready(self) -> bool:
        """Whether it is known what the models can do."""
        return self._preparing is not None and self._preparing.done()

    @property
    def preparing(self) -> bool:
        """Whether it is not known yet what the models can do."""
        return self._eyes is not None and not self.ready

    async def get_ready(self, patience_s: float | None = None) -> bool:
        """Choose runtimes and precisions, which takes some seconds once on each machine; returns whether that is done.

        Waits for at most `patience_s`, without it as long as it takes; it goes on in the background.
        """
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._prepare(), name="models")
        await asyncio.wait({self._preparing}, timeout=patience_s)
        return self.ready

    def start(self) -> None:
        """Load the models in the background, ahead of the first look."""
        if self._eyes is not None and self.names and (self._starting is None or self._starting.done()):
            self._starting = asyncio.create_task(self._eyes.start(), name="models start")

    async def look(self, frame: Path, kinds: frozenset[str], cores: asyncio.Semaphore) -> Sighting:
        """What is in the picture of this file. Each look on the processor takes one of `cores`, which the decode workers share.

        Raises Unavailable when no photo can be looked at, Asleep while no inference server answers: `asleep` then says why.
        """
        if self._eyes is None:
            raise Unavailable(_("There are no models."))
        async with self._turns:
            if self.asleep:
                raise Asleep(self.asleep)
            try:
                if not self._eyes.on_cpu:
                    return await self._eyes.look(frame, kinds)
                async with cores:
                    return await self._eyes.look(frame, kinds)
            except Asleep as error:
                self._fell_asleep(error.message, kinds)
                raise

    @property
    def at_once(self) -> int:
        """Looks that keep all models busy, where these do not share the processor; 0 where they do."""
        return 0 if self._eyes is None or self._eyes.on_cpu else self._eyes.streams

    async def until_awake(self, patience_s: float | None = None) -> bool:
        """Wait for an inference server, without `patience_s` as long as it takes; returns whether one can be asked."""
        if self._waking is not None:
            await asyncio.wait({self._waking}, timeout=patience_s)
        return not self.asleep

    def _fell_asleep(self, why: str, kinds: frozenset[str]) -> None:
        """Have nobody ask in vain until a server can be asked again."""
        if not self.asleep:
            self.asleep = why
            logger.warning("%s", why)
            self._waking = asyncio.create_task(self._watch(kinds), name="inference servers")

    async def _watch(self, kinds: frozenset[str]) -> None:
        """Ask for the servers now and then until they can do it."""
        assert self._eyes is not None
        pause = FIRST_PAUSE_S
        while self.asleep:
            await asyncio.sleep(pause)
            try:
                self.asleep = await self._eyes.awake(kinds)
            except Exception as error:  # whatever it is, the question is asked again
                logger.exception("the inference servers cannot be asked")
                self.asleep = str(error) or type(error).__name__
            pause = min(LONGEST_PAUSE_S, pause * 1.5)
        logger.info("an inference server answers again")

    def networks(self, task: str) -> Sequence[AnyNetwork]:
        """The installed networks that do `task`, the preferred one first; none until it is known what there is."""
        return self._eyes.networks(task) if self._eyes is not None and self.ready else ()

    @property
    def opinions(self) -> Mapping[str, frozenset[str]] | None:
        """The opinions that installed models have, whether or not they can be run now: by analysis, the fields it fills. None while that is
        not known.
        """
        return self._eyes.opinions if self._eyes is not None and self.ready else None

    @property
    def reads_text(self) -> bool:
        """Whether texts have vectors in the space of photos."""
        return self._eyes is not None and self.ready and self._eyes.reads_text

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the models' process answers to one of infer/questions.py. Raises Unavailable."""
        if self._eyes is None:
            raise NotInstalled(_("There are no models."))
        await self.get_ready()
        return await self._eyes.ask(question, dict(arguments))

    async def stop(self) -> None:
        """End what runs."""
        for task in (self._preparing, self._starting, self._waking):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait({task})
        if self._eyes is not None:
            await self._eyes.stop()

    def capabilities(self) -> dict[str, dict[str, str]]:
        """For each analysis made by models, and each thing that packs make possible, its state (ready, preparing, unavailable) and, where
        it lacks, why and what to do.
        """
        found = {}
        for kind in (OBJECTS, FACES, EMBEDDING):
            if kind in self.names:
                found[kind] = {"state": "ready", "reason": ""}
            elif self._eyes is not None and not self.ready:
                found[kind] = {"state": "preparing", "reason": _("The first scan finds out what this machine can do.")}
            else:
                off = _("Switched off in the configuration (inference, objects, faces), or no models are installed.")
                found[kind] = {"state": "unavailable", "reason": (self._eyes.unavailable if self._eyes else "") or off}
        for feature in FEATURES:
            found[feature] = self._feature(feature)
        found["quality_scorers"] = self._scorers()
        return found

    def _scorers(self) -> dict[str, str]:
        """Networks that look at a photo and say how good it is: no pack that facetd knows brings one, a folder of one's own does."""
        if self._eyes is None or not self.ready:
            return self._feature(next(iter(FEATURES)))
        if OPINIONS & self.names.keys():
            return {"state": "ready", "reason": ""}
        hint = _("Put a network with its pack.toml into a folder of models/packs in the data folder (administrator's guide, Packs).")
        return {"state": "unavailable", "reason": hint}

    def _feature(self, feature: str) -> dict[str, str]:
        if self._eyes is None:
            return {"state": "unavailable", "reason": _("Looking at photos is switched off (inference.enabled).")}
        if not self.ready:
            return {"state": "preparing", "reason": _("The first scan finds out what this machine can do.")}
        reason = lacking(feature, lambda task: bool(self.networks(task)))
        return {"state": "unavailable" if reason else "ready", "reason": reason}

    async def _prepare(self) -> None:
        if self._eyes is not None:
            await self._eyes.prepare()
            self._turns = asyncio.Semaphore(self._eyes.streams * (1 if self._eyes.on_cpu else AHEAD))
