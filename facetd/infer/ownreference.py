"""Reference values of a network that somebody put into a folder of packs by hand: what ONNX Runtime computes in f32 on the processor."""

from __future__ import annotations

import json
import os

import numpy as np

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, Model, PackSource
from facetd.infer.reference import reference_input, reference_path
from facetd.infer.runtimes import open_session
from facetd.infer.runtimes.session import Plan

MOST_SAMPLES = 512


def lacks_reference(catalogue: Catalogue, model: Model) -> bool:
    """Whether `model` came without reference values, as those of installed packs and of the starter pack never do."""
    return isinstance(model.source, PackSource) and not reference_path(catalogue, model).exists()


def write_reference(catalogue: Catalogue, model: Model) -> None:
    """Make them, beside the entry. Raises RuntimeProblem for a network that does not run, Unavailable for one that gives no numbers."""
    plan = Plan(catalogue.path(model, "f32"), "onnxruntime", size=model.input.size, takes=model.takes)
    outputs = {}
    for output, values in zip(model.outputs, open_session(plan).run(reference_input(model)), strict=False):
        flat = values[0].astype(np.float64).ravel()
        if not np.isfinite(flat).all():
            raise Unavailable(_("The model {model} gave values that are not numbers.").format(model=model.id))
        indices = np.unique(np.linspace(0, flat.size - 1, min(flat.size, MOST_SAMPLES)).astype(np.int64))
        outputs[output.name] = {"shape": list(values.shape[1:]), "indices": indices.tolist(), "values": flat[indices].tolist()}
    text = json.dumps({"model": model.id, "publisher": model.source.publisher, "input_sha256": "", "outputs": outputs})
    path = reference_path(catalogue, model)
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.part")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
