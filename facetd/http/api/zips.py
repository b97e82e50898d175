"""Several photos as one zip file: a selection by a ticket, so that a browser can follow a link to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import Conflict, NotFound
from facetd.http.api.albums import ALBUM, album_id
from facetd.http.api.downloads import PROFILE, TYPE
from facetd.http.api.models import PhotosBody, Strict
from facetd.http.openapi import Operations
from facetd.http.services import Services, require_feature, services, viewer_of
from facetd.http.zipping import send_zip
from facetd.i18n import _
from facetd.library.downloads import Kind, Making, Together
from facetd.library.tickets import LIFETIME_S, Selection
from facetd.together import choices

operations = Operations("downloads")
MOST = 10_000  # photos in one zip file


class ZipBody(PhotosBody):
    """Which photos, and what of each."""

    type: Kind = Field(default=Kind.ORIGINAL, description=TYPE, json_schema_extra=choices("downloads"))
    profile: str | None = Field(default=None, max_length=64, description=PROFILE, json_schema_extra=choices("profiles"))


class AlbumZipQuery(Strict):
    """What of each photo."""

    type: Kind = Field(default=Kind.ORIGINAL, description=TYPE, json_schema_extra=choices("downloads"))
    profile: str | None = Field(default=None, max_length=64, description=PROFILE, json_schema_extra=choices("profiles"))


class ZipTicket(BaseModel):
    """Where the zip file can be had."""

    token: str
    url: str
    expires_in_s: int
    filename: str
    count: int = Field(description="How many photos are in it.")
    not_found: list[int | str] = Field(description="Ids or paths that name no photo.")
    without_raw: int = Field(description="For `raw`: photos that have none, which are left out.")


class ZipQuery(Strict):
    """Which selection."""

    token: str = Field(pattern="^[A-Za-z0-9_-]{1,64}$", description="What POST answered.")


@operations.add(
    "POST", "/api/download/zip", summary="Choose photos to download together", body=ZipBody, reply=ZipTicket, errors=(404, 409, 503)
)
async def choose_zip(request: web.Request, body: ZipBody) -> Any:
    """A ticket for ten minutes, for whoever asked, with the address of the zip file."""
    house = services(request)
    viewer = await viewer_of(request)
    profile = house.downloads.profile_for(body.type, body.profile)
    found = await house.downloads.select(viewer, body.photo_ids, body.photo_paths)
    if not found.ids:
        raise NotFound(_("there is no such photo"))
    downloads = await house.downloads.together(viewer, found.ids, body.type, profile)
    await _require_some(house, downloads)
    token = house.tickets.issue(viewer, Selection(found.ids, body.type, profile))
    return {
        "token": token,
        "url": f"/api/download/zip?token={quote(token)}",
        "expires_in_s": LIFETIME_S,
        "filename": downloads.filename,
        "count": len(downloads.files),
        "not_found": list(found.not_found),
        "without_raw": len(downloads.without_raw),
    }


@operations.add(
    "GET", "/api/download/zip", summary="Download the chosen photos", query=ZipQuery, reply="application/zip", errors=(404, 429)
)
async def download_zip(request: web.Request, query: ZipQuery) -> Any:
    """A zip file of the photos that a ticket names, as far as they are there and may be seen now; it tells in `errors.txt` what is not."""
    house = services(request)
    viewer = await viewer_of(request)
    selection = house.tickets.find(viewer, query.token)
    downloads = await house.downloads.together(viewer, selection.ids, selection.kind, selection.profile)
    return await send_zip(request, house, viewer, downloads)


@operations.add(
    "GET", f"{ALBUM}/download", summary="Download an album", query=AlbumZipQuery, reply="application/zip", errors=(403, 404, 409, 429, 503)
)
async def download_album(request: web.Request, query: AlbumZipQuery) -> Any:
    """A zip file of the album's photos, as far as you may see them, called like the album."""
    require_feature(request, "show_albums")
    house = services(request)
    viewer = await viewer_of(request)
    profile = house.downloads.profile_for(query.type, query.profile)
    name, ids = await house.albums.ids(viewer, album_id(request))
    if not ids:
        raise NotFound(_("the album has no photos"))
    if len(ids) > MOST:
        raise Conflict(
            _("the album has {count} photos").format(count=len(ids)),
            hint=_("At most {most} go into one zip file: choose some of them.").format(most=MOST),
        )
    downloads = await house.downloads.together(viewer, ids, query.type, profile, name=name)
    await _require_some(house, downloads)
    return await send_zip(request, house, viewer, downloads)


async def _require_some(house: Services, downloads: Together) -> None:
    """Before anything is sent: raises NotFound when there is nothing to send, Unavailable without darktable where that is to develop."""
    if not downloads.files:
        raise NotFound(_("none of these photos has a RAW file"))
    if any(each.making is Making.DEVELOPED for each in downloads.files):
        await house.darktable.require()
