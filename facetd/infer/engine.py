"""Running models for many photos at once: calls of several threads become one batch while a model is busy."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facetd.errors import Asleep, Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import (
    Appearance,
    ArcFace,
    Catalogue,
    FaceDetector,
    FaceEmbedding,
    ImageEmbedding,
    Model,
    ObjectDetector,
    PackSource,
    PartsModel,
    QualityScorer,
    ScrfdDetector,
)
from facetd.infer.choice import Choice, Choices
from facetd.infer.memory import compactly
from facetd.infer.opinions.wanted import scorer_of
from facetd.infer.runner import Kind
from facetd.infer.runtimes import open_part, open_session
from facetd.infer.runtimes.session import Outputs, Plan, RuntimeProblem, Session
from facetd.infer.things.appearance import Projection

if TYPE_CHECKING:
    from facetd.infer.remote.fleet import Fleet
    from facetd.infer.runtimes.parts import PartSession


@dataclass(slots=True, eq=False)
class _Call:
    """A thread's call: its items, and later the outputs, or the error, or the word to lead."""

    batch: NDArray[np.float32]
    ready: threading.Event = field(default_factory=threading.Event)
    outputs: Outputs | None = None
    error: BaseException | None = None


class Gathering:
    """One model: `leaders` threads run at once, each with what has gathered meanwhile, up to `most` items.

    Whoever comes while all leaders are busy waits; a leader that is done hands over to the first who waits. There is no timer: an idle
    model runs a call at once, alone.
    """

    def __init__(self, run: Callable[[NDArray[np.float32]], Outputs], *, leaders: int, most: int) -> None:
        self._run = run
        self._leaders = leaders
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()
        self._leading = 0

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """The outputs for `batch`; an error of a run that others took part in is raised in each of their threads."""
        call = _Call(batch)
        with self._lock:
            leads = self._leading < self._leaders
            if leads:
                self._leading += 1
            else:
                self._waiting.append(call)
        if not leads:
            call.ready.wait()
        if call.outputs is None and call.error is None:
            self._lead(call)
        if call.error is not None:
            raise call.error
        assert call.outputs is not None
        return call.outputs

    def _lead(self, own: _Call) -> None:
        """Run `own` together with those that wait and fit, then pass the lead on."""
        calls = [own]
        with self._lock:
            count = len(own.batch)
            while self._waiting and count + len(self._waiting[0].batch) <= self._most:
                calls.append(self._waiting.popleft())
                count += len(calls[-1].batch)
        try:
            self._answer(calls)
        finally:
            with self._lock:
                successor = self._waiting.popleft() if self._waiting else None
                if successor is None:
                    self._leading -= 1
            for call in calls[1:]:
                call.ready.set()
            if successor is not None:
                successor.ready.set()

    def _answer(self, calls: Sequence[_Call]) -> None:
        """One run for all; when that fails, one for each, so that an error meets only who caused it. Nobody causes that servers sleep."""
        try:
            _distribute(calls, self._run(calls[0].batch if len(calls) == 1 else np.concatenate([call.batch for call in calls])))
        except BaseException as error:  # whatever it is, those who wait must not wait for ever
            if len(calls) == 1 or isinstance(error, Asleep):
                for call in calls:
                    call.error = error
                return
            for call in calls:
                self._answer([call])


def _distribute(calls: Sequence[_Call], outputs: Outputs) -> None:
    """Give each call its rows."""
    begin = 0
    for call in calls:
        end = begin + len(call.batch)
        call.outputs = outputs if len(calls) == 1 else tuple(output[begin:end] for output in outputs)
        begin = end


