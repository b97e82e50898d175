"""The timeline: photos by day, ISO week or month, page by page; and days, months and years with their best photo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from facetd.config import Config
from facetd.db.conditions import hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.days import FIRST, LAST, Span, Tally, daily_tallies, days, photos_of, tally, undated, years
from facetd.db.photos import Cover, covers_of
from facetd.db.readers import snapshot
from facetd.db.visibility import Hide
from facetd.errors import FieldError, InvalidInput
from facetd.filters import PhotoConditions
from facetd.i18n import _
from facetd.library.memo import SizedMemo
from facetd.library.periods import GRANULARITIES, Granularity, day_after, day_before, span_of, within
from facetd.library.present import encoded, photos_shown
from facetd.records.viewer import Viewer

GROUPS = 50
SHOWN = 30  # photos of a group
FULL_PAGE = 96  # photos of a page whose length is left to us: some 10 ms
MOST_PHOTOS = 2000  # of any page
KEPT_BYTES = 3 * 1024 * 1024
SUMMARY_BYTES = 300
_Read = Callable[[Connection, Hide, Span], Iterator[tuple[str, Tally | None]]]


@dataclass(frozen=True, slots=True)
class TimelineOrder:
    """Which groups, and in which order their photos are. `newest_first` goes back in time."""

    granularity: str = "day"
    newest_first: bool = True
    sort: str = "aggregate"


@dataclass(frozen=True, slots=True)
class Period:
    """A group of the timeline: its key, the days of it that were asked for, and how many photos these have."""

    key: str
    span: Span
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """A period with the first of its photos."""

    period: Period
    photos_json: bytes


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some groups; `next_cursor` goes on after the last one, None at the end. `undated` photos are in no group."""

    groups: tuple[Group, ...]
    next_cursor: str | None
    undated: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The photos of a period, and the best of them."""

    key: str
    count: int
    hero: Cover


class Timeline:
    """What is asked of the library by time. Photos whose day is unknown are counted, and in no period."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._config = config
        self._pages: SizedMemo[TimelinePage] = SizedMemo(KEPT_BYTES)
        self._summaries: SizedMemo[tuple[Summary, ...]] = SizedMemo(KEPT_BYTES)

    async def page(
        self, viewer: Viewer, chosen: PhotoConditions, order: TimelineOrder, *, cursor: str | None, limit: int | None, shown: int | None
    ) -> TimelinePage:
        """At most `limit` groups with at most `shown` photos each, from the one after `cursor` on.

        A page ends earlier where it has MOST_PHOTOS photos, without a `limit` FULL_PAGE. Raises InvalidInput for a cursor that is no key.
        """
        limits = _limits(chosen)
        by = GRANULARITIES[order.granularity]
        asked = _after(by, cursor, limits, newest_first=order.newest_first) if cursor is not None else limits
        hide = hide_bits(chosen)
        kept = chosen.hide_rejected
        key = (self._db.revision, viewer.user_id, viewer.root_ids, int(hide), kept, order, asked, limits, limit, shown)
        if known := self._pages.get(key):
            return known

        def read(connection: Connection) -> TimelinePage:
            with snapshot(connection):
                listed = _groups(by, days(connection, viewer, hide, asked, newest_first=order.newest_first, kept=kept), limits)
                found, more = _page_of(listed, limit, shown or SHOWN)
                picked = [
                    photos_of(connection, viewer, hide, each.span, sort=order.sort, limit=shown or SHOWN, kept=kept) for each in found
                ]
                shown_photos = photos_shown(connection, viewer, [number for some in picked for number in some], self._config)
                by_id = {photo["id"]: photo for photo in shown_photos}
                groups = [Group(each, encoded([by_id[number] for number in some])) for each, some in zip(found, picked, strict=True)]
                return TimelinePage(tuple(groups), found[-1].key if more else None, undated(connection, viewer, hide, kept=kept))

        made = await self._db.read(read)
        self._pages.put(key, made, size=sum(len(group.photos_json) for group in made.groups))
        return made

    async def years(self, viewer: Viewer, chosen: PhotoConditions) -> tuple[Summary, ...]:
        """The years that have photos, newest first."""
        kept = chosen.hide_rejected

        def read(connection: Connection, hide: Hide, limits: Span) -> Iterator[tuple[str, Tally | None]]:
            for number in years(connection, viewer, hide, limits):
                year = f"{number:04}"
                yield year, tally(connection, viewer, hide, within(Span(f"{year}-01-01", f"{year}-12-31"), limits), kept=kept)

        return await self._summaries_of(viewer, chosen, read, "years")

    async def months(self, viewer: Viewer, chosen: PhotoConditions, year: int) -> tuple[Summary, ...]:
        """The months of a year that have photos, in order."""
        kept = chosen.hide_rejected

        def read(connection: Connection, hide: Hide, limits: Span) -> Iterator[tuple[str, Tally | None]]:
            for number in range(1, 13):
                month = f"{year:04}-{number:02}"
                yield month, tally(connection, viewer, hide, within(Span(f"{month}-01", f"{month}-31"), limits), kept=kept)

        return await self._summaries_of(viewer, chosen, read, "months", year)

    async def dates(self, viewer: Viewer, chosen: PhotoConditions, year: int, month: int | None) -> tuple[Summary, ...]:
        """The days of a year, or of one month of it, that have photos, in order."""
        asked = Span(f"{year:04}-{month or 1:02}-01", f"{year:04}-{month or 12:02}-31")
        kept = chosen.hide_rejected

        def read(connection: Connection, hide: Hide, limits: Span) -> Iterator[tuple[str, Tally | None]]:
            yield from daily_tallies(connection, viewer, hide, within(asked, limits), kept=kept).items()

        return await self._summaries_of(viewer, chosen, read, "dates", year, month)

    async def _summaries_of(self, viewer: Viewer, chosen: PhotoConditions, read: _Read, *what: object) -> tuple[Summary, ...]:
        hide, limits = hide_bits(chosen), _limits(chosen)
        whose = viewer.user_id if chosen.hide_rejected else None
        key = (self._db.revision, whose, viewer.root_ids, int(hide), limits, *what)
        if (known := self._summaries.get(key)) is not None:
            return known

        def summaries(connection: Connection) -> tuple[Summary, ...]:
            with snapshot(connection):
                found = [(period, counted) for period, counted in read(connection, hide, limits) if counted is not None]
                heroes = covers_of(connection, viewer, [counted.hero_id for _, counted in found])
                return tuple(Summary(period, counted.count, heroes[counted.hero_id]) for period, counted in found)

        made = await self._db.read(summaries)
        self._summaries.put(key, made, size=SUMMARY_BYTES * len(made))
        return made


