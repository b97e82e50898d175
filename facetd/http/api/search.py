"""Search: photos by relevance, and completion of what is being typed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import Forbidden
from facetd.filters import PhotoFilter
from facetd.http.api.models import Photo, Strict
from facetd.http.openapi import Operations
from facetd.http.services import Services, services, viewer_of
from facetd.i18n import _
from facetd.library.paging import LONGEST, NUMBER_KEY

operations = Operations("search")
FoundKey = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"pattern": NUMBER_KEY})]


class SearchQuery(PhotoFilter):
    """What is searched for, among which photos."""

    q: str = Field(
        min_length=1,
        max_length=500,
        description='What is searched for: words, all of them, the last one also as a beginning; "phrases"; -words to leave out; dates.',
    )
    limit: int = Field(default=50, ge=1, le=200, description="Photos on a page.")
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="How near a photo that no word finds must be to what was typed (cosine); by default 0.15, with SigLIP models 0.05.",
    )
    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    after: FoundKey | None = Field(default=None, description="Go on after this key (`next` of a page), instead of by page.")


class FoundPhoto(Photo):
    """A photo and how well it fits."""

    similarity: float = Field(description="0..1: of vectors 0.7 and words 0.3; of words alone in relation to the best photo found.")


class SearchReply(BaseModel):
    """One page of what was found, best first."""

    photos: list[FoundPhoto]
    total: int
    query: str
    parts: list[Literal["text", "vectors"]] = Field(description="What was used: words, and what photos show.")
    message: str = Field(description="Why what photos show was not taken into account, if that may pass; else empty.")
    suggestions: list[str] = Field(
        description="Where words found no photo: what may have been meant, as texts that find some; nearest first, at most 3."
    )
    alone: list[str] = Field(description="Where words found no photo: those of several that say something alone.")
    page: int
    has_more: bool
    next: str | None = Field(description="For `after=`: the photos that follow this page.")


class CompleteQuery(Strict):
    """What is being typed."""

    q: str = Field(min_length=1, max_length=200, description="The beginning of a name, or of a word of it.")
    limit: int = Field(default=10, ge=1, le=50, description="Names at most.")


class CompletionOut(BaseModel):
    """A name that goes on from what was typed."""

    kind: Literal["person", "place", "tag", "folder", "camera", "lens"]
    text: str


class CompleteReply(BaseModel):
    """Names, people first."""

    completions: list[CompletionOut]


@operations.add("GET", "/api/search", summary="Search photos", query=SearchQuery, reply=SearchReply, errors=(403, 404))
async def search_photos(request: web.Request, query: SearchQuery) -> Any:
    """Photos that fit what was typed, most relevant first; with every filter of the gallery."""
    found = await _allowed(request).search.page(
        await viewer_of(request), query.q, query, threshold=query.threshold, limit=query.limit, page=query.page, after=query.after
    )
    return {
        "photos": found.photos,
        "total": found.total,
        "query": query.q,
        **asdict(found.hints),
        "page": query.page,
        "has_more": found.next is not None,
        "next": found.next,
    }


@operations.add("GET", "/api/search/complete", summary="Complete a name", query=CompleteQuery, reply=CompleteReply, errors=(403,))
async def complete_search(request: web.Request, query: CompleteQuery) -> Any:
    """Names of people, places, tags, folders, cameras and lenses that go on from what was typed, of photos that you may see."""
    found = await _allowed(request).search.complete(await viewer_of(request), query.q, limit=query.limit)
    return {"completions": [completion._asdict() for completion in found]}


def _allowed(request: web.Request) -> Services:
    """The services. Raises Forbidden where search is switched off."""
    house = services(request)
    if not house.config.viewer.features.show_semantic_search:
        raise Forbidden(_("search is switched off (viewer.features.show_semantic_search)"))
    return house
