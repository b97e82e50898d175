"""What one thinks of photos: stars, favorites, rejections, for one photo or many at once."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.api.models import PhotoBody, PhotosBody, Undo
from facetd.http.openapi import Access, Operations
from facetd.http.services import Services, require_feature, services, viewer_of
from facetd.library.ratings import MOST_STARS, Rated, Toggled
from facetd.library.targets import Targets

operations = Operations("ratings")
Stars = Annotated[int, Field(ge=0, le=MOST_STARS, description="1 to 5 stars, 0 for none.")]


class RatingBody(PhotoBody):
    """One photo and its stars."""

    rating: Stars


class RatingsBody(PhotosBody):
    """Photos and their stars."""

    rating: Stars


class BatchReply(BaseModel):
    """What became of many photos."""

    success: bool
    count: int = Field(description="Photos whose rating really changed.")
    not_found: list[int | str] = Field(description="The ids or paths that name no photo you may see.")
    undo: Undo


class RatingReply(BaseModel):
    """The stars of a photo."""

    success: bool
    id: int
    rating: int
    undo: Undo


class FavoriteReply(BaseModel):
    """Whether a photo is a favorite now."""

    success: bool
    id: int
    is_favorite: bool
    is_rejected: bool | None = Field(description="False where the photo is a favorite now; null: as it was.")
    undo: Undo


class RejectedReply(BaseModel):
    """Whether a photo is rejected now."""

    success: bool
    id: int
    is_rejected: bool
    star_rating: int | None = Field(description="0 where the photo is rejected now; null: as it was.")
    is_favorite: bool | None = Field(description="False where the photo is rejected now; null: as it was.")
    undo: Undo


@operations.add(
    "POST", "/api/photos/batch_favorite", summary="Make photos favorites", access=Access.RATE, body=PhotosBody, reply=BatchReply,
    errors=(403,),
)  # fmt: skip
async def batch_favorite(request: web.Request, body: PhotosBody) -> Any:
    """Your favorites; they are not rejected any more. Up to 10,000 photos, all at once."""
    house, photos = await _photos(request, body)
    return _batch(await house.ratings.favor(await viewer_of(request), photos))


@operations.add(
    "POST", "/api/photos/batch_reject", summary="Reject photos", access=Access.RATE, body=PhotosBody, reply=BatchReply, errors=(403,)
)
async def batch_reject(request: web.Request, body: PhotosBody) -> Any:
    """They are no favorites any more and lose their stars. Up to 10,000 photos, all at once."""
    house, photos = await _photos(request, body)
    return _batch(await house.ratings.reject(await viewer_of(request), photos))


@operations.add(
    "POST", "/api/photos/batch_rating", summary="Give photos stars", access=Access.RATE, body=RatingsBody, reply=BatchReply, errors=(403,)
)
async def batch_rating(request: web.Request, body: RatingsBody) -> Any:
    """The same number of stars for all. Up to 10,000 photos, all at once."""
    house, photos = await _photos(request, body)
    return _batch(await house.ratings.give_stars(await viewer_of(request), photos, body.rating))


@operations.add(
    "POST", "/api/photo/set_rating", summary="Give a photo stars", access=Access.RATE, body=RatingBody, reply=RatingReply, errors=(403, 404)
)
async def set_rating(request: web.Request, body: RatingBody) -> Any:
    """1 to 5 stars, or 0 to take them away."""
    house, number = await _photo(request, body)
    rated = await house.ratings.give_stars(await viewer_of(request), Targets((number,), ()), body.rating)
    return {"success": True, "id": number, "rating": body.rating, "undo": rated.undo}


@operations.add(
    "POST", "/api/photo/toggle_favorite", summary="Make a photo a favorite or not", access=Access.RATE, body=PhotoBody,
    reply=FavoriteReply, errors=(403, 404),
)  # fmt: skip
async def toggle_favorite(request: web.Request, body: PhotoBody) -> Any:
    """A favorite is not rejected."""
    house, number = await _photo(request, body)
    found: Toggled = await house.ratings.toggle_favorite(await viewer_of(request), number)
    favorite = found.now.is_favorite
    return {"success": True, "id": number, "is_favorite": favorite, "is_rejected": False if favorite else None, "undo": found.undo}


@operations.add(
    "POST", "/api/photo/toggle_rejected", summary="Reject a photo or not", access=Access.RATE, body=PhotoBody, reply=RejectedReply,
    errors=(403, 404),
)  # fmt: skip
async def toggle_rejected(request: web.Request, body: PhotoBody) -> Any:
    """What is rejected is no favorite and has no stars."""
    house, number = await _photo(request, body)
    found: Toggled = await house.ratings.toggle_rejected(await viewer_of(request), number)
    cleared = {"star_rating": 0, "is_favorite": False} if found.now.is_rejected else {"star_rating": None, "is_favorite": None}
    return {"success": True, "id": number, "is_rejected": found.now.is_rejected, **cleared, "undo": found.undo}


async def _photos(request: web.Request, body: PhotosBody) -> tuple[Services, Targets]:
    """The services, and the photos that are named. Raises Forbidden where rating is switched off."""
    require_feature(request, "show_rating_controls")
    house = services(request)
    return house, await house.ratings.photos(await viewer_of(request), body.photo_ids, body.photo_paths)


async def _photo(request: web.Request, body: PhotoBody) -> tuple[Services, int]:
    """The same for one photo. Raises NotFound, too."""
    require_feature(request, "show_rating_controls")
    house = services(request)
    return house, await house.ratings.photo(await viewer_of(request), body.photo_id, body.photo_path)


def _batch(rated: Rated) -> dict[str, Any]:
    return {"success": True, "count": len(rated.ids), "not_found": list(rated.not_found), "undo": rated.undo}
