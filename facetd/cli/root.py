"""`facetd root`: the photo folders of the library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from facetd.cli.options import data_folder, data_option, json_option
from facetd.config import Config
from facetd.daemon import House, open_house
from facetd.db import roots as db_roots
from facetd.library.roots import find_root, make_root


@click.group()
def root() -> None:
    """List, add, rename or remove photo folders. A running daemon has to be ended first."""


@root.command("list")
@data_option
@json_option
def list_roots(data: Path | None, as_json: bool) -> None:
    """Show the photo folders."""

    async def run() -> None:
        async with _house(data) as house:
            found = [(each, await db_roots.photo_count(house.db, each.id)) for each in await db_roots.roots(house.db)]
        if as_json:
            click.echo(
                json.dumps([{"name": each.name, "path": each.path, "online": each.online, "photos": count} for each, count in found])
            )
            return
        for each, count in found:
            click.echo(f"{each.name}\t{each.path}\t{count} photos{'' if each.online else '  (offline)'}")

    asyncio.run(run())


@root.command("add")
@click.argument("directory")
@data_option
def add(directory: str, data: Path | None) -> None:
    """Add DIRECTORY; inside another root it takes over the photos below it."""

    async def run() -> None:
        async with _house(data) as house:
            made = await make_root(house.db, house.data, directory)
        click.echo(f"{made.name}: {made.path}")

    asyncio.run(run())


@root.command("rename")
@click.argument("name")
@click.argument("new_name")
@data_option
def rename(name: str, new_name: str, data: Path | None) -> None:
    """Give the root NAME another name."""

    async def run() -> None:
        async with _house(data) as house:
            await db_roots.rename_root(house.db, (await find_root(house.db, name)).id, new_name)

    asyncio.run(run())


@root.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def remove(name: str, yes: bool, data: Path | None) -> None:
    """Take the root NAME out of the library, with the ratings of its photos. No photo file is touched."""

    async def run() -> None:
        async with _house(data) as house:
            found = await find_root(house.db, name)
            count = await db_roots.photo_count(house.db, found.id)
            if not yes:
                click.confirm(f"Take {found.name} ({count} photos, {found.path}) out of the library? The files stay.", abort=True)
            await db_roots.remove_root(house.db, found.id)

    asyncio.run(run())


@asynccontextmanager
async def _house(data: Path | None) -> AsyncIterator[House]:
    async with open_house(data_folder(data), Config()) as house:
        yield house
