"""Capsules: themed selections of photos, made in the background."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.accounts.viewers import ADMIN
from facetd.filters import Day, Flag
from facetd.http.access import require_role
from facetd.http.api.models import Photo, Strict
from facetd.http.caching import list_headers, unchanged
from facetd.http.middlewares import refuse_foreign
from facetd.http.openapi import Access, Nothing, Operations, json_response
from facetd.http.services import require_feature, services, viewer_of
from facetd.i18n import translate
from facetd.library.albums import LONGEST_NAME

operations = Operations("capsules")


class CapsulesQuery(Strict):
    """Which capsules."""

    refresh: Flag = Field(default=False, description="Have other ones made, in the background; answers what there is.")
    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int = Field(default=24, ge=1, le=200, description="Capsules on a page.")
    date_from: Day | None = Field(default=None, description="Only photos from this local day on, YYYY-MM-DD.")
    date_to: Day | None = Field(default=None, description="Only photos up to this local day, YYYY-MM-DD, inclusive.")


class Capsule(BaseModel):
    """A capsule without its photos."""

    type: str
    id: str = Field(description="Stays the same for the same subject.")
    title: str = Field(description="In English.")
    title_key: str = Field(description="For a catalogue of titles.")
    title_params: dict[str, str | int] = Field(description="What stands in the title: months as 2024-07, days of the week from 0, Monday.")
    subtitle: str
    cover_photo_id: int | None
    cover_photo_path: str | None
    photo_count: int
    icon: str
    transition: Literal["slide", "zoom", "kenburns", "crossfade"] = Field(description="How a slideshow goes from photo to photo.")


class CapsulesReply(BaseModel):
    """One page of capsules."""

    capsules: list[Capsule]
    total: int
    page: int
    per_page: int
    has_more: bool
    state: Literal["ready", "computing", "unavailable"] = Field(
        description="computing: the list is made for the first time; of certain days the whole list's capsules stand in for it."
    )
    refreshing: bool = Field(description="Another list is being made.")
    computed_at: str | None = Field(description="When this list was made, UTC.")


class CapsulePhotos(BaseModel):
    """A capsule with its photos, in its order."""

    capsule: Capsule
    photos: list[Photo]


class SavedAlbum(BaseModel):
    """The album that a capsule was saved as."""

    album_id: int
    name: str
    photo_count: int | None


@operations.add("GET", "/api/capsules", summary="Capsules", query=CapsulesQuery, reply=CapsulesReply, errors=(403,), others=(304,))
async def list_capsules(request: web.Request, query: CapsulesQuery) -> Any:
    """Journeys, people, seasons, places and discoveries among the best photos; the types in turns. They are made in the background, and
    anew each `capsules.freshness_hours`. `refresh` needs the right to edit.
    """
    require_feature(request, "show_capsules")
    house, viewer = services(request), await viewer_of(request)
    days = (query.date_from or "", query.date_to or "")
    if all(days) and days[0] > days[1]:  # no day lies between them, and no list is made of none
        none = {"capsules": [], "total": 0, "page": query.page, "per_page": query.per_page, "has_more": False}
        return {**none, "state": "ready", "refreshing": False, "computed_at": None}
    if query.refresh:
        refuse_foreign(request)
        require_role(request, ADMIN)
        await house.capsules.refresh(viewer, days)
    found = await house.capsules.page(viewer, page=query.page, per_page=query.per_page, days=days)
    headers = list_headers(request, f"{await house.capsules.revision(viewer)} {found.state} {found.refreshing} {found.made_at}")
    if not query.refresh and (same := unchanged(request, headers)):
        return same
    reply = {
        "capsules": found.capsules,
        "total": found.total,
        "page": query.page,
        "per_page": query.per_page,
        "has_more": query.page * query.per_page < found.total,
        "state": found.state,
        "refreshing": found.refreshing,
        "computed_at": found.made_at,
    }
    return json_response(reply, headers=headers)


@operations.add("GET", "/api/capsules/{id}/photos", summary="Photos of a capsule", reply=CapsulePhotos, errors=(403, 404), others=(304,))
async def capsule_photos(request: web.Request, _parameters: Nothing) -> Any:
    """The photos that you may still see and did not reject, in the capsule's order."""
    require_feature(request, "show_capsules")
    house, viewer = services(request), await viewer_of(request)
    headers = list_headers(request, await house.capsules.revision(viewer))
    capsule, photos = await house.capsules.photos(viewer, request.match_info["id"])
    return unchanged(request, headers) or json_response({"capsule": capsule, "photos": photos}, headers=headers)


@operations.add(
    "POST",
    "/api/capsules/{id}/save-album",
    summary="Save a capsule as an album",
    access=Access.EDITION,
    reply=SavedAlbum,
    errors=(403, 404),
)
async def save_capsule(request: web.Request, _parameters: Nothing) -> Any:
    """A new album of yours with the capsule's photos, in its order, under its title. It stays when the capsule goes."""
    require_feature(request, "show_capsules")
    require_feature(request, "show_albums")
    house, viewer = services(request), await viewer_of(request)
    capsule, names = await house.capsules.find(viewer, request.match_info["id"])
    name = translate(house.capsules.title(capsule, names))
    album = await house.albums.make(viewer, name[:LONGEST_NAME], ids=capsule.photos)
    return {"album_id": album.row.id, "name": album.row.name, "photo_count": album.photo_count}
