"""Vectors of one space in a file that is searched where it lies, mapped: each number in 8 bits, every row looked at.

The file is an extract of the library and worth nothing without it: whatever is wrong with it, it is thrown away and written anew.
Finding is in two steps. All rows are compared in whole numbers, which no index beats up to a million photos: nothing has to be built, what
comes is appended, any selection of photos can be searched, and nothing is missed. The best of them are compared again by their vectors in
the library, so that no error of this file ever reaches a result. Needs NumPy and SimSIMD.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import simsimd
from numpy.typing import NDArray

MAGIC = b"facetd vectors 1"
HEAD = struct.Struct("<16s64sIQQI")  # magic, space, dimension, rows, upto, checksum of the rows
HEAD_SIZE = 4096
CHUNK = 65_536  # rows compared at once
PARALLEL = 4 * CHUNK  # rows from which two threads are worth it
MIDDLE, REACH = 128, 127

Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]
T = TypeVar("T")


class Damaged(Exception):
    """The file is not what it should be."""


class VectorFile:
    """An open file. `upto` is the number of the last vector in it; rows of photos that came again later are dead."""

    def __init__(self, path: Path, space: str, dimension: int) -> None:
        self.path = path
        self.space = space
        self.dimension = dimension
        self.upto = 0
        self._checksum = 0
        self._inode = 0
        self._record = np.dtype([("photo", "<i8"), ("seq", "<i8"), ("scale", "<f4"), ("norm", "<i4"), ("values", "u1", (dimension,))])
        self._clear()

    def _clear(self) -> None:
        self._values: NDArray[np.uint8] = np.empty((0, self.dimension), np.uint8)
        self.photos: Numbers = np.empty(0, np.int64)
        self.seqs: Numbers = np.empty(0, np.int64)
        self._scales: Floats = np.empty(0, np.float32)
        self._norms: NDArray[np.int32] = np.empty(0, np.int32)
        self.alive: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._order: NDArray[np.intp] | None = None  # of the photos, ascending; made when it is asked for

    @classmethod
    def open(cls, path: Path, space: str, dimension: int) -> VectorFile:
        """What `path` holds, checked to the last byte. Raises Damaged, OSError."""
        file = cls(path, space, dimension)
        with path.open("rb") as stream:
            head = stream.read(HEAD_SIZE)
            file._inode = os.fstat(stream.fileno()).st_ino
        if len(head) < HEAD_SIZE or struct.unpack_from("<I", head, HEAD.size)[0] != zlib.crc32(head[: HEAD.size]):
            raise Damaged("the head is damaged")
        magic, name, numbers, rows, upto, checksum = HEAD.unpack_from(head)
        if (magic, name, numbers) != (MAGIC, _name(space), dimension):
            raise Damaged("it is of another space")
        if path.stat().st_size < HEAD_SIZE + rows * file._record.itemsize:
            raise Damaged("it was cut short")
        file.upto = upto
        file._map(rows)
        if file._checksum != checksum:
            raise Damaged("its rows are damaged")
        return file

    @classmethod
    def create(cls, path: Path, space: str, dimension: int) -> VectorFile:
        """An empty file in the place of whatever is there. Raises OSError."""
        file = cls(path, space, dimension)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        partial.write_bytes(file._head(0, 0, 0))
        file._inode = partial.stat().st_ino
        partial.replace(path)
        return file

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one that was opened."""
        try:
            return self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def append(self, seqs: Numbers, photos: Numbers, vectors: Floats) -> None:
        """Add unit vectors (n, d) that came after all others. The head counts them when they are on the disk. Raises OSError."""
        records = np.zeros(len(seqs), self._record)
        reach = np.maximum(np.abs(vectors).max(axis=1), 1e-9)
        whole = np.rint(vectors * (REACH / reach)[:, None]).astype(np.int32)
        records["photo"], records["seq"], records["scale"] = photos, seqs, reach / REACH
        records["norm"], records["values"] = (whole * whole).sum(axis=1), whole + MIDDLE
        content, rows = records.tobytes(), len(self.photos)
        with self.path.open("r+b", buffering=0) as stream:
            stream.seek(HEAD_SIZE + rows * self._record.itemsize)
            _write_all(stream.fileno(), content)
            stream.truncate()
            os.fdatasync(stream.fileno())
            stream.seek(0)
            _write_all(stream.fileno(), self._head(rows + len(seqs), int(seqs[-1]), zlib.crc32(content, self._checksum)))
        self.upto = int(seqs[-1])
        self._map(rows + len(seqs))

    def holds(self, rows: NDArray[np.intp], seqs: Numbers, photos: Numbers, vectors: Floats) -> bool:
        """Whether these `rows` are what is made of these vectors, found by their number in the library (as far as they are there)."""
        place = {int(self.seqs[row]): int(row) for row in rows}
        for seq, photo, vector in zip(seqs.tolist(), photos.tolist(), vectors, strict=True):
            row = place[seq]
            restored = (self._values[row].astype(np.float32) - MIDDLE) * self._scales[row]
            if self.photos[row] != photo or np.abs(restored - vector).max() > self._scales[row]:
                return False
        return True

    def nearest(self, vector: Floats, count: int, within: Numbers | None = None) -> NDArray[np.intp]:
        """The rows of about the `count` nearest to `vector`, nearest first, of the photos `within` if given."""
        asked, norm, _ = _whole(vector)
        if within is not None:
            rows = self._rows_of(within)
            return rows[_best(self._products(rows, asked, norm), count)]
        parts = [slice(begin, begin + CHUNK) for begin in range(0, len(self.photos), CHUNK)]
        found = self._in_parallel(lambda part: self._best_of(part, asked, norm, count), parts)
        rows = np.concatenate([np.empty(0, np.intp), *(rows for rows, _ in found)])
        return rows[_best(np.concatenate([np.empty(0, np.float32), *(products for _, products in found)]), count)]

    def cosines(self, vector: Floats) -> Floats:
        """About the cosine of every row to `vector`, also of those that are dead: within 0.01 for vectors of photos."""
        asked, norm, scale = _whole(vector)
        parts = [slice(begin, begin + CHUNK) for begin in range(0, len(self.photos), CHUNK)]
        found = self._in_parallel(lambda part: self._products(part, asked, norm), parts)
        return np.concatenate([np.empty(0, np.float32), *found]) * np.float32(scale / 2)

    def bury(self, photos: Iterable[int]) -> None:
        """Leave out these photos, which are not in the library any more."""
        self.alive &= ~np.isin(self.photos, list(photos))

    def _rows_of(self, photos: Numbers) -> NDArray[np.intp]:
        """The rows of these photos, as far as they are there."""
        if self._order is None:
            self._order = np.argsort(self.photos, kind="stable")
        # of rows of one photo the last one, which is the one that is alive
        places = np.searchsorted(self.photos, np.unique(photos), side="right", sorter=self._order) - 1
        rows = self._order[np.unique(places[places >= 0])]
        return np.asarray(rows[self.alive[rows] & np.isin(self.photos[rows], photos)], np.intp)

    def _in_parallel(self, work: Callable[[slice], T], parts: list[slice]) -> list[T]:
        if len(self.photos) < PARALLEL:
            return [work(part) for part in parts]
        with ThreadPoolExecutor(min(4, len(os.sched_getaffinity(0)))) as threads:
            return list(threads.map(work, parts))

    def _best_of(self, part: slice, asked: NDArray[np.uint8], norm: int, count: int) -> tuple[NDArray[np.intp], Floats]:
        """The best rows of one part, and what stands for their cosines."""
        products = self._products(part, asked, norm)
        products[~self.alive[part]] = -np.inf
        best = _best(products, count)
        best = best[products[best] > -np.inf]
        return best + part.start, products[best]

    def _products(self, rows: slice | NDArray[np.intp], asked: NDArray[np.uint8], norm: int) -> Floats:
        """What stands for the cosine: 2 a.b = a.a + b.b - |a - b|^2 in whole numbers, times the scale of the row."""
        values = self._values[rows]
        if not len(values):
            return np.empty(0, np.float32)
        distances: NDArray[np.float64] = np.asarray(simsimd.cdist(values, asked, metric="sqeuclidean"))[:, 0]
        return np.asarray((self._norms[rows] + norm - distances) * self._scales[rows], np.float32)

    def _map(self, rows: int) -> None:
        """Take over the rows from the ones known to `rows`; what is small of each is kept in memory."""
        old = len(self.photos)
        if not rows:
            return
        records = np.memmap(self.path, self._record, "r", HEAD_SIZE, (rows,))
        self._values, self._order = records["values"], None
        fresh = records[old:]
        for begin in range(0, len(fresh), CHUNK):
            self._checksum = zlib.crc32(fresh[begin : begin + CHUNK].tobytes(), self._checksum)
        self.alive[np.isin(self.photos, fresh["photo"])] = False
        newest = np.zeros(len(fresh), np.bool_)
        # of a photo that came twice, the last one
        newest[len(fresh) - 1 - np.unique(fresh["photo"][::-1], return_index=True)[1]] = True
        self.photos, self.seqs = np.append(self.photos, fresh["photo"]), np.append(self.seqs, fresh["seq"])
        self._scales, self._norms = np.append(self._scales, fresh["scale"]), np.append(self._norms, fresh["norm"])
        self.alive = np.append(self.alive, newest)

    def _head(self, rows: int, upto: int, checksum: int) -> bytes:
        head = HEAD.pack(MAGIC, _name(self.space), self.dimension, rows, upto, checksum)
        return (head + struct.pack("<I", zlib.crc32(head))).ljust(HEAD_SIZE, b"\0")


def _whole(vector: Floats) -> tuple[NDArray[np.uint8], int, float]:
    """A vector in 8 bits (1, d), the square of its length in whole numbers, and what these are to be multiplied by."""
    reach = max(float(np.abs(vector).max()), 1e-9)
    whole = np.rint(vector * (REACH / reach)).astype(np.int32)
    return (whole + MIDDLE).astype(np.uint8)[None, :], int((whole * whole).sum()), reach / REACH


def _best(products: Floats, count: int) -> NDArray[np.intp]:
    """Where the `count` greatest are, the greatest first."""
    top = (
        np.argpartition(products, len(products) - count)[len(products) - count :] if 0 < count < len(products) else np.arange(len(products))
    )
    return np.asarray(top[np.argsort(-products[top], kind="stable")], np.intp)


def _name(space: str) -> bytes:
    return space.encode()[:64].ljust(64, b"\0")


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
