"""Bringing a library of Facet over: what it knows of photos that are here, without undoing what a user decided here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facetd.db import importing as db_importing
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.db.facetvalues import Opinion
from facetd.db.importing import Writes
from facetd.db.store import SINGLE_USER
from facetd.library.importing.albums import bring_albums
from facetd.library.importing.facetconfig import FacetConfig
from facetd.library.importing.harvest import Harvest, read_harvest
from facetd.library.importing.paths import PathRules
from facetd.library.importing.people import bring_people, place_people
from facetd.library.importing.report import Report
from facetd.library.importing.taste import bring_comparisons, bring_snapshots
from facetd.library.writers import LANGUAGES


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to bring over: the database at `path`, with what its configuration says. Nothing of a trial stays.

    `users` are the names of those whose ratings, albums and comparisons come; `user` gets what is nobody's in particular, instead of the
    one of single-user mode.
    """

    path: Path
    config: FacetConfig = field(default_factory=FacetConfig)
    rules: PathRules = field(default_factory=PathRules)
    trial: bool = False
    users: frozenset[str] = frozenset()
    user: str = ""


async def import_facet(db: Database, wanted: Wanted, tell: Callable[[str], None] = lambda phase: None) -> Report:
    """Bring over what is wanted, for the whole library: whoever asks has its data folder. `tell` is given what is being done.

    Done again it changes nothing, and brings what was not there yet: photos that were scanned meanwhile, and what Facet knows by now.
    Raises InvalidInput.
    """
    report = Report(wanted.trial)
    tell("Reading what Facet knows")
    ours = await db.read(db_importing.known_photos)
    roots = await db_roots.roots(db)
    paths = [root.path for root in roots]
    harvest = await asyncio.to_thread(read_harvest, wanted.path, db.path.parent, ours, wanted.rules, paths, report)
    people = await place_people(db, harvest, report)
    async with db_importing.importing(db, trial=wanted.trial) as writes:
        tell("Bringing over ratings")
        numbers = await db_importing.account_numbers(writes, {*wanted.users, *([wanted.user] if wanted.user else [])})
        users: dict[str | None, int] = {None: numbers.get(wanted.user, SINGLE_USER)}
        users.update(numbers)
        await _ratings(writes, harvest, users, report)
        tell("Bringing over captions")
        await _captions(writes, harvest, wanted.config.language, report)
        report.tallies["tags"].add(await db_importing.save_tags(writes, harvest.tags))
        tell("Bringing over people")
        await bring_people(writes, people, report)
        tell("Bringing over albums and comparisons")
        await bring_albums(writes, harvest, roots, wanted.rules.place, users, bool(wanted.config.users), report)
        await bring_comparisons(writes, harvest, users, report)
        await bring_snapshots(writes, harvest, report)
    return report


async def _ratings(writes: Writes, harvest: Harvest, users: Mapping[str | None, int], report: Report) -> None:
    tally = report.tallies["ratings"]
    wanted: dict[int, dict[int, Opinion]] = {}
    for user in sorted(harvest.opinions, key=lambda name: name or ""):  # what a user thinks counts more than what is nobody's
        if user in users:
            wanted.setdefault(users[user], {}).update(harvest.opinions[user])
        else:
            tally.left += len(harvest.opinions[user])
            report.note("ratings", str(user), "there is no such user here")
    if len(users) > 1 and users[None] == SINGLE_USER and harvest.opinions.get(None):
        count = len(harvest.opinions[None])
        report.note("ratings", "nobody's", f"{count} are no user's, and are kept for single-user mode: --user NAME gives them to one")
    for number, opinions in wanted.items():
        tally.add(await db_importing.save_ratings(writes, number, opinions))


async def _captions(writes: Writes, harvest: Harvest, language: str, report: Report) -> None:
    report.tallies["captions"].add(await db_importing.save_captions(writes, harvest.captions))
    translations = report.tallies["translations"]
    if language in LANGUAGES:
        translations.add(await db_importing.save_translations(writes, language, harvest.translations))
    elif harvest.translations:
        translations.left += len(harvest.translations)
        unknown = f'"{language}" is none of {", ".join(LANGUAGES)}' if language else "only Facet's configuration says their language"
        report.note("translations", "translation.target_language", unknown)
