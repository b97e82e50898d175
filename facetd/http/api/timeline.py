"""The timeline: photos grouped by time, and what there is of each year, month and day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import to_json

from facetd.filters import Day, PhotoConditions, PhotoFilter, blank_is_none
from facetd.http.api.models import HideAnyQuery, Photo
from facetd.http.caching import list_headers, unchanged, versioned
from facetd.http.openapi import Operations, json_body
from facetd.http.services import require_feature, services, viewer_of
from facetd.library.periods import KEY
from facetd.library.timeline import FULL_PAGE, GROUPS, MOST_PHOTOS, SHOWN, Summary, TimelineOrder
from facetd.records.viewer import Viewer

operations = Operations("timeline")
CURSOR = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "pattern": KEY}, {"const": ""}]}
Cursor = Annotated[Annotated[str, Field(max_length=500), WithJsonSchema(CURSOR)] | None, BeforeValidator(blank_is_none)]
Year = Field(ge=1, le=9999, description="The year.")


class PeriodQuery(HideAnyQuery):
    """Which days, and what is hidden."""

    date_from: Day | None = Field(default=None, description="First local day, YYYY-MM-DD.")
    date_to: Day | None = Field(default=None, description="Last local day, YYYY-MM-DD, inclusive.")

    def chosen(self) -> PhotoConditions:
        """The photos that are meant."""
        return PhotoFilter(**self.model_dump(include=set(PeriodQuery.model_fields)))


class TimelineQuery(PeriodQuery):
    """Which groups of the timeline, and how many photos of each."""

    cursor: Cursor = Field(default=None, description="Go on after the group with this key: `next_cursor` of a page.")
    limit: int | None = Field(
        default=None, ge=1, le=500,
        description=f"Groups on a page, which ends earlier where it has {MOST_PHOTOS} photos. Absent: {GROUPS}, or {FULL_PAGE} photos.",
    )  # fmt: skip
    direction: Literal["older", "newer"] = Field(default="older", description="The way through time.")
    photos_per_group: int | None = Field(default=None, ge=1, le=100, description=f"Photos that each group carries; {SHOWN} when absent.")
    sort_by: Literal["aggregate", "date_taken", "filename"] = Field(
        default="aggregate", description="The order within a group: best, earliest, or first name first."
    )
    granularity: Literal["day", "week", "month"] = Field(default="day", description="What a group is; weeks are those of ISO 8601.")


class TimelineGroup(BaseModel):
    """The photos of a day, week or month."""

    date: str = Field(description="YYYY-MM-DD, YYYY-Www (the year is that of the ISO week) or YYYY-MM.")
    date_from: str = Field(description="The first day of the group, within what was asked for.")
    date_to: str = Field(description="The last day; /api/photos has all photos between the two.")
    count: int
    photos: list[Photo]


class TimelineReply(BaseModel):
    """A page of the timeline."""

    groups: list[TimelineGroup]
    next_cursor: str | None
    has_more: bool
    undated: int = Field(description="Photos whose day is unknown; they are in no group.")


class _Summary(BaseModel):
    """How many photos there are, and the best of them."""

    count: int
    hero_photo_id: int
    hero_photo_path: str
    hero_photo_v: str = Field(description="Its `v`: with it /thumbnail may be kept for ever.")


class YearSummary(_Summary):
    """A year."""

    year: str


class MonthSummary(_Summary):
    """A month."""

    month: str = Field(description="YYYY-MM.")


class DateSummary(_Summary):
    """A day."""

    date: str = Field(description="YYYY-MM-DD.")


class YearsReply(BaseModel):
    """The years that have photos, newest first."""

    years: list[YearSummary]


class MonthsReply(BaseModel):
    """The months that have photos, in order."""

    months: list[MonthSummary]


class DatesReply(BaseModel):
    """The days that have photos, in order."""

    dates: list[DateSummary]


class YearQuery(PeriodQuery):
    """Which year."""

    year: int = Year


class DatesQuery(YearQuery):
    """Which year, or which month of it."""

    month: int | None = Field(default=None, ge=1, le=12, description="The month; the whole year when absent.")


@operations.add("GET", "/api/timeline", summary="Timeline", query=TimelineQuery, reply=TimelineReply, errors=(403,), others=(304,))
async def list_timeline(request: web.Request, query: TimelineQuery) -> Any:
    """Photos by day, ISO week or month, page by page in both directions. Days are those of the local time where the photo was taken."""
    require_feature(request, "show_timeline")
    house, viewer = services(request), await viewer_of(request)
    headers = list_headers(request, await house.gallery.revision(viewer))
    if same := unchanged(request, headers):
        return same
    order = TimelineOrder(query.granularity, query.direction == "older", query.sort_by)
    page = await house.timeline.page(viewer, query.chosen(), order, cursor=query.cursor, limit=query.limit, shown=query.photos_per_group)
    groups = []
    for group in page.groups:
        period = group.period
        head = {"date": period.key, "date_from": period.span.first, "date_to": period.span.last, "count": period.count}
        groups.append(to_json(head)[:-1] + b',"photos":' + group.photos_json + b"}")
    rest = to_json({"next_cursor": page.next_cursor, "has_more": page.next_cursor is not None, "undated": page.undated})
    return json_body(b'{"groups":[' + b",".join(groups) + b"]," + rest[1:], headers=headers)


@operations.add("GET", "/api/timeline/years", summary="Years", query=PeriodQuery, reply=YearsReply, errors=(403,), others=(304,))
@versioned
async def timeline_years(request: web.Request, query: PeriodQuery) -> Any:
    """The years that have photos, newest first, each with the number of its photos and the best one."""
    return await _answer(request, "years", "year", lambda viewer: services(request).timeline.years(viewer, query.chosen()))


@operations.add("GET", "/api/timeline/months", summary="Months of a year", query=YearQuery, reply=MonthsReply, errors=(403,), others=(304,))
@versioned
async def timeline_months(request: web.Request, query: YearQuery) -> Any:
    """The months of a year that have photos, each with the number of its photos and the best one."""
    return await _answer(request, "months", "month", lambda viewer: services(request).timeline.months(viewer, query.chosen(), query.year))


@operations.add("GET", "/api/timeline/dates", summary="Days of a year", query=DatesQuery, reply=DatesReply, errors=(403,), others=(304,))
@versioned
async def timeline_dates(request: web.Request, query: DatesQuery) -> Any:
    """The days of a year, or of one month of it, that have photos, each with the number of its photos and the best one."""
    found = services(request).timeline
    return await _answer(request, "dates", "date", lambda viewer: found.dates(viewer, query.chosen(), query.year, query.month))


async def _answer(
    request: web.Request, name: str, key: str, find: Callable[[Viewer], Awaitable[tuple[Summary, ...]]]
) -> dict[str, list[dict[str, Any]]]:
    """The list `name` of what is found, each entry with its period as `key`."""
    require_feature(request, "show_timeline")
    found = await find(await viewer_of(request))
    entries = []
    for each in found:
        hero = {"hero_photo_id": each.hero.id, "hero_photo_path": each.hero.path, "hero_photo_v": each.hero.content_hash}
        entries.append({key: each.key, "count": each.count, **hero})
    return {name: entries}
