"""Memories: what was photographed on this day of the calendar in the years before."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from facetd.config import Config
from facetd.db.conditions import hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.days import Span, kept_photos_of, years
from facetd.db.readers import snapshot
from facetd.db.visibility import Hide
from facetd.filters import PhotoConditions
from facetd.library.memo import SizedMemo
from facetd.library.present import encoded, photos_shown
from facetd.records.viewer import Viewer

KEPT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MemoryYear:
    """The photos of one year around the day: how many, and the best of them."""

    year: int
    total_count: int
    photos_json: bytes


class Memories:
    """Memories of any day; `today` is the server's local one. Photos that the viewer rejected are none."""

    def __init__(self, db: Database, config: Config, today: Callable[[], date] = date.today) -> None:
        self._db = db
        self._config = config
        self._made: SizedMemo[tuple[MemoryYear, ...]] = SizedMemo(KEPT_BYTES)
        self.today = today

    async def of(self, viewer: Viewer, chosen: PhotoConditions, day: date, window_days: int) -> tuple[MemoryYear, ...]:
        """The years before that of `day` with photos at most `window_days` from it, newest first."""
        hide = hide_bits(chosen)
        key = (self._db.revision, viewer.user_id, viewer.root_ids, int(hide), day, window_days)
        if (known := self._made.get(key)) is not None:
            return known

        def read(connection: Connection) -> tuple[MemoryYear, ...]:
            with snapshot(connection):
                top = self._config.memories.top_per_year
                spans = _spans(connection, viewer, hide, day, window_days)
                found = [(year, *kept_photos_of(connection, viewer, hide, span, limit=top)) for year, span in spans]
                shown = photos_shown(connection, viewer, [number for _, _, best in found for number in best], self._config)
                by_id = {photo["id"]: photo for photo in shown}
                return tuple(
                    MemoryYear(year, total, encoded([by_id[number] for number in best if number in by_id]))
                    for year, total, best in found
                    if total
                )

        made = await self._db.read(read)
        self._made.put(key, made, size=sum(len(each.photos_json) for each in made))
        return made

    async def exist(self, viewer: Viewer, chosen: PhotoConditions, day: date, window_days: int) -> bool:
        """Whether there are any."""
        hide = hide_bits(chosen)

        def read(connection: Connection) -> bool:
            spans = _spans(connection, viewer, hide, day, window_days)
            return any(kept_photos_of(connection, viewer, hide, span, limit=1)[0] for _, span in spans)

        return await self._db.read(read)


def _spans(connection: Connection, viewer: Viewer, hide: Hide, day: date, window_days: int) -> Iterator[tuple[int, Span]]:
    """The years that may have memories of `day`, newest first, with their days. Around New Year a year's days reach into the next one."""
    near = {year + step for year in years(connection, viewer, hide, Span()) for step in (-1, 0, 1)}
    for year in sorted(near, reverse=True):
        if 0 < year < day.year and (span := anniversary(day, year, window_days)):
            yield year, span


def anniversary(day: date, year: int, window_days: int) -> Span | None:
    """The days of another year that are at most `window_days` from the anniversary of `day`; None for none.

    29 February is remembered on that day, and on 28 February of the years that lack it. On 29 February those years have nothing
    but what the window brings: it reaches from the gap to both sides.
    """
    if (day.month, day.day) == (2, 29) and not isleap(year):
        first, last = date(year, 3, 1), date(year, 2, 28)
    else:
        first = last = day.replace(year=year)
        if (day.month, day.day) == (2, 28) and isleap(year) and not isleap(day.year):
            last = date(year, 2, 29)
    start, end = max(1, first.toordinal() - window_days), min(date.max.toordinal(), last.toordinal() + window_days)
    return Span(date.fromordinal(start).isoformat(), date.fromordinal(end).isoformat()) if start <= end else None
