"""Requests and answers of the protocol: tensors as JSON, or as bytes behind it (the binary tensor data extension)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from facetd.infer.remote.contract import DATATYPE, Contract
from facetd.infer.remote.http import Answer, Buffer
from facetd.infer.runtimes.session import Array, Outputs

HEADER = "Inference-Header-Content-Length"
LITTLE = np.dtype("<f4")


class BadAnswer(Exception):
    """An answer that is not what the protocol or the model says; the text says how."""


def request(contract: Contract, batch: Array, *, binary: bool) -> tuple[list[Buffer], dict[str, str]]:
    """Body and headers that ask for all outputs of `batch`; the batch itself is not copied."""
    values = np.ascontiguousarray(batch, LITTLE)
    tensor: dict[str, Any] = {"name": contract.input, "shape": list(values.shape), "datatype": DATATYPE}
    outputs: list[dict[str, Any]] = [{"name": name} for name in contract.outputs]
    if not binary:
        head = json.dumps({"inputs": [{**tensor, "data": values.ravel().tolist()}], "outputs": outputs}).encode()
        return [head], {"Content-Type": "application/json"}
    tensor["parameters"] = {"binary_data_size": values.nbytes}
    for output in outputs:
        output["parameters"] = {"binary_data": True}
    head = json.dumps({"inputs": [tensor], "outputs": outputs, "parameters": {"binary_data_output": True}}).encode()
    return [head, values.data.cast("B")], {"Content-Type": "application/octet-stream", HEADER: str(len(head))}


def outputs_of(answer: Answer, contract: Contract, shapes: Sequence[tuple[int, ...]]) -> Outputs:
    """The outputs in the order of `contract`, each float32 of its shape in `shapes` (with the batch axis). Raises BadAnswer."""
    head, tail = _split(answer)
    try:
        described = json.loads(bytes(head))["outputs"]
        found: dict[str, Array] = {}
        offset = 0
        for each in described:
            size = (each.get("parameters") or {}).get("binary_data_size")
            raw = each["data"] if size is None else tail[offset : offset + int(size)]
            offset += 0 if size is None else int(size)
            found[str(each["name"])] = _values(each, raw, binary=size is not None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadAnswer(f"its answer cannot be understood: {type(error).__name__}: {error}".splitlines()[0]) from error
    outputs = []
    for name, shape in zip(contract.outputs, shapes, strict=True):
        if name not in found:
            raise BadAnswer(f"its answer lacks the output {name}")
        if found[name].shape != shape:
            raise BadAnswer(f"its output {name} has the shape {list(found[name].shape)}; expected {list(shape)}")
        outputs.append(found[name])
    return tuple(outputs)


def _split(answer: Answer) -> tuple[Buffer, memoryview]:
    """The JSON and the bytes behind it. Raises BadAnswer."""
    whole = memoryview(answer.body)
    length = answer.headers.get(HEADER.lower())
    if length is None:
        return whole, whole[:0]
    if not length.isascii() or not length.isdigit() or int(length) > len(whole):
        raise BadAnswer(f"its header {HEADER} is {length!r}, its answer has {len(whole)} bytes")
    return whole[: int(length)], whole[int(length) :]


def _values(described: dict[str, Any], raw: Any, *, binary: bool) -> Array:
    """A tensor of its own shape. Raises ValueError, TypeError, KeyError."""
    if described["datatype"] != DATATYPE:
        raise ValueError(f"the output {described['name']} is {described['datatype']}; expected {DATATYPE}")
    shape = tuple(int(size) for size in described["shape"])
    flat = np.frombuffer(raw, LITTLE) if binary else np.asarray(raw, np.float32)
    return flat.reshape(shape).astype(np.float32, copy=False)
