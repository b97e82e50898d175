"""Capsules that follow from one attribute of photos, or from two together: a year, a lens, a person in a month."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.kinds import CROSSED, SCORES, SINGLE
from facetd.score.capsules.photos import Draft, Links, Numbers, Photos, Value, month_text

if TYPE_CHECKING:
    from facetd.config.capsules import Capsules, Dimensions

FOCAL_RANGES = ("ultra_wide", "wide", "standard", "portrait", "telephoto", "super_telephoto")
TIMES_OF_DAY = ("night", "golden_morning", "morning", "midday", "afternoon", "golden_evening")
MOST_OF_TYPE = 100  # tried of one type
FIRST_WEEK = date(1969, 12, 29)  # the Monday before 1970
KEY = 80  # characters of a value in an id


def dimension_drafts(photos: Photos, rules: Capsules, disabled: frozenset[str]) -> Iterator[Draft]:
    """All of them, the types in turns, of each the one with most photos first (of spans of time the newest)."""
    dimensions = _dimensions(photos, rules.dimensions)
    types = [_single(photos, rules, name, dimensions[name]) for name in SINGLE if name not in disabled]
    types += [_score(photos, rules, name) for name in SCORES if name not in disabled]
    for first, seconds in CROSSED.items():
        for second in seconds:
            if f"{first}_{second}" in disabled:
                continue
            if first == "score":
                types.append(_best_of(photos, rules, second, dimensions[second]))
            else:
                types.append(_crossed(photos, rules, (first, second), (dimensions[first], dimensions[second])))
    for turn in zip_longest(*types):
        yield from (draft for draft in turn if draft is not None)


def slug(text: Value) -> str:
    """A value in an address: lower case letters, digits and single hyphens; with a hash where that does not tell it from all others."""
    whole = str(text)
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:KEY]
    if short.replace("-", " ") == whole.replace("-", " ").replace("_", " ").lower():
        return short
    mark = hashlib.blake2b(whole.encode("utf-8", "surrogateescape"), digest_size=3).hexdigest()
    return f"{short}-{mark}" if short else mark


def _dimensions(photos: Photos, rule: Dimensions) -> dict[str, Links]:
    """Which good photo has which value of each dimension. Stars are the viewer's own, whatever the score."""
    good, dated = photos.good, photos.dated

    def of(codes: Numbers, names: tuple[Value, ...], which: np.ndarray[tuple[int], np.dtype[np.bool_]] = good) -> Links:
        return Links.of(np.where(which, codes, -1), names)

    hours = (photos.taken - photos.taken.astype("M8[D]")).astype("m8[s]").astype(np.int64) / 3600
    times = np.searchsorted(rule.times_of_day, hours, side="right") % len(TIMES_OF_DAY)
    ranges = np.searchsorted(rule.focal_ranges_mm, photos.focal, side="right")
    # "36 to 70 mm": a bound belongs to the range below it, except the first one, from which on a lens is not ultra wide any more
    ranges = np.where(np.isin(photos.focal, rule.focal_ranges_mm[1:]), ranges - 1, ranges)
    days = photos.taken.astype("M8[D]").astype(np.int64)
    stars = np.where(photos.stars >= rule.min_stars, photos.stars, -1)
    return {
        "year": _spans(photos.year, good & dated, lambda year: year),
        "month": _spans(photos.month, good & dated, month_text),
        "week": _spans((days + 3) // 7, good & dated, _week_text),
        "day_of_week": of((days + 3) % 7, tuple(range(7)), good & dated),
        "time_of_day": of(times, TIMES_OF_DAY, good & dated),
        "focal_range": of(ranges, FOCAL_RANGES, good & (photos.focal > 0)),
        "star_rating": of(stars, tuple(range(6)), stars > 0),
        "camera": photos.camera.among(good),
        "lens": photos.lens.among(good),
        "category": photos.category.among(good),
        "composition": photos.composition.among(good),
        "tag": photos.tags.among(good),
        "person": photos.persons.among(good),
    }


def _spans(codes: Numbers, which: np.ndarray[tuple[int], np.dtype[np.bool_]], text: object) -> Links:
    """Spans of time, the newest with the lowest code."""
    rows = np.flatnonzero(which)
    found, places = np.unique(-codes[rows], return_inverse=True)
    assert callable(text)
    names = tuple(text(int(-code)) for code in found)
    return Links(rows, places.reshape(-1).astype(np.int64), names, names)


def _week_text(week: int) -> str:
    """`2024-W29`, the ISO week, for weeks since the one of 1970-01-01."""
    year, number, _ = (FIRST_WEEK + timedelta(weeks=week)).isocalendar()
    return f"{year:04d}-W{number:02d}"


def _least(rules: Capsules, name: str) -> int:
    own = {"year": rules.yearly, "month": rules.monthly, "camera": rules.camera, "lens": rules.camera, "tag": rules.tag_collection}
    return own[name].min_photos if name in own else rules.dimensions.min_photos


def _single(photos: Photos, rules: Capsules, name: str, links: Links) -> Iterator[Draft]:
    for code in _frequent(links, _least(rules, name), newest=name in ("year", "month", "week")):
        yield Draft(
            name, slug(links.keys[code]), photos.best_first(links.having(code)), name, {name: links.names[code]}, least=_least(rules, name)
        )


def _score(photos: Photos, rules: Capsules, name: str) -> Iterator[Draft]:
    values = photos.scores[SCORES[name]]
    rows = photos.best_first(np.flatnonzero(photos.good & ~np.isnan(values)), values)[: 2 * rules.max_photos_per_capsule]
    if len(rows) >= rules.dimensions.min_photos:
        yield Draft(name, "best", rows, name, values=values)


def _best_of(photos: Photos, rules: Capsules, second: str, links: Links) -> Iterator[Draft]:
    """The best by each metric of each person, camera, year or lens that has many more photos than are shown."""
    frequent = _frequent(links, 2 * rules.max_photos_per_capsule, newest=second == "year")
    for code in frequent:
        for name, key in SCORES.items():
            values = photos.scores[key]
            rows = links.having(code)
            rows = photos.best_first(rows[~np.isnan(values[rows])], values)
            if len(rows) >= 2 * rules.max_photos_per_capsule:
                top = rows[: rules.max_photos_per_capsule]
                params, persons = _subject(second, links, code)
                yield Draft(f"score_{second}", f"{slug(key)}_{slug(links.keys[code])}", top, f"{name}_{second}", params, persons, values)


def _crossed(photos: Photos, rules: Capsules, names: tuple[str, str], links: tuple[Links, Links]) -> Iterator[Draft]:
    """Photos that have one value of each of two dimensions."""
    first, second = links
    name = "_".join(names)
    rows, left, right = _joined(first, second)
    combined = left * max(1, len(second.keys)) + right
    both = Links(rows, combined, (), ())
    for code in _frequent(both, rules.dimensions.min_photos, newest=False):
        one, other = divmod(code, max(1, len(second.keys)))
        params, persons = _subject(names[0], first, one)
        more, others = _subject(names[1], second, other)
        key = f"{slug(first.keys[one])}_{slug(second.keys[other])}"
        yield Draft(
            name, key, photos.best_first(both.having(code)), name, {**params, **more}, persons + others, least=rules.dimensions.min_photos
        )


def _joined(first: Links, second: Links) -> tuple[Numbers, Numbers, Numbers]:
    """Each photo with each pair of things that it has: rows and the two codes."""
    order = np.argsort(second.rows, kind="stable")
    rows, codes = second.rows[order], second.codes[order]
    begin, end = np.searchsorted(rows, first.rows), np.searchsorted(rows, first.rows, side="right")
    counts = end - begin
    left = np.repeat(np.arange(len(first.rows)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return first.rows[left], first.codes[left], codes[np.repeat(begin, counts) + offsets]


def _subject(name: str, links: Links, code: int) -> tuple[dict[str, Value], tuple[int, ...]]:
    """What a title says of a value: a person by id, everything else by name."""
    return ({}, (int(links.keys[code]),)) if name == "person" else ({name: links.names[code]}, ())


def _frequent(links: Links, least: int, *, newest: bool) -> list[int]:
    """The codes with at least `least` photos, those with most first, or in the order of the codes, which is newest first for times."""
    codes, counts = np.unique(links.codes, return_counts=True)
    order = np.arange(len(codes)) if newest else np.lexsort((codes, -counts))
    return [int(codes[index]) for index in order if counts[index] >= least][:MOST_OF_TYPE]
