"""One view per page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from facetd.errors import NotFound
from facetd.http.caller import CALLER
from facetd.http.pages.templates import render
from facetd.i18n import _, languages

SIGN_OUT: web.AppKey[Callable[[web.Request], Awaitable[None]]] = web.AppKey("sign_out", Callable)  # type: ignore[arg-type]  # AppKey wants a class
COOKIE = "facetd_session"
# What each language calls itself, whatever the page speaks.
LANGUAGES = {"en": "English", "fr": "Français", "de": "Deutsch", "es": "Español", "it": "Italiano"}
Find = Callable[[web.Request, int], Awaitable[Mapping[str, object] | None]]
FIND_PHOTO: web.AppKey[Find] = web.AppKey("find_photo", Callable)  # type: ignore[arg-type]  # AppKey wants a class
FIND_PERSON: web.AppKey[Find] = web.AppKey("find_person", Callable)  # type: ignore[arg-type]  # AppKey wants a class


async def gallery(request: web.Request) -> web.Response:
    """All photos; the query string is the filter."""
    return render(request, "gallery.html")


async def login(request: web.Request) -> web.Response:
    """Signing in, and unlocking edition mode with `?edition=1`; goes on to the page of this site that `next` names."""
    edition = request.query.get("edition") == "1"
    return render(request, "login.html", next=own_page(request.query.get("next", "")), edition=edition)


async def logout(request: web.Request) -> web.Response:
    """Signing out, from a button on any page."""
    caller = request.get(CALLER)
    ending = request.config_dict.get(SIGN_OUT)
    if caller is not None and ending is not None:
        await ending(request)
    response = web.Response(status=303, headers={"Location": "/login", "Clear-Site-Data": '"cache"'})
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
    return response


def own_page(address: str) -> str:
    """`address` when it is a page of this site, else the gallery: never leads to another site or into a script."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() and "\\" not in address
    return address if plain else "/"


async def photo(request: web.Request) -> web.Response:
    """One photo. With FIND_PHOTO set, a photo that the viewer may not see answers 404 like one that does not exist."""
    photo_id, found = await _find(request, FIND_PHOTO)
    if found is None:
        raise NotFound(_("There is no such photo."))
    return render(request, "photo.html", photo_id=photo_id, photo=found)


async def persons(request: web.Request) -> web.Response:
    """Everybody with a face."""
    return render(request, "persons.html")


async def person(request: web.Request) -> web.Response:
    """One person. With FIND_PERSON set, somebody of whom the viewer may see no photo answers 404 like nobody."""
    person_id, found = await _find(request, FIND_PERSON)
    if found is None:
        raise NotFound(_("There is no such person."))
    return render(request, "person.html", person_id=person_id, person=found)


async def merge_suggestions(request: web.Request) -> web.Response:
    """Pairs of persons that may be one."""
    return render(request, "merge-suggestions.html")


async def culling(request: web.Request) -> web.Response:
    """Bursts, duplicates, and groups of photos that look alike."""
    return render(request, "culling.html")


async def _find(request: web.Request, key: web.AppKey[Find]) -> tuple[int, Mapping[str, object] | None]:
    """The id in the address and what the viewer may see of it: None for nothing, empty without a finder."""
    number = int(request.match_info["id"])
    find = request.config_dict.get(key)
    if find is None:
        return number, {}
    return number, await find(request, number) if 0 < number < 2**63 else None


async def scan(request: web.Request) -> web.Response:
    """Scan progress, roots, and the files that cannot be read."""
    return render(request, "scan.html")


async def account(request: web.Request) -> web.Response:
    """What one looks after oneself: password, devices, app passwords, language. Never kept by a browser."""
    response = render(request, "account.html", languages={code: LANGUAGES.get(code, code) for code in languages()})
    response.headers["Cache-Control"] = "no-store"
    return response


async def api_docs(request: web.Request) -> web.Response:
    """Swagger UI on our own OpenAPI document."""
    return render(request, "docs.html")
