"""Reading float tensors from a PyTorch file (a zip of `data.pkl` and raw numbers) without running anything that is in it.

The pickle is read by an unpickler that knows three names, none of which is a function of PyTorch or of Python: all others are refused.
"""

from __future__ import annotations

import collections
import io
import pickle
import sys
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetd.i18n import _
from facetd.infer.packs.probing import WrongLayout

MOST_PICKLE = 1024 * 1024
MOST_NUMBERS = 64 * 1024 * 1024  # bytes of all storages, and of all tensors
MOST_AXES = 8
BYTES = 4


@dataclass(frozen=True, slots=True)
class FloatTensor:
    """Little numbers in the order of the rows."""

    shape: tuple[int, ...]
    values: array[float]


def read_tensors(path: Path) -> Mapping[str, FloatTensor]:
    """The tensors of a saved state, by name. Raises WrongLayout that names the file and what is wrong."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name == "data.pkl" or name.endswith("/data.pkl")]
            if len(names) != 1:
                raise _Refused("it has no data.pkl")
            root = names[0].removesuffix("data.pkl")
            if _member(archive, f"{root}byteorder", 16, b"little") != b"little":
                raise _Refused("its numbers are big-endian")
            state = _Unpickler(io.BytesIO(_member(archive, names[0], MOST_PICKLE)), archive, root).load()
    except (
        OSError,
        zipfile.BadZipFile,
        pickle.UnpicklingError,
        _Refused,
        ValueError,
        TypeError,
        LookupError,
        EOFError,
        AttributeError,
        OverflowError,
        MemoryError,
    ) as error:
        raise WrongLayout(_("{file}: expected a PyTorch file of tensors: {why}").format(file=path.name, why=error)) from error
    if not isinstance(state, Mapping) or not all(isinstance(each, FloatTensor) for each in state.values()):
        raise WrongLayout(_("{file}: expected tensors by name, nothing else").format(file=path.name))
    return {str(name): tensor for name, tensor in state.items()}


class _Refused(Exception):
    """Something that is not read."""


def _member(archive: zipfile.ZipFile, name: str, limit: int, default: bytes | None = None) -> bytes:
    """The content of a member of at most `limit` bytes, whatever its header says."""
    if default is not None and name not in archive.namelist():
        return default
    with archive.open(name) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise _Refused(f"{name} is larger than {limit} bytes")
    return content


def _tensor(storage: array[float], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_others: object) -> FloatTensor:
    """What stands for torch._utils._rebuild_tensor_v2: numbers that lie one after the other."""
    if len(size) > MOST_AXES:
        raise _Refused("a tensor has too many axes")
    dense: list[int] = []
    count = 1
    for length in reversed(size):
        dense.insert(0, count)
        count *= length
    if any(is_ != want for is_, want, length in zip(stride, dense, size, strict=True) if length > 1):
        raise _Refused("a tensor is not in the order of its rows")
    if offset < 0 or offset + count > len(storage):
        raise _Refused("a tensor is larger than its numbers")
    return FloatTensor(tuple(size), storage[offset : offset + count])


class _Unpickler(pickle.Unpickler):
    """Knows an ordered dictionary, a tensor, and the name of the storage of 32-bit floats."""

    def __init__(self, stream: io.BytesIO, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(stream)
        self._archive = archive
        self._root = root
        self._left = {"storages": MOST_NUMBERS, "tensors": MOST_NUMBERS}

    def _spend(self, what: str, count: int) -> None:
        """A file may name the same numbers again and again."""
        self._left[what] -= count
        if self._left[what] < 0:
            raise _Refused(f"its {what} are larger than {MOST_NUMBERS} bytes together")

    def _tensor(self, *description: Any) -> FloatTensor:
        tensor = _tensor(*description)
        self._spend("tensors", tensor.values.itemsize * len(tensor.values))
        return tensor

    def find_class(self, module: str, name: str) -> Any:
        known: Mapping[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): collections.OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): self._tensor,
            ("torch", "FloatStorage"): "float32",
        }
        if (module, name) not in known:
            raise _Refused(f"it names {module}.{name}, which is not read")
        return known[module, name]

    def persistent_load(self, reference: Any) -> array[float]:
        kind, storage, key, _place, count = reference
        if kind != "storage" or storage != "float32":
            raise _Refused("it has numbers that are not 32-bit floats")
        numbers = array("f")
        numbers.frombytes(_member(self._archive, f"{self._root}data/{key}", MOST_NUMBERS))
        self._spend("storages", numbers.itemsize * len(numbers))
        if sys.byteorder == "big":
            numbers.byteswap()
        if len(numbers) != count or numbers.itemsize != BYTES:
            raise _Refused(f"it says {count} numbers and has {len(numbers)}")
        return numbers
