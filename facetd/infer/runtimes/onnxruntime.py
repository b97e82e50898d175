"""ONNX Runtime: CPU without spinning threads; CUDA, TensorRT, MIGraphX where their providers are installed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import onnxruntime as ort

from facetd.infer.runtimes.session import Array, Outputs, Plan, RuntimeProblem, run_in_chunks

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
}
ERRORS_ONLY = 3


def devices() -> tuple[str, ...]:
    """The devices whose providers are installed, by the names of the settings; whether they work shows when one is used."""
    there = ort.get_available_providers()
    return tuple(name for name, provider in PROVIDERS.items() if provider in there)


class OnnxSession:
    """A network in one session that all threads share: each run computes on its caller's thread.

    On a CPU of any size of batch. Elsewhere 1 and `plan.batch` have a session each, made at the first call: a session prepares its
    convolutions anew at each change of the size.
    """

    def __init__(self, plan: Plan) -> None:
        self._provider = PROVIDERS.get(plan.device, "")
        if not self._provider or plan.precision not in ("f32", "int8"):
            raise RuntimeProblem(f"ONNX Runtime has no {plan.device} in {plan.precision}")
        self._plan = plan
        self._sizes = None if plan.device == "cpu" else tuple(sorted({1, plan.batch}))
        self._lock = threading.Lock()
        self._sessions = {1: self._open()}
        self._input = self._sessions[1].get_inputs()[0].name

    def run(self, batch: Array) -> Outputs:
        """See Session."""
        if self._sizes is not None:
            return run_in_chunks(batch, self._sizes, self._run)
        most = self._plan.batch
        if len(batch) <= most:
            return self._run(batch)
        parts = [self._run(batch[begin : begin + most]) for begin in range(0, len(batch), most)]
        return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))

    def _run(self, batch: Array) -> Outputs:
        return tuple(self._session_for(len(batch)).run(None, {self._input: np.ascontiguousarray(batch)}))

    def _session_for(self, size: int) -> ort.InferenceSession:
        if self._sizes is None:
            return self._sessions[1]
        with self._lock:
            if size not in self._sessions:
                self._sessions[size] = self._open()
            return self._sessions[size]

    def _open(self) -> ort.InferenceSession:
        options = session_options()
        if self._plan.device == "cpu":
            options.enable_cpu_mem_arena = self._plan.batch == 1  # an arena keeps the largest batch for ever, once for each stream
        try:
            session = ort.InferenceSession(str(self._plan.file), options, providers=[(self._provider, _provider_options(self._plan))])
        except Exception as error:  # the library's exceptions have no common ancestor below Exception
            raise RuntimeProblem(str(error).splitlines()[0]) from error
        if session.get_providers()[0] != self._provider:
            raise RuntimeProblem(f"{self._provider} could not be loaded; its libraries or its driver are missing")
        return session


def session_options() -> ort.SessionOptions:
    """One thread, which never spins beside other work."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options


def _provider_options(plan: Plan) -> dict[str, Any]:
    if plan.device == "cuda":
        # f32 means f32: without tensor cores' 19 bit floats, so that vectors agree with those of a CPU
        return {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested", "use_tf32": "0"}
    if plan.device in ("tensorrt", "migraphx") and plan.cache is not None:
        folder = plan.cache / plan.device
        folder.mkdir(parents=True, exist_ok=True)
        if plan.device == "tensorrt":
            return {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(folder)}
        return {"migraphx_model_cache_dir": str(folder)}
    return {}
