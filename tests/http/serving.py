"""The app over a real library on a real port, and a client that knows its host name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from facetd.accounts.authentication import Caller
from facetd.config import Config
from facetd.house import House
from facetd.http.app import make_app
from facetd.http.services import SERVICES
from facetd.listening import LONGEST_LINE
from facetd.records.viewer import Viewer
from facetd.wiring import make_services
from tests.house import opened


@dataclass
class Site:
    """A served library."""

    house: House
    client: TestClient

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """GET with headers given as names with underscores."""
        return await self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def json(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        response = await self.client.get(path)
        text = await response.text()
        assert response.status == 200, text
        return json.loads(text)

    async def problem(self, path: str, status: int = 400) -> dict[str, str]:
        """The fields that a GET names as wrong, with the messages."""
        response = await self.client.get(path)
        return await problem_of(response, status)


async def problem_of(response: ClientResponse, status: int) -> dict[str, str]:
    """Check that this is a problem document of this status; the fields it names."""
    text = await response.text()
    assert response.status == status, text
    assert response.content_type == "application/problem+json"
    found = json.loads(text)
    assert set(found) == {"type", "title", "status", "detail", "errors"}
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert "Traceback" not in text
    return {error["field"]: error["message"] for error in found["errors"]}


def as_viewer(site: Site, viewer: Viewer) -> None:
    """From now on everybody without a token is `viewer`."""

    async def caller() -> Caller:
        return Caller(viewer)

    app = site.client.server.app  # type: ignore[attr-defined]
    app[SERVICES].authentication.anonymous = caller


@asynccontextmanager
async def served(house: House, *, any_host: bool = False) -> AsyncIterator[Site]:
    """Serve an open library."""
    app = make_app(make_services(house), any_host=any_host)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(max_line_size=LONGEST_LINE)
    async with TestClient(server) as client:
        yield Site(house, client)


@asynccontextmanager
async def site(data: Path, settings: Config | None = None) -> AsyncIterator[Site]:
    """Open and serve the library in `data`."""
    async with opened(data, settings) as house, served(house) as found:
        yield found
