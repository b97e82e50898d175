"""Days, ISO weeks and months: the keys of the timeline's groups, and the days that they stand for."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from facetd.db.days import LAST, Span

LONGEST_YEAR = 53  # weeks
KEY = r"^[1-9][0-9]{3}-((0[1-9]|1[0-2])|W(0[1-9]|[1-4][0-9]|5[0-3]))$"  # of a month or a week


@dataclass(frozen=True, slots=True)
class Granularity:
    """One way to group days: the key of a day's group, and the days of a key's. `span` raises ValueError for what is no key."""

    key: Callable[[str], str]
    span: Callable[[str], Span]
    example: str


def _day_span(key: str) -> Span:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", key, re.ASCII):
        raise ValueError(f"no key: {key}")
    date.fromisoformat(key)
    return Span(key, key)


def _week(day: str) -> str:
    """`2020-W53` for 2021-01-03: the year is the one that the week's Thursday is in."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year:04}-W{week:02}"


def _week_span(key: str) -> Span:
    match = re.fullmatch(r"(\d{4})-W(\d\d)", key, re.ASCII)
    if match is None:
        raise ValueError(f"no key: {key}")
    year, week = int(match[1]), int(match[2])
    if not 1 <= week <= LONGEST_YEAR:
        raise ValueError(f"no week: {key}")
    try:
        monday = date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)  # the 53rd of a year with 52 is the next year's first
    except OverflowError as error:
        raise ValueError(f"no week: {key}") from error
    return Span(monday.isoformat(), (monday + timedelta(days=6)).isoformat() if monday < date(9999, 12, 26) else LAST)


def _month_span(key: str) -> Span:
    if not re.fullmatch(r"\d{4}-\d\d", key, re.ASCII):
        raise ValueError(f"no key: {key}")
    first = date.fromisoformat(f"{key}-01")
    return Span(first.isoformat(), f"{key}-{monthrange(first.year, first.month)[1]}")


GRANULARITIES = {
    "day": Granularity(lambda day: day, _day_span, "2024-07-14"),
    "week": Granularity(_week, _week_span, "2024-W28"),
    "month": Granularity(lambda day: day[:7], _month_span, "2024-07"),
}


def span_of(key: str) -> Span:
    """The days of a key of whichever granularity. Raises ValueError."""
    return GRANULARITIES["week" if "W" in key else "day" if len(key) > len("2024-07") else "month"].span(key)


def within(span: Span, limits: Span) -> Span:
    """The part of `span` that is within `limits`; nothing where `first` is after `last`."""
    return Span(max(span.first, limits.first), min(span.last, limits.last))


def day_after(day: str) -> str:
    """The day that follows; after the last one a text that sorts behind every day."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat() if day < LAST else "a"


def day_before(day: str) -> str:
    """The day before; before the first one a text that sorts ahead of every day."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat() if day > "0001-01-01" else "0"
