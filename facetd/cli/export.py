"""`facetd export`: lists of photos as CSV or JSON. It only reads, so that a running daemon is not in its way."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click
from rich.console import Console

from facetd.accounts.users import Users
from facetd.accounts.viewers import single_viewer
from facetd.cli.filtering import parse_filter
from facetd.cli.options import data_folder, settings_options
from facetd.cli.settings import load_settings
from facetd.config import Config
from facetd.db.connection import Database
from facetd.errors import DatabaseUnusable, NotFound
from facetd.fields import sortable
from facetd.filters import PhotoConditions
from facetd.house import DATABASE_NAME
from facetd.i18n import _
from facetd.library.export import FORMATS, Export, Format
from facetd.library.gallery import Gallery
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer

SORTS = [field.key for field in sortable()]


@click.command()
@settings_options
@click.option("--format", "how", type=click.Choice(FORMATS), default="csv", show_default=True, help="Kind of file.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE", help="Write here.")
@click.option("--user", default=None, metavar="NAME", help="As this user: the photos that they see, with their ratings. Else all photos.")
@click.option("--sort", type=click.Choice(SORTS), default="date_taken", show_default=True, metavar="KEY", help="Order, as in the gallery.")
@click.option("--ascending", is_flag=True, help="The other way round.")
@click.option(
    "--filter", "chosen", multiple=True, metavar="KEY=VALUE", callback=parse_filter, help="Only photos of this filter; as often as needed."
)
def export(
    data: Path | None,
    config_path: Path | None,
    how: str,
    output: Path | None,
    user: str | None,
    sort: str,
    ascending: bool,
    chosen: PhotoConditions,
) -> None:
    """Write what is measured and said of photos: all of them, or those of the filters."""
    folder = data_folder(data)
    config = load_settings(folder, config_path, Console(stderr=True)).config

    async def run(write: Callable[[bytes], object]) -> None:
        db = Database(folder / DATABASE_NAME, readers=1)
        await db.open_to_read()
        try:
            gallery = Gallery(db, config, _explained_by_nobody)
            viewer = await single_viewer(db) if user is None else await _viewer(db, config, user)
            pieces = await Export(db, gallery).pieces(viewer, chosen, cast(Format, how), sort=sort, descending=not ascending)
            async for piece in pieces:
                write(piece)
        finally:
            await db.close(clean=False)

    if output is None:
        asyncio.run(run(sys.stdout.buffer.write))
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            asyncio.run(run(file.write))
        os.replace(part, output)
    finally:
        part.unlink(missing_ok=True)


async def _viewer(db: Database, config: Config, name: str) -> Viewer:
    """A user of the configuration. Raises NotFound."""
    users = Users(db, config)
    try:
        user = await users.named(name)
    except DatabaseUnusable:  # a new user gets a number, which cannot be written here
        raise NotFound(
            _("the library does not know every user yet, {name} among them perhaps").format(name=name), hint=_("Start the daemon once.")
        ) from None
    if user is None:
        raise NotFound(_("there is no user called '{name}'").format(name=name))
    return await users.viewer(user)


def _explained_by_nobody(_values: object) -> Judgement:
    """Lists explain no scores."""
    raise NotImplementedError
