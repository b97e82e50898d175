"""Files of photos for sending: opened inside the folders that the viewer may see, each with its version; clear errors for absent ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from aiohttp import web

from facetd.errors import NotFound, Unavailable
from facetd.http.files import OpenFile, open_inside, send_file
from facetd.http.services import Services
from facetd.i18n import _
from facetd.records.files import FilePlace
from facetd.records.viewer import Viewer

T = TypeVar("T")
LOOK_S = 0.5  # how often one looks whether the client still waits


@dataclass(frozen=True, slots=True)
class Original:
    """An open original. `known`: it is the file that the library knows; `etag` is then its content hash."""

    file: OpenFile
    known: bool
    etag: str


@asynccontextmanager
async def opened_original(house: Services, viewer: Viewer, place: FilePlace) -> AsyncIterator[Original]:
    """The photo's file, open. Raises NotFound when it is gone, Unavailable when its folder is offline."""
    folders = await allowed_folders(house, viewer, place)
    async with opened(place.path, folders) as file:
        if file is None:
            await _explain_absence(place)
        known = (file.size, file.mtime_ns) == (place.size, place.mtime_ns)
        yield Original(file, known, place.content_hash if known else f"{file.mtime_ns:x}-{file.size:x}")


async def allowed_folders(house: Services, viewer: Viewer, place: FilePlace) -> list[str]:
    """Where the file may, all links resolved, lie: in its root, and where links are followed in every root of the viewer."""
    if not house.config.scanning.follow_symlinks:
        return [place.root_path]
    return [place.root_path, *(root.path for root, _count in await house.browse.roots(viewer))]


async def _explain_absence(place: FilePlace) -> NoReturn:
    if not place.root_online or not await asyncio.to_thread(os.path.isdir, place.root_path):
        raise Unavailable(_("the photo's folder is offline"), hint=_("Connect the disk or share that holds it."))
    raise NotFound(_("the photo's file is not there"))


@asynccontextmanager
async def opened(path: str, folders: Sequence[str]) -> AsyncIterator[OpenFile | None]:
    """The file, when it is there and, links resolved, in one of `folders`; closed afterwards, also when this is cancelled meanwhile."""
    opening = asyncio.create_task(asyncio.to_thread(_open, path, folders))
    try:
        file = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_late)
        raise
    try:
        yield file
    finally:
        if file is not None:
            file.close()


def _open(path: str, folders: Sequence[str]) -> OpenFile | None:
    try:
        return open_inside(path, folders)
    except (OSError, ValueError):
        return None


def _close_late(opening: asyncio.Task[OpenFile | None]) -> None:
    if not opening.cancelled() and (file := opening.result()) is not None:
        file.close()


async def send_made(request: web.Request, path: Path, headers: dict[str, str]) -> web.StreamResponse:
    """Answer with a JPEG from the cache of converted photos."""
    async with opened(str(path), [str(path.parent)]) as made:
        if made is None:
            raise Unavailable(_("the picture was removed from the cache just now"))
        return await send_file(request, made, etag=path.stem, headers={"Content-Type": "image/jpeg", **headers})


async def while_asked(request: web.Request, work: Awaitable[T]) -> T:
    """What `work` gives; it is cancelled when the client goes away before. Raises ConnectionResetError then."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_S))[0]:
            if request.transport is None or request.transport.is_closing():
                raise ConnectionResetError("the client went away")
        return task.result()
    finally:
        task.cancel()
