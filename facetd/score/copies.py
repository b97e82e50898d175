"""Copies of one picture: whether they are of one shot as far as their data tell, and which of them to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_COPY_NAME = re.compile(r"(?i)(?:[ _-]*(?:\(\d+\)|copy|copie|kopie|copia|edited|bearbeitet|crop(?:ped)?))+$")
_MESSENGER = re.compile(r"(?i)^(?:IMG-\d{8}-WA\d+|received_\d+|signal-\d|telegram|FB_IMG)")
_NUMBER = re.compile(r"\d+")
_LOSSLESS = ("raw", "tiff", "png", "heif", "avif", "jxl")


@dataclass(frozen=True, slots=True)
class Copy:
    """What is known of a photo that may be a copy. `taken` is ISO 8601 local time, maybe with a fraction of the second."""

    id: int
    content_hash: str
    folder: int
    filename: str
    format: str | None
    pixels: int
    jpeg_quality: int | None
    size: int
    taken: str | None
    camera: str | None


def are_other_shots(one: Copy, other: Copy) -> bool:
    """Whether two photos are known to be taken at different moments: by their dates, or, when these are the same because the camera
    writes no fractions, by the numbers that one camera gave them in one folder.
    """
    if one.content_hash == other.content_hash or not one.taken or not other.taken:
        return False
    if one.camera and other.camera and one.camera != other.camera:
        return False
    common = min(len(one.taken), len(other.taken))
    if one.taken[:common] != other.taken[:common]:
        return True
    if one.folder != other.folder or not (one.camera and other.camera) or "." in one.taken:
        return False
    stems = [_original_stem(copy.filename) for copy in (one, other)]
    return stems[0] != stems[1] and _NUMBER.sub("#", stems[0]) == _NUMBER.sub("#", stems[1])


def sets_of_copies(pairs: Sequence[tuple[int, int]], copies: Mapping[int, Copy]) -> list[list[int]]:
    """The sets that pairs of the same picture make, each ascending; nearest pairs come first.

    A copy without a date may look like several frames of a burst: it goes to the nearest, and does not make one of what are other shots.
    """
    paired = set(pairs)
    group_of: dict[int, list[int]] = {}
    for one, other in pairs:
        first, second = group_of.setdefault(one, [one]), group_of.setdefault(other, [other])
        if first is second or any(
            (min(a, b), max(a, b)) not in paired and are_other_shots(copies[a], copies[b]) for a in first for b in second
        ):
            continue
        first.extend(second)
        group_of.update(dict.fromkeys(second, first))
    unique = {id(group): sorted(group) for group in group_of.values() if len(group) > 1}
    return sorted(unique.values())


def best_copy(copies: Sequence[Copy]) -> Copy:
    """The one to keep: most pixels, camera data, the better format, the better quality, the original name, the oldest."""
    return max(copies, key=_worth)


def _worth(copy: Copy) -> tuple[object, ...]:
    stem = copy.filename.rpartition(".")[0] or copy.filename
    original = stem == _original_stem(copy.filename) and not _MESSENGER.match(stem)
    described = (copy.camera is not None) + (copy.taken is not None)
    quality = copy.jpeg_quality or (100 if copy.format in _LOSSLESS else 0)
    return copy.pixels, described, copy.format == "raw", original, quality, copy.size, -len(stem), -copy.id


def _original_stem(filename: str) -> str:
    """The name without suffix and without what says that it is a copy."""
    stem = filename.rpartition(".")[0] or filename
    return _COPY_NAME.sub("", stem) or stem
