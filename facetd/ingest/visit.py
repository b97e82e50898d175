"""One visit of a decode worker to one file: hash, metadata and one decode give thumbnails and every pixel metric.

Imported in worker processes (and unit tests) only: it loads the image libraries.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetd.errors import DiskFull, MediaError
from facetd.i18n import _
from facetd.ingest.tasks import METADATA, SIGHT_KINDS, TECHNICAL, THUMBNAIL, VisitResult, VisitTask
from facetd.media import appearance, decode, hashes, headers, metadata, thumbs
from facetd.media.scaling import shrink
from facetd.media.thumbnail_paths import SIZES
from facetd.records.files import PictureHeader
from facetd.records.sightings import Failure
from facetd.score.measure import measure

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})  # what only writing answers, so never the photo's fault
PIXEL_KINDS = frozenset({THUMBNAIL, TECHNICAL}) | SIGHT_KINDS
LARGE = 256 * 1024 * 1024  # bytes from which on a file that does not begin like a photo is not read to its end


def visit(task: VisitTask) -> VisitResult:
    """Everything `task` asks for. Never raises for what a file holds: that becomes a recorded failure.

    Raises DiskFull when there is no room for thumbnails or for what the models are to see.
    """
    result = VisitResult()
    try:
        before = os.stat(task.path)
        if not stat.S_ISREG(before.st_mode):
            result.gone = True
            return result
        result.size, result.mtime_ns = before.st_size, before.st_mtime_ns
        if before.st_size > LARGE and not _begins_like_a_photo(task, result):
            return result
        result.content_hash = task.content_hash or hashes.content_hash(task.path)
        if result.content_hash in task.reuse:
            result.reused = True
            return result
        _read(task, result)
        after = os.stat(task.path)
        result.changed = (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
    except FileNotFoundError:
        result.gone = True
    except PermissionError:
        _fail(result, task.kinds, "permission", _("The file may not be read: check its permissions."))
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull(_("There is no room left on the disk of {path}.").format(path=task.settings.thumbs.parent)) from error
        _fail(result, task.kinds, "io", _("The file could not be read from the disk: {error}.").format(error=error.strerror or error))
    return result


def _begins_like_a_photo(task: VisitTask, result: VisitResult) -> bool:
    """Whether it is worth reading a large file to its end; if not, that is recorded."""
    try:
        headers.read_header(task.path)
    except MediaError as error:
        _fail(result, task.kinds, error.reason, error.message)
        return False
    return True


def _read(task: VisitTask, result: VisitResult) -> None:
    try:
        header = headers.read_header(task.path)
        headers.check_limits(header, max_megapixels=task.settings.max_megapixels)
    except MediaError as error:
        _fail(result, task.kinds, error.reason, error.message)
        return
    if header.decode_bytes > task.settings.heavy_bytes and not task.heavy and task.kinds & PIXEL_KINDS:
        result.too_heavy = True
        return
    result.header = header
    try:
        result.metadata = metadata.read_metadata(task.path, header, task.sidecars)
    except MediaError as error:
        _fail(result, task.kinds & {METADATA}, error.reason, error.message)
    if task.kinds & PIXEL_KINDS:
        _look(task, result, header)


def _look(task: VisitTask, result: VisitResult, header: PictureHeader) -> None:
    """The part that needs pixels."""
    wanted = task.kinds & PIXEL_KINDS
    orientation = result.metadata.orientation if result.metadata else 1
    try:
        longest = max(SIZES) if task.frame is None else max(*SIZES, task.frame_px)
        picture = decode.decode_photo(task.path, header, long_side=longest, orientation=orientation)
        show = _at_most(picture.show, max(SIZES))
        if THUMBNAIL in wanted:
            small = thumbs.write_thumbnails(show, task.settings.thumbs, result.content_hash, quality=task.settings.quality)
            result.phash = hashes.perceptual_hash(small)
            result.appearance = appearance.describe_appearance(small)
        if TECHNICAL in wanted:
            measured = show if picture.measure is picture.show else _at_most(picture.measure, max(SIZES))
            result.metrics = measure(measured, task.settings.measure)
        if task.frame is not None and wanted & SIGHT_KINDS:
            _save(_at_most(picture.show, task.frame_px), task.frame)
    except MediaError as error:
        _fail(result, wanted, error.reason, error.message)
    except MemoryError:
        _fail(result, wanted, "memory", _("The picture needs more memory than scanning.worker_memory_mb allows."))


def _save(pixels: NDArray[np.uint8], target: Path) -> None:
    """Write an array so that a full disk says that it is one; NumPy, given a file, does not."""
    written = io.BytesIO()
    np.save(written, pixels)
    target.write_bytes(written.getbuffer())


def measured_size(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture no larger than what is measured."""
    return _at_most(rgb, max(SIZES))


def _at_most(rgb: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    return rgb if max(rgb.shape[:2]) <= long_side else np.asarray(shrink(Image.fromarray(rgb), long_side))


def _fail(result: VisitResult, kinds: frozenset[str], reason: str, message: str) -> None:
    """Record the failure for `kinds`; half-made parts of them are dropped."""
    if THUMBNAIL in kinds:
        result.phash = result.appearance = None
    if TECHNICAL in kinds:
        result.metrics = None
    for kind in kinds:
        result.failures[kind] = Failure(reason, message)
