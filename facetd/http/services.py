"""What the handlers need, put into the app by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from facetd.accounts.authentication import Authentication
from facetd.config import Config
from facetd.errors import Forbidden, Unauthorized
from facetd.http.caller import CALLER
from facetd.i18n import _
from facetd.ingest.darktable import Developer
from facetd.ingest.facecrops import FaceCrops
from facetd.ingest.parts import Part
from facetd.ingest.renditions import Renditions
from facetd.ingest.service import Ingest
from facetd.library.albums import Albums
from facetd.library.browse import Browse
from facetd.library.capsules import Capsules
from facetd.library.captioning import Captioning
from facetd.library.captions import Captions
from facetd.library.culling import Culling
from facetd.library.downloads import Downloads
from facetd.library.export import Export
from facetd.library.gallery import Gallery
from facetd.library.importing.facet import Wanted
from facetd.library.importing.report import Report
from facetd.library.jobs import Jobs
from facetd.library.labels import Labels
from facetd.library.map import Map
from facetd.library.memories import Memories
from facetd.library.numbers import Numbers
from facetd.library.people import People
from facetd.library.ratings import Ratings
from facetd.library.search import Search
from facetd.library.shares import Shares
from facetd.library.sidecars import Sidecars
from facetd.library.similar import Similar
from facetd.library.tickets import Tickets
from facetd.library.timeline import Timeline
from facetd.library.undoing import Undoing
from facetd.plugins.room import Plugins
from facetd.records.care import CareTask
from facetd.records.files import Root
from facetd.records.viewer import Viewer

__all__ = ["CALLER", "SERVICES", "Household", "Services", "require_feature", "services", "viewer_of"]


class Household(Protocol):
    """What the command line asks of the running daemon about roots; see daemon.House."""

    async def add_directories(self, directories: Sequence[str]) -> list[Part]:
        """Roots for absolute directories that are in none; the parts to scan (all without any)."""

    async def list_roots(self) -> list[tuple[Root, int]]:
        """Every root with the number of its photos."""

    async def add_root(self, directory: str) -> Root:
        """A root at this very directory."""

    async def rename_root(self, name: str, new_name: str) -> None:
        """Give a root another name."""

    async def remove_root(self, name: str) -> None:
        """Take a root out of the library."""

    async def care(self, task: CareTask) -> Mapping[str, Any]:
        """Do one of the tasks of `facetd db`; what came of it."""

    async def import_facet(self, wanted: Wanted) -> Report:
        """Bring a library of Facet over."""


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms behind the web side. `authentication` tells who asks; `ready` raises when the library cannot be read.

    `group_people` compares all faces anew, `True`: after taking apart persons that nobody decided about; returns what changed.
    """

    config: Config
    data: Path
    gallery: Gallery
    search: Search
    captions: Captions
    captioning: Captioning
    browse: Browse
    timeline: Timeline
    memories: Memories
    people: People
    similar: Similar
    capsules: Capsules
    culling: Culling
    map: Map
    numbers: Numbers
    ratings: Ratings
    undoing: Undoing
    labels: Labels
    sidecars: Sidecars
    albums: Albums
    shares: Shares
    jobs: Jobs
    export: Export
    ingest: Ingest
    renditions: Renditions
    downloads: Downloads
    darktable: Developer
    tickets: Tickets
    plugins: Plugins
    face_crops: FaceCrops
    group_people: Callable[[bool], Awaitable[dict[str, int]]]
    authentication: Authentication
    ready: Callable[[], Awaitable[None]]
    household: Household


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def services(request: web.Request) -> Services:
    """The services of the app that serves this request."""
    return request.config_dict[SERVICES]


def require_feature(request: web.Request, name: str) -> None:
    """Raise Forbidden when a part of the product (`show_albums` ...) is switched off."""
    if not getattr(services(request).config.viewer.features, name):
        raise Forbidden(_("this part is switched off (viewer.features.{name})").format(name=name))


async def viewer_of(request: web.Request) -> Viewer:
    """Who asks. Raises Unauthorized for nobody."""
    caller = request[CALLER]
    if caller is None:
        raise Unauthorized(_("This needs a sign-in."))
    return caller.viewer
