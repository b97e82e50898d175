"""Scans: start, watch, cancel."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from facetd.accounts.viewers import real_directories, within
from facetd.errors import FieldError, Forbidden, InvalidInput, NotFound
from facetd.http.access import asker_of, identified
from facetd.http.openapi import EVENT_STREAM, Access, Nothing, Operations
from facetd.http.services import Services, services, viewer_of
from facetd.http.sse import stream
from facetd.i18n import _
from facetd.ingest.parts import Part
from facetd.ingest.scan import ScanOptions
from facetd.ingest.tasks import FILE_KINDS
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from facetd.together import choices

operations = Operations("scan")
SHARED = "shared"  # the owner of what several people scan


def _known(kind: str) -> str:
    if kind not in FILE_KINDS:
        raise ValueError(_("expected one of {names}, found '{kind}'").format(names=", ".join(sorted(FILE_KINDS)), kind=kind))
    return kind


AnalysisKind = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(FILE_KINDS)})]


class ScanStart(BaseModel):
    """What to scan."""

    model_config = ConfigDict(extra="forbid")

    directories: list[Annotated[str, Field(json_schema_extra=choices("directories"))]] = Field(
        default=[], max_length=1000, description="Virtual paths of roots or folders; all roots when empty."
    )
    confirm_missing: bool = Field(default=False, description="Believe that photos are gone even when they are many.")
    retry_failed: bool = Field(default=False, description="Try unreadable files again.")
    only: list[AnalysisKind] = Field(
        default=[], max_length=len(FILE_KINDS), description="Only these analyses, of known and unchanged files."
    )
    again: bool = Field(default=False, description="With `only`: also where they are up to date.")


class ScanStarted(BaseModel):
    """The scan runs."""

    success: bool
    message: str
    directories: list[str]


class RootOut(BaseModel):
    """A photo root."""

    name: str
    path: str
    online: bool
    photo_count: int


class ScanStatus(BaseModel):
    """Structured progress."""

    state: str
    running: bool
    phase: str
    done: int
    total: int
    failed: int
    unchanged: int
    added: int
    changed: int
    moved: int
    missing: int
    ignored_videos: int
    unreadable_folders: int
    unseen: int = Field(description="Photos that are still to be looked at, because no inference server answered.")
    waiting_for: str = Field(description="Why no inference server can be asked, while the scan waits for one.")
    rate_per_s: float
    eta_s: float | None
    elapsed_s: float
    current: str
    offline: list[str]
    confirm: list[dict[str, Any]]
    started_at: str | None
    finished_at: str | None
    cancelled: bool
    error: str | None
    roots: list[RootOut]


class Cancelled(BaseModel):
    """Whether a scan was running."""

    cancelled: bool


class Directory(BaseModel):
    """A directory that can be scanned."""

    path: str
    owner: str = Field(description="Your name, or `shared`.")


class DirectoriesReply(BaseModel):
    """What can be scanned."""

    directories: list[Directory]


@operations.add(
    "POST", "/api/scan/start", summary="Start a scan", body=ScanStart, reply=ScanStarted, access=Access.SUPERADMIN, errors=(403, 404, 409)
)
async def start_scan(request: web.Request, body: ScanStart) -> Any:
    """Look through the folders now. Files that did not change cost nothing."""
    house = services(request)
    _require_feature(house)
    parts = await _parts(house, await viewer_of(request), body.directories)
    settle_s = house.config.scanning.settle_s
    house.ingest.start_scan(
        parts, ScanOptions(body.confirm_missing, body.retry_failed, settle_s, only=frozenset(body.only), again=body.again)
    )
    return {"success": True, "message": _("the scan has started"), "directories": [f"/{part.root.name}/{part.folder}" for part in parts]}


@operations.add("POST", "/api/scan/cancel", summary="Cancel the scan", reply=Cancelled, access=Access.SUPERADMIN, errors=(403,))
async def cancel_scan(request: web.Request, _parameters: Nothing) -> Any:
    """Stop the scan that runs. What is done stays done; the next scan goes on there."""
    house = services(request)
    _require_feature(house)
    return {"cancelled": await house.ingest.cancel()}


@operations.add("GET", "/api/scan/status", summary="Progress of the scan", reply=ScanStatus)
async def scan_status(request: web.Request, _parameters: Nothing) -> Any:
    """The scan that runs, or the last one, and the state of the roots: in numbers, names and the file at work, of those that you see."""
    return await _status(services(request), await viewer_of(request))


@operations.add("GET", "/api/scan/directories", summary="What can be scanned", reply=DirectoriesReply)
async def scan_directories(request: web.Request, _parameters: Nothing) -> Any:
    """The roots, by their virtual paths."""
    house, viewer = services(request), await viewer_of(request)
    shared = await real_directories(house.config.shared_directories)
    found = []
    for root, _count in await house.browse.roots(viewer):
        mine = bool(viewer.name) and not any(within(root.path, each) for each in shared)
        found.append({"path": f"/{root.name}", "owner": viewer.name if mine else SHARED})
    return {"directories": found}


@operations.add("GET", "/api/scan/stream", summary="Progress, live", reply=EVENT_STREAM)
async def scan_stream(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events `scan` with the status, at once and whenever it changes."""
    return await stream(request, services(request).ingest.events, **told_to(request), only={"scan"})


