"""A probe process: looks into the files of a pack, so that one that crashes a native library costs nothing else.

`python -m facetd.infer.packs.probe`: one question as JSON on standard input, one answer as JSON on standard output.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetd.infer.runtimes import open_session
from facetd.infer.runtimes.session import Plan

MOST_SAMPLES = 384  # of one output
GREATEST = 128  # of them the greatest by their amount, where errors show

Question = Mapping[str, Any]


def graph(question: Question) -> dict[str, Any]:
    """Inputs and outputs of the network `file`: name, type and shape, whose open sizes are None."""
    import onnxruntime as ort  # noqa: PLC0415 - other questions need another library

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = ort.InferenceSession(question["file"], options, providers=["CPUExecutionProvider"])
    return {"inputs": [_tensor(each) for each in session.get_inputs()], "outputs": [_tensor(each) for each in session.get_outputs()]}


def _tensor(tensor: Any) -> dict[str, Any]:
    return {"name": tensor.name, "type": tensor.type, "shape": [size if isinstance(size, int) else None for size in tensor.shape]}


def picture(question: Question) -> dict[str, Any]:
    """What the network `file` answers to `pixels` of the reference: for each output its shape and some values.

    `model` has the fields size, input (the catalogue's table) and takes.
    """
    from facetd.infer.catalogue import Input  # noqa: PLC0415
    from facetd.infer.reference import input_of  # noqa: PLC0415 - draws, which other questions do not

    entry = Input.model_validate(question["input"])
    session = open_session(Plan(Path(question["file"]), "onnxruntime", size=entry.size))
    pixels = input_of(entry)
    outputs = session.run(pixels)
    return {"outputs": [_samples(output) for output in outputs]}


def _samples(output: NDArray[np.floating]) -> dict[str, Any]:
    """`shape` with the batch axis; `indices` into the flattened values."""
    flat = output.reshape(-1).astype(np.float64)
    indices = np.arange(flat.size)
    if flat.size > MOST_SAMPLES:
        spread = np.linspace(0, flat.size - 1, MOST_SAMPLES - GREATEST).astype(np.int64)
        indices = np.unique(np.concatenate([spread, np.argsort(np.abs(flat))[-GREATEST:]]))
    finite = bool(np.isfinite(flat).all())
    return {
        "shape": list(output.shape),
        "finite": finite,
        "greatest": float(np.abs(flat).max()) if finite and flat.size else 0.0,
        "indices": indices.tolist(),
        "values": flat[indices].tolist() if finite else [],
    }


def shapes(question: Question) -> dict[str, Any]:
    """The shapes of the outputs of the network `file` for `inputs`: name -> {type, shape}, all zeros."""
    from facetd.infer.runtimes.parts import PartSession  # noqa: PLC0415 - other questions need another library

    session = PartSession(Path(question["file"]))
    feeds = {name: np.zeros(each["shape"], each["type"]) for name, each in question["inputs"].items()}
    return {"outputs": {name: list(output.shape) for name, output in session.run(feeds).items()}}


def tokenizer(question: Question) -> dict[str, Any]:
    """The numbers of `tokens` by the tokenizer `file`, None for one that it does not have; and how many tokens there are."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - other questions need another library

    loaded = Tokenizer.from_file(question["file"])
    return {"count": loaded.get_vocab_size(), "tokens": {token: loaded.token_to_id(token) for token in question["tokens"]}}


QUESTIONS: Mapping[str, Callable[[Question], dict[str, Any]]] = {
    "graph": graph,
    "picture": picture,
    "shapes": shapes,
    "tokenizer": tokenizer,
}


def main() -> None:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native libraries print is no answer
    question = json.load(sys.stdin)
    try:
        answer = QUESTIONS[question["ask"]](question)
    except Exception as error:  # native libraries raise what they like
        answer = {"problem": (str(error) or type(error).__name__).splitlines()[0]}
    json.dump(answer, answers)
    answers.flush()


if __name__ == "__main__":
    main()
