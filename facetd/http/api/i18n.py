"""The catalogues of texts, for pages and other clients."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import NotFound
from facetd.http.files import is_known
from facetd.http.openapi import Access, Nothing, Operations, json_body, json_bytes
from facetd.i18n import DEFAULT, _, catalogue_version, languages, messages

operations = Operations("i18n")
PAGES = "webui/src/"  # the texts of the pages' scripts; templates are translated here
FOREVER, ALWAYS_ASK = "public, max-age=31536000, immutable", "public, no-cache"


class Languages(BaseModel):
    """What facetd speaks."""

    languages: list[str]
    default: str


class CatalogueQuery(BaseModel):
    """Which of the texts."""

    model_config = {"extra": "forbid"}
    scope: Literal["all", "pages"] = Field(default="all", description="pages: only what the scripts of the pages say.")
    v: str = Field(
        default="", max_length=64, description="The `version` that is known: with the present one the answer may be kept forever."
    )


class Catalogue(BaseModel):
    """The texts of one language: a message in English with `{name}` for values, to its text, or to those for one and for many."""

    language: str
    version: str
    messages: dict[str, str | list[str]]


@operations.add("GET", "/api/i18n/languages", summary="The languages", reply=Languages, access=Access.PUBLIC)
async def get_languages(_request: web.Request, _parameters: Nothing) -> Any:
    """The languages of pages, labels and errors."""
    return {"languages": list(languages()), "default": DEFAULT}


@operations.add(
    "GET",
    "/api/i18n/{lang}",
    summary="The texts of a language",
    reply=Catalogue,
    query=CatalogueQuery,
    access=Access.PUBLIC,
    errors=(404,),
    others=(304,),
)
async def get_catalogue(request: web.Request, query: CatalogueQuery) -> Any:
    """Every text that facetd shows, in one of its languages."""
    language = request.match_info["lang"]
    if language not in languages():
        raise NotFound(_("there is no such language"))
    body, etag = _catalogue(language, query.scope)
    headers = {"ETag": f'"{etag}"', "Cache-Control": FOREVER if query.v == catalogue_version(language) else ALWAYS_ASK}
    return web.Response(status=304, headers=headers) if is_known(request, etag) else json_body(body, headers=headers)


@cache
def _catalogue(language: str, scope: str) -> tuple[bytes, str]:
    found: Mapping[str, str | Sequence[str]] = messages(language, PAGES if scope == "pages" else "")
    body = json_bytes({"language": language, "version": catalogue_version(language), "messages": dict(sorted(found.items()))})
    return body, hashlib.blake2b(body, digest_size=12).hexdigest()
