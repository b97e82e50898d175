"""Groups of photos to choose from: bursts, and photos that look alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.api.models import OnePhoto, Strict
from facetd.http.caching import versioned
from facetd.http.openapi import Operations
from facetd.http.services import services, viewer_of
from facetd.i18n import _
from facetd.library.culling import LEAST_SIMILARITY, Group, GroupPage

operations = Operations("culling")


class Paged(Strict):
    """Which page."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int


class BurstQuery(Paged):
    """A page of bursts."""

    per_page: int = Field(default=20, ge=1, le=100, description="Groups on a page.")


class SimilarGroupsQuery(Paged):
    """How alike, and a page of groups."""

    threshold: float = Field(default=0.85, ge=0.5, le=0.99, description=f"How alike photos are; at least {LEAST_SIMILARITY} is in force.")
    per_page: int = Field(default=10, ge=1, le=50, description="Groups on a page.")
    seed: int = Field(default=0, ge=0, le=2**31, description="Another order for each number; 0: largest groups first.")


class CullingQuery(Paged):
    """How alike, and a page of groups."""

    similarity_threshold: float = Field(
        default=0.85, ge=0.5, le=1, description=f"How alike photos are; at least {LEAST_SIMILARITY} is in force."
    )
    per_page: int = Field(default=20, ge=1, le=100, description="Groups on a page.")
    seed: int = Field(default=0, ge=0, le=2**31, description="Another order of similar groups for each number.")


class CullPhoto(BaseModel):
    """A photo to choose or not."""

    id: int
    path: str
    filename: str
    aggregate: float | None
    aesthetic: float | None
    tech_sharpness: float | None
    is_blink: int
    is_burst_lead: int
    date_taken: str | None
    burst_score: float = Field(description="0..10: 0.4 aggregate + 0.25 aesthetic + 0.2 sharpness + 0.15 x (10 unless somebody blinks).")
    image_width: int | None
    image_height: int | None
    v: str
    color: str | None
    placeholder: str | None


class BurstGroup(BaseModel):
    """Photos to choose from, best first; at most 20 are listed."""

    burst_id: int = Field(description="The burst or set of duplicates; in similar groups the place in the list.")
    photos: list[CullPhoto]
    best_path: str
    best_id: int
    count: int


class BurstGroups(BaseModel):
    """One page of groups."""

    groups: list[BurstGroup]
    total_groups: int
    page: int
    per_page: int
    total_pages: int


class CullingGroup(BaseModel):
    """Photos to choose from, best first; at most 20 are listed."""

    group_id: int
    type: Literal["burst", "similar"]
    reason: str
    photos: list[CullPhoto]
    best_path: str
    best_id: int
    count: int
    time_delta_seconds: float | None
    similarity_percent: int | None


class CullingGroups(BaseModel):
    """One page of groups."""

    groups: list[CullingGroup]
    total_groups: int
    page: int
    per_page: int
    total_pages: int


class PhotoGroup(BaseModel):
    """What a photo was taken in, or the copies of it; the best first, at most 20 are listed."""

    group_id: int
    type: Literal["burst", "bracket", "panorama", "duplicate"]
    photos: list[CullPhoto]
    best_path: str
    best_id: int
    count: int


class PhotoGroups(BaseModel):
    """The groups of one photo; none for most."""

    groups: list[PhotoGroup]


@operations.add(
    "GET", "/api/photo/groups", summary="The burst and the duplicates of a photo", query=OnePhoto, reply=PhotoGroups, errors=(404,)
)
async def photo_groups(request: web.Request, query: OnePhoto) -> Any:
    """The burst, bracket or panorama that a photo belongs to, and the photos that are the same picture."""
    house, viewer = services(request), await viewer_of(request)
    photo = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    await house.gallery.content(viewer, photo)
    found = await house.culling.groups_of(viewer, photo)
    return {"groups": [{"group_id": group.number, "type": group.kind, **_photos(group, photos)} for group, photos in found.groups]}


@operations.add(
    "GET", "/api/duplicate-groups", summary="Photos that are the same picture", query=BurstQuery, reply=BurstGroups, others=(304,)
)
@versioned
async def duplicate_groups(request: web.Request, query: BurstQuery) -> Any:
    """Sets of photos that are the same picture, newest first, each with the best copy first."""
    found = await services(request).culling.duplicates(await viewer_of(request), page=query.page, per_page=query.per_page)
    return _paged(found, query, [{"burst_id": group.number, **_photos(group, photos)} for group, photos in found.groups])


@operations.add("GET", "/api/burst-groups", summary="Bursts to choose from", query=BurstQuery, reply=BurstGroups, others=(304,))
@versioned
async def burst_groups(request: web.Request, query: BurstQuery) -> Any:
    """Bursts that nobody reviewed, newest first; exposure brackets and panoramas are kept whole and not listed."""
    found = await services(request).culling.bursts(await viewer_of(request), page=query.page, per_page=query.per_page)
    return _paged(found, query, [{"burst_id": group.number, **_photos(group, photos)} for group, photos in found.groups])


@operations.add(
    "GET", "/api/similar-groups", summary="Similar photos to choose from", query=SimilarGroupsQuery, reply=BurstGroups, others=(304,)
)
@versioned
async def similar_groups(request: web.Request, query: SimilarGroupsQuery) -> Any:
    """Photos that look alike whenever they were taken, of each burst and set of duplicates only the best."""
    found = await services(request).culling.similar(
        await viewer_of(request), threshold=query.threshold, page=query.page, per_page=query.per_page, seed=query.seed
    )
    return _paged(found, query, [{"burst_id": group.number, **_photos(group, photos)} for group, photos in found.groups])


@operations.add("GET", "/api/culling-groups", summary="All photos to choose from", query=CullingQuery, reply=CullingGroups, others=(304,))
@versioned
async def culling_groups(request: web.Request, query: CullingQuery) -> Any:
    """Bursts first, then similar groups."""
    threshold = query.similarity_threshold
    found = await services(request).culling.both(
        await viewer_of(request), threshold=threshold, page=query.page, per_page=query.per_page, seed=query.seed
    )
    percent = round(100 * max(threshold, LEAST_SIMILARITY))
    return _paged(found, query, [_culling(group, photos, percent) for group, photos in found.groups])


def _culling(group: Group, photos: list[dict[str, Any]], percent: int) -> dict[str, Any]:
    burst = group.kind == "burst"
    moments = sorted(_seconds(photo["date_taken"]) for photo in photos if photo["date_taken"])
    return {
        "group_id": group.number,
        "type": group.kind,
        "reason": _("taken in quick succession") if burst else _("at least {percent} % alike").format(percent=percent),
        "time_delta_seconds": round(moments[-1] - moments[0], 3) if burst and moments else None,
        "similarity_percent": None if burst else percent,
        **_photos(group, photos),
    }


def _photos(group: Group, photos: list[dict[str, Any]]) -> dict[str, Any]:
    short = tuple(CullPhoto.model_fields)
    shown = [{key: photo[key] for key in short} for photo in photos]
    return {"photos": shown, "best_path": shown[0]["path"], "best_id": shown[0]["id"], "count": len(group.ids)}


def _paged(found: GroupPage, query: Paged, groups: list[dict[str, Any]]) -> dict[str, Any]:
    total_pages = max(1, -(-found.total // query.per_page))
    return {"groups": groups, "total_groups": found.total, "page": query.page, "per_page": query.per_page, "total_pages": total_pages}


def _seconds(date: str) -> float:
    """Local wall time on a scale of its own."""
    return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
