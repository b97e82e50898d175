"""Downloads: the original, a JPEG of a RAW, the RAW itself, or the RAW as darktable develops it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import NotFound
from facetd.http.disposition import attachment
from facetd.http.files import send_file
from facetd.http.making import made_from
from facetd.http.openapi import Operations
from facetd.http.originals import opened_original, send_made, while_asked
from facetd.http.services import services
from facetd.http.sharing import PhotoOrShared, asked_photo
from facetd.i18n import _
from facetd.library.downloads import Kind, Making, Option
from facetd.media.formats import CONTENT_TYPES, HEIF, JXL, TIFF
from facetd.together import choices

operations = Operations("downloads")
TYPES = {**CONTENT_TYPES, HEIF: "image/heif", TIFF: "image/tiff", JXL: "image/jxl"}
TYPE = "original (a RAW as a JPEG), darktable (the RAW developed by `profile`), or raw."
PROFILE = "One of darktable's profiles; the first one when absent."
UNKNOWN_TYPE = "application/octet-stream"
CACHING = {"Cache-Control": "private, no-cache"}


class OptionsQuery(PhotoOrShared):
    """Which photo, and for whom."""

    is_shared: bool = Field(default=False, description="The menu of a shared album, which has no RAW files.")


class DownloadQuery(PhotoOrShared):
    """Which photo, and what of it."""

    type: Kind = Field(default=Kind.ORIGINAL, description=TYPE, json_schema_extra=choices("downloads"))
    profile: str | None = Field(default=None, max_length=64, description=PROFILE, json_schema_extra=choices("profiles"))


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
    errors=(403, 404, 429, 503),
    shared=True,
)
async def download_options(request: web.Request, query: OptionsQuery) -> Any:
    """The original; where there is a RAW, itself or beside it, each of darktable's profiles and the RAW. By a link only a JPEG."""
    house = services(request)
    asked = await asked_photo(request, query)
    photo, options = await house.downloads.options(asked.viewer, asked.photo_id, shared=query.is_shared)
    if asked.shared is not None:
        options = [Option(Kind.ORIGINAL, _("Photo (JPG)"), "jpg")]
    async with opened_original(house, asked.viewer, photo):
        pass  # it is there
    return {
        "options": [
            {"type": option.kind.value, "label": option.label, "extension": option.extension}
            | ({"profile": option.profile} if option.profile is not None else {})
            for option in options
        ]
    }


@operations.add(
    "GET", "/api/download", summary="Download a photo", query=DownloadQuery, reply="image/*, application/octet-stream",
    errors=(403, 404, 409, 415, 416, 429, 503), others=(206, 304), shared=True,
)  # fmt: skip
async def download(request: web.Request, query: DownloadQuery) -> Any:
    """The file as an attachment, with its own name; ranges are answered. Without a RAW, darktable's answer is the original."""
    house = services(request)
    asked = await asked_photo(request, query)
    if asked.shared is not None and query.type is not Kind.ORIGINAL:
        raise NotFound(_("a shared album has no such file"))
    viewer = asked.viewer
    chosen = await house.downloads.one(viewer, asked.photo_id, query.type, query.profile)
    if asked.shared is not None:
        chosen = house.downloads.without_metadata(chosen)
    headers = {**CACHING, "Content-Disposition": attachment(chosen.filename)}
    async with opened_original(house, viewer, chosen.source) as original:
        if chosen.making is Making.AS_IT_IS:
            headers["Content-Type"] = TYPES.get(chosen.source.format or "", UNKNOWN_TYPE)
            return await send_file(request, original.file, etag=original.etag, headers=headers)
        made = await while_asked(request, made_from(house, viewer, chosen, original))
    return await send_made(request, made, headers)
