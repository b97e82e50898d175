"""The work of `facetd scan`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facetd.cli.client import connect, encoded
from facetd.cli.foreground import until_done
from facetd.cli.progress import ProgressView
from facetd.cli.settings import load_settings, log_to
from facetd.config import Config
from facetd.errors import Conflict, FacetdError
from facetd.house import check_settings, open_house
from facetd.i18n import _
from facetd.ingest.lock import holder_of
from facetd.ingest.scan import ScanOptions


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    directories: tuple[str, ...]
    confirm_missing: bool
    retry_failed: bool
    only: tuple[str, ...]
    again: bool
    cancel: bool


def run_scan(folder: Path, config_path: Path | None, asked: Wanted, *, as_json: bool) -> None:
    """Scan with the library in `folder`, here or in the daemon that has it open, and show how it goes."""
    console = Console(stderr=True)
    log_to(console, verbose=False)
    loaded = load_settings(folder, config_path, console)
    wanted = [os.path.realpath(os.path.expanduser(directory)) for directory in asked.directories]
    holder = holder_of(folder)
    view = None if as_json else ProgressView(console)
    if holder is None:
        if asked.cancel:
            raise Conflict(_("no daemon runs on this library, so there is no scan to cancel"))
        options = ScanOptions(
            asked.confirm_missing, asked.retry_failed, loaded.config.scanning.settle_s, only=frozenset(asked.only), again=asked.again
        )
        status = asyncio.run(_scan_here(folder, loaded.config, wanted, options, view))
    elif holder.socket is None:
        raise Conflict(
            _("{folder}: this library is in use by process {pid}").format(folder=folder, pid=holder.pid), hint=_("Wait for it to end.")
        )
    elif asked.cancel:
        asyncio.run(_cancel(holder.socket))
        return
    else:
        body = {
            "directories": [encoded(directory) for directory in wanted],
            "confirm_missing": asked.confirm_missing,
            "retry_failed": asked.retry_failed,
            "only": list(asked.only),
            "again": asked.again,
        }
        status = asyncio.run(_scan_there(holder.socket, body, view))
    if as_json:
        click.echo(json.dumps(status))
    if status["error"]:
        raise FacetdError(
            _("the scan ended early: {found}").format(found=status["error"]), hint=_("What is done is kept; the next scan goes on there.")
        )
    if status["cancelled"]:
        raise SystemExit(1)


async def _scan_here(
    data: Path, config: Config, directories: list[str], options: ScanOptions, view: ProgressView | None
) -> Mapping[str, Any]:
    check_settings(config)
    async with open_house(data, config) as house:
        if not directories:
            await house.add_configured()
        parts = await house.add_directories(directories)
        await until_done(house.ingest.events, lambda: house.ingest.start_scan(parts, options), view.follow if view else None)
        return house.ingest.progress.as_dict()


async def _scan_there(socket: str, body: Mapping[str, object], view: ProgressView | None) -> Mapping[str, Any]:
    async with connect(socket) as daemon:
        await daemon.post("/scan", body)
        async with contextlib.aclosing(daemon.scan_events()) as events:  # type: ignore[type-var]  # an async generator
            async for status in events:
                if view is not None:
                    view.show(status)
                if status["state"] != "running":
                    return status
    raise Conflict(_("the daemon ended before the scan did"))


async def _cancel(socket: str) -> None:
    async with connect(socket) as daemon:
        answer = await daemon.post("/scan/cancel")
    click.echo("The scan is cancelled." if answer["success"] else "No scan is running.")
