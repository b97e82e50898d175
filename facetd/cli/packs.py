"""`facetd models install` and `facetd models remove`: packs of better models."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from facetd.cli.options import data_folder, data_option, json_option
from facetd.errors import Conflict
from facetd.i18n import _
from facetd.infer.measure import packs_folder
from facetd.infer.packs.http import Http, check_mirror
from facetd.infer.packs.index import Pack, PackIndex
from facetd.infer.packs.install import Installed, Installer, Progress
from facetd.ingest.lock import holder_of

MIRROR = "FACETD_PACKS_URL"


@click.command()
@click.argument("pack", metavar="ID")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=None,
    help="Take the files from this folder instead of the internet.",
)
@click.option("--yes", is_flag=True, help="Do not ask about the licence.")
@data_option
@json_option
def install(pack: str, source: Path | None, yes: bool, data: Path | None, as_json: bool) -> None:
    """Install a pack of better models. A command that was cut goes on where it was; `facetd models list` shows the packs.

    A running daemon takes the pack over, and makes those analyses again that it changes.
    """
    folder = data_folder(data)
    index = PackIndex.load()
    console = Console(stderr=True, soft_wrap=True)
    _confirm(index.find(pack), console, yes=yes)
    with _Bar(console) as bar:
        installer = Installer(packs_folder(folder), index=index, told=bar)
        installed = asyncio.run(_install(installer, pack, source.absolute() if source else None))
    _tell(installed, folder, as_json=as_json)


@click.command()
@click.argument("pack", metavar="ID")
@data_option
@json_option
def remove(pack: str, data: Path | None, as_json: bool) -> None:
    """Remove an installed pack, and what has come so far of one that is not complete. What came with facetd is used again."""
    folder = data_folder(data)
    removed = asyncio.run(Installer(packs_folder(folder), index=PackIndex.load()).remove(pack))
    if as_json:
        click.echo(json.dumps({"pack": pack, "removed": removed}))
        return
    text = _("{pack} is removed.") if removed else _("What had come of {pack} is thrown away.")
    Console(soft_wrap=True).print(escape(text.format(pack=pack)), highlight=False)
    if removed:
        _say_when(folder, Console(soft_wrap=True))


async def _install(installer: Installer, pack: str, source: Path | None) -> Installed:
    if source is not None:
        return await installer.from_folder(pack, source)
    mirror = os.environ.get(MIRROR, "")
    async with Http(check_mirror(mirror) if mirror else "") as http:
        return await installer.from_publisher(pack, http)


def _confirm(pack: Pack, console: Console, *, yes: bool) -> None:
    """Show the licence; one with a warning has to be agreed to."""
    console.print(_("{title}. Licence: {licence}. From: {origin}.").format(title=pack.title, licence=pack.licence, origin=pack.origin),
                  highlight=False, markup=False)  # fmt: skip
    if not pack.warning:
        return
    console.print(f"[yellow]{escape(pack.warning)}[/]", highlight=False)
    if yes:
        return
    if not sys.stdin.isatty():
        raise Conflict(_("the licence of {pack} has to be agreed to").format(pack=pack.id), hint=_("Say so with --yes."))
    if not click.confirm(_("Install it?"), err=True):
        raise Conflict(_("nothing was installed"))


def _tell(installed: Installed, folder: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(installed) | {"folder": str(installed.folder)}))
        return
    console = Console(soft_wrap=True)
    text = _("{pack} is installed: {models}; {size:.1f} MB.")
    console.print(
        text.format(pack=installed.pack, models=", ".join(installed.models), size=installed.bytes / 1e6), highlight=False, markup=False
    )
    if not installed.verified:
        console.print(_("The publisher was not asked whether the files are right."), highlight=False)
    _say_when(folder, console)


def _say_when(folder: Path, console: Console) -> None:
    if holder_of(folder) is not None:
        console.print(_("The running facetd takes that over within seconds."), highlight=False)
    else:
        console.print(_("The next scan takes that over."), highlight=False)


class _Bar:
    """Bytes as they come: a bar on a terminal, elsewhere a line for each file."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._console = console
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=None)
        self._file = ""

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        complete = progress.done >= progress.total
        text = _("Looking into the files") if complete else progress.file
        self._bar.update(self._task, description=text, completed=progress.done, total=progress.total or None)
        if progress.file != self._file and progress.file and not self._console.is_terminal:
            self._console.print(f"{progress.file}", highlight=False, markup=False)
        self._file = progress.file
