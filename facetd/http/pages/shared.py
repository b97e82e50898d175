"""The page that a link to an album opens: for people without login, without any script, in pages of photos."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from facetd.errors import InvalidInput, NotFound
from facetd.filters import PhotoFilter
from facetd.http.pages.templates import render
from facetd.http.services import services
from facetd.http.sharing import HEADER, opened_album
from facetd.i18n import _, _n, translate
from facetd.library.albumviews import OWN_ORDER

PER_PAGE = 120
SMALL_PX, LARGE_PX = 640, 1600
MOST_DIGITS = 9
# The address holds the token: it goes to no other site, into no index and no cache.
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


async def shared_album_page(request: web.Request) -> web.Response:
    """The album, in its own order. Whatever opens nothing answers 404."""
    digits = request.match_info["id"]
    token = request.query.get("token", request.headers.get(HEADER, ""))
    shared = await opened_album(request, int(digits), token)
    page = _page(request)
    house = services(request)
    found = await house.shares.page(shared, PhotoFilter(), sort=OWN_ORDER, descending=None, per_page=PER_PAGE, page=page)
    album = (await house.shares.album(shared)).row
    if page > 1 and not found.photos.photos:
        raise NotFound(_("The album has no such page."))

    def link(path: str, **parameters: object) -> str:
        return f"{path}?{urlencode({**parameters, 'token': token})}"

    def shown(photo: dict[str, Any]) -> dict[str, Any]:
        named = {"id": photo["id"], "share": album.id}
        return {
            "filename": photo["filename"],
            "width": photo["image_width"] or 4,
            "height": photo["image_height"] or 3,
            "small": link("/thumbnail", **named, size=SMALL_PX, v=photo["v"]),
            "large": link("/thumbnail", **named, size=LARGE_PX, v=photo["v"]),
            "download": link("/api/download", **named),
        }

    total = found.photos.total
    response = render(
        request,
        "shared.html",
        album={"name": album.name, "description": album.description},
        photos=[shown(photo) for photo in found.photos.photos],
        photos_text=translate(_n("1 photo", "{count} photos", total).format(count=f"{total:,}")),
        previous=link(request.path, page=page - 1) if page > 1 else None,
        next=link(request.path, page=page + 1) if found.photos.next is not None else None,
    )
    response.headers.update(HEADERS)
    return response


def _page(request: web.Request) -> int:
    """The page that is asked for. Raises InvalidInput."""
    text = request.query.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text)):
        raise InvalidInput(_("there is no such page"))
    return int(text)
