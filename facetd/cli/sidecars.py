"""`facetd sidecars`: ratings, labels, keywords and captions in XMP sidecars. A running daemon is asked to do it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facetd.cli.library import open_library
from facetd.cli.options import data_folder, json_option, printable, settings_options
from facetd.cli.settings import load_settings
from facetd.house import House


@click.group()
def sidecars() -> None:
    """Write ratings, labels, keywords and captions to XMP sidecars, where the configuration says so."""


@sidecars.command("status")
@settings_options
@json_option
def status(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Show where sidecars are written, what waits, what failed, and what both sides changed."""

    async def run() -> Mapping[str, Any]:
        async with open_library(data_folder(data), lambda folder: load_settings(folder, config_path, Console(stderr=True)).config) as found:
            return await found.ingest.sidecars.report() if isinstance(found, House) else await found.get("/sidecars")

    report = asyncio.run(run())
    if as_json:
        click.echo(json.dumps(report))
        return
    for root in report["roots"]:
        waiting = f"{root['waiting']} to write" + (f", {root['unread']} to read first" if root["unread"] else "")
        _say(f"{root['root']}\t{root['mode']}\t{', '.join(root['fields'])}\t{waiting}")
        if root["problem"]:
            _say(f"  {root['problem']}")
    if not report["roots"]:
        _say("Sidecars are written nowhere: see `sidecars` in the admin guide.")
    for problem in report["problems"]:
        _say(problem)
    for failure in report["failures"]:
        _say(f"{failure['photo_path']}: {failure['message']}")
    _more(report["failure_count"] - len(report["failures"]), "failures")
    for each in report["conflicts"]:
        here, there = f"{each['library_value']} ({each['library_at']})", f"{each['sidecar_value']} ({each['sidecar_at']})"
        _say(f"{each['photo_path']}: {each['field']} here {here}, in the sidecar {there}: kept that of the {each['kept']}")
    _more(report["conflict_count"] - len(report["conflicts"]), "conflicts")


@sidecars.command("write")
@settings_options
@click.option("--root", "root", default=None, help="Only this photo folder, by its name.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@json_option
def write(data: Path | None, config_path: Path | None, root: str | None, dry_run: bool, as_json: bool) -> None:
    """Write at once what is due, and try again what failed. Exits with 1 when something could not be written."""

    async def run() -> Mapping[str, Any]:
        async with open_library(data_folder(data), lambda folder: load_settings(folder, config_path, Console(stderr=True)).config) as found:
            if isinstance(found, House):
                return (await found.ingest.sidecars.write(root, dry=dry_run)).as_dict()
            return await found.post("/sidecars/write", {"root": root, "dry_run": dry_run}, timeout_s=None)

    done = asyncio.run(run())
    if as_json:
        click.echo(json.dumps(done))
    else:
        for each in done["planned"]:
            changes = "; ".join(f"{field}: {before or '-'} -> {after or '-'}" for field, (before, after) in each["changes"].items())
            _say(f"{each['path']}: {changes}")
        _say(f"{len(done['planned'])} would be written." if dry_run else f"{done['written']} written, {done['failed']} failed.")
        if done["unread"]:
            _say(f"{done['unread']} photos are to be read by a scan first.")
        for name, problem in done["problems"].items():
            _say(f"{name}: {problem}")
    if done["failed"] or done["problems"]:
        raise SystemExit(1)


def _say(text: str) -> None:
    click.echo(printable(text))


def _more(number: int, what: str) -> None:
    if number > 0:
        _say(f"... and {number} more {what}")
