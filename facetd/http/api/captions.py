"""Captions: reading one, writing one by hand, and having models write and translate them."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from facetd.errors import Forbidden
from facetd.filters import Flag, PhotoFilter
from facetd.http.api.models import OnePhoto, PhotoId
from facetd.http.middlewares import refuse_foreign
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import Services, services, viewer_of
from facetd.i18n import _
from facetd.infer.chat.sentence import LONGEST
from facetd.library.captioning import Wanted
from facetd.library.captions import Caption
from facetd.records.viewer import Viewer
from facetd.together import choices

operations = Operations("captions")
Language = Literal["fr", "de", "es", "it"]
MOST_PHOTOS = 10_000


class CaptionQuery(OnePhoto):
    """A photo, and how its caption is wanted."""

    lang: Language | None = Field(
        default=None,
        description="The caption in this language, which is translation.target_language.",
        json_schema_extra=choices("language"),
    )
    generate: Flag = Field(
        default=True, description="1: where nobody wrote one, a model does now, for who may write. 0: only look what is there."
    )


class CaptionBody(OnePhoto):
    """A photo and what is written about it."""

    caption: str = Field(max_length=LONGEST, description="One line; empty brings back what a rule says.")


class CaptionReply(BaseModel):
    """A sentence about a photo."""

    id: int
    caption: str | None = Field(description="Null when there is nothing to say.")
    source: str = Field(
        description="cached: it was stored; generated: a model wrote it now; translated; manual: written by hand now;"
        " rule: made of people, things, place and month."
    )
    by: str = Field(description="Who the caption is from: manual, facet (imported), rule, or the name of a model.")
    lang: str | None = Field(default=None, description="The language of a translation.")


class JobPhotos(BaseModel):
    """The photos of a job: those of `filter`, and of `ids` where there are any."""

    model_config = ConfigDict(extra="forbid")

    filter: PhotoFilter = Field(default_factory=PhotoFilter, description="The filters of GET /api/photos.")
    ids: list[PhotoId] = Field(default=[], max_length=MOST_PHOTOS)
    again: bool = Field(default=False, description="Also where a model did it before; what a hand wrote stays.")
    limit: int | None = Field(default=None, ge=1, description="At most so many photos.")


class TranslationJob(JobPhotos):
    """Captions that are to be translated."""

    language: Language | None = Field(
        default=None, description="translation.target_language where it is not given.", json_schema_extra=choices("language")
    )
    by_hand: bool = Field(default=False, description="Also what hands wrote, in whatever language. Models write English.")


class JobFailure(BaseModel):
    """A photo that was tried in vain."""

    id: int
    message: str


class CaptionJob(BaseModel):
    """The job that runs, or the last one."""

    kind: str = Field(description="generate or translate; empty before the first job.")
    state: str = Field(description="running or idle.")
    done: int
    total: int
    failed: int
    kept: int = Field(description="Photos whose caption somebody changed meanwhile; it stays.")
    waiting: str = Field(description="Why nothing happens at the moment, for example because the server sleeps.")
    failures: list[JobFailure] = Field(description="The first ones.")
    started_at: str | None
    finished_at: str | None
    cancelled: bool
    error: str | None
    elapsed_s: float
    rate_per_s: float
    eta_s: float | None


class JobCancelled(BaseModel):
    """Whether a job was running."""

    cancelled: bool


@operations.add(
    "GET", "/api/caption", summary="The caption of a photo", query=CaptionQuery, reply=CaptionReply, errors=(403, 404, 409, 503)
)
async def get_caption(request: web.Request, query: CaptionQuery) -> Any:
    """What somebody wrote about a photo, else what a model writes now, else what a rule says. Who may not write gets what is there."""
    house = _allowed(request)
    if query.generate or query.lang is not None:
        refuse_foreign(request)  # an <img> of any page would have models work
    viewer, number = await _named(request, query)
    if query.lang is not None:
        return _reply(number, await house.captions.translated(viewer, number, query.lang))
    if query.generate:
        return _reply(number, await house.captions.caption_or_generate(viewer, number))
    return _reply(number, await house.captions.caption(viewer, number))


@operations.add(
    "PUT", "/api/caption", summary="Write a caption", access=Access.EDITION, body=CaptionBody, reply=CaptionReply, errors=(403, 404)
)
async def put_caption(request: web.Request, body: CaptionBody) -> Any:
    """Keep a caption that was written by hand; no rule and no model ever replaces it. Its translation goes."""
    house = _allowed(request)
    viewer, number = await _named(request, body)
    return _reply(number, await house.captions.write(viewer, number, body.caption))


@operations.add(
    "POST", "/api/caption/generate", summary="Describe a photo", access=Access.EDITION, body=OnePhoto, reply=CaptionReply,
    errors=(403, 404, 409, 503),
)  # fmt: skip
async def generate_caption(request: web.Request, body: OnePhoto) -> Any:
    """Have a model describe the photo, also in place of what a model wrote. 409 where a hand did."""
    house = _allowed(request)
    viewer, number = await _named(request, body)
    return _reply(number, await house.captions.describe(viewer, number))


@operations.add(
    "POST", "/api/captions/generate", summary="Describe photos", access=Access.EDITION, body=JobPhotos, reply=CaptionJob,
    errors=(403, 404, 409, 503),
)  # fmt: skip
async def generate_captions(request: web.Request, body: JobPhotos) -> Any:
    """Begin to describe the photos that nobody described, in the background. Asked again after an end, it goes on there."""
    house = _allowed(request)
    viewer = await viewer_of(request)
    await house.captioning.writers.find_describer()
    wanted = Wanted("generate", body.filter, tuple(body.ids), again=body.again, limit=body.limit)
    return await _begun(house, viewer, wanted)


@operations.add(
    "POST", "/api/captions/translate", summary="Translate captions", access=Access.EDITION, body=TranslationJob, reply=CaptionJob,
    errors=(403, 404, 409, 503),
)  # fmt: skip
async def translate_captions(request: web.Request, body: TranslationJob) -> Any:
    """Begin to translate the stored captions that are not translated, in the background. What rules say is translated when asked for."""
    house = _allowed(request)
    viewer = await viewer_of(request)
    language = body.language or house.config.translation.target_language
    await house.captioning.writers.find_translator(language)
    wanted = Wanted("translate", body.filter, tuple(body.ids), again=body.again, by_hand=body.by_hand, limit=body.limit, language=language)
    return await _begun(house, viewer, wanted)


@operations.add("GET", "/api/captions/status", summary="Progress of the captions", access=Access.EDITION, reply=CaptionJob, errors=(403,))
async def captions_status(request: web.Request, _parameters: Nothing) -> Any:
    """The job that runs, or the last one; of somebody else's no more than whether it runs. /api/events carries yours as `captions`."""
    return _allowed(request).captioning.progress_for(await viewer_of(request))


