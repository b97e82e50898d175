"""The aiohttp app: middlewares, the API, the pages."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from aiohttp import web

from facetd.errors import NotFound
from facetd.http.access import caller_of, door, identify, page_guard, require
from facetd.http.api import OPERATIONS
from facetd.http.atonce import ZIPPING, ZIPS, AtOnce, proxied
from facetd.http.caching import VERSIONS, Versions, by_answer
from facetd.http.language import speaking
from facetd.http.metrics import METRICS, Metrics, counting
from facetd.http.middlewares import add_headers, cross_origin, error_guard, host_guard, origin_guard
from facetd.http.openapi import register, require_declared
from facetd.http.pages import FIND_PERSON, FIND_PHOTO, setup_pages
from facetd.http.pages.shared import shared_album_page
from facetd.http.pages.views import SIGN_OUT
from facetd.http.services import SERVICES, Services, services, viewer_of
from facetd.library.people import display_name

MAX_BODY_BYTES = 12 * 1024 * 1024  # 10,000 virtual paths of the longest kind
API_PAGES = frozenset({"/api/docs"})
PUBLIC_PAGES = frozenset({"login-page", "logout-page", "static", "shared-album"})


def make_app(house: Services, *, any_host: bool = False, closed: bool = False) -> web.Application:
    """The app over these services. `any_host`: answer whatever name the request calls this machine by; `closed`: send everybody away."""
    origins = house.config.viewer.allowed_origins
    known_host = host_guard(house.config.server.allowed_hosts, any_host=any_host or house.authentication.login_needed)
    guards = [
        counting(OPERATIONS), speaking, error_guard, known_host, door(closed=closed), cross_origin(origins), origin_guard(origins),
        proxied(), identify, page_guard([operation.name for operation in OPERATIONS], PUBLIC_PAGES), by_answer,
    ]  # fmt: skip
    app = web.Application(middlewares=guards, client_max_size=MAX_BODY_BYTES)
    app[SERVICES] = house
    app[METRICS] = Metrics()
    app[VERSIONS] = Versions()
    app[ZIPPING] = AtOnce(ZIPS)
    app[FIND_PHOTO] = _find_photo
    app[FIND_PERSON] = _find_person
    app[SIGN_OUT] = _sign_out
    app.on_response_prepare.append(add_headers)
    app.on_startup.append(_check_routes)
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_end_counting)
    register(app, OPERATIONS, require)
    setup_pages(app)
    app.router.add_get(r"/shared/album/{id:[0-9]{1,18}}", shared_album_page, name="shared-album")
    return app


async def _find_photo(request: web.Request, photo_id: int) -> Mapping[str, object] | None:
    house = services(request)
    with contextlib.suppress(NotFound):
        return await house.gallery.photo(await viewer_of(request), photo_id)
    return None


async def _find_person(request: web.Request, person: int) -> Mapping[str, object] | None:
    house = services(request)
    with contextlib.suppress(NotFound):
        return {"name": display_name(await house.people.person(await viewer_of(request), person))}
    return None


async def _sign_out(request: web.Request) -> None:
    await services(request).authentication.logout(caller_of(request))


async def _check_routes(app: web.Application) -> None:
    require_declared(app, OPERATIONS, pages=API_PAGES)


async def _end_streams(app: web.Application) -> None:
    app[SERVICES].ingest.events.close()


async def _end_counting(app: web.Application) -> None:
    await app[SERVICES].albums.stop()
