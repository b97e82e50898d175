"""The control app on the daemon's own Unix socket (mode 0600): what the command line asks of a running daemon."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from facetd.accounts.authentication import Caller
from facetd.http.api import captions, persons
from facetd.http.api.scan import AnalysisKind
from facetd.http.caching import VERSIONS, Versions
from facetd.http.middlewares import Handler, error_guard
from facetd.http.openapi import EVENT_STREAM, Nothing, Operations, everybody, register
from facetd.http.services import CALLER, SERVICES, Services, services, viewer_of
from facetd.http.sse import stream
from facetd.ingest.scan import ScanOptions
from facetd.library.importing.facet import Wanted
from facetd.library.importing.facetconfig import read_facet_config
from facetd.library.importing.paths import PathRules
from facetd.records.care import CareTask
from facetd.records.files import Root
from facetd.records.viewer import Viewer

operations = Operations("control")


class ControlScan(BaseModel):
    """A scan of absolute directories; all roots when there are none. Directories outside every root become roots.

    Their bytes are percent-encoded, because a path need not be Unicode.
    """

    model_config = ConfigDict(extra="forbid")

    directories: list[str] = []
    confirm_missing: bool = False
    retry_failed: bool = False
    only: list[AnalysisKind] = []
    again: bool = False


class Done(BaseModel):
    """It is done."""

    success: bool


@operations.add("POST", "/scan", summary="Start a scan", body=ControlScan, reply=Done, errors=(409,))
async def control_scan(request: web.Request, body: ControlScan) -> Any:
    """Start a scan of absolute directories."""
    house = services(request)
    parts = await house.household.add_directories([_decoded(directory) for directory in body.directories])
    options = ScanOptions(
        body.confirm_missing, body.retry_failed, house.config.scanning.settle_s, only=frozenset(body.only), again=body.again
    )
    house.ingest.start_scan(parts, options)
    return {"success": True}


@operations.add("POST", "/scan/cancel", summary="Cancel the scan", reply=Done)
async def control_cancel(request: web.Request, _parameters: Nothing) -> Any:
    """Stop the scan that runs."""
    return {"success": await services(request).ingest.cancel()}


@operations.add("GET", "/scan/stream", summary="Progress, live", reply=EVENT_STREAM)
async def control_stream(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events `scan`."""
    house = services(request)

    async def status(_viewer: Viewer) -> dict[str, Any]:
        return house.ingest.progress.as_dict()

    return await stream(request, house.ingest.events, viewer=lambda: viewer_of(request), status=status, only={"scan"})


