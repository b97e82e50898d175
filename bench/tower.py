"""One way to run a picture tower, timed in this process on one thread: `python -m bench.tower FILE F32 RUNTIME PRECISION BATCH` prints
milliseconds of processor time per image and the least cosine to F32 in ONNX Runtime, as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.vit import SIZE
from facetd.infer.runtimes import open_session
from facetd.infer.runtimes.session import Plan, RuntimeProblem

Images = NDArray[np.float32]
ENOUGH_S, RUNS = 2.0, 3  # of processor time


def main() -> None:
    file, f32, runtime, precision, batch = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
    images = np.random.default_rng(2).standard_normal((batch, 3, SIZE, SIZE), np.float32)
    try:
        session = open_session(Plan(file, runtime, precision=precision, batch=batch))
        vectors = session.run(images)[0]
        print(json.dumps({"ms": _least_ms(session.run, images), "cosine": _cosine(vectors, f32, images)}))
    except RuntimeProblem as error:
        print(json.dumps({"problem": str(error)[:80]}))


def _least_ms(run: Callable[[Images], object], images: Images) -> float:
    spent: list[float] = []
    while sum(spent) < ENOUGH_S or len(spent) < RUNS:
        start = time.process_time()
        run(images)
        spent.append(time.process_time() - start)
    return 1000 * min(spent) / len(images)


def _cosine(vectors: Images, f32: Path, images: Images) -> float:
    right = open_session(Plan(f32, "onnxruntime", batch=len(images))).run(images)[0]
    return float(((vectors * right).sum(axis=1) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(right, axis=1)).min())


if __name__ == "__main__":
    main()
