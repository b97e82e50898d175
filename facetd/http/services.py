"""What the handlers need, put into the app by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from facetd.config import Config
from facetd.ingest.renditions import Renditions
from facetd.ingest.scan import Part
from facetd.ingest.service import Ingest
from facetd.library.browse import Browse
from facetd.library.gallery import Gallery
from facetd.records import Viewer


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms behind the web side. `viewer` tells who asks; `ready` raises Unavailable when the library cannot be read.

    `add_directories` makes roots of absolute directories that are in none, and gives the parts to scan (all without any).
    """

    config: Config
    data: Path
    gallery: Gallery
    browse: Browse
    ingest: Ingest
    renditions: Renditions
    viewer: Callable[[], Awaitable[Viewer]]
    ready: Callable[[], Awaitable[None]]
    add_directories: Callable[[Sequence[str]], Awaitable[list[Part]]]


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    """The services of the app that serves this request."""
    return request.config_dict[SERVICES]


async def viewer_of(request: web.Request) -> Viewer:
    """Who asks."""
    return await services(request).viewer()
