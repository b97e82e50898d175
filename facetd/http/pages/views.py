"""One view per page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from facetd.errors import NotFound
from facetd.http.pages.templates import render
from facetd.i18n import _

FindPhoto = Callable[[web.Request, int], Awaitable[Mapping[str, object] | None]]
FIND_PHOTO: web.AppKey[FindPhoto] = web.AppKey("find_photo", Callable)  # type: ignore[arg-type]  # AppKey wants a class


async def gallery(request: web.Request) -> web.Response:
    """All photos; the query string is the filter."""
    return render(request, "gallery.html")


async def photo(request: web.Request) -> web.Response:
    """One photo. With FIND_PHOTO set, a photo that the viewer may not see answers 404 like one that does not exist."""
    photo_id = int(request.match_info["id"])
    find = request.config_dict.get(FIND_PHOTO)
    found: Mapping[str, object] | None = {}
    if find is not None:
        found = await find(request, photo_id) if photo_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such photo."))
    return render(request, "photo.html", photo_id=photo_id, photo=found)


async def scan(request: web.Request) -> web.Response:
    """Scan progress, roots, and the files that cannot be read."""
    return render(request, "scan.html")


async def api_docs(request: web.Request) -> web.Response:
    """Swagger UI on our own OpenAPI document."""
    return render(request, "docs.html")
