"""The registry agrees with everything that is made from it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from facetd.db.migrate import FOLDER
from facetd.fields import BY_KEY, FIELDS, GROUPS, Field, Filter, Kind, filterable, sortable, weighable
from facetd.filters import PhotoFilter
from facetd.http.api.models import Photo
from facetd.records.measures import PixelMetrics
from facetd.records.metadata import Metadata

SCHEMA = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql")))


def columns(table: str) -> set[str]:
    """The columns of a table as the migrations make it."""
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\)", SCHEMA, re.DOTALL)
    assert body is not None
    added = re.findall(rf"ALTER TABLE {table} ADD COLUMN (\w+)", SCHEMA)
    return {*re.findall(r"^    ([a-z]\w*) ", body[1], re.MULTILINE), *added}


def test_keys_and_parameters_are_unique() -> None:
    assert len(BY_KEY) == len(FIELDS)
    params = [entry.param for entry in FIELDS]
    assert len(set(params)) == len(params)
    weights = [entry.weigh for entry in FIELDS if entry.weigh]
    assert len(set(weights)) == len(weights)


def test_every_field_has_a_column_a_group_and_words() -> None:
    for entry in FIELDS:
        assert entry.column in columns(entry.table), entry.key
        assert entry.group in GROUPS
        assert entry.label
        assert entry.explain
        assert entry.source, entry.key


def test_every_sort_key_has_an_index() -> None:
    for entry in sortable():
        if entry.table == "photo":
            assert re.search(rf"CREATE INDEX photo_{entry.column}\s+ON photo \({entry.column}\)", SCHEMA), entry.key
        else:
            assert f"CREATE INDEX rating_{entry.column} ON rating (user_id, {entry.column}, photo_id)" in SCHEMA


def test_every_filter_is_a_parameter_and_no_other_is_made_up() -> None:
    for entry in filterable(Filter.RANGE):
        assert {f"min_{entry.param}", f"max_{entry.param}"} <= PhotoFilter.model_fields.keys()
    for how in (Filter.EXACT, Filter.PREFIX, Filter.FLAG):
        for entry in filterable(how):
            assert entry.param in PhotoFilter.model_fields
    for key, entry in BY_KEY.items():
        if entry.filter is None and key != "filename":
            assert key not in PhotoFilter.model_fields
            assert f"min_{entry.param}" not in PhotoFilter.model_fields


def test_every_field_is_in_a_photo_of_the_api() -> None:
    assert BY_KEY.keys() <= Photo.model_fields.keys()


def test_what_is_measured_is_declared_and_stored() -> None:
    extra = {"details", "histogram", "is_blink"}
    measured = {each.name for each in dataclasses.fields(PixelMetrics)} - extra
    assert measured <= {entry.column for entry in FIELDS}
    kept_elsewhere = {"label", "sidecar", "rating", "description", "keywords", "regions", "warnings"}
    assert {each.name for each in dataclasses.fields(Metadata)} - kept_elsewhere <= columns("photo")


def test_scores_are_of_ten_and_ratios_of_one() -> None:
    for entry in FIELDS:
        if entry.kind is Kind.SCORE:
            assert (entry.low, entry.high, entry.higher_is_better) == (0, 10, True)
        if entry.kind is Kind.RATIO:
            assert (entry.low, entry.high) == (0, 1)
        if entry.low is not None and entry.high is not None:
            assert entry.low < entry.high
    assert Field("x", "X", "general", Kind.REAL).column == "x"


def test_weights_are_percentages_of_numbers() -> None:
    for key, entry in weighable().items():
        assert key.endswith("_percent")
        assert entry.kind in (Kind.SCORE, Kind.RATIO, Kind.REAL)
        assert entry.higher_is_better is not None


def test_sources_that_are_files_are_there() -> None:
    for entry in FIELDS:
        for name in re.findall(r"score/[\w.]+", entry.source):
            assert (Path(__file__).parents[1] / "facetd" / name).exists(), (entry.key, name)
