"""Days, ISO weeks and months: the keys of the timeline's groups, and the days that they stand for."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from facetd.db.days import LAST, Span


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
    monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
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


def within(span: Span, limits: Span) -> Span:
    """The part of `span` that is within `limits`; nothing where `first` is after `last`."""
    return Span(max(span.first, limits.first), min(span.last, limits.last))


def day_after(day: str) -> str:
    """The day that follows; after the last one a text that sorts behind every day."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat() if day < LAST else "a"


def day_before(day: str) -> str:
    """The day before; before the first one a text that sorts ahead of every day."""
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat() if day > "0001-01-01" else "0"
