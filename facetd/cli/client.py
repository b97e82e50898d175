"""Talking to a running daemon through its own Unix socket."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from facetd.errors import Conflict, FacetdError, FieldError, InvalidInput, NotFound, Unavailable
from facetd.i18n import _

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

KINDS = {400: InvalidInput, 404: NotFound, 409: Conflict, 503: Unavailable}


def encoded(path: str) -> str:
    """A path as the daemon takes it: its bytes, percent-encoded."""
    return quote(os.fsencode(path))


class DaemonClient:
    """The daemon that holds the library."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def post(self, path: str, body: Mapping[str, object] | None = None, *, timeout_s: float | None = 300) -> Mapping[str, Any]:
        """Ask for something. Raises the error that the daemon answered."""
        from aiohttp import ClientTimeout  # noqa: PLC0415 - see connect

        limit = ClientTimeout(total=timeout_s)
        async with self._session.post(f"http://facetd{path}", json=body or {}, timeout=limit) as response:
            return await _answer(response)

    async def get(self, path: str) -> Mapping[str, Any]:
        """Look at something. Raises the error that the daemon answered."""
        async with self._session.get(f"http://facetd{path}") as response:
            return await _answer(response)

    async def scan_events(self, path: str = "/scan/stream") -> AsyncIterator[Mapping[str, Any]]:
        """The status of scans, at once and whenever it changes; or what another `path` streams."""
        from aiohttp import ClientTimeout  # noqa: PLC0415 - see connect

        async with self._session.get(f"http://facetd{path}", timeout=ClientTimeout(total=None)) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[len(b"data: ") :])


async def _answer(response: ClientResponse) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = await response.json(content_type=None)
    if response.status >= HTTPStatus.BAD_REQUEST:
        errors = [FieldError(each["field"], each["message"]) for each in answer.get("errors", [])]
        raise KINDS.get(response.status, FacetdError)(str(answer.get("detail", response.reason)), errors=errors)
    return answer


@asynccontextmanager
async def connect(socket: str) -> AsyncIterator[DaemonClient]:
    """The daemon behind `socket`. Raises Unavailable when it does not answer, for example because it is just starting or ending."""
    from aiohttp import ClientError, ClientSession, UnixConnector  # noqa: PLC0415 - a scan without a daemon needs no HTTP

    try:
        async with ClientSession(connector=UnixConnector(path=socket)) as session:
            yield DaemonClient(session)
    except ClientError as error:
        raise Unavailable(
            _("the daemon does not answer: {error}").format(error=error), hint=_("It may be starting or ending: try again in a moment.")
        ) from error
