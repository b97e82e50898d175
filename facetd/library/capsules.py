"""Capsules as a viewer sees them: the list that was made for them, and of it what they may still be shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from facetd.config import Config
from facetd.db import capsules as db_capsules
from facetd.db.capsules import NO_DAY, ListKey, StoredList
from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.rows import photo_rows
from facetd.errors import NotFound
from facetd.i18n import _
from facetd.ingest.capsules import CapsuleMaking
from facetd.library import present
from facetd.library.capsuletitles import PREFIX, subtitle, title
from facetd.library.memo import SizedMemo
from facetd.records.capsules import Capsule
from facetd.records.viewer import Viewer

State = Literal["ready", "computing", "unavailable"]
Days = tuple[str, str]
LEAST_NARROWED = 3  # photos of a capsule that is only narrowed to some days
DATED_ID = re.compile(r"(.+)@(\d{4}-\d\d-\d\d)?\.\.(\d{4}-\d\d-\d\d)?", re.ASCII)
LONGEST_ID = 400
KEPT_BYTES = 8 * 1024 * 1024  # of lists that were read: some MB for a list of 1,000 capsules
TOLD_BY_MOST = frozenset({"place", "tags"})  # parameters of titles
CAPSULE_BYTES, ID_BYTES = 1500, 40
TRANSITIONS = {
    "slide": ("journey", "location", "this_week"),
    "zoom": ("faces_of", "person_pair", "rare_pair", "color_story"),
    "kenburns": ("golden", "seasonal", "star_rating", "favorites"),
}
TRANSITION = {kind: name for name, kinds in TRANSITIONS.items() for kind in kinds}
ICONS = {
    "journey": "flight", "this_week": "history", "faces_of": "face", "seasonal": "park", "golden": "star", "favorites": "favorite",
    "location": "place", "person_pair": "group", "color_story": "palette", "seeded": "explore", "progress": "trending_up",
    "color_palette": "palette", "rare_pair": "group", "year": "calendar_today", "month": "calendar_today", "week": "calendar_today",
    "camera": "photo_camera", "lens": "camera", "tag": "label", "day_of_week": "calendar_today", "composition": "grid_on",
    "focal_range": "zoom_in", "category": "category", "time_of_day": "schedule", "star_rating": "star", "person": "face", "score": "star",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CapsulePage:
    """Some capsules, and how many there are. `refreshing`: another list is on its way."""

    capsules: list[dict[str, Any]]
    total: int
    state: State
    refreshing: bool
    made_at: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a stored list a viewer may be shown: each capsule with the photos that are left, and the names of persons."""

    stored: StoredList | None
    capsules: Sequence[Capsule]
    names: dict[int, str]


