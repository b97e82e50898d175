"""Eyes: what the daemon has of the models. Light: neither numpy nor a runtime is loaded here."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from facetd.config.eyes import Inference
from facetd.errors import Asleep, ConfigError, NotInstalled, Unavailable
from facetd.i18n import _
from facetd.infer import wire
from facetd.infer.abilities import TASKS, Abilities
from facetd.infer.catalogue import AnyNetwork, Catalogue
from facetd.infer.choice import Choices, choices_json
from facetd.infer.keeper import Keeper
from facetd.infer.link import Link, Lost
from facetd.infer.measure import cache_folder, choices_for, packs_folder, precisions_present
from facetd.infer.opinions.wanted import opinions_installed
from facetd.infer.remote.choices import fallback_choices, remote_choices
from facetd.infer.remote.health import look_at
from facetd.infer.remote.settings import Remote
from facetd.infer.turns import Turns
from facetd.records.sightings import Failure, Sighting

log = logging.getLogger("facetd.infer")

AHEAD = 2  # requests on their way for each stream: one is computed, one is ready
STRIKES = 5  # photos in a row that end the process before something else than the photos is to blame
CRASHES_ALONE = 1  # of the process with one photo alone, after which it is the photo's fault
KILLS_ALONE = 8  # by a person or a system short of memory: most likely not the photo's fault
LOOK = "facetd.infer.look:look"
LOOK_SETTINGS = "facetd.infer.settings:LookSettings"


class Eyes:
    """Looks at photos in a process that is started by the first request and ended after `idle_s` without one.

    When the process dies or hangs, what was under way is tried once more, one photo at a time, each in a process that is known to live:
    so the guilty photo is found and costs nobody else. `kinds` are the analyses that are wanted. `look_settings` is a dataclass of
    plain values for the tasks; `look` and `settings_type` name the function and that dataclass as `module:name`.
    """

    def __init__(
        self,
        settings: Inference,
        look_settings: object,
        *,
        data: Path,
        kinds: frozenset[str] = frozenset(TASKS),
        models: Path | None = None,
        look: str = LOOK,
        settings_type: str = LOOK_SETTINGS,
    ) -> None:
        self._settings = settings
        self._look_settings = wire.settings_to_json(look_settings)
        self._data = data
        self._kinds = kinds
        self._models_folder = models
        self._names = {"look": look, "settings": settings_type}
        self._catalogue: Catalogue | None = None
        self._abilities: Abilities | None = None
        self.choices: Choices | None = None
        self._remote: Remote | None = None
        self._fallback: Choices | None = None
        self.unavailable = "" if settings.enabled else _("Looking at photos is switched off (inference.enabled).")
        self._places = asyncio.Semaphore(1)
        self._turns = Turns()
        self._process = Keeper(self._opening, settings.idle_s, lambda: self._turns.nobody)
        self._strikes = 0
        self._stops = 0

    @property
    def started(self) -> bool:
        """Whether there is an inference process."""
        return self._process.started

    @property
    def pid(self) -> int | None:
        """Of the inference process."""
        return self._process.pid

    async def prepare(self) -> Choices | None:
        """Read the catalogue and the choice for this machine; measures first where there is none yet (seconds).

        None when the models cannot be used; `unavailable` then says why.
        """
        if not self._settings.enabled:
            return None
        try:
            self._catalogue = await asyncio.to_thread(Catalogue.load, self._models_folder, packs_folder(self._data))
            for problem in self._catalogue.problems:
                log.warning("%s", problem)
            self._remote = Remote.from_settings(self._settings)
            self.choices = await self._chosen(self._catalogue, self._remote)
        except (ConfigError, OSError) as error:
            self.unavailable = str(error)
            log.warning("no models: %s", error)
            return None
        self._places = asyncio.Semaphore(self.choices.streams * AHEAD)
        self._abilities = Abilities(self._catalogue, self.choices, self._kinds)
        self.unavailable = "\n".join(f"{kind}: {why}" for kind in self._abilities.wanted if (why := self._abilities.lacks(kind)))
        return self.choices

    async def _chosen(self, catalogue: Catalogue, remote: Remote | None) -> Choices:
        """How the models are run. Raises ConfigError, OSError."""
        if remote is not None and not self._settings.local_fallback:
            return remote_choices(catalogue, self._settings, remote)
        lacking = [model.id for model in catalogue.models if not precisions_present(catalogue, model)]
        if len(lacking) == len(catalogue.models):
            raise ConfigError(_("no model file is in {folder}").format(folder=catalogue.folder), hint=_("Install facetd again."))
        if remote is None:
            return await choices_for(catalogue, self._settings, self._data)
        self._fallback = await fallback_choices(catalogue, self._settings, self._data)
        return remote_choices(catalogue, self._settings, remote)

    @property
    def models(self) -> Mapping[str, str]:
        """By kind of analysis that can be made, the models it is made with: ids, versions, precisions."""
        return {} if self._abilities is None else self._abilities.models

    @property
    def opinions(self) -> Mapping[str, frozenset[str]] | None:
        """The opinions that installed models have, whether or not they can be run now: by analysis, the fields it fills. None while that is
        not known.
        """
        return None if self._catalogue is None else opinions_installed(self._catalogue)

    @property
    def reads_text(self) -> bool:
        """Whether texts have vectors in the space of photos: the pack in use brings both towers."""
        return self._abilities is not None and self._abilities.reads_text

    @property
    def streams(self) -> int:
        """How many photos are looked at at once; 1 until that is chosen."""
        return self.choices.streams if self.choices else 1

    @property
    def on_cpu(self) -> bool:
        """Whether any model runs on the processor, beside everything else."""
        return self.choices is None or any(choice.device == "cpu" for choice in self.choices.models.values())

    def networks(self, task: str) -> tuple[AnyNetwork, ...]:
        """The networks of the catalogue that do `task`, the preferred one first; none before `prepare`."""
        return self._catalogue.for_task(task) if self._catalogue is not None else ()

    async def start(self) -> None:
        """Start the process ahead of the first request, so that its models load meanwhile. What goes wrong is for that request to tell."""
        if self.choices is not None and not self._process.started:
            with suppress(Unavailable):
                await self._process.link()
                self._process.rest()

    async def look(self, frame: Path, kinds: frozenset[str]) -> Sighting:
        """What the models see in the picture at `frame` (.npy, uint8 [height, width, 3] RGB, upright), which nobody may change meanwhile.

        What goes wrong with this photo comes back as its failures (reasons: frame, inference, memory, crash, timeout). Raises
        Unavailable when no photo can be looked at, Asleep when no inference server can be asked for now.
        """
        missing = kinds - self.models.keys()
        if missing:
            raise Unavailable(_("There are no models for: {kinds}.").format(kinds=", ".join(sorted(missing))), hint=self.unavailable)
        message: wire.Json = {"frame": os.fspath(frame), "kinds": sorted(kinds), "settings": self._look_settings}
        stops = self._stops
        async with self._places:
            self._process.busy()
            try:
                return await self._try(message, kinds, stops)
            finally:
                self._process.rest()

    async def awake(self, kinds: frozenset[str]) -> str:
        """Why `kinds` cannot be looked for now because of the inference servers; empty when they can. Asks the servers."""
        if self._remote is None or self._abilities is None:
            return ""
        models = sorted({model.id for kind in kinds & TASKS.keys() for model in self._abilities.used_by(kind)})
        states = await asyncio.to_thread(look_at, self._remote, models)
        if not any(state.ready for state in states):
            return "; ".join(f"{state.url}: {state.problem}" for state in states)
        try:
            return str((await self.ask("inference_servers", {"models": models}))["problem"])
        except Unavailable as error:
            return error.message

    async def ask(self, question: str, arguments: wire.Json) -> wire.Json:
        """What the process answers to one of the QUESTIONS; a process that is lost meanwhile is asked once more.

        Raises Unavailable when there is no answer, with the reason.
        """
        if self.choices is None:
            raise NotInstalled(_("There are no models."), hint=self.unavailable)
        stops = self._stops
        self._process.busy()
        try:
            with self._turns.beside():
                try:
                    reply = await self._converse({"ask": question, "arguments": arguments})
                except Lost:
                    self._still_wanted(stops)
                    reply = await self._converse({"ask": question, "arguments": arguments})
            if "answer" not in reply:
                raise Unavailable(str(reply.get("problem", "")))
            return dict(reply["answer"])
        except (Lost, TimeoutError) as error:
            raise Unavailable(_("The models gave no answer ({how}).").format(how=error or _("it took too long"))) from error
        finally:
            self._process.rest()

    async def stop(self) -> None:
        """End the process now; requests under way raise Unavailable. The next request starts a new one."""
        self._stops += 1
        await self._process.stop()

    # One request

    async def _try(self, message: wire.Json, kinds: frozenset[str], stops: int) -> Sighting:
        """Side by side with others, and alone when that went wrong."""
        async with self._turns.side_by_side():
            try:
                sighting = await self._ask(message)
            except (Lost, TimeoutError) as error:
                self._still_wanted(stops)
                self._turns.suspect()  # before anybody else gets a turn
                log.warning("the inference process is lost (%s); what was under way is tried once more", error or "no answer")
            else:
                self._strikes = 0
                return sighting
        try:
            async with self._turns.by_itself():
                self._still_wanted(stops)
                return await self._last_try(message, kinds, stops)
        finally:
            self._turns.acquit()

    async def _last_try(self, message: wire.Json, kinds: frozenset[str], stops: int) -> Sighting:
        if self._strikes >= STRIKES:
            self._strikes = 0
            raise Unavailable(
                _("The inference process ended with {count} photos in a row.").format(count=STRIKES),
                hint=_("Run `facetd models bench`, or choose another inference.runtime."),
            )
        failure = Failure("crash", "")
        killed = crashed = 0
        while crashed < CRASHES_ALONE and killed < KILLS_ALONE:
            try:
                sighting = await self._ask(message)
            except TimeoutError:
                failure = Failure("timeout", _("Looking at the photo took longer than {limit:g} s.").format(limit=self._settings.timeout_s))
                break
            except Lost as error:
                self._still_wanted(stops)
                killed, crashed = (killed + 1, crashed) if error.killed else (killed, crashed + 1)
                failure = Failure("crash", _("The inference process ended on this photo ({how}).").format(how=error))
            else:
                self._strikes = 0
                return sighting
        self._strikes += not killed
        return Sighting(failures=dict.fromkeys(kinds, failure))

    async def _ask(self, message: wire.Json) -> Sighting:
        """One look. Raises Asleep, or Lost and TimeoutError; the process is gone then."""
        link = await self._process.link()
        reply = await self._converse(message, link)
        if "asleep" in reply:
            raise Asleep(str(reply["asleep"]))
        try:
            return wire.sighting_from_json(reply["sighting"])
        except (wire.WireError, KeyError) as error:
            await self._process.drop(link)
            raise Lost(f"it answered with {error}") from error

    async def _converse(self, message: wire.Json, link: Link | None = None) -> wire.Json:
        """One conversation. Raises Lost, TimeoutError; the process is gone then."""
        link = link or await self._process.link(ahead=False)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await link.ask(message)
        except TimeoutError:
            await self._process.drop(link)
            raise
        except Lost:
            await self._process.drop(link)
            raise

    def _still_wanted(self, stops: int) -> None:
        if stops != self._stops:
            raise Unavailable(_("Looking at photos was stopped."))

    # The process

    def _opening(self, ahead: bool) -> wire.Json:
        """What a process is started with; see Keeper."""
        assert self._catalogue is not None and self.choices is not None
        return {
            "ahead": ahead,
            "models": os.fspath(self._catalogue.folder),
            "packs": os.fspath(packs_folder(self._data)),
            "cache": os.fspath(cache_folder(self._data)),
            "choices": choices_json(dataclasses.replace(self.choices, trials=())),
            "servers": self._remote.to_json() if self._remote else None,
            "fallback": choices_json(dataclasses.replace(self._fallback, trials=())) if self._fallback else None,
            **self._names,
        }
