"""A network with named inputs and outputs on the processor: text towers, encoders, decoders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime as ort
from numpy.typing import NDArray

from facetd.infer.runtimes.onnxruntime import session_options
from facetd.infer.runtimes.session import RuntimeProblem

Tensors = dict[str, NDArray[Any]]


class PartSession:
    """Runs one file by ONNX Runtime, on the caller's thread. Several threads may call.

    `inputs` are the elements of each input, tensor(int64); `shapes` its sizes, None for one that may vary; `outputs` the names.
    """

    def __init__(self, file: Path) -> None:
        """Raises RuntimeProblem where the file cannot be run."""
        try:
            self._session = ort.InferenceSession(str(file), session_options(), providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's exceptions have no common ancestor below Exception
            raise RuntimeProblem(str(error).splitlines()[0]) from error
        self.inputs: dict[str, str] = {each.name: each.type for each in self._session.get_inputs()}
        self.shapes: dict[str, tuple[int | None, ...]] = {
            each.name: tuple(size if isinstance(size, int) else None for size in each.shape) for each in self._session.get_inputs()
        }
        self.outputs: tuple[str, ...] = tuple(each.name for each in self._session.get_outputs())

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> Tensors:
        """All outputs by name, in the order of the graph. Raises RuntimeProblem when the network refuses `feeds`."""
        try:
            return dict(zip(self.outputs, self._session.run(None, dict(feeds)), strict=True))
        except Exception as error:  # as above
            raise RuntimeProblem(str(error).splitlines()[0]) from error