class Capsules:
    """The lists that `making` keeps. Nothing is made here."""

    def __init__(self, db: Database, config: Config, making: CapsuleMaking) -> None:
        self._db = db
        self._config = config
        self._making = making
        self._read_lists: SizedMemo[Sequence[Capsule]] = SizedMemo(KEPT_BYTES)
        self._kept_lists: SizedMemo[Kept] = SizedMemo(KEPT_BYTES)

    async def page(self, viewer: Viewer, *, page: int = 1, per_page: int = 24, days: Days = NO_DAY) -> CapsulePage:
        """One page of the viewer's capsules; `days` are the first and last local day of their photos, '' for no bound.

        Where no list was made yet it is asked for, and there are none; of certain days what the whole list has of them.
        """
        key = ListKey.of(viewer, days)
        await self._ask(key)
        kept = await self._kept(viewer, days)
        made = kept.stored is not None and kept.stored.key == key
        state: State = "ready" if made else "unavailable" if self._making.has_failed(key) else "computing"
        shown = kept.capsules[(page - 1) * per_page : page * per_page]
        covers = [self._cover(capsule) for capsule in shown]
        paths = await self._db.read(lambda connection: db_capsules.paths_of(connection, viewer, covers))
        capsules = [self._shown(capsule, kept.names, paths) for capsule in shown]
        made_at = kept.stored.made_at if kept.stored else None
        return CapsulePage(capsules, len(kept.capsules), state, self._making.is_making(key), made_at)

    async def refresh(self, viewer: Viewer, days: Days = NO_DAY) -> None:
        """Have another list made, with other discoveries, in the background."""
        key = ListKey.of(viewer, days)
        await db_capsules.ask(self._db, key, _moment(), other=True)
        self._making.want(key)

    async def photos(self, viewer: Viewer, capsule_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """A capsule and its photos in its order. Raises NotFound."""
        capsule, names = await self.find(viewer, capsule_id)

        def read(connection: Connection) -> tuple[dict[int, str], list[dict[str, Any]]]:
            rows = photo_rows(connection, viewer, capsule.photos)
            people = people_of_photos(connection, capsule.photos)
            paths = db_capsules.paths_of(connection, viewer, [self._cover(capsule)])
            return paths, [present.photo(row, self._config, people) for row in rows]

        paths, photos = await self._db.read(read)
        return self._shown(capsule, names, paths), photos

    async def find(self, viewer: Viewer, capsule_id: str) -> tuple[Capsule, dict[int, str]]:
        """A capsule with what of its photos the viewer may be shown, and the names of persons. Raises NotFound.

        An id of certain days finds what the whole list has of them where no list of these days was made.
        """
        for days in _possible_days(capsule_id):
            kept = await self._kept(viewer, days)
            for capsule in kept.capsules:
                if capsule.id == capsule_id:
                    return capsule, kept.names
        raise NotFound(_("there is no such capsule"))

    async def revision(self, viewer: Viewer) -> str:
        """Changes with every change that `viewer` could see in capsules, and with the period: it decides about covers."""
        roots = ",".join(map(str, sorted(viewer.root_ids)))
        return f"{self._db.revision}.{viewer.user_id}.{roots}.{self._making.period}.{self._making.version}"

    def title(self, capsule: Capsule, names: dict[int, str]) -> str:
        """The English title."""
        return title(capsule.title, _params(capsule, names))

    async def _ask(self, key: ListKey) -> None:
        """Note that the list is looked at: in the database once a day."""
        stored = await self._db.per_revision(("capsule list", key, self._making.version), lambda: db_capsules.find(self._db, key))
        if stored is None or stored.asked_at[:10] != _moment()[:10]:
            await db_capsules.ask(self._db, key, _moment())
        if (stored is None or stored.made_of is None) and not self._making.has_failed(key):
            if not self._making.is_making(key):
                self._making.want(key)
        else:
            self._making.look_at(key)

    async def _kept(self, viewer: Viewer, days: Days) -> Kept:
        """Read once until it could be another one, as long as there is room: a list narrowed to days is as large as the whole one.

        Photos that come are in no list that was made before, so that a scan does not outdate it; days of photos change with the library.
        """
        key = self._state(days), viewer.user_id, viewer.root_ids, days
        kept = self._kept_lists.get(key)
        if kept is None:
            kept = await self._read(viewer, days)
            if key[0] == self._state(days):
                self._kept_lists.put(key, kept, size=_size(kept.capsules))
        return kept

    def _state(self, days: Days) -> tuple[int, ...]:
        """Grows with whatever decides what of a list may be shown."""
        dated = self._db.revision if any(days) else 0
        return self._making.version, dated, *self._db.changes("gates", "rejections", "people")

    async def _read(self, viewer: Viewer, days: Days) -> Kept:
        stored = await db_capsules.usable(self._db, ListKey.of(viewer, days))
        narrowed = stored is None and any(days)
        if narrowed:
            stored = await db_capsules.usable(self._db, ListKey.of(viewer))
        if stored is None:
            return Kept(None, (), {})
        capsules = await self._stored(stored)

        def read(connection: Connection) -> Kept:
            gone = db_capsules.gone(connection, viewer, {photo for capsule in capsules for photo in capsule.photos}, days)
            names = db_capsules.names_of(connection, viewer, {person for capsule in capsules for person in capsule.persons})
            known = [capsule for capsule in capsules if names.keys() >= set(capsule.persons)]
            left = [_left(capsule, gone, days) for capsule in known] if gone or any(days) else known
            least = LEAST_NARROWED if narrowed else 1
            there = zip(known, left, strict=True)
            return Kept(stored, tuple(now for before, now in there if len(now.photos) >= least and _still_tells(before, now)), names)

        return await self._db.read(read)

    async def _stored(self, stored: StoredList) -> Sequence[Capsule]:
        """The capsules of a list; those of the last lists asked for are kept, because reading them takes longer than all else."""
        key = stored.id, stored.made_at
        capsules = self._read_lists.get(key)
        if capsules is None:
            capsules = await self._db.read(lambda connection: db_capsules.capsules_of(connection, stored.id))
            self._read_lists.put(key, capsules, size=_size(capsules))
        return capsules

    def _cover(self, capsule: Capsule) -> int:
        """One of the best photos, another one each period."""
        choices = capsule.best or capsule.photos
        word = hashlib.blake2b(f"{capsule.id} {self._making.period}".encode(), digest_size=8).digest()
        return choices[int.from_bytes(word) % len(choices)]

    def _shown(self, capsule: Capsule, names: dict[int, str], paths: dict[int, str]) -> dict[str, Any]:
        params = _params(capsule, names)
        cover = self._cover(capsule)
        return {
            "type": capsule.type,
            "id": capsule.id,
            "title": title(capsule.title, params),
            "title_key": PREFIX + capsule.title,
            "title_params": params,
            "subtitle": subtitle(len(capsule.photos)),
            "cover_photo_id": cover if cover in paths else None,
            "cover_photo_path": paths.get(cover),
            "photo_count": len(capsule.photos),
            "icon": icon(capsule.type),
            "transition": TRANSITION.get(capsule.type, "crossfade"),
        }


def icon(kind: str) -> str:
    """The icon of a type; a cross of two dimensions (`focal_range_year`) has that of the first."""
    return ICONS[max((known for known in ICONS if kind == known or kind.startswith(f"{known}_")), key=len)]


def _left(capsule: Capsule, gone: set[int], days: Days) -> Capsule:
    """The capsule without the photos that are `gone`; of certain days it has another id."""
    if gone.isdisjoint(capsule.photos) and not any(days):
        return capsule
    photos = tuple(photo for photo in capsule.photos if photo not in gone)
    best = tuple(photo for photo in capsule.best if photo not in gone)
    return replace(capsule, id=_dated(capsule.id, days), photos=photos, best=best)


def _still_tells(before: Capsule, now: Capsule) -> bool:
    """Whether the title, if it names places or tags of most of the photos, is still about those that are left."""
    return TOLD_BY_MOST.isdisjoint(now.params) or 2 * len(now.photos) >= len(before.photos)


def _size(capsules: Sequence[Capsule]) -> int:
    """About the bytes that these take."""
    return sum(CAPSULE_BYTES + ID_BYTES * len(capsule.photos) for capsule in capsules)


def _dated(capsule_id: str, days: Days) -> str:
    return f"{capsule_id}@{days[0]}..{days[1]}" if any(days) else capsule_id


def _possible_days(capsule_id: str) -> list[Days]:
    """The days that an id names, for which it may be looked up."""
    found = DATED_ID.fullmatch(capsule_id) if len(capsule_id) <= LONGEST_ID else None
    if found is None:
        return [NO_DAY]
    days = (found[2] or "", found[3] or "")
    return [days] if all(not day or _is_day(day) for day in days) and any(days) else [NO_DAY]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _params(capsule: Capsule, names: dict[int, str]) -> dict[str, str | int]:
    """What stands in the title, with the names that persons have now."""
    persons = dict(zip(("person", "other"), (names[person] for person in capsule.persons), strict=False))
    return {**capsule.params, **persons}


def _moment() -> str:
    return datetime.now(UTC).isoformat()
