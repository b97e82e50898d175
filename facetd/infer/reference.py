"""Does a runtime compute the right numbers? Every model is asked about a picture drawn here, and its answer compared with the publisher's.

`models/reference/<id>.json` holds sampled values of what the publisher's own program makes of the same picture.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from facetd.errors import ConfigError, FieldError
from facetd.i18n import _
from facetd.infer.arrays import Floats
from facetd.infer.catalogue import Catalogue, Fit, Input, Model, Precision
from facetd.infer.scene import Window, draw

WINDOWS: Mapping[Fit, Window] = {
    "letterbox_top_left": Window(-3.2, -2.6, 6.6),
    "letterbox_centre": Window(-1.45, -0.95, 2.9),
    "crop_upright": Window(-1.9, -1.5, 3.8),
    "aligned": Window(-1.398, -0.88, 2.834),
    "stretch": Window(-5.2, -4.0, 10.4),
    "crop_shortest": Window(-3.2, -2.6, 6.6),
}
"""Which part of the scene a model sees: what it would see of a photo with this face."""


class Samples(BaseModel):
    """Some values of one output; `indices` count through the flattened output of one picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shape: tuple[int, ...]
    indices: tuple[int, ...]
    values: tuple[float, ...]


class Reference(BaseModel):
    """What the publisher's program answers. `input_sha256` is that of the picture's bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    publisher: str
    input_sha256: str
    outputs: Mapping[str, Samples]


@dataclass(frozen=True, slots=True)
class Check:
    """How far a runtime's answers are from the reference: greatest differences by output name, infinite for unusable ones."""

    deviations: Mapping[str, float]
    tolerances: Mapping[str, float]

    @property
    def ok(self) -> bool:
        """Every output is within its tolerance."""
        return all(self.deviations[name] <= limit for name, limit in self.tolerances.items())

    @property
    def worst(self) -> float:
        """The greatest deviation as a multiple of its tolerance: up to 1 is right."""
        return max(self.deviations[name] / limit for name, limit in self.tolerances.items())


def picture(entry: Input) -> NDArray[np.uint8]:
    """The picture that a model with this input is asked about, [size, size, 3] RGB."""
    return draw(entry.size, WINDOWS[entry.fit])


def reference_input(model: Model, batch: int = 1) -> Floats:
    """The picture as the model's input [batch, 3, size, size], the same one `batch` times."""
    return input_of(model.input, batch)


def input_of(entry: Input, batch: int = 1) -> Floats:
    """The same for the input alone."""
    low, high = entry.range
    planes = picture(entry).astype(np.float32).transpose(2, 0, 1)
    scaled = planes * np.float32((high - low) / 255) + np.float32(low)
    if entry.std != (1.0, 1.0, 1.0) or any(entry.mean):
        scaled = (scaled - _colour(entry.mean)) / _colour(entry.std)
    return np.ascontiguousarray(np.broadcast_to(scaled, (batch, *scaled.shape)))


def _colour(values: tuple[float, float, float]) -> Floats:
    return np.array(values, np.float32)[:, None, None]


def load_reference(catalogue: Catalogue, model: Model) -> Reference:
    """Read `reference/<id>.json` beside the catalogue. Raises ConfigError that names the file and what is wrong."""
    path = reference_path(catalogue, model)
    try:
        return Reference.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        problems = error.errors(include_url=False) if isinstance(error, ValidationError) else []
        errors = [FieldError(".".join(map(str, problem["loc"])), problem["msg"]) for problem in problems]
        reason = "" if problems else f": {error}"
        raise ConfigError(
            _("{path}: the reference values of {id} cannot be used{reason}").format(path=path, id=model.id, reason=reason), errors=errors
        ) from error


def reference_path(catalogue: Catalogue, model: Model) -> Path:
    """Where the reference values of `model` are."""
    return catalogue.folder_of(model) / "reference" / f"{model.id}.json"


def check(catalogue: Catalogue, model: Model, outputs: Sequence[NDArray[np.floating]], precision: Precision) -> Check:
    """Compare `outputs` (in the catalogue's order, each [batch, *shape]) of `reference_input` with the reference.

    Every picture of the batch has to be right. Missing outputs, other shapes and values that are no numbers deviate infinitely.
    """
    reference = load_reference(catalogue, model)
    deviations = {output.name: math.inf for output in model.outputs}
    for output, values in zip(model.outputs, outputs, strict=False):
        samples = reference.outputs[output.name]
        if values.shape[1:] == output.shape and values.shape[0] > 0:
            deviations[output.name] = _deviation(values, samples)
    return Check(deviations, {output.name: output.tolerance[precision] for output in model.outputs})


def _deviation(values: NDArray[np.floating], samples: Samples) -> float:
    picked = values.reshape(values.shape[0], -1)[:, list(samples.indices)].astype(np.float64)
    worst = float(np.abs(picked - np.array(samples.values)).max())
    # A single NaN anywhere, sampled or not, makes the extremes NaN.
    return worst if math.isfinite(worst) and math.isfinite(float(values.max()) - float(values.min())) else math.inf
