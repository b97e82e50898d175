"""Talking to a running daemon through its own Unix socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientTimeout, UnixConnector

from facetd.errors import Conflict, FacetdError, FieldError, InvalidInput


class DaemonClient:
    """The daemon that holds the library."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        """Ask for something. Raises the error that the daemon answered."""
        async with self._session.post(f"http://facetd{path}", json=body or {}) as response:
            answer: Mapping[str, Any] = await response.json(content_type=None)
            if response.status >= 400:
                kind = {400: InvalidInput, 409: Conflict}.get(response.status, FacetdError)
                errors = [FieldError(each["field"], each["message"]) for each in answer.get("errors", [])]
                raise kind(str(answer.get("detail", response.reason)), errors=errors)
            return answer

    async def scan_events(self) -> AsyncIterator[Mapping[str, Any]]:
        """The status of scans, at once and whenever it changes."""
        async with self._session.get("http://facetd/scan/stream", timeout=ClientTimeout(total=None)) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[len(b"data: ") :])


@asynccontextmanager
async def connect(socket: str) -> AsyncIterator[DaemonClient]:
    """The daemon behind `socket`."""
    async with ClientSession(connector=UnixConnector(path=socket)) as session:
        yield DaemonClient(session)
