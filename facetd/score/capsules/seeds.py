"""Discoveries around photos drawn at random: the same days, looks, person, tag, place or mood."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.earth import Point, distance_km, place_name
from facetd.score.capsules.photos import Draft, Flags, Floats, Links, Numbers, Photos, Value

if TYPE_CHECKING:
    from facetd.config.capsules import Seeded

EACH = 50  # good photos for one seed at least: in a small library there is not more to discover
COMMON = 0.25  # share of the good photos from which on a tag or place says nothing of one
TOP = 20  # photos by whose mean score the axes are compared
LIGHTS, COLORS = ("dark", "medium", "bright"), ("muted", "soft", "vivid")
Axis = Callable[[Photos, int, "Seeded", Floats], tuple[Numbers, dict[str, Value], tuple[int, ...]]]


def draw(photos: Photos, rule: Seeded, seed: str) -> Numbers:
    """The photos to start from, drawn from the good ones; the same for the same `seed`."""
    rows = np.flatnonzero(photos.good)
    count = min(rule.num_seeds, math.ceil(len(rows) / EACH))
    rng = random.Random(seed)  # noqa: S311  a choice to look at, no secret
    return np.array(rng.sample(rows.tolist(), count), np.int64)


def seeded(photos: Photos, rule: Seeded, seeds: Numbers, cosines: Floats) -> Iterator[Draft]:
    """For each seed what goes with it along the axis that gives most; `cosines` (n, seeds), NaN where there is nothing to compare.

    Among the axes with enough photos those that no earlier seed took come first, then those with the best photos; a mood, which says
    least, comes last.
    """
    used: dict[str, int] = {}
    for index, seed in enumerate(seeds.tolist()):
        found = []
        for name, axis in AXES.items():
            rows, params, persons = axis(photos, seed, rule, cosines[:, index])
            if len(rows) >= rule.min_photos:
                best = photos.best_first(rows)
                score = float(photos.aggregate[best[:TOP]].mean())
                found.append((used.get(name, 0) + 10 * (name == "mood"), -score, name, best, params, persons))
        if found:
            _, _, name, best, params, persons = min(found, key=lambda each: each[:3])
            used[name] = used.get(name, 0) + 1
            yield Draft("seeded", f"{photos.ids[seed]}-{name}", best, f"seeded_{name}", params, persons, least=rule.min_photos)


def _time(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    if not photos.dated[seed]:
        return _nothing()
    apart = np.abs((photos.taken - photos.taken[seed]).astype("m8[s]").astype(np.int64))
    rows = np.flatnonzero(photos.good & photos.dated & (apart <= rule.time_window_days * 86400))
    return rows, {"day": str(photos.taken[seed].astype("M8[D]"))}, ()


def _similar(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    near: Flags = np.nan_to_num(cosines, nan=-1.0) >= rule.embedding_threshold
    return np.flatnonzero(photos.good & near), {}, ()


def _person(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    code = _fewest(photos.persons.among(photos.good), seed, rule.min_photos)
    if code is None:
        return _nothing()
    return photos.persons.among(photos.good).having(code), {}, (int(photos.persons.keys[code]),)


def _tag(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    code = _fewest(photos.tags.among(photos.good), seed, rule.min_photos, COMMON * float(photos.good.sum()))
    if code is None:
        return _nothing()
    return photos.tags.among(photos.good).having(code), {"tag": photos.tags.names[code]}, ()


def _place(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    if not photos.placed[seed]:
        return _nothing()
    far = distance_km(photos.latitude, photos.longitude, Point(float(photos.latitude[seed]), float(photos.longitude[seed])))
    rows = np.flatnonzero(photos.good & (np.nan_to_num(far, nan=np.inf) <= rule.location_radius_km))
    if len(rows) > COMMON * photos.good.sum():  # home
        return _nothing()
    place = place_name(photos, np.array([seed])) or place_name(photos, rows)
    return (rows, {"place": place}, ()) if place else _nothing()


def _mood(photos: Photos, seed: int, rule: Seeded, cosines: Floats) -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    alike = (np.abs(photos.saturation - photos.saturation[seed]) <= rule.mood_saturation) & (
        np.abs(photos.luminance - photos.luminance[seed]) <= rule.mood_luminance
    )
    rows = np.flatnonzero(photos.good & alike & (photos.mono == photos.mono[seed]))
    return rows, {"mood": mood(float(photos.saturation[seed]), float(photos.luminance[seed]), mono=bool(photos.mono[seed]))}, ()


def mood(saturation: float, luminance: float, *, mono: bool) -> str:
    """A word for light and color: dark, medium or bright, and monochrome, muted, soft or vivid."""
    light = LIGHTS[int(np.searchsorted((0.3, 0.6), luminance, side="right"))]
    color = "monochrome" if mono else COLORS[int(np.searchsorted((0.2, 0.45), saturation, side="right"))]
    return f"{light}_{color}"


AXES: dict[str, Axis] = {"time": _time, "similar": _similar, "person": _person, "tag": _tag, "place": _place, "mood": _mood}


def _nothing() -> tuple[Numbers, dict[str, Value], tuple[int, ...]]:
    return np.empty(0, np.int64), {}, ()


def _fewest(links: Links, seed: int, least: int, most: float = math.inf) -> int | None:
    """Of what the seed has, the thing that fewest photos have, but at least so many: it says most about the seed."""
    counts = np.bincount(links.codes, minlength=len(links.keys))
    codes = [int(code) for code in links.of_row(seed) if least <= counts[code] <= most]
    return min(codes, key=lambda code: (int(counts[code]), code), default=None)
