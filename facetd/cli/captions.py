"""`facetd captions`: have models describe photos and translate what is written. A running daemon does it, and is followed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facetd.accounts.viewers import single_viewer
from facetd.cli.client import DaemonClient
from facetd.cli.filtering import parse_filter
from facetd.cli.foreground import until_done
from facetd.cli.jobview import JobView
from facetd.cli.library import open_library
from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.settings import load_settings, log_to
from facetd.errors import Conflict, FacetdError
from facetd.filters import PhotoConditions
from facetd.house import House
from facetd.i18n import _
from facetd.library.captioning import Wanted
from facetd.library.writers import LANGUAGES

filter_argument = click.argument("chosen", metavar="[KEY=VALUE]...", nargs=-1, callback=parse_filter)
again_option = click.option("--again", is_flag=True, help="Also where a model did it before. What hands wrote stays.")
limit_option = click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N", help="At most N photos.")
cancel_option = click.option("--cancel", is_flag=True, help="Cancel the job of a running daemon.")


@click.group()
def captions() -> None:
    """Describe photos in a sentence, and translate the sentences."""


@captions.command()
@filter_argument
@settings_options
@again_option
@limit_option
@cancel_option
@json_option
def generate(
    chosen: PhotoConditions, data: Path | None, config_path: Path | None, again: bool, limit: int | None, cancel: bool, as_json: bool
) -> None:
    """Have a model describe the photos that nobody described: all, or those of the filters, for example date_from=2024-07-01 search=rome.

    When a daemon runs on this library it does the work, and Ctrl-C only stops following it. Asked again, it goes on where it ended.
    """
    _run(Wanted("generate", chosen, again=again, limit=limit), data, config_path, cancel=cancel, as_json=as_json)


@captions.command()
@filter_argument
@settings_options
@click.option("--language", type=click.Choice(tuple(LANGUAGES)), default=None, help="Default: translation.target_language.")
@click.option("--by-hand", is_flag=True, help="Also what hands wrote, if that is English. Models write English.")
@again_option
@limit_option
@cancel_option
@json_option
def translate(
    chosen: PhotoConditions,
    data: Path | None,
    config_path: Path | None,
    language: str | None,
    by_hand: bool,
    again: bool,
    limit: int | None,
    cancel: bool,
    as_json: bool,
) -> None:
    """Translate the captions that models wrote: all, or those of photos of the filters. Captions by rule are translated when asked for."""
    wanted = Wanted("translate", chosen, again=again, by_hand=by_hand, limit=limit, language=language or "")
    _run(wanted, data, config_path, cancel=cancel, as_json=as_json)


def _run(wanted: Wanted, data: Path | None, config_path: Path | None, *, cancel: bool, as_json: bool) -> None:
    console = Console(stderr=True)
    log_to(console, verbose=False)
    view = None if as_json else JobView(console)

    async def run() -> Mapping[str, Any] | None:
        async with open_library(data_folder(data), lambda folder: load_settings(folder, config_path, console).config) as found:
            if isinstance(found, House):
                if cancel:
                    raise Conflict(_("no daemon runs on this library, so there is no job to cancel"))
                return await _here(found, wanted, view)
            if cancel:
                stopped = (await found.post("/api/captions/cancel"))["cancelled"]
                click.echo("The job is cancelled." if stopped else "No job is running.")
                return None
            return await _there(found, wanted, view)

    status = asyncio.run(run())
    if status is None:
        return
    if as_json:
        click.echo(json.dumps(status))
    if status["error"]:
        raise FacetdError(status["error"], hint=_("What is done is kept; asked again, it goes on there."))
    if status["cancelled"]:
        raise SystemExit(1)


async def _here(house: House, wanted: Wanted, view: JobView | None) -> Mapping[str, Any]:
    viewer = await single_viewer(house.db)
    await until_done(house.ingest.events, lambda: house.captioning.start(viewer, wanted), view.follow if view else None)
    return house.captioning.progress.as_dict()


async def _there(daemon: DaemonClient, wanted: Wanted, view: JobView | None) -> Mapping[str, Any]:
    body: dict[str, object] = {
        "filter": wanted.chosen.model_dump(mode="json", exclude_defaults=True),
        "again": wanted.again,
        "limit": wanted.limit,
    }
    if wanted.kind == "translate":
        body |= {"by_hand": wanted.by_hand, "language": wanted.language or None}
    await daemon.post(f"/api/captions/{wanted.kind}", body)
    try:
        async with contextlib.aclosing(daemon.scan_events("/captions/stream")) as events:  # type: ignore[type-var]  # an async generator
            async for status in events:
                if view is not None:
                    view.show(status)
                if status["state"] != "running":
                    return status
    finally:
        if view is not None:
            view.close()
    raise Conflict(_("the daemon ended before the job did"))
