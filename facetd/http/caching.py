"""Lists that a client may keep: their versions (ETags), and the answer that nothing changed.

A version that is told follows from the answer itself, so that nobody learns from it when others do something. Which answer there was at a
revision is remembered, so that a list need not be made to say that it is still the same.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from aiohttp import web

from facetd.config import Config
from facetd.http.files import is_known
from facetd.http.openapi import Handler, json_response
from facetd.http.services import services, viewer_of
from facetd.i18n import spoken
from facetd.version import __version__

KEPT = {"Cache-Control": "private, no-cache"}
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Print:
    """The fingerprint of the settings, worked out once for each configuration: writing it out takes longer than a list."""

    def __init__(self) -> None:
        self._config: Config | None = None
        self._print = b""

    def of(self, config: Config) -> bytes:
        """The fingerprint of `config` and the program."""
        if config is not self._config:
            self._print = hashlib.blake2b(f"{__version__}\n{config.model_dump_json()}".encode(), digest_size=12).digest()
            self._config = config
        return self._print


_PRINT = _Print()


class Versions:
    """The version that was told for each list at a revision, of the last `most` lists."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._told: OrderedDict[str, str] = OrderedDict()

    def get(self, at: str) -> str | None:
        """What was told of this list at this revision."""
        return self._told.get(at)

    def put(self, at: str, told: str) -> None:
        """Remember it."""
        self._told[at] = told
        if len(self._told) > self._most:
            self._told.popitem(last=False)


VERSIONS: web.AppKey[Versions] = web.AppKey("versions", Versions)
AT: web.RequestKey[str] = web.RequestKey("at", str)  # which list is asked for, at which revision


def list_headers(request: web.Request, revision: str) -> Mapping[str, str]:
    """The headers of a list. Its ETag is that of the answer (see `by_answer`) as far as that is known.

    The answer depends on the program with its settings, the library as this viewer sees it, and what was asked. `revision` changes
    whenever the answer could: what a library/ room gives as such, and what else it depends on, such as the day.
    """
    asked = f"\n{revision}\n{request.path_qs}\n{spoken()}".encode("utf-8", "surrogateescape")
    at = request[AT] = hashlib.blake2b(_PRINT.of(services(request).config) + asked, digest_size=12).hexdigest()
    told = request.config_dict[VERSIONS].get(at)
    return KEPT if told is None else {"ETag": f'"{told}"', **KEPT}


def unchanged(request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
    """The answer to a client that has this version of a list (the `list_headers`) already; None where it has not."""
    told = headers.get("ETag")
    return web.Response(status=304, headers=headers) if told is not None and is_known(request, told.strip('"')) else None


@web.middleware
async def by_answer(request: web.Request, handler: Next) -> web.StreamResponse:
    """Give a list the version of its answer, and do not send what the client has."""
    response: web.StreamResponse = await handler(request)
    at = request.get(AT)
    kept = response.status == HTTPStatus.OK and response.headers.get("Cache-Control") == KEPT["Cache-Control"]
    if at is None or not kept or not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    versions = request.config_dict[VERSIONS]
    told = versions.get(at)
    if told is None:
        asked = f"{request.path_qs}\n{spoken()}\n".encode("utf-8", "surrogateescape")
        told = hashlib.blake2b(asked + response.body, digest_size=12).hexdigest()
        versions.put(at, told)
    response.headers["ETag"] = f'"{told}"'
    return unchanged(request, {"ETag": response.headers["ETag"], **KEPT}) or response


def versioned(handler: Handler) -> Handler:
    """For a handler whose answer changes with the revision of the library only: it is not asked for what the client has already."""

    @wraps(handler)
    async def answer(request: web.Request, parameters: Any) -> web.Response:
        headers = list_headers(request, await services(request).gallery.revision(await viewer_of(request)))
        return unchanged(request, headers) or json_response(await handler(request, parameters), headers=headers)

    return answer
