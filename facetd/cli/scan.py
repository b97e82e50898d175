"""`facetd scan`: bring the library up to date, without the server or by a running one."""

from __future__ import annotations

from pathlib import Path

import click

from facetd.cli.options import data_folder, json_option, settings_options
from facetd.ingest.lock import holder_of
from facetd.ingest.nursery import open_nursery
from facetd.ingest.tasks import FILE_KINDS


def _kinds(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """The names of analyses, separated by commas."""
    kinds = tuple(part.strip() for part in (value or "").split(",") if part.strip())
    for kind in kinds:
        if kind not in FILE_KINDS:
            raise click.BadParameter(f"'{kind}' is not one of {', '.join(sorted(FILE_KINDS))}")
    return kinds


@click.command()
@click.argument("directories", nargs=-1, metavar="[DIR]...")
@settings_options
@click.option("--confirm-missing", is_flag=True, help="Believe that photos are gone even when they are many.")
@click.option("--retry-failed", is_flag=True, help="Try unreadable files again.")
@click.option(
    "--only", metavar="KINDS", callback=_kinds, help=f"Only these analyses of known, unchanged files: {', '.join(sorted(FILE_KINDS))}."
)
@click.option("--again", is_flag=True, help="With --only: also where they are up to date.")
@click.option("--cancel", is_flag=True, help="Cancel the scan of a running daemon.")
@json_option
def scan(
    directories: tuple[str, ...],
    data: Path | None,
    config_path: Path | None,
    confirm_missing: bool,
    retry_failed: bool,
    only: tuple[str, ...],
    again: bool,
    cancel: bool,
    as_json: bool,
) -> None:
    """Look through photo folders: all that are known, or DIR (inside one: that part; elsewhere: a new one).

    When a daemon runs on this library it does the scan, and Ctrl-C only stops following it.
    """
    if again and not only:
        raise click.UsageError("--again goes with --only")
    folder = data_folder(data)
    if not cancel and holder_of(folder) is None:
        open_nursery()  # it loads the image libraries on one core while this process loads the rest on another
    from facetd.cli.scanning import Wanted, run_scan  # noqa: PLC0415 - see above

    run_scan(folder, config_path, Wanted(directories, confirm_missing, retry_failed, only, again, cancel), as_json=as_json)
