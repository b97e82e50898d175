"""Groups of photos to choose from: bursts, and photos that look alike whenever they were taken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from facetd.config import Config
from facetd.db import likeness as db_likeness
from facetd.db.connection import Connection, Database
from facetd.db.revision import Part
from facetd.db.rows import photo_rows
from facetd.library import present
from facetd.records.viewer import Viewer
from facetd.score.bursts import Shot, burst_score
from facetd.score.components import components

LEAST_SIMILARITY = db_likeness.LEAST_SIMILARITY
MOST_IN_GROUP = 50
SHOWN_IN_GROUP = 20
SERIES: tuple[Part, ...] = ("series", "gates")  # what the lists of groups depend on
Kind = Literal["burst", "bracket", "panorama", "duplicate", "similar"]


@dataclass(frozen=True, slots=True)
class Group:
    """Photos to choose from, best first. `number` is that of the burst or set, or the place in the list of similar groups."""

    number: int
    kind: Kind
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some groups with their photos, and how many groups there are."""

    groups: list[tuple[Group, list[dict[str, Any]]]]
    total: int


class Culling:
    """What is to be chosen from. Works on what the background has found; see ingest/likeness.py."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._config = config

    async def bursts(self, viewer: Viewer, *, page: int, per_page: int) -> GroupPage:
        """Bursts that nobody reviewed, newest first."""
        return await self._page(viewer, await self._bursts(viewer), page, per_page)

    async def duplicates(self, viewer: Viewer, *, page: int, per_page: int) -> GroupPage:
        """Sets of photos that are the same picture, newest first."""

        async def read() -> list[Group]:
            rows = await self._db.read(lambda connection: db_likeness.duplicate_groups(connection, viewer))
            return [Group(number, "duplicate", tuple(ids)) for number, ids in rows]

        groups = await self._db.per_change(SERIES, ("duplicates", viewer.root_ids), read)
        return await self._page(viewer, groups, page, per_page)

    async def groups_of(self, viewer: Viewer, photo: int) -> GroupPage:
        """The series and the duplicates that a photo belongs to. The caller has checked that it may be seen."""
        rows = await self._db.read(lambda connection: db_likeness.groups_of(connection, viewer, photo))
        groups = [Group(number, cast(Kind, kind), tuple(ids)) for number, kind, ids in rows]
        return await self._page(viewer, groups, 1, len(groups) or 1)

    async def similar(self, viewer: Viewer, *, threshold: float, page: int, per_page: int, seed: int = 0) -> GroupPage:
        """Groups of photos at least `threshold` alike (from LEAST_SIMILARITY on), largest first; another `seed` than 0 shuffles them."""
        return await self._page(viewer, _shuffled(await self._similar(viewer, threshold), seed), page, per_page)

    async def both(self, viewer: Viewer, *, threshold: float, page: int, per_page: int, seed: int = 0) -> GroupPage:
        """Bursts, then similar groups; a page has its largest groups first."""
        groups = [*await self._bursts(viewer), *_shuffled(await self._similar(viewer, threshold), seed)]
        found = await self._page(viewer, groups, page, per_page)
        found.groups.sort(key=lambda entry: -len(entry[0].ids))
        return found

    async def _bursts(self, viewer: Viewer) -> list[Group]:
        async def read() -> list[Group]:
            rows = await self._db.read(lambda connection: db_likeness.burst_groups(connection, viewer))
            return [Group(number, "burst", tuple(ids)) for number, _, ids in rows]

        return await self._db.per_change(SERIES, ("bursts", viewer.root_ids), read)

    async def _similar(self, viewer: Viewer, threshold: float) -> list[Group]:
        def find(connection: Connection) -> list[Group]:
            sets = components(db_likeness.alike_pairs(connection, viewer, max(threshold, LEAST_SIMILARITY)))
            scores = db_likeness.aggregates(connection, [number for group in sets for number in group])
            ordered = [sorted(group, key=lambda number: (-scores.get(number, 0.0), number))[:MOST_IN_GROUP] for group in sets]
            ordered.sort(key=lambda group: (-len(group), group[0]))
            return [Group(index, "similar", tuple(group)) for index, group in enumerate(ordered)]

        async def read() -> list[Group]:
            return await self._db.read(find)

        return await self._db.per_change((*SERIES, "scores"), ("alike", viewer.root_ids, threshold), read)

    async def _page(self, viewer: Viewer, groups: Sequence[Group], page: int, per_page: int) -> GroupPage:
        chosen = groups[(page - 1) * per_page : page * per_page]
        wanted = [number for group in chosen for number in group.ids[:SHOWN_IN_GROUP]]
        rows = await self._db.read(lambda connection: photo_rows(connection, viewer, wanted))
        photos = {row.values["id"]: _scored(present.photo(row, self._config, {})) for row in rows}
        return GroupPage([(group, [photos[i] for i in group.ids[:SHOWN_IN_GROUP] if i in photos]) for group in chosen], len(groups))


def _scored(photo: dict[str, Any]) -> dict[str, Any]:
    shot = Shot(
        photo["id"],
        0.0,
        aggregate=photo["aggregate"],
        aesthetic=photo.get("aesthetic"),
        sharpness=photo["tech_sharpness"],
        blink=bool(photo["is_blink"]),
    )
    return {**photo, "aesthetic": photo.get("aesthetic"), "burst_score": round(burst_score(shot), 4)}


def _shuffled(groups: list[Group], seed: int) -> list[Group]:
    return random.Random(seed).sample(groups, len(groups)) if seed else groups  # noqa: S311  an order to look through, no secret
