"""Files that are made for a download: a RAW as a JPEG by the camera's preview, or developed by darktable."""

from __future__ import annotations

import asyncio
from pathlib import Path

from facetd.errors import Unavailable
from facetd.http.originals import Original, allowed_folders, opened
from facetd.http.services import Services
from facetd.i18n import _
from facetd.ingest.darktable import RawFile
from facetd.library.downloads import Download, Making
from facetd.records.viewer import Viewer

LARGEST_SIDECAR = 16 * 1024 * 1024  # bytes
SIDECAR_ENDS = (".xmp", ".XMP")


async def made_from(house: Services, viewer: Viewer, chosen: Download, original: Original) -> Path:
    """The file in the cache that is made of an open original. Raises MediaError, Unavailable."""
    if chosen.making is Making.DEVELOPED and chosen.profile is not None:
        sidecars = await _sidecars(house, viewer, chosen)
        raw = RawFile(original.file.descriptor, chosen.source.name, original.etag, sidecars)
        return await house.darktable.jpeg_of(raw, chosen.profile)
    if not original.known:
        house.ingest.look_at_soon(chosen.source.path)
        raise Unavailable(_("the photo was changed and is being read anew"))
    return await house.renditions.jpeg_of(chosen.source)


async def _sidecars(house: Services, viewer: Viewer, chosen: Download) -> dict[str, bytes]:
    """The XMP files beside a RAW that darktable reads, by what stands in place of the name without suffix."""
    place = chosen.source
    stem, dot, suffix = place.name.rpartition(".")
    folders = await allowed_folders(house, viewer, place)
    found: dict[str, bytes] = {}
    for name, end in ((place.name, f".{suffix.lower()}.xmp"), (stem if dot else place.name, ".xmp")):
        for written in SIDECAR_ENDS:
            path = place.path.removesuffix(place.name) + name + written
            async with opened(path, folders) as file:
                if file is not None and file.size <= LARGEST_SIDECAR and end not in found:
                    found[end] = await asyncio.to_thread(file.read, 0, LARGEST_SIDECAR)
    return found