class Engine:
    """The models as `choices` says, each loaded at its first use. Threads may share it.

    With a `fleet`, models that look at pictures run there; `fallback` says how they are run here when no server can be asked.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        choices: Choices,
        *,
        cache: Path | None = None,
        opener: Callable[[Plan], Session] = open_session,
        fleet: Fleet | None = None,
        fallback: Choices | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._choices = choices
        self._cache = cache
        self._open = opener
        self._fleet = fleet
        self._fallback = fallback
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._models: dict[str, Gathering] = {}
        self._remote: dict[str, Gathering] = {}
        self._projections: dict[str, Projection] = {}
        self._parts: dict[Path, PartSession] = {}

    @property
    def fleet(self) -> Fleet | None:
        """The servers, where there are some."""
        return self._fleet

    @property
    def catalogue(self) -> Catalogue:
        """What is known of the models."""
        return self._catalogue

    @property
    def cache(self) -> Path | None:
        """A folder for what can be made again; None: nothing is kept."""
        return self._cache

    def scorer(self, field: str) -> QualityScorer | None:
        """The installed network that fills `field`, whether or not it can be run here."""
        return scorer_of(self._catalogue, field)

    @property
    def tower(self) -> ImageEmbedding | None:
        """The installed network that makes vectors of whole photos, whether or not it can be run here."""
        return self._catalogue.find(ImageEmbedding)

    def installed(self, kind: type[Kind]) -> Kind | None:
        """The model of this kind that an installed pack brings, whether or not it can be run here; None where no pack does."""
        return next((each for each in self._catalogue.networks if isinstance(each, kind) and isinstance(each.source, PackSource)), None)

    def run(self, model_id: str, batch: NDArray[Any]) -> tuple[NDArray[np.float32], ...]:
        """The outputs of `model_id` for `batch` [N, ...] in catalogue order, each [N, ...] float32.

        Raises Unavailable for a model that cannot be run here, Asleep when no server can be asked, ValueError for a batch that does not
        fit the model.
        """
        model = self._catalogue.model(model_id)
        expected = (3, model.input.size, model.input.size)
        if batch.ndim != 4 or batch.shape[1:] != expected:
            raise ValueError(f"{model_id} takes batches of {expected}, not {batch.shape}")
        if not len(batch):
            return tuple(np.empty((0, *output.shape), np.float32) for output in model.outputs)
        values = np.ascontiguousarray(batch, np.float32)
        if self._fleet is None:
            return self._gathering(model_id).run(values)
        try:
            return self._gathering_of(self._fleet, model).run(values)
        except Asleep:
            if self._fallback is None or model_id not in self._fallback.models:
                raise
            return self._gathering(model_id).run(values)

    def part(self, network: PartsModel, name: str) -> PartSession:
        """A part of a network with named inputs, loaded at its first use. Raises Unavailable."""
        path = self._catalogue.part(network, name)
        with self._lock:
            loading = self._loading.setdefault(str(path), threading.Lock())
        with loading:
            if path not in self._parts:
                try:
                    with compactly():
                        self._parts[path] = open_part(path)
                except RuntimeProblem as error:
                    raise Unavailable(_("The model {model} cannot be run here. {why}").format(model=network.id, why=error)) from error
            return self._parts[path]

    def load(self) -> None:
        """Load every model now, one after the other, instead of each at its first use; one that cannot be loaded is told there.

        Models that an installed pack's stand in for are left out.
        """
        for model_id in self._choices.models:
            if self._replaced(model_id):
                continue
            with suppress(Exception):  # whatever it is, the first use meets it again
                if self._fleet is None:
                    self._gathering(model_id)
                else:
                    self._fleet.examine(self._catalogue.model(model_id))

    def _replaced(self, model_id: str) -> bool:
        own = next((model for model in self._catalogue.models if model.id == model_id), None)
        others = (FaceDetector, ScrfdDetector), (FaceEmbedding, ArcFace)
        return any(isinstance(own, usual) and self.installed(better) is not None for usual, better in others)

    def space(self, model_id: str) -> str:
        """The name of the space that the vectors of `model_id` live in: with its precision, because those do not mix."""
        model = self._catalogue.model(model_id)
        precision = self._choice(model_id).precision
        return model.embedding.space_name(precision) if isinstance(model, FaceEmbedding | ArcFace) else f"{model_id}/{precision}"

    def photo_space(self, model_id: str) -> str:
        """The space of the vectors of whole photos that `model_id` gives. Raises Unavailable where it gives none."""
        model = self._catalogue.model(model_id)
        entry = model if isinstance(model, ImageEmbedding) else self._appearance(model_id)
        return entry.space_name(self._choice(model_id).precision)

    def projection(self, model_id: str) -> Projection:
        """What makes such vectors of the model's features; read at its first use. Raises Unavailable."""
        with self._lock:
            if model_id not in self._projections:
                entry = self._appearance(model_id)
                features = self._catalogue.model(model_id).output(entry.output).shape[0]
                self._projections[model_id] = Projection.load(
                    self._catalogue.folder_of(self._catalogue.model(model_id)) / entry.projection.name, entry, features
                )
            return self._projections[model_id]

    def _appearance(self, model_id: str) -> Appearance:
        model = self._catalogue.model(model_id)
        if not isinstance(model, ObjectDetector) or model.appearance is None:
            raise Unavailable(_("The model {model} does not tell what photos look like.").format(model=model_id))
        return model.appearance

    def _choice(self, model_id: str) -> Choice:
        try:
            return self._choices.models[model_id]
        except KeyError:
            why = (self._choices.missing or {}).get(model_id, "")
            raise Unavailable(_("The model {model} cannot be run here. {why}").format(model=model_id, why=why)) from None

    def _gathering_of(self, fleet: Fleet, model: Model) -> Gathering:
        """The model on the servers."""
        with self._lock:
            if model.id not in self._remote:
                self._choice(model.id)
                self._remote[model.id] = Gathering(fleet.session(model).run, leaders=fleet.leaders, most=fleet.most)
            return self._remote[model.id]

    def _gathering(self, model_id: str) -> Gathering:
        """The model here. Loads it at the first call; other models stay usable meanwhile."""
        with self._lock:
            loading = self._loading.setdefault(model_id, threading.Lock())
        with loading:
            if model_id not in self._models:
                choice = self._fallback.models[model_id] if self._fallback is not None else self._choice(model_id)
                model = self._catalogue.model(model_id)
                path = self._catalogue.path(model, choice.precision)
                streams = (self._fallback or self._choices).streams
                shape = (model.input.size, model.takes)
                plan = Plan(path, choice.runtime, choice.device, choice.precision, choice.batch, streams, self._cache, *shape)
                leaders = streams if choice.device == "cpu" else 1
                with compactly():
                    session = self._open(plan)
                    size = model.input.size
                    session.run(np.zeros((1, 3, size, size), np.float32))  # the first run prepares more, and leaves more behind
                self._models[model_id] = Gathering(session.run, leaders=leaders, most=max(1, choice.batch))
            return self._models[model_id]
