"""The household of tests/library/households.py, served to whoever of it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from facetd.accounts.authentication import Caller
from facetd.config import Config
from facetd.http.services import SERVICES
from facetd.records.viewer import Viewer
from tests.house import opened
from tests.http.serving import Site, problem_of, served
from tests.library.households import Household, make_household


class Acting:
    """A served household; each request is made as the `viewer` of that moment."""

    def __init__(self, site: Site, home: Household) -> None:
        self.site = site
        self.home = home
        self.viewer: Viewer = home.bob
        self._gone = False
        app: Any = site.client.server.app  # type: ignore[attr-defined]
        app[SERVICES].authentication.anonymous = self._caller

    async def _caller(self) -> Caller | None:
        return None if self._gone else Caller(self.viewer)

    def nobody_asks(self) -> None:
        """Every session is over from now on."""
        self._gone = True

    async def post(self, viewer: Viewer, path: str, status: int = 200, **body: Any) -> Any:
        """The JSON of an answer of this status, or the fields that a problem names."""
        self.viewer = viewer
        response = await self.site.client.post(path, json=body)
        if status != 200:
            return await problem_of(response, status)
        assert response.status == 200, await response.text()
        return await response.json()

    async def get(self, viewer: Viewer, path: str) -> Any:
        """The JSON of a GET that succeeds."""
        self.viewer = viewer
        return await self.site.json(path)


@asynccontextmanager
async def acting(data: Path, settings: Config | None = None) -> AsyncIterator[Acting]:
    """Alice's, Bob's and shared photos, served."""
    async with opened(data, settings) as house, served(house) as site:
        yield Acting(site, await make_household(house.db))
