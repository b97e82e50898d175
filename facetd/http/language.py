"""The language of a request: `?lang`, else the cookie that an earlier `?lang` left, else Accept-Language, else English."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from facetd.i18n import DEFAULT, Text, languages, negotiate, speak, spoken, translate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PARAMETER = "lang"
COOKIE = "facetd_lang"
COOKIE_MAX_AGE_S = 365 * 24 * 3600


@web.middleware
async def speaking(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in the language of the request. Pages asked for with `?lang` keep it for the browser's next ones."""
    asked = request.query.get(PARAMETER, "")
    speak(language_of(request))
    response = await handler(request)
    if asked in languages() and response.content_type == "text/html" and not response.prepared:
        response.set_cookie(COOKIE, asked, max_age=COOKIE_MAX_AGE_S, path="/", samesite="Lax")
    return response


def language_of(request: web.Request) -> str:
    """The language that the request asks for, of those there are."""
    for wanted in (request.query.get(PARAMETER, ""), request.cookies.get(COOKIE, "")):
        if wanted in languages():
            return wanted
    accepted = request.headers.get("Accept-Language", "")
    return negotiate(accepted) if accepted else DEFAULT


def said(data: Any) -> Any:
    """`data` for JSON with every marked text in the language of the request, also where texts are keys."""
    return data if spoken() == DEFAULT else _said(data)


def _said(data: Any) -> Any:
    if isinstance(data, Text):
        return translate(data)
    if isinstance(data, Mapping):
        return {translate(key) if isinstance(key, Text) else key: _said(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_said(each) for each in data]
    return data
