"""Pixels: thumbnails, and whole photos as a browser can show them."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from aiohttp import web
from pydantic import Field

from facetd.errors import NotFound, Unavailable
from facetd.http.api.models import OnePhoto
from facetd.http.openapi import Operations
from facetd.http.services import services, viewer_of
from facetd.media.formats import CONTENT_TYPES
from facetd.media.thumbnail_paths import snap_size, thumbnail_path

operations = Operations("images")
FOREVER = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"


class ThumbnailQuery(OnePhoto):
    """Which thumbnail."""

    size: int = Field(default=640, ge=1, le=10_000, description="Long side in px; the next stored size (240, 640, 1600) answers.")
    v: str | None = Field(default=None, max_length=64, description="The photo's `v`: with it the answer may be kept for ever.")


@operations.add("GET", "/thumbnail", summary="A thumbnail", query=ThumbnailQuery, reply="image/jpeg", errors=(404,))
async def thumbnail(request: web.Request, query: ThumbnailQuery) -> Any:
    """A JPEG of the photo, upright, in sRGB. A thumbnail that was lost is made again and answers 503 meanwhile."""
    house = services(request)
    viewer = await viewer_of(request)
    photo_id = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    content_hash = await house.gallery.content(viewer, photo_id)
    size = snap_size(query.size)
    etag = f'"{content_hash}-{size}"'
    headers = {"ETag": etag, "Cache-Control": FOREVER if query.v == content_hash else REVALIDATE}
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    path = thumbnail_path(house.ingest.thumbs, content_hash, size)
    try:
        pixels = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        place = await house.gallery.place(viewer, photo_id)
        if not place.readable:
            raise NotFound("the photo could not be read, so it has no thumbnail") from None
        house.ingest.look_at_soon(place.path)
        raise Unavailable("the thumbnail is being made again") from None
    return web.Response(body=pixels, content_type="image/jpeg", headers=headers)


@operations.add("GET", "/image", summary="The whole photo", query=OnePhoto, reply="image/*", errors=(404, 415, 503))
async def image(request: web.Request, query: OnePhoto) -> Any:
    """The original where browsers can show it, otherwise (RAW, HEIF, TIFF, JPEG XL) a JPEG of it. Ranges are answered."""
    house = services(request)
    viewer = await viewer_of(request)
    place = await house.gallery.place(viewer, await house.gallery.find(viewer, photo_id=query.id, path=query.path))
    if not place.readable or place.format is None:
        raise NotFound("the photo could not be read")
    if not await asyncio.to_thread(_inside, place.path, place.root_path):
        if place.root_online:
            raise NotFound("the photo's file is not there")
        raise Unavailable("the photo's folder is offline", hint="Connect the disk or share that holds it.")
    if place.format in CONTENT_TYPES:
        headers = {"Content-Type": CONTENT_TYPES[place.format], "Cache-Control": REVALIDATE}
        return web.FileResponse(place.path, headers=headers)
    rendition = await house.renditions.jpeg_of(place)
    return web.FileResponse(rendition, headers={"Content-Type": "image/jpeg", "Cache-Control": REVALIDATE})


def _inside(path: str, root_path: str) -> bool:
    """Whether the file is there and, links resolved, in its root. Looks at the disk."""
    real, root = os.path.realpath(path), os.path.realpath(root_path)
    return os.path.isfile(real) and real.startswith(root.rstrip("/") + "/")
