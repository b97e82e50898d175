"""Days, ISO weeks and months."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.db.days import Span
from facetd.library.periods import GRANULARITIES, day_after, day_before, within

WEEK = GRANULARITIES["week"]


@pytest.mark.parametrize(
    ("day", "week"),
    [("2020-12-31", "2020-W53"), ("2021-01-03", "2020-W53"), ("2021-01-04", "2021-W01"), ("2024-12-29", "2024-W52"),
     ("2024-12-30", "2025-W01"), ("2024-02-29", "2024-W09"), ("0001-01-01", "0001-W01"), ("9999-12-31", "9999-W52")],
)  # fmt: skip
def test_weeks_belong_to_the_year_of_their_thursday(day: str, week: str) -> None:
    assert WEEK.key(day) == week
    span = WEEK.span(week)
    assert span.first <= day <= span.last


def test_the_days_of_a_key() -> None:
    assert GRANULARITIES["day"].span("2024-02-29") == Span("2024-02-29", "2024-02-29")
    assert WEEK.span("2020-W53") == Span("2020-12-28", "2021-01-03")
    assert WEEK.span("2021-W53") == WEEK.span("2022-W01"), "keys of that form can be read"
    assert WEEK.span("9999-W52") == Span("9999-12-27", "9999-12-31"), "the last days there are"
    assert GRANULARITIES["month"].span("2024-02") == Span("2024-02-01", "2024-02-29")
    assert GRANULARITIES["month"].span("2023-02") == Span("2023-02-01", "2023-02-28")


@pytest.mark.parametrize(
    ("granularity", "text"),
    [("day", "2023-02-29"), ("day", "2024-2-9"), ("day", "2024-W09"), ("day", ""), ("day", "٢٠٢٤-01-01"), ("day", "2024-01-01T00"),
     ("week", "9999-W53"), ("week", "2021-W00"), ("week", "2021-W54"), ("week", "0000-W01"), ("week", "2021-53"), ("week", "2021-W1"),
     ("month", "2024-13"), ("month", "2024-00"), ("month", "0000-01"), ("month", "2024"), ("month", "2024-01-01")],
)  # fmt: skip
def test_what_is_no_key(granularity: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        GRANULARITIES[granularity].span(text)


@given(st.dates(), st.dates())
def test_groups_cover_all_days_in_order(one: date, other: date) -> None:
    early, late = sorted((one.isoformat(), other.isoformat()))
    for by in GRANULARITIES.values():
        span = by.span(by.key(early))
        assert span.first <= early <= span.last
        assert by.key(span.first) == by.key(span.last) == by.key(early)
        assert by.key(early) <= by.key(late)
        assert (by.key(early) == by.key(late)) == (late <= span.last)


@given(st.dates())
def test_neighbours(day: date) -> None:
    text = day.isoformat()
    assert day_before(text) < text < day_after(text)
    assert day == date.max or day_before(day_after(text)) == text
    assert day == date.min or day_after(day_before(text)) == text
    assert within(Span(last=day_before("0001-01-01")), Span()).last < Span().first, "nothing is left"
    assert within(Span(first=day_after("9999-12-31")), Span()).first > Span().last
