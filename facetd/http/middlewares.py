"""What surrounds every request: who may talk to us, errors as problem details, and security headers."""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from facetd.errors import FacetdError, FieldError, Unauthorized
from facetd.http.openapi import json_response
from facetd.http.pages import error_page, wants_html
from facetd.i18n import _, translate

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOGGED_AGAIN_S, MOST_LOGGED = 60.0, 500
_LOGGED: dict[str, float] = {}  # what was said, and when
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; img-src 'self' data: blob:; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CHALLENGE = 'Bearer realm="facetd"'  # not Basic: browsers would ask for it in a window of their own
LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})


BEGUN: web.RequestKey[web.StreamResponse] = web.RequestKey("begun", web.StreamResponse)  # the answer whose head was sent
HOST_PATTERN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z._-]+)(?::\d{1,5})?")
FRIEND: web.RequestKey[str] = web.RequestKey("friend", str)  # the origin of a page that may read our answers
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, Range, X-Share-Token",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "ETag, Content-Disposition, Content-Range, Retry-After"
PHRASES = (
    _("Bad Request"), _("Forbidden"), _("Not Found"), _("Method Not Allowed"), _("Request Entity Too Large"), _("Content Too Large"),
    _("Requested Range Not Satisfiable"), _("Range Not Satisfiable"), _("Misdirected Request"), _("Service Unavailable"),
)  # fmt: skip # the phrases of http.HTTPStatus that are answered, for translation
KEPT_HEADERS = ("Allow", "Content-Range", "Retry-After")


def host_guard(allowed_hosts: Collection[str], *, any_host: bool) -> Middleware:
    """Without login only requests that name this machine's loopback, or a configured host, are answered (DNS rebinding).

    `any_host` switches the check off, for a daemon that was told to be open to everybody.
    """
    allowed = {host.lower().rstrip(".") for host in allowed_hosts}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not any_host and not _is_welcome(request.host, allowed):
            raise web.HTTPMisdirectedRequest(text=_("this host name is not served; see server.allowed_hosts"))
        return await handler(request)

    return guard


def _is_welcome(host: str, allowed: Collection[str]) -> bool:
    """Whether a Host header, `name` or `name:port`, is one of ours. Addresses count in their usual form only."""
    match = HOST_PATTERN.fullmatch(host)
    if match is None:
        return False
    name = match[1].lower().rstrip(".")
    if name in LOOPBACK_NAMES or name in allowed or host.lower() in allowed:
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_guard(allowed_origins: Collection[str]) -> Middleware:
    """A page of another site must not change anything here: writes with a foreign Origin are refused, but for configured ones."""
    allowed = {origin.rstrip("/").lower() for origin in allowed_origins}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in SAFE_METHODS and request.headers.get("Origin", "").lower() not in allowed:
            refuse_foreign(request)
        return await handler(request)

    return guard


def cross_origin(allowed_origins: Collection[str]) -> Middleware:
    """CORS: pages of the configured origins may read answers, with credentials. Others are told nothing."""
    allowed = {origin.rstrip("/").lower() for origin in allowed_origins}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin", "")
        if origin.lower() not in allowed:
            return await handler(request)
        request[FRIEND] = origin
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return web.Response(status=204, headers=PREFLIGHT)
        return await handler(request)

    return guard


def refuse_foreign(request: web.Request) -> None:
    """Raises HTTPForbidden for what a browser says to come from a page of another site; also for the GETs that do more than read."""
    origin = request.headers.get("Origin")
    if origin is not None and not _same_site(origin, request.host):
        raise web.HTTPForbidden(text=_("the request comes from a page of another site"))
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text=_("the request comes from a page of another site"))


def _same_site(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


@web.middleware
async def error_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes RFC 9457 problem details, or a page for a person's browser; never a stack trace.

    When the answer has begun, nothing else can be said: the connection ends where it is, so that nobody takes the part for the whole.
    """
    try:
        return await handler(request)
    except Exception as error:  # whatever a handler does: this is where a request ends
        begun: web.StreamResponse | None = request.get(BEGUN)
        if isinstance(error, ConnectionResetError) and _has_left(request):
            return begun or web.Response(status=HTTPStatus.BAD_REQUEST)  # which nobody reads
        if begun is None:
            return _explain(request, error)
        logger.exception("%s %s failed in the middle of its answer", request.method, request.path)
        if request.transport is not None:
            request.transport.close()
        return begun


def _has_left(request: web.Request) -> bool:
    """Whether the client has ended the connection, as browsers do with pictures that are scrolled past."""
    return request.transport is None or request.transport.is_closing()


def is_about_us(record: logging.LogRecord) -> bool:
    """For the log of aiohttp's server: not for requests that are no HTTP. They are answered 400, and are the sender's business."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _explain(request: web.Request, error: Exception) -> web.StreamResponse:
    """The answer that says what went wrong. Raises what is no error, such as a redirect."""
    if isinstance(error, FacetdError):
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log_once("%s %s: %s", request.method, request.path, error)
        response = _problem(request, error.status, error.title, error.message, error)
        if isinstance(error, Unauthorized):
            response.headers["WWW-Authenticate"] = CHALLENGE
        if error.retry_after_s is not None:
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    if isinstance(error, web.HTTPException):
        if error.status < HTTPStatus.BAD_REQUEST:
            raise error
        phrase = HTTPStatus(error.status).phrase
        unsaid = _("There is nothing at this address.") if error.status == HTTPStatus.NOT_FOUND else phrase
        detail = error.text if error.text and error.text != f"{error.status}: {phrase}" else unsaid
        response = _problem(request, error.status, phrase, detail)
        response.headers.update({name: error.headers[name] for name in KEPT_HEADERS if name in error.headers})
        return response
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _problem(request, 500, _("Something went wrong"), _("an unexpected error; the log has the details"))


def _log_once(message: str, *values: object) -> None:
    """Warn, unless the same was said within LOGGED_AGAIN_S: a folder that is offline concerns every picture of a page."""
    said, now = message % values, time.monotonic()
    if now - _LOGGED.get(said, -math.inf) < LOGGED_AGAIN_S:
        return
    if len(_LOGGED) >= MOST_LOGGED:
        _LOGGED.clear()
    _LOGGED[said] = now
    logger.warning(message, *values)


def _problem(request: web.Request, status: int, title: str, detail: str, error: FacetdError | None = None) -> web.Response:
    title, detail, hint = translate(title), translate(detail), translate(error.hint) if error else ""
    errors = [FieldError(each.field, translate(each.message)) for each in error.errors] if error else []
    if wants_html(request):
        return error_page(request, status, title, detail, hint=hint, errors=errors)
    problem = {
        "type": error.type if error else "about:blank",
        "title": title,
        "status": status,
        "detail": _sayable(f"{detail} {hint}".strip()),
        "errors": [{"field": _sayable(each.field), "message": _sayable(each.message)} for each in errors],
    }
    response = json_response(problem, status=status)
    response.content_type = "application/problem+json"
    return response


def _sayable(text: str) -> str:
    """`text` without what UTF-8 cannot hold, such as the odd bytes of a file name."""
    return text.encode("utf-8", "backslashreplace").decode()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, and a note that it begins."""
    request[BEGUN] = response
    if friend := request.get(FRIEND):
        response.headers["Access-Control-Allow-Origin"] = friend
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers.add("Vary", "Origin")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "facetd"
    if response.status < HTTPStatus.BAD_REQUEST:
        response.headers.setdefault("Cache-Control", "private, no-cache")  # it is for whoever asked; no proxy keeps it
