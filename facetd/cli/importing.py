"""`facetd import`: bring the library of another program over. A running daemon is asked to do it."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facetd.cli.client import encoded
from facetd.cli.library import open_library
from facetd.cli.options import data_folder, data_option, json_option, printable
from facetd.cli.settings import load_settings, log_to
from facetd.config import load_config, save_config
from facetd.house import House
from facetd.library.importing.facet import Wanted
from facetd.library.importing.facetconfig import FacetConfig, read_facet_config
from facetd.library.importing.matching import AMBIGUOUS, GONE, NO_ROOT, NOT_SCANNED, TWICE
from facetd.library.importing.paths import PathRules
from facetd.library.importing.report import KINDS, Report
from facetd.library.importing.users import merge_users
from facetd.library.importing.weights import merge_weights

CONFIG_NAME = "scoring_config.json"
SHOWN = 5
ADVICE = {
    NOT_SCANNED: "not scanned yet: run `facetd scan`, and import again",
    NO_ROOT: "on this machine, but in no root: run `facetd root add FOLDER` and `facetd scan`, and import again",
    GONE: "not on this machine: if their folders have other names here, say so with --map FROM=TO",
    AMBIGUOUS: "could be more than one photo",
    TWICE: "the same file as another photo of Facet, which counts",
}


@click.group("import")
def importing() -> None:
    """Bring over what another program knows of the photos."""


@importing.command()
@click.option("--db", "database", type=click.Path(path_type=Path), required=True, help="Facet's photo_scores.db. It is only read.")
@click.option("--config", "facet_config", type=click.Path(path_type=Path), default=None, help="Facet's scoring_config.json.")
@click.option(
    "--map", "maps", metavar="FROM=TO", multiple=True, help="Photos that Facet has in FROM are in TO here. May be given more than once."
)
@click.option("--user", default="", help="Who gets the ratings, albums and comparisons that are no user's in Facet.")
@click.option("--no-users", is_flag=True, help="Leave the users as they are.")
@click.option("--no-weights", is_flag=True, help="Leave what the categories weigh as it is.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Configuration of facetd that weights and users go into. Default: scoring_config.json in the data folder.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be brought over.")
@data_option
@json_option
def facet(
    database: Path,
    facet_config: Path | None,
    maps: tuple[str, ...],
    user: str,
    no_users: bool,
    no_weights: bool,
    into: Path | None,
    dry_run: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """Bring over what Facet knows of photos that are here, and its users and weights.

    That is ratings, favorites, rejections, captions, tags by hand, people with their faces, albums and comparisons. Scan the photos
    first. What you decided here stays; done again, it brings what is new.
    """
    console = Console(stderr=True)
    log_to(console, verbose=False)
    database, facet_config = database.absolute(), facet_config.absolute() if facet_config else None
    known = read_facet_config(facet_config)
    rules = PathRules.parse(maps, known.path_mapping)
    folder = data_folder(data)
    ours = into.absolute() if into else folder / CONFIG_NAME
    load_config(ours)

    async def run() -> Report:
        async with open_library(folder, lambda _folder: load_settings(folder, into, console).config) as found:
            with console.status("") as status:
                if isinstance(found, House):
                    names = frozenset() if no_users else frozenset(known.users)
                    return await found.import_facet(Wanted(database, known, rules, dry_run, names, user), status.update)
                status.update("The running daemon brings it over")
                body = {
                    "db": encoded(str(database)),
                    "config": encoded(str(facet_config)) if facet_config else "",
                    "maps": [encoded(each) for each in maps],
                    "user": user,
                    "users": not no_users,
                    "dry_run": dry_run,
                }
                return Report.from_dict(await found.post("/import/facet", body, timeout_s=None))

    report = asyncio.run(run())
    try:
        _configure(ours, known, report, None if no_users else rules, weights=not no_weights)
    finally:  # what is in the library is there, also when the file cannot be written
        if as_json:
            click.echo(json.dumps(report.as_dict()))
        else:
            for line in summary(report.as_dict()):
                click.echo(printable(line))


def _configure(path: Path, facet: FacetConfig, report: Report, rules: PathRules | None, *, weights: bool) -> None:
    """Put Facet's users (with `rules` for their folders) and weights into the configuration at `path`; a running daemon takes it over by
    itself.
    """
    raw = json.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    merged = merge_users(raw, facet, rules, report) if rules is not None else raw
    merged = merge_weights(merged, facet, report) if weights else merged
    if merged != raw and not report.dry_run:
        backup = save_config(path, merged)
        if backup is not None:
            report.note("configuration", str(path), f"changed; the old one is {backup.name}")


def summary(report: Mapping[str, Any]) -> Iterator[str]:
    """The report in words."""
    photos = report["photos"]
    moved = f", {photos['moved']} of them in another place" if photos["moved"] else ""
    yield f"{photos['matched']} of {photos['total']} photos of Facet are here{moved}."
    left = defaultdict(list)
    for each in report["left"]:
        left[each["reason"]].append(each)
    for reason, advice in ADVICE.items():
        if left[reason]:
            yield f"{len(left[reason])} are {advice}:" if reason in (NOT_SCANNED, NO_ROOT, GONE) else f"{len(left[reason])}: {advice}:"
            yield from (f"  {each['path']}" for each in left[reason][:SHOWN])
            yield from [f"  and {len(left[reason]) - SHOWN} more (--json lists all)"] * (len(left[reason]) > SHOWN)
    yield f"{'':14}{'brought':>9}{'the same':>10}{'kept':>7}{'left out':>10}"
    for kind in KINDS:
        tally = report[kind]
        yield f"{kind:14}{tally['brought']:9}{tally['same']:10}{tally['kept']:7}{tally['left']:10}"
    for note in report["notes"][: 4 * SHOWN]:
        yield f"{note['kind']}: {note['name']}: {note['reason']}"
    if len(report["notes"]) > 4 * SHOWN:
        yield f"and {len(report['notes']) - 4 * SHOWN} more notes (--json lists all)"
    if report["dry_run"]:
        yield f"Nothing was changed; it would have been {report['changes']}."
    else:
        yield f"{report['changes']} brought over." if report["changes"] else "Nothing was new."
