"""One visit of a decode worker to one file: hash, metadata and one decode give thumbnails and every pixel metric.

Imported in worker processes (and unit tests) only: it loads the image libraries.
"""

from __future__ import annotations

import os
import stat

from facetd.errors import MediaError
from facetd.i18n import _
from facetd.ingest.tasks import METADATA, TECHNICAL, THUMBNAIL, VisitResult, VisitTask
from facetd.media import appearance, decode, hashes, headers, metadata, thumbs
from facetd.media.thumbnail_paths import SIZES
from facetd.records import Failure, PictureHeader
from facetd.score.measure import measure


def visit(task: VisitTask) -> VisitResult:
    """Everything `task` asks for. Never raises for what a file holds: that becomes a recorded failure."""
    result = VisitResult()
    try:
        before = os.stat(task.path)
        if not stat.S_ISREG(before.st_mode):
            result.gone = True
            return result
        result.size, result.mtime_ns = before.st_size, before.st_mtime_ns
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
        _fail(result, task.kinds, "io", _("The file could not be read from the disk: {error}.").format(error=error.strerror or error))
    return result


def _read(task: VisitTask, result: VisitResult) -> None:
    try:
        header = headers.read_header(task.path)
        headers.check_limits(header, max_megapixels=task.settings.max_megapixels)
    except MediaError as error:
        _fail(result, task.kinds, error.reason, error.message)
        return
    if header.decode_bytes > task.settings.heavy_bytes and not task.heavy and task.kinds & {THUMBNAIL, TECHNICAL}:
        result.too_heavy = True
        return
    result.header = header
    try:
        result.metadata = metadata.read_metadata(task.path, header, task.sidecars)
    except MediaError as error:
        _fail(result, task.kinds & {METADATA}, error.reason, error.message)
    if task.kinds & {THUMBNAIL, TECHNICAL}:
        _look(task, result, header)


def _look(task: VisitTask, result: VisitResult, header: PictureHeader) -> None:
    """The part that needs pixels."""
    wanted = task.kinds & {THUMBNAIL, TECHNICAL}
    orientation = result.metadata.orientation if result.metadata else 1
    try:
        picture = decode.decode_photo(task.path, header, long_side=max(SIZES), orientation=orientation)
        if THUMBNAIL in wanted:
            small = thumbs.write_thumbnails(picture.show, task.settings.thumbs, result.content_hash, quality=task.settings.quality)
            result.phash = hashes.perceptual_hash(small)
            result.appearance = appearance.describe_appearance(small)
        if TECHNICAL in wanted:
            result.metrics = measure(picture.measure, task.settings.measure)
    except MediaError as error:
        _fail(result, wanted, error.reason, error.message)
    except MemoryError:
        _fail(result, wanted, "memory", _("The picture needs more memory than scanning.worker_memory_mb allows."))


def _fail(result: VisitResult, kinds: frozenset[str], reason: str, message: str) -> None:
    """Record the failure for `kinds`; half-made parts of them are dropped."""
    if THUMBNAIL in kinds:
        result.phash = result.appearance = None
    if TECHNICAL in kinds:
        result.metrics = None
    for kind in kinds:
        result.failures[kind] = Failure(reason, message)
