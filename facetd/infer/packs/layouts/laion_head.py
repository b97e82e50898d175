"""LAION's aesthetic heads: one linear layer on the vector of a photo, as a PyTorch file."""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path

from facetd.i18n import _
from facetd.infer.catalogue import AestheticHead, AnyNetwork, ImageEmbedding
from facetd.infer.catalogue.entries import Entry
from facetd.infer.packs.layouts.staged import Staged
from facetd.infer.packs.layouts.torchzip import read_tensors
from facetd.infer.packs.probing import WrongLayout

WEIGHTS_FILE = "weights.npy"


class _Settings(Entry):
    """The field that gets the score, and the range of raw scores."""

    fills: str
    low: float
    high: float


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The head; it reads the vectors of the pack's picture tower. Raises WrongLayout."""
    settings = staged.settings(_Settings)
    tower = next((each for each in staged.read if isinstance(each, ImageEmbedding)), None)
    if tower is None:
        raise WrongLayout(_("{pack}: there is no picture tower for the aesthetic head").format(pack=staged.pack.id))
    source = staged.path(staged.source.files[0].path)
    tensors = read_tensors(source)
    weight, bias = tensors.get("weight"), tensors.get("bias")
    if weight is None or bias is None or weight.shape != (1, tower.dimension) or bias.shape != (1,):
        shapes = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in tensors.items())
        raise WrongLayout(
            _("{file}: expected weight [1, {dimension}] and bias [1], it has {shapes}").format(
                file=staged.inside(source), dimension=tower.dimension, shapes=shapes or "nothing"
            )
        )
    content = npy(array("f", [*weight.values, *bias.values]))
    path = source.with_name(WEIGHTS_FILE)
    _write(path, content)
    file = {"name": staged.inside(path), "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    fields = {"space": tower.space, "dimension": tower.dimension, **settings.model_dump(), "data": {"weights": file}}
    return (staged.entry(AestheticHead, "aesthetic", fields),)


def npy(values: array[float]) -> bytes:
    """32-bit floats as the file format of NumPy, version 1.0: one row."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values)},), }}"
    padding = -(10 + len(header) + 1) % 64
    text = (header + " " * padding + "\n").encode("latin-1")
    numbers = array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + numbers.tobytes()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