def _limits(chosen: PhotoConditions) -> Span:
    """The days that the filter lets through."""
    return within(Span(), Span(chosen.date_from or FIRST, chosen.date_to or LAST))


def _after(by: Granularity, cursor: str, limits: Span, *, newest_first: bool) -> Span:
    """The days that follow the group `cursor`. Raises InvalidInput."""
    try:
        span = span_of(cursor)
    except ValueError as error:
        message = _("expected the key of a group, such as {example}").format(example=by.example)
        raise InvalidInput(_("the cursor cannot be read"), errors=[FieldError("cursor", message)]) from error
    return within(limits, Span(last=day_before(span.first)) if newest_first else Span(first=day_after(span.last)))


def _groups(by: Granularity, listed: Iterator[tuple[str, int]], limits: Span) -> Iterator[Period]:
    """The groups of `listed` days, as they are asked for."""
    for key, some in groupby(listed, lambda day: by.key(day[0])):
        count = sum(photos for _, photos in some)
        yield Period(key, within(by.span(key), limits), count)


def _page_of(listed: Iterator[Period], limit: int | None, shown: int) -> tuple[list[Period], bool]:
    """The groups of one page, and whether others follow."""
    found: list[Period] = []
    left = FULL_PAGE if limit is None else MOST_PHOTOS
    for period in listed:
        photos = min(period.count, shown)
        if len(found) == (limit or GROUPS) or (found and photos > left):
            return found, True
        found.append(period)
        left -= photos
    return found, False
