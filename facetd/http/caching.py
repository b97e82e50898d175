"""Lists that a client may keep: their versions (ETags), and the answer that nothing changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import wraps
from typing import Any

from aiohttp import web

from facetd.config import Config
from facetd.http.files import is_known
from facetd.http.openapi import Handler, json_response
from facetd.http.services import services, viewer_of
from facetd.i18n import spoken
from facetd.version import __version__


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


def list_headers(request: web.Request, revision: str) -> Mapping[str, str]:
    """The headers of a list. Its ETag is strong: the program with its settings, the library as this viewer sees it, what was asked.

    `revision` changes whenever the answer could: what a library/ room gives as such, and what else it depends on, such as the day.
    """
    asked = f"\n{revision}\n{request.path_qs}\n{spoken()}".encode("utf-8", "surrogateescape")
    etag = hashlib.blake2b(_PRINT.of(services(request).config) + asked, digest_size=12).hexdigest()
    return {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}


def unchanged(request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
    """The answer to a client that has this version of a list (the `list_headers`) already; None where it has not."""
    return web.Response(status=304, headers=headers) if is_known(request, headers["ETag"].strip('"')) else None


def versioned(handler: Handler) -> Handler:
    """For a handler whose answer changes with the revision of the library only: it is not asked for what the client has already."""

    @wraps(handler)
    async def answer(request: web.Request, parameters: Any) -> web.Response:
        headers = list_headers(request, await services(request).gallery.revision(await viewer_of(request)))
        return unchanged(request, headers) or json_response(await handler(request, parameters), headers=headers)

    return answer