@operations.add("POST", "/api/captions/cancel", summary="Cancel the captions", access=Access.EDITION, reply=JobCancelled, errors=(403,))
async def cancel_captions(request: web.Request, _parameters: Nothing) -> Any:
    """Stop your job that runs. What is done stays done."""
    return {"cancelled": await _allowed(request).captioning.cancel_for(await viewer_of(request))}


async def _named(request: web.Request, photo: OnePhoto) -> tuple[Viewer, int]:
    """Who asks, and the id of the photo. Raises InvalidInput, NotFound."""
    viewer = await viewer_of(request)
    return viewer, await services(request).gallery.find(viewer, photo_id=photo.id, path=photo.path)


async def _begun(house: Services, viewer: Viewer, wanted: Wanted) -> dict[str, Any]:
    """The job, begun. Raises NotFound for a filter by what the viewer may not see, Conflict while another job runs."""
    await house.gallery.narrowed(viewer, wanted.chosen)
    house.captioning.start(viewer, wanted)
    return house.captioning.progress_for(viewer)


def _reply(number: int, found: Caption) -> dict[str, Any]:
    plain = {"id": number, "caption": found.text, "source": found.source, "by": found.by}
    return plain if found.lang is None else {**plain, "lang": found.lang}


def _allowed(request: web.Request) -> Services:
    """The services. Raises Forbidden where captions are switched off."""
    house = services(request)
    if not house.config.viewer.features.show_captions:
        raise Forbidden(_("captions are switched off (viewer.features.show_captions)"))
    return house
