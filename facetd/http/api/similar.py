"""Photos like one photo."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import Forbidden
from facetd.filters import Flag
from facetd.http.api.models import Photo, Strict
from facetd.http.openapi import Operations
from facetd.http.services import services, viewer_of
from facetd.i18n import _
from facetd.library.similar import MOST, Mode

operations = Operations("similar")
MODES: dict[str, Mode] = {"visual": "visual", "color": "color", "person": "person"}


class SimilarQuery(Strict):
    """How to compare."""

    mode: str = Field(default="visual", max_length=20, description="visual, color or person; anything else is visual.")
    limit: int = Field(default=20, ge=1, le=MOST, description="At most so many photos.")
    offset: int = Field(default=0, ge=0, le=MOST, description="Leave out so many.")
    min_similarity: float | None = Field(
        default=None, ge=0, le=1, description="Least similarity; absent: 0.4, in mode person 0. Unrelated photos are 0.5 alike by hash."
    )
    full: Flag = Field(default=False, description="Whole photo objects instead of the short form.")


class SimilarPhoto(BaseModel):
    """A photo with how similar it is."""

    id: int
    path: str
    filename: str
    similarity: float
    aggregate: float | None
    aesthetic: float | None = None
    date_taken: str | None
    image_width: int | None
    image_height: int | None
    v: str
    color: str | None
    placeholder: str | None


class FullSimilarPhoto(Photo):
    """A whole photo object with how similar it is."""

    similarity: float


class SimilarReply(BaseModel):
    """Most similar first."""

    source: str = Field(description="The virtual path of the photo compared with.")
    source_id: int
    mode: Mode
    basis: str = Field(description="By what photos were compared: hash, hash+embedding, embedding, histogram, person or face.")
    similar: list[FullSimilarPhoto | SimilarPhoto]
    total: int
    has_more: bool
    message: str | None = Field(description="no_faces, no_histogram or no_hash: the photo lacks what would be compared.")


@operations.add(
    "GET", r"/api/similar_photos/{path:[\s\S]+}", summary="Similar photos", query=SimilarQuery, reply=SimilarReply, errors=(403, 404)
)
async def similar_photos(request: web.Request, query: SimilarQuery) -> Any:
    """Photos like the one named by its id or virtual path in the address, by looks (perceptual hash and, where there is a model for it,
    embedding), by colour, or with the same people.
    """
    house = services(request)
    if not house.config.viewer.features.show_similar_button:
        raise Forbidden(_("similar photos are switched off (viewer.features.show_similar_button)"))
    viewer = await viewer_of(request)
    name = request.match_info["path"]
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else None
    path = None if number is not None else "/" + name.lstrip("/")
    source = await house.gallery.photo(viewer, await house.gallery.find(viewer, photo_id=number, path=path))
    mode = MODES.get(query.mode, "visual")
    found = await house.similar.page(viewer, source["id"], mode=mode, least=query.min_similarity, limit=query.limit, offset=query.offset)
    short = tuple(SimilarPhoto.model_fields)
    return {
        "source": source["path"],
        "source_id": source["id"],
        "mode": mode,
        "basis": found.basis,
        "similar": found.photos if query.full else [{key: photo.get(key) for key in short} for photo in found.photos],
        "total": found.total,
        "has_more": query.offset + len(found.photos) < found.total,
        "message": found.message,
    }
