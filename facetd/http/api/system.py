"""Is the daemon there and ready, and what can it do."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel

from facetd.http.openapi import REGISTERED, Access, Nothing, Operations, document, json_response
from facetd.http.services import services

operations = Operations("system")


class Health(BaseModel):
    """The daemon answers."""

    status: str


class Ready(BaseModel):
    """The daemon can serve the library."""

    status: str
    checks: dict[str, str]


@operations.add("GET", "/health", summary="Is it alive", reply=Health, access=Access.PUBLIC)
async def health(_request: web.Request, _parameters: Nothing) -> Any:
    """Answers as long as the daemon runs."""
    return {"status": "ok"}


@operations.add("GET", "/ready", summary="Is it ready", reply=Ready, access=Access.PUBLIC, errors=(503,))
async def ready(request: web.Request, _parameters: Nothing) -> Any:
    """Answers 200 once the library can be read."""
    await services(request).ready()
    return {"status": "ready", "checks": {"database": "ok"}}


@operations.add("GET", "/api/openapi.json", summary="This API's description", reply="application/json")
async def openapi_json(request: web.Request, _parameters: Nothing) -> Any:
    """The OpenAPI 3.1 document."""
    declared = request.config_dict[REGISTERED]
    return json_response(document(declared))
