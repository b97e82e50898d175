"""What the tasks need of a runtime, and what they say when a network's answer cannot be used."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.arrays import Floats
from facetd.infer.catalogue import ImageEmbedding, Network, QualityScorer
from facetd.infer.things.appearance import Projection

DETECTOR = "ssd_mobilenetv1"
LANDMARKS = "face_landmark_68"
MESH = "facemesh"
EMBEDDING = "face_recognition"
OBJECTS = "centernet"

Kind = TypeVar("Kind", bound=Network)


class Runner(Protocol):
    """Runs the networks of the catalogue. Calls may come from several threads."""

    def run(self, model_id: str, batch: Floats) -> tuple[Floats, ...]:
        """The outputs of model `model_id` for `batch` (N,3,S,S), in the order of the catalogue; the first axis of each is N."""
        raise NotImplementedError

    def space(self, model_id: str) -> str:
        """The name of the space that the model's vectors live in: vectors of different spaces are never compared."""
        raise NotImplementedError

    @property
    def tower(self) -> ImageEmbedding | None:
        """The installed network that makes vectors of whole photos; without one the object detector does, beside its own task."""
        raise NotImplementedError

    def installed(self, kind: type[Kind]) -> Kind | None:
        """The model of this kind that an installed pack brings, whether or not it can be run here; None where no pack does."""
        raise NotImplementedError

    def scorer(self, field: str) -> QualityScorer | None:
        """The installed network that says how good a photo is, for a field of the registry."""
        raise NotImplementedError

    def photo_space(self, model_id: str) -> str:
        """The space of the vectors of whole photos that the model gives."""
        raise NotImplementedError

    def projection(self, model_id: str) -> Projection:
        """What makes such vectors of the model's features. Raises Unavailable where it gives none."""
        raise NotImplementedError


class BadOutput(FacetdError):
    """A network answered with values that are no numbers."""

    title = _("A model gave no usable answer")

    def __init__(self, model_id: str) -> None:
        super().__init__(_("The model {model} gave values that are not numbers.").format(model=model_id))


def run_checked(runner: Runner, model_id: str, batch: Floats) -> tuple[Floats, ...]:
    """The outputs of `runner.run`. Raises BadOutput when one holds NaN or infinity."""
    outputs = runner.run(model_id, batch)
    for output in outputs:
        # The extremes carry NaN and infinities along: far cheaper than a test of every value.
        if output.size and not (np.isfinite(output.max()) and np.isfinite(output.min())):
            raise BadOutput(model_id)
    return outputs
