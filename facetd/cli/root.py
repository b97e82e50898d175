"""`facetd root`: the photo folders of the library. A running daemon is asked to do it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote_to_bytes

import click

from facetd.cli.client import DaemonClient, encoded
from facetd.cli.library import open_library
from facetd.cli.options import data_folder, data_option, json_option, printable
from facetd.config import Config
from facetd.errors import NotFound
from facetd.house import House
from facetd.i18n import _
from facetd.library.roots import real_path


@dataclass(frozen=True, slots=True)
class RootLine:
    """One root as it is listed."""

    name: str
    path: str
    online: bool
    photos: int


class _Keeper(Protocol):
    """Who takes care of the roots: this process, or the daemon."""

    async def roots(self) -> list[RootLine]: ...
    async def add(self, directory: str) -> RootLine: ...
    async def rename(self, name: str, new_name: str) -> None: ...
    async def remove(self, name: str) -> None: ...


class _Here:
    """The library is opened by this process."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def roots(self) -> list[RootLine]:
        return [RootLine(root.name, root.path, root.online, count) for root, count in await self._house.list_roots()]

    async def add(self, directory: str) -> RootLine:
        root = await self._house.add_root(directory)
        return RootLine(root.name, root.path, root.online, 0)

    async def rename(self, name: str, new_name: str) -> None:
        await self._house.rename_root(name, new_name)

    async def remove(self, name: str) -> None:
        await self._house.remove_root(name)


class _There:
    """A daemon has the library open."""

    def __init__(self, daemon: DaemonClient) -> None:
        self._daemon = daemon

    async def roots(self) -> list[RootLine]:
        return [_line(each) for each in (await self._daemon.get("/roots"))["roots"]]

    async def add(self, directory: str) -> RootLine:
        return _line((await self._daemon.post("/roots/add", {"name": encoded(real_path(directory))}))["roots"][0])

    async def rename(self, name: str, new_name: str) -> None:
        await self._daemon.post("/roots/rename", {"name": encoded(name), "new_name": new_name})

    async def remove(self, name: str) -> None:
        await self._daemon.post("/roots/remove", {"name": encoded(name)})


def _line(root: dict[str, object]) -> RootLine:
    path = os.fsdecode(unquote_to_bytes(str(root["path"])))
    return RootLine(str(root["name"]), path, bool(root["online"]), int(str(root["photos"])))


@asynccontextmanager
async def _keeper(data: Path | None) -> AsyncIterator[_Keeper]:
    async with open_library(data_folder(data), lambda _folder: Config()) as found:
        yield _Here(found) if isinstance(found, House) else _There(found)


@click.group()
def root() -> None:
    """List, add, rename or remove photo folders."""


@root.command("list")
@data_option
@json_option
def list_roots(data: Path | None, as_json: bool) -> None:
    """Show the photo folders."""

    async def run() -> list[RootLine]:
        async with _keeper(data) as keeper:
            return await keeper.roots()

    found = asyncio.run(run())
    if as_json:
        click.echo(json.dumps([{"name": each.name, "path": each.path, "online": each.online, "photos": each.photos} for each in found]))
        return
    for each in found:
        click.echo(printable(f"{each.name}\t{each.path}\t{each.photos} photos{'' if each.online else '  (offline)'}"))


@root.command("add")
@click.argument("directory")
@data_option
def add(directory: str, data: Path | None) -> None:
    """Add DIRECTORY; inside another root it takes over the photos below it."""

    async def run() -> RootLine:
        async with _keeper(data) as keeper:
            return await keeper.add(directory)

    made = asyncio.run(run())
    click.echo(printable(f"{made.name}: {made.path}"))


@root.command("rename")
@click.argument("name")
@click.argument("new_name")
@data_option
def rename(name: str, new_name: str, data: Path | None) -> None:
    """Give the root NAME another name."""

    async def run() -> None:
        async with _keeper(data) as keeper:
            await keeper.rename(name, new_name)

    asyncio.run(run())


@root.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def remove(name: str, yes: bool, data: Path | None) -> None:
    """Take the root NAME out of the library, with the ratings of its photos. No photo file is touched."""

    async def run() -> None:
        async with _keeper(data) as keeper:
            wanted = (name.casefold(), real_path(name))
            found = next((each for each in await keeper.roots() if each.name.casefold() == wanted[0] or each.path == wanted[1]), None)
            if found is None:
                raise NotFound(_("there is no root called '{name}'").format(name=name), hint=_("`facetd root list` shows them."))
            if not yes:
                question = f"Take {found.name} ({found.photos} photos, {found.path}) out of the library? The files stay."
                click.confirm(printable(question), abort=True)
            await keeper.remove(found.name)

    asyncio.run(run())