@operations.add("GET", "/captions/stream", summary="Progress of the captions, live", reply=EVENT_STREAM)
async def control_captions(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events `captions`."""
    house = services(request)

    async def status(_viewer: Viewer) -> dict[str, Any]:
        return house.captioning.progress.as_dict()

    events = house.ingest.events
    return await stream(request, events, viewer=lambda: viewer_of(request), status=status, only={"captions"}, first="captions")


class ControlPeople(BaseModel):
    """How faces are grouped."""

    model_config = ConfigDict(extra="forbid")

    again: bool = False


class PeopleCounts(BaseModel):
    """What changed."""

    named: int
    joined: int
    founded: int
    merged: int


@operations.add("POST", "/people/cluster", summary="Compare all faces", body=ControlPeople, reply=PeopleCounts, errors=(503,))
async def control_people(request: web.Request, body: ControlPeople) -> Any:
    """Compare every face with everybody; with `again` after taking persons apart that nobody decided about."""
    return await services(request).group_people(body.again)


class ControlRoot(BaseModel):
    """One root, by the percent-encoded bytes of its name or directory, and its new name where it gets one."""

    model_config = ConfigDict(extra="forbid")

    name: str
    new_name: str = ""


class RootsReply(BaseModel):
    """The roots; the bytes of each path percent-encoded."""

    roots: list[dict[str, Any]]


@operations.add("GET", "/roots", summary="The roots", reply=RootsReply)
async def control_roots(request: web.Request, _parameters: Nothing) -> Any:
    """Every root with its directory and number of photos."""
    return {"roots": [_root(root, count) for root, count in await services(request).household.list_roots()]}


@operations.add("POST", "/roots/add", summary="Add a root", body=ControlRoot, reply=RootsReply, errors=(409,))
async def control_add_root(request: web.Request, body: ControlRoot) -> Any:
    """A root at this very directory, also inside another one."""
    return {"roots": [_root(await services(request).household.add_root(_decoded(body.name)), 0)]}


@operations.add("POST", "/roots/rename", summary="Rename a root", body=ControlRoot, reply=Done, errors=(404,))
async def control_rename_root(request: web.Request, body: ControlRoot) -> Any:
    """Give a root another name."""
    await services(request).household.rename_root(_decoded(body.name), body.new_name)
    return {"success": True}


@operations.add("POST", "/roots/remove", summary="Remove a root", body=ControlRoot, reply=Done, errors=(404, 409))
async def control_remove_root(request: web.Request, body: ControlRoot) -> Any:
    """Take a root out of the library."""
    await services(request).household.remove_root(_decoded(body.name))
    return {"success": True}


class ControlFacet(BaseModel):
    """A library of Facet, by the percent-encoded bytes of the paths of its database and its configuration; rules for paths `FROM=TO`."""

    model_config = ConfigDict(extra="forbid")

    db: str
    config: str = ""
    maps: list[str] = []
    user: str = ""
    users: bool = True
    dry_run: bool = False


class ImportReply(BaseModel):
    """What came of it; see library/importing/report.py."""

    model_config = ConfigDict(extra="allow")

    dry_run: bool
    changes: int


@operations.add("POST", "/import/facet", summary="Bring a library of Facet over", body=ControlFacet, reply=ImportReply)
async def control_import_facet(request: web.Request, body: ControlFacet) -> Any:
    """Bring over what Facet knows of photos that are here."""
    known = await asyncio.to_thread(read_facet_config, Path(_decoded(body.config)) if body.config else None)
    rules = PathRules.parse([_decoded(each) for each in body.maps], known.path_mapping)
    users = frozenset(known.users) if body.users else frozenset()
    wanted = Wanted(Path(_decoded(body.db)), known, rules, body.dry_run, users, body.user)
    report = await services(request).household.import_facet(wanted)
    return report.as_dict()


class ControlSidecars(BaseModel):
    """Which sidecars are written; of one root by its name, or of all."""

    model_config = ConfigDict(extra="forbid")

    root: str | None = None
    dry_run: bool = False


class AnyReply(BaseModel):
    """What the command shows; see ingest/sidecars.py."""

    model_config = ConfigDict(extra="allow")


@operations.add("GET", "/sidecars", summary="How sidecars stand", reply=AnyReply)
async def control_sidecars(request: web.Request, _parameters: Nothing) -> Any:
    """Roots, problems, the last failures and conflicts of everybody."""
    return await services(request).ingest.sidecars.report()


@operations.add("POST", "/sidecars/write", summary="Write sidecars now", body=ControlSidecars, reply=AnyReply, errors=(404,))
async def control_write_sidecars(request: web.Request, body: ControlSidecars) -> Any:
    """Write what is due, after what is not read yet was read."""
    return (await services(request).ingest.sidecars.write(body.root, dry=body.dry_run)).as_dict()


class ControlCare(BaseModel):
    """One of the tasks of `facetd db`."""

    model_config = ConfigDict(extra="forbid")

    task: CareTask


@operations.add("POST", "/db", summary="Care for the database", body=ControlCare, reply=AnyReply, errors=(507,))
async def control_care(request: web.Request, body: ControlCare) -> Any:
    """Check it, tidy it up, count anew; nobody has to wait but those who write."""
    return await services(request).household.care(body.task)


class ControlUser(BaseModel):
    """A user by name."""

    model_config = ConfigDict(extra="forbid")

    name: str


class Copied(BaseModel):
    """How many ratings and albums were taken over."""

    copied: int
    albums: int


@operations.add(
    "POST", "/users/migrate-preferences", summary="Take over what is single-user mode's", body=ControlUser, reply=Copied, errors=(404,)
)
async def control_migrate(request: web.Request, body: ControlUser) -> Any:
    """Give a user the ratings and albums of single-user mode."""
    ratings, albums = await services(request).authentication.users.take_over(body.name)
    return {"copied": ratings, "albums": albums}


class ControlLeaving(BaseModel):
    """A user who leaves; `aside`: what is theirs gets another name."""

    model_config = ConfigDict(extra="forbid")

    name: str
    aside: bool = False


class Left(BaseModel):
    """How many sign-ins and links ended, and the name that ratings and albums have now."""

    sessions: int
    links: int
    aside: str


@operations.add("POST", "/users/leave", summary="End what a user opened", body=ControlLeaving, reply=Left)
async def control_leave(request: web.Request, body: ControlLeaving) -> Any:
    """End sign-ins, app passwords and links of a user who is removed."""
    return asdict(await services(request).authentication.leave(body.name, aside=body.aside))


def _root(root: Root, count: int) -> dict[str, Any]:
    return {"name": root.name, "path": quote(os.fsencode(root.path)), "online": root.online, "photos": count}


def _decoded(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text))


@web.middleware
async def _as_superadmin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who uses the socket sees every root and may do everything."""
    request[CALLER] = Caller(await services(request).authentication.local_viewer())
    return await handler(request)


def make_control_app(house: Services) -> web.Application:
    """The app for the Unix socket. Whoever may open the socket may do everything."""
    app = web.Application(middlewares=[error_guard, _as_superadmin])
    app[SERVICES] = house
    app[VERSIONS] = Versions()
    register(app, [*operations.all, *persons.operations.all, *captions.operations.all], everybody)
    return app
