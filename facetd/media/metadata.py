"""What a photo's file and sidecars say, merged into one record."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from typing import Any

from facetd.i18n import _
from facetd.media import formats
from facetd.media.containers import find_blocks
from facetd.media.exif import exif_facts, modify_date, read_directories
from facetd.media.failures import unreadable
from facetd.media.picasa import picasa_faces
from facetd.media.raw import raw_exposure
from facetd.media.sidecars import PICASA_NAMES
from facetd.media.xmp import metadata_date, xmp_facts
from facetd.records.files import PictureHeader
from facetd.records.metadata import Metadata, SidecarReading

_LARGEST_SIDECAR = 16 << 20
_FIRST_XMP = 978307200  # 2001-01-01: no sidecar is older
_CLOCKS_DIFFER_S = 300
# Whatever a person or program added later wins; what the camera measured is only filled in where EXIF has nothing.
_ADDED = ("rating", "label", "title", "description", "keywords", "regions")
_CHANGEABLE = ("rating", "label", "description", "keywords")  # what facetd writes into sidecars
# Values that belong together come from one source.
_MEASURED = (("date_taken", "date_offset"), ("camera_make",), ("camera_model",), ("lens_model",), ("gps_latitude", "gps_longitude"))


def read_metadata(path: str, header: PictureHeader, sidecars: Sequence[str]) -> Metadata:
    """Facts about the photo at `path` from EXIF, embedded XMP and the files `sidecars` beside it (most specific first).

    Rating, words and regions: sidecars before embedded XMP before EXIF; Picasa's faces where there are no other regions. Date, camera,
    lens and place: EXIF before sidecars before embedded XMP; a file signed by a camera without any of these dates falls back to that
    of its last change. Orientation: the header's where the decoder knows better. One odd value never loses the others: it becomes a
    warning.
    Raises MediaError `unreadable` only.
    """
    try:
        with open(path, "rb") as file:
            blocks = find_blocks(file, header.format, path)
            directories = read_directories(blocks)
    except OSError as error:
        raise unreadable(error) from error
    facts, warnings = exif_facts(directories)
    if header.format == formats.RAW:
        facts = {**raw_exposure(path, facts), **facts}
    facts["orientation"] = header.orientation or facts.get("orientation", 1)
    stored_size = (header.width, header.height)
    read = [_read_sidecar(sidecar) for sidecar in sidecars]
    warnings.extend(problem for _, problem in read if problem)
    sound = [(os.path.basename(sidecar), packet) for sidecar, (packet, problem) in zip(sidecars, read, strict=True) if not problem]
    packets = [packet for name, packet in sound if name not in PICASA_NAMES]
    added: list[dict[str, Any]] = []
    damaged = odd_values = 0  # of sidecars
    for number, packet in enumerate((*packets, *blocks.xmp)):
        found, odd = xmp_facts(packet, stored_size=stored_size, orientation=facts["orientation"])
        added.append(found)
        warnings.extend(odd)
        if number < len(packets):
            damaged += bool(odd) and not found
            odd_values += bool(odd)
    beside = [sidecar for sidecar in sidecars if os.path.basename(sidecar) not in PICASA_NAMES]
    if beside:
        told = frozenset(key for key in _CHANGEABLE if any(key in found for found in added[: len(packets)]))
        all_read = len(packets) == len(beside) and not damaged
        facts["sidecar"] = SidecarReading(told, all_read, all_read and not odd_values, _changed_at(beside))
    for name, content in sound:
        if name in PICASA_NAMES and (faces := picasa_faces(content, os.path.basename(path))):
            added.append({"regions": faces})
    _merge(facts, added)
    if "date_taken" not in facts and (changed := modify_date(directories)):
        facts["date_taken"] = changed
    return Metadata(**facts, warnings=tuple(dict.fromkeys(warnings)))


def _merge(facts: dict[str, Any], added: list[dict[str, Any]]) -> None:
    for key in _ADDED:
        facts.update(next(({key: found[key]} for found in added if key in found), {}))
    for keys in _MEASURED:
        if keys[0] not in facts:
            facts.update(next(({key: found[key] for key in keys if key in found} for found in added if keys[0] in found), {}))


def _changed_at(sidecars: Sequence[str]) -> float:
    """When the newest of the sidecars was changed, in seconds since 1970: by the file system, unless that is impossible."""
    now = time.time()
    found = [0.0]
    for sidecar in sidecars:
        with contextlib.suppress(OSError):
            changed = os.stat(sidecar).st_mtime
            found.append(changed if _FIRST_XMP < changed < now + _CLOCKS_DIFFER_S else metadata_date(sidecar) or now)
    return min(max(found), now)


def _read_sidecar(path: str) -> tuple[bytes, str]:
    """The bytes of a sidecar, or nothing and why."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            packet = file.read(_LARGEST_SIDECAR)
    except OSError as error:
        return b"", _("The sidecar {name} cannot be opened: {why}.").format(name=name, why=error.strerror)
    return packet, "" if packet else _("The sidecar {name} is empty.").format(name=name)
