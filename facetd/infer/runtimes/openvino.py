"""OpenVINO: CPU, GPU, NPU. Static shapes, one thread to a stream, compiled networks kept on disk."""

from __future__ import annotations

import queue
import threading
from functools import cache
from typing import Any

import numpy as np
import openvino as ov

from facetd.infer.runtimes.session import Array, Outputs, Plan, RuntimeProblem, run_in_chunks, sizes_up_to

DEVICES = {"cpu": "CPU", "gpu": "GPU", "npu": "NPU"}
PRECISIONS = {"f32": "f32", "bf16": "bf16", "int8": "f32"}  # int8 is in the graph; the rest of it stays f32
HALF = {"gpu": "f16", "npu": "f16"}  # 16 bits on these devices are float16, which keeps more digits than bfloat16


@cache
def _core() -> ov.Core:
    return ov.Core()


def devices() -> tuple[str, ...]:
    """The devices of this machine, by the names of the settings."""
    there = {name.split(".")[0] for name in _core().available_devices}
    return tuple(name for name, device in DEVICES.items() if device in there)


class OpenVinoSession:
    """A network compiled once for each batch size that is met: 1 and `plan.batch` on a CPU, powers of two elsewhere."""

    def __init__(self, plan: Plan) -> None:
        if plan.device not in DEVICES or plan.precision not in PRECISIONS:
            raise RuntimeProblem(f"OpenVINO has no {plan.device} in {plan.precision}")
        self._plan = plan
        self._sizes = tuple(sorted({1, plan.batch})) if plan.device == "cpu" else sizes_up_to(plan.batch)
        self._lock = threading.Lock()
        self._requests: dict[int, queue.SimpleQueue[ov.InferRequest]] = {}
        self._requests_for(1)

    def run(self, batch: Array) -> Outputs:
        """See Session."""
        return run_in_chunks(batch, self._sizes, self._run)

    def _run(self, batch: Array) -> Outputs:
        idle = self._requests_for(len(batch))
        request = idle.get()
        try:
            results = request.infer([np.ascontiguousarray(batch)], share_inputs=True)
            return tuple(np.asarray(results[number]) for number in range(len(results)))
        finally:
            idle.put(request)

    def _requests_for(self, size: int) -> queue.SimpleQueue[ov.InferRequest]:
        """The idle infer requests for batches of `size`; compiles at the first call."""
        with self._lock:
            if size not in self._requests:
                try:
                    compiled = self._compile(size)
                except RuntimeError as error:
                    raise RuntimeProblem(_first_line(error)) from error
                idle: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()
                for _ in range(self._plan.streams):
                    idle.put(compiled.create_infer_request())
                self._requests[size] = idle
            return self._requests[size]

    def _compile(self, size: int) -> ov.CompiledModel:
        plan = self._plan
        model = _core().read_model(plan.file)
        shape = model.inputs[0].partial_shape
        shape[0] = size
        for axis in (2, 3):
            if plan.size and shape[axis].is_dynamic:
                shape[axis] = plan.size
        model.reshape({model.inputs[0]: shape})
        hint = HALF.get(plan.device, "bf16") if plan.precision == "bf16" else PRECISIONS[plan.precision]
        options: dict[str, Any] = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": hint}
        if plan.device == "cpu":
            options |= {"NUM_STREAMS": plan.streams, "INFERENCE_NUM_THREADS": plan.streams, "ENABLE_CPU_PINNING": False}
        if plan.cache is not None:
            options["CACHE_DIR"] = str(plan.cache / "openvino")
        return _core().compile_model(model, DEVICES[plan.device], options)


def _first_line(error: Exception) -> str:
    """What an OpenVINO message says, without the places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("Exception from")]
    return lines[0] if lines else type(error).__name__
