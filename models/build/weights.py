"""Published weights: a manifest of named tensors beside one packed binary file (the format of TensorFlow.js)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""A tensor as stored by the publisher: filters are HWIO, depthwise filters HWC1, dense weights [in, out]."""

_STORED = {"float32": "<f4", "int32": "<i4", "uint8": "u1", "uint16": "<u2", "float16": "<f2", "bool": "?"}


class WeightsError(Exception):
    """A manifest and its file do not fit together; the message names file, tensor and numbers."""


def read_manifest(path: Path) -> dict[str, Array]:
    """All tensors of a `*-weights_manifest.json`, by name, widened to float32 or int32."""
    return read_groups(json.loads(path.read_text(encoding="utf-8")), path.parent, path.name)


def read_groups(groups: Iterable[Mapping[str, Any]], folder: Path, what: str) -> dict[str, Array]:
    """All tensors of a list of weight groups. The files of a group are concatenated and must be used up to the last byte."""
    tensors: dict[str, Array] = {}
    for group in groups:
        packed = b"".join((folder / name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            tensor, offset = _read_tensor(entry, packed, offset, what)
            if entry["name"] in tensors:
                raise WeightsError(f"{what}: tensor {entry['name']} is listed twice")
            tensors[entry["name"]] = tensor
        if offset != len(packed):
            raise WeightsError(f"{what}: {', '.join(group['paths'])} has {len(packed)} bytes, its tensors take {offset}")
    return tensors


def _read_tensor(entry: Mapping[str, Any], packed: bytes, offset: int, what: str) -> tuple[Array, int]:
    """The tensor at `offset` and the offset after it; there is neither padding nor alignment between tensors."""
    quantization = entry.get("quantization")
    stored_name = quantization["dtype"] if quantization else entry["dtype"]
    if stored_name not in _STORED or entry["dtype"] not in {"float32", "int32"}:
        raise WeightsError(f"{what}: tensor {entry['name']} has the unknown type {entry['dtype']}, stored as {stored_name}")
    stored = np.dtype(_STORED[stored_name])
    shape = tuple(entry["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    end = offset + count * stored.itemsize
    if end > len(packed):
        raise WeightsError(f"{what}: tensor {entry['name']} ends at byte {end}, the file has {len(packed)}")
    raw = np.frombuffer(packed, stored, count, offset).reshape(shape)
    # float16 is plain widening; integers are value = raw * scale + min per tensor.
    if quantization and stored.kind == "u":
        raw = raw.astype(np.float64) * float(quantization["scale"]) + float(quantization["min"])
        raw = np.rint(raw) if entry["dtype"] == "int32" else raw
    return raw.astype(np.int32 if entry["dtype"] == "int32" else np.float32), end
