"""The capsules of one viewer: every rule's finds, cut to few photos, without those that show the same, in an order that mixes types."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from facetd.records.capsules import Capsule, CapsuleOccasion
from facetd.score.capsules import best, calendar, earth, people, seasons, seeds, stories
from facetd.score.capsules.dimensions import dimension_drafts
from facetd.score.capsules.diversity import choose
from facetd.score.capsules.kinds import PRIORITY, SPECIAL
from facetd.score.capsules.overlap import Shown
from facetd.score.capsules.photos import Draft, Floats, Numbers, Photos

if TYPE_CHECKING:
    from facetd.config.capsules import Capsules

TOP = 5  # best photos that the cover is one of
POOL = 4  # times as many photos as are shown are chosen from
JITTER = 0.4  # points of the score, up or down, that a fresh shuffle adds
# what consists of few particular photos comes before what can be made of many others
KEPT_FIRST = (
    "journey", "this_week", "favorites", "rare_pair", "person_pair", "faces_of", "golden", "seasonal", "progress", "color_palette",
    "location", "color_story", "seeded",
)  # fmt: skip
Likeness = Callable[[Numbers], Floats]


@dataclass(frozen=True, slots=True)
class Looks:
    """What vectors tell: how alike given rows are (n, n), the vectors of rows (those that have one, and these), cosines to seeds.

    `reach` is what cosines of the configuration are multiplied by to mean the same to the model.
    """

    likeness: Likeness
    vectors: Callable[[Numbers], tuple[Numbers, Floats]]
    cosines: Callable[[Numbers], Floats]
    reach: float = 1.0


def select(photos: Photos, rules: Capsules, looks: Looks, occasion: CapsuleOccasion) -> list[Capsule]:
    """All capsules of these photos, in the order that the list has."""
    shown = Shown(rules.max_photo_overlap)
    rng = random.Random(f"{occasion.seed} {occasion.shuffle}")  # noqa: S311  a choice to look at, no secret
    jitter = _jitter(photos, rng) if occasion.shuffle else None
    kept: dict[str, list[Capsule]] = {}
    known: set[str] = set()
    room = rules.dimensions.max_capsules
    for draft in drafts(photos, rules, looks, occasion):
        dimension = draft.type not in SPECIAL
        if draft.id in known or len(kept.get(draft.type, ())) >= rules.max_capsules_per_type or (dimension and not room):
            continue
        capsule = _kept(photos, draft, rules, looks.likeness, jitter, shown)
        if capsule is not None:
            kept.setdefault(draft.type, []).append(capsule)
            known.add(draft.id)
            room -= dimension
    return interleaved(kept)


def drafts(photos: Photos, rules: Capsules, looks: Looks, occasion: CapsuleOccasion) -> Iterator[Draft]:
    """What every rule finds, in the order in which it is kept."""
    disabled = frozenset(rules.disabled)
    south = earth.is_south(photos)
    early, late = people.pairs(photos, rules.person_pair, rules.faces_of, rules.max_photos_per_capsule)
    found: dict[str, Callable[[], Iterable[Draft]]] = {
        "journey": lambda: earth.journeys(photos, rules.journey),
        "this_week": lambda: seasons.this_week(photos, rules.this_week_years_ago, occasion.today),
        "faces_of": lambda: people.faces_of(photos, rules.faces_of),
        "seasonal": lambda: seasons.seasonal(photos, rules.seasonal, south=south),
        "golden": lambda: best.golden(photos, rules.golden),
        "favorites": lambda: seasons.favorites(photos, rules.favorites, south=south),
        "location": lambda: earth.locations(photos, rules.location),
        "person_pair": lambda: early,
        "color_story": lambda: _stories(photos, rules, looks),
        "seeded": lambda: _seeded(photos, rules, looks, occasion),
        "progress": lambda: calendar.progress(photos, rules.progress, occasion.today),
        "color_palette": lambda: calendar.palettes(photos, rules.color_palette, occasion.today),
        "rare_pair": lambda: people.rare_pairs(photos, rules.rare_pair, rules.person_pair.min_photos),
    }
    for kind in KEPT_FIRST:
        if kind not in disabled:
            yield from found[kind]()
        if kind == "faces_of" and "person_pair" not in disabled:
            yield from late
    if "dimensions" not in disabled and rules.dimensions.max_capsules:
        yield from dimension_drafts(photos, rules, disabled)


def interleaved(kept: dict[str, list[Capsule]]) -> list[Capsule]:
    """The types in turns, by priority."""
    ordered = [kept[kind] for kind in PRIORITY if kind in kept]
    return [capsule for turn in zip_longest(*ordered) for capsule in turn if capsule is not None]


def _stories(photos: Photos, rules: Capsules, looks: Looks) -> Iterator[Draft]:
    rows, vectors = looks.vectors(stories.newest(photos, rules.color_story))
    yield from stories.stories(photos, rules.color_story, rows, vectors, rules.color_story.embedding_threshold * looks.reach)


def _seeded(photos: Photos, rules: Capsules, looks: Looks, occasion: CapsuleOccasion) -> Iterator[Draft]:
    rows = seeds.draw(photos, rules.seeded, f"{occasion.seed} {occasion.shuffle}")
    yield from seeds.seeded(photos, rules.seeded, rows, looks.cosines(rows) / np.float32(looks.reach))


def _kept(photos: Photos, draft: Draft, rules: Capsules, likeness: Likeness, jitter: Floats | None, shown: Shown) -> Capsule | None:
    """The capsule of a draft: of its best photos, else of those that no other capsule shows; None where that does not make one."""
    capsule = _cut(photos, draft, rules, likeness, jitter)
    if shown.keep(capsule.photos):
        return capsule
    if draft.least is None:
        return None
    fresh = draft.rows[[photo not in shown for photo in photos.ids[draft.rows].tolist()]]
    if len(fresh) < draft.least:
        return None
    capsule = _cut(photos, replace(draft, rows=fresh), rules, likeness, jitter)
    return capsule if shown.keep(capsule.photos) else None


def _cut(photos: Photos, draft: Draft, rules: Capsules, likeness: Likeness, jitter: Floats | None) -> Capsule:
    """The photos that a draft shows."""
    values = photos.aggregate if draft.values is None else draft.values
    relevance: Floats = np.nan_to_num(values, nan=0.0) + (jitter if jitter is not None else np.float32(0))
    rows = draft.rows[np.argsort(-relevance[draft.rows], kind="stable")][: POOL * rules.max_photos_per_capsule]
    order = choose(relevance[rows] / np.float32(10), likeness(rows), rules.max_photos_per_capsule, rules.mmr_lambda)
    chosen = rows[order]
    top = photos.best_first(chosen, values)[:TOP]
    if draft.by_time:
        chosen = chosen[np.lexsort((photos.ids[chosen], photos.taken[chosen]))]
    ids = tuple(photos.ids[chosen].tolist())
    return Capsule(draft.id, draft.type, draft.title, dict(draft.params), draft.persons, ids, tuple(photos.ids[top].tolist()))


def _jitter(photos: Photos, rng: random.Random) -> Floats:
    generator = np.random.default_rng(rng.getrandbits(64))
    return generator.uniform(-JITTER, JITTER, len(photos.ids)).astype(np.float32)
