"""What every runtime offers: a session that turns a batch into the network's outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FULL_ENOUGH = 0.75  # a fixed batch that is at least this full costs less than running its parts one by one

Array = NDArray[np.float32]
Outputs = tuple[Array, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one network is to be run.

    `device` is a name of the settings (cpu, gpu, npu, cuda, tensorrt, migraphx), `batch` the largest number of items in one run,
    `streams` how many runs there are at once, `cache` a folder for compiled networks (None: none are kept). `size` is the side of the
    pictures in px where the file leaves it open (0: it does not), `takes` how many a run takes (see Model).
    """

    file: Path
    runtime: str
    device: str = "cpu"
    precision: str = "f32"
    batch: int = 1
    streams: int = 1
    cache: Path | None = None
    size: int = 0
    takes: str = "any"


class RuntimeProblem(Exception):
    """A runtime cannot run this network here; the text says why."""


class Session(Protocol):
    """A loaded network."""

    def run(self, batch: Array) -> Outputs:
        """The outputs for `batch` [N, ...], in the order of the graph, each [N, ...]. Any N >= 1; several threads may call."""
        ...


class OneByOne:
    """A session whose network takes one picture at a time; `bare`: whose outputs have no batch axis."""

    def __init__(self, session: Session, *, bare: bool) -> None:
        self._session = session
        self._bare = bare

    def run(self, batch: Array) -> Outputs:
        """See Session."""
        runs = [self._session.run(batch[index : index + 1]) for index in range(len(batch))]
        join = np.stack if self._bare else np.concatenate
        return tuple(join(outputs) for outputs in zip(*runs, strict=True))


def sizes_up_to(batch: int) -> tuple[int, ...]:
    """Powers of two up to `batch`, and `batch`: the fixed batch sizes of a device that gains by larger ones."""
    return tuple(sorted({batch, *(1 << power for power in range(batch.bit_length()) if 1 << power <= batch)}))


def chunks(count: int, sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut `count` items into (items, size of the run): a run may be larger than its items when that costs less than smaller runs.

    `sizes` ascend and begin with 1.
    """
    left = count
    while left:
        larger = next((size for size in sizes if size >= left), None)
        if larger is not None and left >= FULL_ENOUGH * larger:
            yield left, larger
            return
        size = max(size for size in sizes if size <= left)
        yield size, size
        left -= size


def run_in_chunks(batch: Array, sizes: Sequence[int], run: Callable[[Array], Outputs]) -> Outputs:
    """Call `run` with batches of exactly the `sizes`, padded with zeros where needed, and put the outputs together."""
    if len(batch) in sizes:
        return run(batch)
    parts: list[Outputs] = []
    begin = 0
    for items, size in chunks(len(batch), sizes):
        part = batch[begin : begin + items]
        begin += items
        if size > items:
            part = np.concatenate([part, np.zeros((size - items, *part.shape[1:]), part.dtype)])
        parts.append(tuple(output[:items] for output in run(part)))
    return parts[0] if len(parts) == 1 else tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))
