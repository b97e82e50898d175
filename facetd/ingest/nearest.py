"""What runs in the process that answers questions to find the photos whose vectors are near. Keeps open what it searched, and follows
the library by itself. Needs NumPy and SimSIMD.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetd.db import embeddings
from facetd.db.vectors import reading
from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.ingest.findings import FoundNear
from facetd.ingest.vectorfile import Damaged, Floats, VectorFile

if TYPE_CHECKING:
    from facetd.db.connection import Connection

logger = logging.getLogger(__name__)
SURPLUS = 50  # candidates beyond twice as many as were asked for: 8 bits put the 50 nearest among the first 100
SAMPLE = 32  # rows compared with the library when a file is opened
WASTE = 0.1  # share of dead rows from which a file is written anew
_open: dict[Path, VectorFile] = {}


def nearest(
    path: Path, folder: Path, space: str | None, asked: int | bytes, count: int, within: Sequence[int] | None = None
) -> FoundNear | None:
    """The `count` photos of the library at `path` that are nearest to a photo, which is not among them, or to a vector (float32), nearest
    first; of those `within`, if given. `space`: None for the photo's own. None where there is nothing to compare in that space.
    """
    with reading(path) as connection:
        chosen = space or _own_space(connection, asked)
        vector = None if chosen is None else _asked(connection, chosen, asked)
        if chosen is None or vector is None:
            return None
        file = _current(connection, folder, chosen)
        if file is None or len(vector) != file.dimension:
            return None
        wanted = None if within is None else np.fromiter(within, np.int64, len(within))
        own = asked if isinstance(asked, int) else 0
        candidates = 2 * (count + 1) + SURPLUS
        while True:
            rows = file.nearest(vector, candidates, wanted)
            known = embeddings.read_vectors(connection, chosen, file.photos[rows].tolist())
            gone = np.setdiff1d(file.photos[rows], known.photos)
            # photos that left the library took the places of others
            if not len(gone) or len(known.photos) > count + SURPLUS or len(rows) < candidates:
                break
            file.bury(gone.tolist())
    cosines = np.clip(known.vectors @ vector, -1, 1) if len(known.photos) else np.empty(0, np.float32)
    order = [index for index in np.lexsort((known.photos, -cosines)) if known.photos[index] != own][:count]
    return FoundNear(chosen, array("q", known.photos[order].tolist()), array("f", cosines[order].tolist()))


def cosines(path: Path, space: str | None, photo: int, others: Sequence[int]) -> FoundNear | None:
    """The cosines of `photo` and those of `others` that have a vector in `space` (None: the photo's own); None where it has none."""
    with reading(path) as connection:
        chosen = space or _own_space(connection, photo)
        vector = None if chosen is None else _asked(connection, chosen, photo)
        if chosen is None or vector is None:
            return None
        known = embeddings.read_vectors(connection, chosen, others)
    near = np.clip(known.vectors @ vector, -1, 1) if len(known.photos) else np.empty(0, np.float32)
    return FoundNear(chosen, array("q", known.photos.tolist()), array("f", near.tolist()))


def estimates(path: Path, folder: Path, photo: int) -> tuple[NDArray[np.int64], Floats] | None:
    """About how near every photo is to `photo` in its space: photos in no order and their cosines, as near as VectorFile.cosines tells
    them. Photos that are gone may be among them. None where it has no vector. Raises Unavailable.
    """
    with reading(path) as connection:
        space = _own_space(connection, photo)
        vector = None if space is None else _asked(connection, space, photo)
        file = None if space is None else _current(connection, folder, space)
    if file is None or vector is None or len(vector) != file.dimension:
        return None
    return file.photos[file.alive], file.cosines(vector)[file.alive]


def tend(path: Path, folder: Path) -> int:
    """Bring the files of all spaces up to date, write those anew that hold too much of what is gone, and take away those of spaces that
    are gone. Returns how many vectors can be searched.
    """
    total = 0
    with reading(path) as connection:
        spaces = embeddings.spaces(connection)
        wanted = {file_of(folder, space) for space in spaces}
        for space in spaces:
            file, there = _current(connection, folder, space), embeddings.count(connection, space)
            total += there
            if file is not None and len(file.photos) - there > WASTE * len(file.photos):
                _renewed(connection, file.path, space, file.dimension)
    for other in set(folder.glob("*.vectors")) - wanted:
        other.unlink(missing_ok=True)
        _open.pop(other, None)
    return total


def file_of(folder: Path, space: str) -> Path:
    """Where the vectors of `space` lie."""
    return folder / (re.sub(r"[^A-Za-z0-9.-]", "_", space) + ".vectors")


def _own_space(connection: Connection, asked: int | bytes) -> str | None:
    """The space of a photo's vector, while photos are looked at anew that of an earlier model; of a mere vector the newest one."""
    if isinstance(asked, int):
        return embeddings.space_of(connection, asked)
    return next(iter(embeddings.spaces(connection)), None)


def _asked(connection: Connection, space: str, asked: int | bytes) -> Floats | None:
    if isinstance(asked, bytes):
        vector = np.frombuffer(asked, embeddings.DTYPE).astype(np.float32)
        length = float(np.linalg.norm(vector))
        return vector / np.float32(length) if np.isfinite(length) and length > 0 else None
    own = embeddings.read_vectors(connection, space, [asked])
    return own.vectors[0] if len(own.photos) else None


def _current(connection: Connection, folder: Path, space: str) -> VectorFile | None:
    """The file of `space` with everything that the library has; None when that is nothing. Raises Unavailable."""
    dimension = embeddings.dimension(connection, space)
    if not dimension:
        return None
    path = file_of(folder, space)
    try:
        with _alone(folder):
            file = _open.get(path)
            if file is None or file.dimension != dimension or embeddings.last_given(connection) < file.upto or not file.is_there:
                file = _opened(connection, path, space, dimension)
            _follow(connection, file)
    except OSError as error:
        _open.pop(path, None)
        raise Unavailable(_("The vectors cannot be searched: {path}: {why}").format(path=path, why=error.strerror or error)) from error
    _open[path] = file
    return file


def _opened(connection: Connection, path: Path, space: str, dimension: int) -> VectorFile:
    """The file as it is, if it is of this library; else a new one."""
    try:
        file = VectorFile.open(path, space, dimension)
    except FileNotFoundError:
        return VectorFile.create(path, space, dimension)
    except (Damaged, OSError) as error:
        logger.warning("%s is written anew: %s", path, error)
        return VectorFile.create(path, space, dimension)
    rows = np.unique(np.linspace(0, len(file.seqs) - 1, min(SAMPLE, len(file.seqs))).round().astype(np.intp))
    if embeddings.last_given(connection) >= file.upto and file.holds(
        rows, *embeddings.read_given(connection, space, file.seqs[rows].tolist())
    ):
        return file
    logger.warning("%s is written anew: it is of another library", path)
    return VectorFile.create(path, space, dimension)


def _renewed(connection: Connection, path: Path, space: str, dimension: int) -> None:
    with _alone(path.parent):
        file = _open[path] = VectorFile.create(path, space, dimension)
        _follow(connection, file)


def _follow(connection: Connection, file: VectorFile) -> None:
    for rows in embeddings.read_since(connection, file.space, file.upto):
        file.append(*rows)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes here meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
