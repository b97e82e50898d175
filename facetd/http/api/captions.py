"""Captions: reading one, and writing one by hand."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import Forbidden
from facetd.http.api.models import OnePhoto
from facetd.http.openapi import Access, Operations
from facetd.http.services import Services, services, viewer_of
from facetd.i18n import _

operations = Operations("captions")


class CaptionBody(OnePhoto):
    """A photo and what is written about it."""

    caption: str = Field(max_length=10_000, description="At most 2000 characters in one line; empty brings back what a rule says.")


class CaptionReply(BaseModel):
    """A sentence about a photo."""

    id: int
    caption: str | None = Field(description="Null when there is nothing to say.")
    source: str = Field(description="manual: written by hand; rule: made of people, things, place and month; else the model's name.")


@operations.add("GET", "/api/caption", summary="The caption of a photo", query=OnePhoto, reply=CaptionReply, errors=(403, 404))
async def get_caption(request: web.Request, query: OnePhoto) -> Any:
    """What was written about a photo, else what a rule says. Nothing is generated or stored."""
    house = _allowed(request)
    viewer = await viewer_of(request)
    number = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    found = await house.captions.caption(viewer, number)
    return {"id": number, "caption": found.text, "source": found.source}


@operations.add(
    "PUT", "/api/caption", summary="Write a caption", access=Access.EDITION, body=CaptionBody, reply=CaptionReply, errors=(403, 404)
)
async def put_caption(request: web.Request, body: CaptionBody) -> Any:
    """Keep a caption that was written by hand; no rule and no model ever replaces it."""
    house = _allowed(request)
    viewer = await viewer_of(request)
    number = await house.gallery.find(viewer, photo_id=body.id, path=body.path)
    found = await house.captions.write(viewer, number, body.caption)
    return {"id": number, "caption": found.text, "source": found.source}


def _allowed(request: web.Request) -> Services:
    """The services. Raises Forbidden where captions are switched off."""
    house = services(request)
    if not house.config.viewer.features.show_captions:
        raise Forbidden(_("captions are switched off (viewer.features.show_captions)"))
    return house