def told_to(request: web.Request) -> Any:
    """How a stream knows who asks, and what it tells of scans: the arguments of `stream`."""
    house = services(request)

    async def viewer() -> Viewer | None:
        caller = await identified(request)
        return caller.viewer if caller else None

    return {"viewer": viewer, "status": lambda who: _status(house, who), "key": asker_of(request)}


async def _status(house: Services, viewer: Viewer) -> dict[str, Any]:
    """The progress of the scan as the viewer may know it, with the roots that they see now."""
    seen = await house.browse.roots(viewer)
    roots = [{"name": root.name, "path": f"/{root.name}", "online": root.online, "photo_count": count} for root, count in seen]
    return {**house.ingest.progress.told_to(viewer), "roots": roots}


def _require_feature(house: Services) -> None:
    if not house.config.viewer.features.show_scan_button:
        raise Forbidden(_("scanning from the web is switched off (viewer.features.show_scan_button)"))


async def _parts(house: Services, viewer: Viewer, directories: list[str]) -> list[Part]:
    """The parts that virtual paths name. Raises InvalidInput for one that names no root of the viewer, NotFound for a folder."""
    roots = {root.name.casefold(): root for root, _ in await house.browse.roots(viewer)}
    if not directories:
        return [Part(root) for root in roots.values()]
    parts = []
    for index, directory in enumerate(directories):
        name, _slash, folder = directory.strip("/").partition("/")
        root = roots.get(name.casefold())
        if root is not None:
            found = await _parts_below(house, root, folder, roots.values()) if folder else [Part(root)]
            if not found:
                raise NotFound(_("no such directory"), errors=[FieldError(f"directories.{index}", _("there is no such folder"))])
        else:
            known = ", ".join(f"/{root.name}" for root in roots.values())
            raise InvalidInput(
                _("no such directory"),
                errors=[FieldError(f"directories.{index}", _("expected one of {known} or a folder in it").format(known=known))],
            )
        parts += found
    return parts


async def _parts_below(house: Services, root: Root, folder: str, seen: Collection[Root]) -> list[Part]:
    """The parts that a folder of a root is, in roots that are seen; none where its path leads elsewhere. Looks at the disk."""
    if "\0" in folder or not {"", ".", ".."}.isdisjoint(folder.split("/")):
        return []
    path = os.path.join(root.path, folder)
    real = await asyncio.to_thread(os.path.realpath, path)
    followed = house.config.scanning.follow_symlinks and any(within(real, each.path) for each in seen)
    if real != path and not followed:
        return []
    numbers = {each.id for each in seen}
    return [part for part in await house.ingest.parts_for([path]) if part.root.id in numbers]
