"""Pixels: thumbnails, and whole photos as a browser can show them."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from pydantic import Field

from facetd.errors import NotFound, Unavailable
from facetd.http.files import is_known, send_file
from facetd.http.openapi import Operations
from facetd.http.originals import opened_original, send_made
from facetd.http.services import services
from facetd.http.sharing import PhotoOrShared, asked_photo
from facetd.i18n import _
from facetd.media.formats import CONTENT_TYPES
from facetd.media.thumbnail_paths import snap_size, thumbnail_path

operations = Operations("images")
FOREVER = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"
# A picture of a shared album that is opened by itself: browsers put it into a page of theirs, with styles; its address holds the token.
ALONE = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class ImageQuery(PhotoOrShared):
    """Which photo."""

    v: str | None = Field(default=None, max_length=64, description="The photo's `v`: with it the answer may be kept for ever.")


class ThumbnailQuery(ImageQuery):
    """Which thumbnail."""

    size: int = Field(default=640, ge=1, le=10_000, description="Long side in px; the next stored size (240, 640, 1600) answers.")


@operations.add(
    "GET",
    "/thumbnail",
    summary="A thumbnail",
    query=ThumbnailQuery,
    reply="image/jpeg",
    errors=(403, 404, 429, 503),
    others=(304,),
    shared=True,
)
async def thumbnail(request: web.Request, query: ThumbnailQuery) -> Any:
    """A JPEG of the photo, upright, in sRGB. A thumbnail that was lost is made again and answers 503 meanwhile."""
    house = services(request)
    asked = await asked_photo(request, query)
    content_hash = await house.gallery.content(asked.viewer, asked.photo_id)
    size = snap_size(query.size)
    etag = f"{content_hash}-{size}"
    headers = {"ETag": f'"{etag}"', "Cache-Control": FOREVER if query.v == content_hash else REVALIDATE}
    if is_known(request, etag):
        return web.Response(status=304, headers=headers)
    if asked.shared is not None:
        headers |= ALONE
    path = thumbnail_path(house.ingest.thumbs, content_hash, size)
    try:
        pixels = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError:
        pixels = b""
    if not pixels:  # deleted, or emptied by a power cut
        place = await house.gallery.place(asked.viewer, asked.photo_id)
        if not place.readable:
            raise NotFound(_("the photo could not be read, so it has no thumbnail"))
        house.ingest.look_at_soon(place.path)
        raise Unavailable(_("the thumbnail is being made again"))
    return web.Response(body=pixels, content_type="image/jpeg", headers=headers)


@operations.add(
    "GET",
    "/image",
    summary="The whole photo",
    query=ImageQuery,
    reply="image/*",
    errors=(403, 404, 415, 416, 429, 503),
    others=(206, 304),
    shared=True,
)
async def image(request: web.Request, query: ImageQuery) -> Any:
    """The original where browsers can show it, otherwise (RAW, HEIF, TIFF, JPEG XL) a JPEG of it. Ranges are answered.

    Who comes by a link gets a JPEG without metadata of any photo.
    """
    house = services(request)
    asked = await asked_photo(request, query)
    place = await house.gallery.place(asked.viewer, asked.photo_id)
    if not place.readable or place.format is None:
        raise NotFound(_("the photo could not be read"))
    async with opened_original(house, asked.viewer, place) as original:
        known = original.known
        caching = FOREVER if known and query.v == place.content_hash else REVALIDATE
        if place.format in CONTENT_TYPES and asked.shared is None:  # files tell where they were taken
            headers = {"Content-Type": CONTENT_TYPES[place.format], "Cache-Control": caching}
            return await send_file(request, original.file, etag=original.etag, headers=headers)
    if not known:
        house.ingest.look_at_soon(place.path)
        raise Unavailable(_("the photo was changed and is being read anew"))
    return await send_made(request, await house.renditions.jpeg_of(place), {"Cache-Control": caching})
