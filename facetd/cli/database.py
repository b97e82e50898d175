"""`facetd db`: care for the library database. A running daemon is asked to do it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from facetd.cli.library import open_library
from facetd.cli.options import data_folder, data_option, json_option
from facetd.config import Config
from facetd.db import care
from facetd.errors import Conflict, DatabaseUnusable
from facetd.house import DATABASE_NAME, House
from facetd.i18n import _
from facetd.ingest.lock import DataLock
from facetd.records.care import CareTask

MIB = 1024 * 1024
NO_TAGS = "Tags are rows of their own in every library of facetd: there is nothing to migrate."


@click.group("db")
def database() -> None:
    """Check, back up, restore and tune the library database."""


@database.command()
@data_option
@json_option
def check(data: Path | None, as_json: bool) -> None:
    """Check the database's integrity; an index of words that is wrong is written anew."""
    found = _perform(data, "check")
    if as_json:
        click.echo(json.dumps(found))
    if found["problems"]:
        problems = "\n".join(f"  {problem}" for problem in found["problems"])
        raise DatabaseUnusable(_("the check found problems:\n{problems}").format(problems=problems))
    if not as_json:
        for problem in found["repaired"]:
            click.echo(f"{problem}: written anew.")
        click.echo("The database is sound.")


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
    try:
        lock.acquire()
    except Conflict as error:
        raise Conflict(error.message, hint=_("Stop the daemon first: a database is not replaced under it.")) from error
    try:
        kept = care.restore(source.absolute(), folder / DATABASE_NAME)
    finally:
        lock.release()
    click.echo(f"Restored from {source}." + (f" The old database is {kept}." if kept else ""))


@database.command()
@data_option
@json_option
def optimize(data: Path | None, as_json: bool) -> None:
    """Defragment the database and refresh what its planner knows."""
    found = _perform(data, "optimize")
    sizes = f"{found['bytes_before'] / MIB:.1f} MiB before, {found['bytes'] / MIB:.1f} MiB now."
    click.echo(json.dumps(found) if as_json else f"Done: {sizes}")


@database.command()
@data_option
@json_option
def stats(data: Path | None, as_json: bool) -> None:
    """How many photos, folders and failures there are, and how large the database is."""
    found = _perform(data, "stats")
    click.echo(json.dumps(found) if as_json else "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in found.items()))


@database.command("rebuild-fts")
@data_option
@json_option
def rebuild_fts(data: Path | None, as_json: bool) -> None:
    """Write the index of words anew, which search reads. It is kept right by itself: `check` says whether it is."""
    found = _perform(data, "rebuild-fts")
    click.echo(json.dumps(found) if as_json else f"Done: the words of {found['photos']} photos and {found['topics']} names.")


@database.command("refresh-stats")
@data_option
@json_option
def refresh_stats(data: Path | None, as_json: bool) -> None:
    """Count anew what lists show. The counters are kept right by themselves: `check` says whether they are."""
    found = _perform(data, "refresh-stats")
    if as_json:
        click.echo(json.dumps(found))
        return
    wrong = {table: count for table, count in found["wrong"].items() if count}
    click.echo(
        "".join(f"{table}: {count} were wrong.\n" for table, count in wrong.items()) or "Done: all counters were right.", nl=not wrong
    )


@database.command("migrate-tags")
@data_option
@json_option
def migrate_tags(data: Path | None, as_json: bool) -> None:
    """Does nothing: for scripts made for Facet, where tags were one text for each photo and had to be split once."""
    data_folder(data)
    click.echo(json.dumps({"migrated": 0, "reason": NO_TAGS}) if as_json else NO_TAGS)


def _perform(data: Path | None, task: CareTask) -> Mapping[str, Any]:
    """Have it done here, or by the daemon that has the library open."""

    async def run() -> Mapping[str, Any]:
        async with open_library(data_folder(data), lambda _folder: Config()) as library:
            if isinstance(library, House):
                return await library.care(task)
            return await library.post("/db", {"task": task}, timeout_s=None)

    return asyncio.run(run())
