"""Downloads: the original, a JPEG of a RAW, the RAW itself, or the RAW as darktable develops it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.api.models import OnePhoto
from facetd.http.disposition import attachment
from facetd.http.files import send_file
from facetd.http.making import made_from
from facetd.http.openapi import Operations
from facetd.http.originals import opened_original, send_made, while_asked
from facetd.http.services import services, viewer_of
from facetd.library.downloads import Kind, Making
from facetd.media.formats import CONTENT_TYPES, HEIF, JXL, TIFF

operations = Operations("downloads")
TYPES = {**CONTENT_TYPES, HEIF: "image/heif", TIFF: "image/tiff", JXL: "image/jxl"}
UNKNOWN_TYPE = "application/octet-stream"
CACHING = {"Cache-Control": "private, no-cache"}


class OptionsQuery(OnePhoto):
    """Which photo, and for whom."""

    is_shared: bool = Field(default=False, description="The menu of a shared album, which has no RAW files.")


class DownloadQuery(OnePhoto):
    """Which photo, and what of it."""

    type: Kind = Field(default=Kind.ORIGINAL, description="original (a RAW as a JPEG), darktable (the RAW developed by `profile`), or raw.")
    profile: str | None = Field(default=None, max_length=64, description="One of darktable's profiles; needed for darktable.")


class DownloadOption(BaseModel):
    """One entry of the download menu."""

    type: Kind
    label: str
    profile: str | None = Field(default=None, description="For darktable: what to send as `profile`.")
    extension: str = Field(description="Of the file that is sent, without its dot.")


class DownloadOptions(BaseModel):
    """The download menu of a photo."""

    options: list[DownloadOption]


@operations.add(
    "GET",
    "/api/download/options",
    summary="What can be downloaded of a photo",
    query=OptionsQuery,
    reply=DownloadOptions,
    errors=(404, 503),
)
async def download_options(request: web.Request, query: OptionsQuery) -> Any:
    """The original; where there is a RAW, itself or beside it, each of darktable's profiles and the RAW."""
    house = services(request)
    viewer = await viewer_of(request)
    photo_id = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    photo, options = await house.downloads.options(viewer, photo_id, shared=query.is_shared)
    async with opened_original(house, viewer, photo):
        pass  # it is there
    return {
        "options": [
            {"type": option.kind.value, "label": option.label, "extension": option.extension}
            | ({"profile": option.profile} if option.profile is not None else {})
            for option in options
        ]
    }


@operations.add(
    "GET", "/api/download", summary="Download a photo", query=DownloadQuery, reply="application/octet-stream",
    errors=(404, 415, 416, 503), others=(206, 304),
)  # fmt: skip
async def download(request: web.Request, query: DownloadQuery) -> Any:
    """The file as an attachment, with its own name; ranges are answered. Without a RAW, darktable's answer is the original."""
    house = services(request)
    viewer = await viewer_of(request)
    photo_id = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    chosen = await house.downloads.one(viewer, photo_id, query.type, query.profile)
    headers = {**CACHING, "Content-Disposition": attachment(chosen.filename)}
    async with opened_original(house, viewer, chosen.source) as original:
        if chosen.making is Making.AS_IT_IS:
            headers["Content-Type"] = TYPES.get(chosen.source.format or "", UNKNOWN_TYPE)
            return await send_file(request, original.file, etag=original.etag, headers=headers)
        made = await while_asked(request, made_from(house, viewer, chosen, original))
    return await send_made(request, made, headers)
