"""`facetd people`: who is in the photos. A running daemon is asked to do it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import click
from rich.console import Console

from facetd.accounts.viewers import single_viewer
from facetd.cli.client import DaemonClient
from facetd.cli.library import open_library
from facetd.cli.options import data_folder, json_option, printable, settings_options
from facetd.cli.settings import load_settings
from facetd.house import House
from facetd.library.people import People, PersonSort

PAGE = 200
CHANGES = {
    "named": "faces named by files",
    "joined": "faces given to a person",
    "founded": "new persons",
    "merged": "persons that were one",
}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person as it is listed."""

    id: int
    name: str | None
    faces: int
    photos: int
    hidden: bool

    def __str__(self) -> str:
        return f"{self.name or f'Person {self.id}'} ({self.faces} faces in {self.photos} photos)"


@dataclass(frozen=True, slots=True)
class PairLine:
    """Two persons that may be one."""

    person1: PersonLine
    person2: PersonLine
    similarity: float


class _Registrar(Protocol):
    """Who looks after people: this process, or the daemon."""

    async def cluster(self, *, again: bool) -> Mapping[str, int]: ...
    async def suggest(self, threshold: float | None) -> list[PairLine]: ...
    async def persons(self, search: str, sort: PersonSort, *, hidden: bool) -> list[PersonLine]: ...


class _Here:
    """The library is opened by this process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._people = People(house.db, house.config)

    async def cluster(self, *, again: bool) -> Mapping[str, int]:
        return await self._house.group_people(again)

    async def suggest(self, threshold: float | None) -> list[PairLine]:
        found = await self._people.suggestions(await single_viewer(self._house.db), threshold=threshold, limit=500)
        return [PairLine(_line(asdict(each.first)), _line(asdict(each.second)), each.similarity) for each in found]

    async def persons(self, search: str, sort: PersonSort, *, hidden: bool) -> list[PersonLine]:
        viewer = await single_viewer(self._house.db)
        found, _ = await self._people.persons(viewer, per_page=2**31, search=search, sort=sort, hidden="with" if hidden else "without")
        return [_line(asdict(row)) for row in found]


class _There:
    """A daemon has the library open."""

    def __init__(self, daemon: DaemonClient) -> None:
        self._daemon = daemon

    async def cluster(self, *, again: bool) -> Mapping[str, int]:
        return await self._daemon.post("/people/cluster", {"again": again}, timeout_s=None)

    async def suggest(self, threshold: float | None) -> list[PairLine]:
        query = {"limit": 500} | ({} if threshold is None else {"threshold": threshold})
        found = (await self._daemon.get(f"/api/merge_suggestions?{urlencode(query)}"))["suggestions"]
        return [PairLine(_line(each["person1"]), _line(each["person2"]), each["similarity"]) for each in found]

    async def persons(self, search: str, sort: PersonSort, *, hidden: bool) -> list[PersonLine]:
        query = {"search": search, "sort": sort, "per_page": PAGE, "hidden": "with" if hidden else "without"}
        lines: list[PersonLine] = []
        number, pages = 1, 1
        while number <= pages:
            page = await self._daemon.get(f"/api/persons?{urlencode({**query, 'page': number})}")
            lines += [_line(each) for each in page["persons"]]
            number, pages = number + 1, page["total_pages"]
        return lines


def _line(person: Mapping[str, object]) -> PersonLine:
    name = person["name"]
    faces, photos = int(str(person["face_count"])), int(str(person["photo_count"]))
    return PersonLine(int(str(person["id"])), None if name is None else str(name), faces, photos, bool(person["hidden"]))


@asynccontextmanager
async def _registrar(data: Path | None, config_path: Path | None) -> AsyncIterator[_Registrar]:
    async with open_library(data_folder(data), lambda folder: load_settings(folder, config_path, Console(stderr=True)).config) as found:
        yield _Here(found) if isinstance(found, House) else _There(found)


@click.group()
def people() -> None:
    """Find out who is in the photos."""


@people.command("cluster")
@settings_options
@click.option("--again", is_flag=True, help="First take apart the persons that nobody named or decided about.")
@json_option
def cluster(data: Path | None, config_path: Path | None, again: bool, as_json: bool) -> None:
    """Compare every face with everybody. Names and whatever else a user decided stay as they are."""

    async def run() -> Mapping[str, int]:
        async with _registrar(data, config_path) as registrar:
            return await registrar.cluster(again=again)

    counts = asyncio.run(run())
    if as_json:
        click.echo(json.dumps(dict(counts)))
        return
    for key, text in CHANGES.items():
        click.echo(f"{counts[key]:8d} {text}")


@people.command("suggest")
@settings_options
@click.option("--threshold", type=click.FloatRange(0, 1), default=None, help="Least similarity, 0..1. Default: as configured.")
@json_option
def suggest(data: Path | None, config_path: Path | None, threshold: float | None, as_json: bool) -> None:
    """Show persons that may be the same one, most similar first."""

    async def run() -> list[PairLine]:
        async with _registrar(data, config_path) as registrar:
            return await registrar.suggest(threshold)

    found = asyncio.run(run())
    if as_json:
        click.echo(json.dumps([asdict(pair) for pair in found]))
        return
    for pair in found:
        click.echo(printable(f"{pair.similarity:.2f}  {pair.person1} and {pair.person2}"))


@people.command("list")
@settings_options
@click.option("--search", default="", help="Part of the name, or an id.")
@click.option("--by-name", is_flag=True, help="Sort by name instead of number of faces.")
@click.option("--hidden", is_flag=True, help="Hidden persons too.")
@json_option
def list_people(data: Path | None, config_path: Path | None, search: str, by_name: bool, hidden: bool, as_json: bool) -> None:
    """Show the persons, those with most faces first."""
    sort: PersonSort = "name_asc" if by_name else "count_desc"

    async def run() -> list[PersonLine]:
        async with _registrar(data, config_path) as registrar:
            return await registrar.persons(search, sort, hidden=hidden)

    found = asyncio.run(run())
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found]))
        return
    for line in found:
        click.echo(printable(f"{line.id:6d}  {line}{'  hidden' if line.hidden else ''}"))
