"""`facetd db`: care for the library database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from facetd.cli.options import data_folder, data_option, json_option
from facetd.config import Config
from facetd.db import care
from facetd.errors import DatabaseUnusable
from facetd.house import DATABASE_NAME, House, open_house
from facetd.ingest.lock import DataLock


@click.group("db")
def database() -> None:
    """Check, back up, restore and tune the library database."""


@database.command()
@data_option
def check(data: Path | None) -> None:
    """Check the database's integrity; an index of words that is wrong is written anew."""

    async def run() -> None:
        async with _house(data) as house:
            problems = await house.db.integrity() + await care.consistency(house.db)
            repaired = [] if problems else await house.db.repair_words()
        if problems:
            raise DatabaseUnusable("the check found problems:\n" + "\n".join(f"  {problem}" for problem in problems))
        for problem in repaired:
            click.echo(f"{problem}: written anew.")
        click.echo("The database is sound.")

    asyncio.run(run())


@database.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@data_option
def backup(target: Path, data: Path | None) -> None:
    """Write a copy of the database to TARGET. Works while a daemon runs."""
    source = data_folder(data) / DATABASE_NAME
    care.backup(source, target.absolute())
    click.echo(f"Backed up to {target}.")


@database.command()
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
def restore(source: Path, data: Path | None) -> None:
    """Put the backup SOURCE in place of the database; what was there is kept beside it."""
    folder = data_folder(data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = DataLock(folder)
    lock.acquire()
    try:
        kept = care.restore(source.absolute(), folder / DATABASE_NAME)
    finally:
        lock.release()
    click.echo(f"Restored from {source}." + (f" The old database is {kept}." if kept else ""))


@database.command()
@data_option
def optimize(data: Path | None) -> None:
    """Defragment the database and refresh what its planner knows."""

    async def run() -> None:
        async with _house(data) as house:
            await care.optimize(house.db)
        click.echo("Done.")

    asyncio.run(run())


@database.command()
@data_option
@json_option
def stats(data: Path | None, as_json: bool) -> None:
    """How many photos, folders and failures there are, and how large the database is."""

    async def run() -> dict[str, int]:
        async with _house(data) as house:
            return await care.stats(house.db)

    found = asyncio.run(run())
    click.echo(json.dumps(found) if as_json else "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in found.items()))


@asynccontextmanager
async def _house(data: Path | None) -> AsyncIterator[House]:
    async with open_house(data_folder(data), Config()) as house:
        yield house
