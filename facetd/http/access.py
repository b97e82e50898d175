"""Who asks, and whether they may: the one place where requests meet accounts."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Middleware

from facetd.accounts.authentication import Caller
from facetd.accounts.viewers import ROLES
from facetd.errors import Forbidden, Unauthorized
from facetd.http.metrics import METRICS_OPERATION, may_scrape
from facetd.http.openapi import NEEDED, Access, Operation
from facetd.http.pages import wants_html
from facetd.http.pages.views import COOKIE
from facetd.http.remote import is_secure, network_of
from facetd.http.services import CALLER, services
from facetd.i18n import _

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
COOKIE_MAX_AGE_S = 365 * 24 * 3600  # the server ends idle sessions sooner
SHARE = "share"  # the parameter that names an album that a link opens
HEALTH = "/health"  # whether the daemon lives, for whoever restarts it


def door(*, closed: bool) -> Middleware:
    """A closed one sends everybody away: without users and a password the whole network would see and change everything."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if closed and request.path != HEALTH:
            raise web.HTTPServiceUnavailable(
                text=_("There are no users and no password any more: add a user on the NAS (`facetd user add`).")
            )
        return await handler(request)

    return guard


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take note of who asks (CALLER). What needs somebody is refused where it is declared, see `require` and `page_guard`."""
    request[CALLER] = await identified(request)
    return await handler(request)


async def identified(request: web.Request) -> Caller | None:
    """Whose request this is now, by bearer token, app password or cookie; credentials that do not fit are nobody's."""
    authentication = services(request).authentication
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await authentication.caller(rest.strip())
    if scheme.lower() == "basic":
        name, secret = _basic(rest)
        return await authentication.app_caller(name, secret)
    if cookie := request.cookies.get(COOKIE):
        found = await authentication.caller(cookie)
        if found is not None:
            return found
    return await authentication.anonymous()


def _basic(text: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:  # no base64, or none of text
        return "", ""
    return name, secret


def session_of(request: web.Request) -> int | None:
    """The session that the request is of."""
    caller: Caller | None = request[CALLER]
    return caller.session.id if caller and caller.session else None


def asker_of(request: web.Request) -> int | str:
    """Whom to count something for: the session, else the network."""
    session = session_of(request)
    return session if session is not None else network_of(request, services(request).config.server.trusted_proxies)


def caller_of(request: web.Request) -> Caller:
    """Who asks. Raises Unauthorized for nobody."""
    caller: Caller | None = request[CALLER]
    if caller is None:
        raise Unauthorized(_("This needs a sign-in."), hint=_("POST /api/auth/login gives a token; a browser finds the page /login."))
    return caller


async def require(request: web.Request, operation: Operation) -> None:
    """Raise Unauthorized or Forbidden when the caller may not call `operation`. Who comes by a link is looked at in http/sharing.py."""
    if operation.name == METRICS_OPERATION and may_scrape(request):
        return
    if operation.access is not Access.PUBLIC and not (operation.shared and SHARE in request.query):
        require_role(request, NEEDED[operation.access])


def require_role(request: web.Request, role: str) -> None:
    """Raise Unauthorized for nobody, Forbidden for a caller of a lower role."""
    caller = caller_of(request)
    if ROLES.index(caller.viewer.role) < ROLES.index(role):
        locked = services(request).authentication.edition_locked
        hint = _("Unlock edition mode first.") if locked else _("Ask somebody with the role {role}.").format(role=role)
        raise Forbidden(_("This is not allowed to you."), hint=hint)


def page_guard(operations: Collection[str], public_pages: Collection[str]) -> Middleware:
    """What is neither a declared operation, which knows who may call it, nor a public page needs somebody who is signed in.

    Both are names of resources. A browser is led to the sign-in page.
    """
    without = {*operations, *public_pages}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = await _resource_of(request)
        if (resource is None or resource.name not in without) and request[CALLER] is None:
            if wants_html(request):
                raise web.HTTPFound(f"/login?next={quote(request.path_qs, safe='')}")
            caller_of(request)
        return await handler(request)

    return guard


async def _resource_of(request: web.Request) -> web.AbstractResource | None:
    """What is at the address, also where it does not know the method."""
    match = request.match_info
    if isinstance(match.http_exception, web.HTTPMethodNotAllowed) and match.http_exception.allowed_methods:
        method = min(match.http_exception.allowed_methods)
        match = await request.app.router.resolve(request.clone(method=method))
    return match.route.resource


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Keep the browser signed in."""
    secure = is_secure(request, services(request).config.server.trusted_proxies)
    response.set_cookie(COOKIE, token, max_age=COOKIE_MAX_AGE_S, path="/", httponly=True, samesite="Lax", secure=secure)


def drop_cookie(response: web.StreamResponse) -> None:
    """Sign the browser out."""
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
