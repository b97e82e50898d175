"""Writes models/reference/*.json: sampled answers of the publisher's program to the pictures that facetd draws for its checks.

python -m models.build.references
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from facetd.infer.catalogue import AnyModel, Catalogue
from facetd.infer.reference import Reference, Samples, picture, reference_input, reference_path
from models.build.publisher import Floats, run_published

Indices = NDArray[np.int64]


def spread(size: int, count: int) -> Indices:
    """`count` indices evenly over `size` values."""
    return np.unique(np.linspace(0, size - 1, min(count, size)).round().astype(np.int64))


def pick(model: AnyModel, answers: dict[str, Floats]) -> dict[str, Indices]:
    """Which values of each output to keep: where something was found, and some of everywhere.

    Boxes count only where there is something: elsewhere their numbers are free to wander with the precision.
    """
    match model.task:
        case "face_detection":
            best = np.argsort(-answers["scores"][0], kind="stable")
            boxes = (best[:48, None] * 4 + np.arange(4)).ravel()
            return {"boxes": boxes, "scores": np.union1d(best[:64], spread(best.size, 192))}
        case "object_detection":
            best = np.argsort(-answers["heatmap"][0].ravel(), kind="stable")
            cells = np.prod(answers["wh"].shape[2:])
            places = np.unique(best[:48] % cells)
            return {
                "heatmap": np.union1d(best[:96], spread(best.size, 256)),
                "wh": (places[:, None] + np.arange(4) * cells).ravel(),
                "features": spread(answers["features"][0].size, 256),
            }
        case _:
            return {name: spread(values[0].size, 256) for name, values in answers.items()}


def main() -> None:
    """Run every model of the starter pack under Node and write the files."""
    catalogue = Catalogue.load()
    inputs = {model.id: reference_input(model) for model in catalogue.models}
    answers = run_published(inputs, {model.id: [output.name for output in model.outputs] for model in catalogue.models})
    for model in catalogue.models:
        samples = {}
        for name, indices in pick(model, answers[model.id]).items():
            values = answers[model.id][name]
            rounded = [float(f"{value:.9g}") for value in values[0].ravel()[indices]]
            samples[name] = Samples(shape=values.shape[1:], indices=tuple(indices.tolist()), values=tuple(rounded))
        reference = Reference(
            model=model.id,
            publisher=model.source.publisher,
            input_sha256=hashlib.sha256(picture(model.input).tobytes()).hexdigest(),
            outputs=samples,
        )
        reference_path(catalogue, model).write_text(json.dumps(reference.model_dump(mode="json")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
