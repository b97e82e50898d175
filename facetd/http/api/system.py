"""Is the daemon there and ready, and what can it do."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from facetd.accounts.viewers import ROLES, SUPERADMIN
from facetd.http.description import Installation, document
from facetd.http.openapi import NEEDED, REGISTERED, Access, Nothing, Operations, json_response
from facetd.http.services import services, viewer_of
from facetd.library.downloads import Kind

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
    """The OpenAPI 3.1 document, as this installation is configured and for whoever asks."""
    declared = request.config_dict[REGISTERED]
    return json_response(await asyncio.to_thread(document, declared, await _installation(request)))


async def _installation(request: web.Request) -> Installation:
    house = services(request)
    anybody = await house.authentication.anonymous()
    role = anybody.viewer.role if anybody else None
    profiles = house.downloads.profiles()
    roots = "|".join(re.escape(root.name) for root, _count in await house.browse.roots(await viewer_of(request)))
    return Installation(
        free=frozenset(level for level, needed in NEEDED.items() if role is not None and ROLES.index(role) >= ROLES.index(needed)),
        better=role != SUPERADMIN,
        multi_user=house.authentication.multi_user,
        choices={
            "types": [*house.gallery.type_names(), ""],
            "language": (house.config.translation.target_language,),
            "profiles": profiles,
            "downloads": [kind.value for kind in Kind if profiles or kind is not Kind.DARKTABLE],
            "directories": re.compile(f"^/({roots})(/.*)?$" if roots else "^/"),
        },
    )
