"""The error page: what went wrong, in words, with a way back."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from facetd.errors import FacetdError, FieldError
from facetd.http.pages.templates import render
from facetd.i18n import translate


def wants_html(request: web.Request) -> bool:
    """Whether a person's browser asked for a page, rather than a script for data or an <img> for pixels."""
    return request.method in {"GET", "HEAD"} and not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def error_page(
    request: web.Request, status: int, title: str, detail: str = "", *, hint: str = "", errors: Sequence[FieldError] = ()
) -> web.Response:
    """A whole page for `status`; `detail` may hold anything, it is escaped."""
    return render(request, "error.html", status=status, code=status, title=title, detail=detail, hint=hint, errors=errors)


def page_for(request: web.Request, error: FacetdError) -> web.Response:
    """The page for an error that crosses rooms."""
    return error_page(
        request, error.status, translate(error.title), translate(error.message), hint=translate(error.hint), errors=error.errors
    )
