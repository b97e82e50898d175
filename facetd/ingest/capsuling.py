"""What runs in a worker to make the capsules of one viewer. Needs NumPy.

100,000 photos take some seconds and about 150 MB; vectors are read a capsule at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetd.db import embeddings
from facetd.db.capsulefacts import SCORES, Facts, read_cosines, read_facts, read_vectors
from facetd.db.vectors import reading
from facetd.score.capsules.diversity import likeness_of
from facetd.score.capsules.photos import Links, Photos
from facetd.score.capsules.selection import Looks, select

if TYPE_CHECKING:
    from facetd.config.capsules import Capsules
    from facetd.db.connection import Connection
    from facetd.records.capsules import Capsule, CapsuleOccasion
    from facetd.records.viewer import Viewer
    from facetd.score.capsules.photos import Flags, Floats, Numbers

# The built-in model's vectors are centred: of unrelated photos half have a negative cosine. What CLIP calls 0.75 alike is about 0.56 to it.
REACH = {"centernet-backbone": 0.75}


def make_capsules(path: Path, viewer: Viewer, rules: Capsules, days: tuple[str, str], occasion: CapsuleOccasion) -> list[Capsule]:
    """The capsules of the library at `path` for `viewer`, of photos of these days ('' for no bound), in the order that the list has."""
    with reading(path) as connection:
        photos = photos_of(read_facts(connection, viewer), rules, days)
        if not len(photos.ids):
            return []
        return select(photos, rules, _looks(connection, photos), occasion)


def photos_of(facts: Facts, rules: Capsules, days: tuple[str, str]) -> Photos:
    """What the database tells, as the rules take it: photos of other days have no score and no stars, but tell where home is."""
    numbers, words, inside = facts.numbers, facts.words, _inside(facts, days)
    aggregate = np.where(inside, numbers["aggregate"], np.float32("nan"))
    return Photos(
        ids=facts.ids,
        good=np.nan_to_num(aggregate, nan=-1.0) >= np.float32(rules.min_aggregate),
        aggregate=aggregate,
        scores={name: numbers[name] for name in SCORES},
        taken=facts.taken,
        latitude=numbers["gps_latitude"],
        longitude=numbers["gps_longitude"],
        place=facts.places if rules.reverse_geocoding else np.full(len(facts.ids), -1, np.int64),
        places=facts.place_names,
        focal=numbers["focal"],
        saturation=numbers["mean_saturation"],
        luminance=numbers["mean_luminance"],
        mono=facts.mono,
        stars=np.where(inside, facts.stars, 0),
        favorite=facts.favorite & inside,
        hashes=facts.hashes,
        hashed=facts.hashed,
        camera=Links.of(*words["camera_model"]),
        lens=Links.of(*words["lens_model"]),
        category=Links.of(*words["category"]),
        composition=Links.of(*words["composition_pattern"]),
        tags=Links(facts.tags.rows, facts.tags.codes, facts.tags.names, facts.tags.names),
        persons=Links(facts.persons.rows, facts.persons.codes, facts.persons.ids, facts.persons.names),
    )


def _inside(facts: Facts, days: tuple[str, str]) -> Flags:
    """Which photos are of these days: all without a bound, none without a date where there is one."""
    taken = facts.taken.astype("M8[D]")
    if not any(days):
        return np.ones(len(taken), np.bool_)
    first, last = (np.datetime64(day or bound, "D") for day, bound in zip(days, ("0001-01-01", "9999-12-31"), strict=True))
    return np.asarray((taken >= first) & (taken <= last), np.bool_)


def _looks(connection: Connection, photos: Photos) -> Looks:
    """What the newest model says about these photos, read when it is asked for."""
    space = next(iter(embeddings.spaces(connection)), None)

    def likeness(rows: Numbers) -> Floats:
        vectors, known = read_vectors(connection, space, photos.ids[rows])
        return likeness_of(vectors, known, photos.hashes[rows], photos.hashed[rows])

    def vectors(rows: Numbers) -> tuple[Numbers, Floats]:
        found, known = read_vectors(connection, space, photos.ids[rows])
        return rows[known], np.ascontiguousarray(found[known])

    def cosines(rows: Numbers) -> Floats:
        return read_cosines(connection, space, photos.ids, photos.ids[rows])

    reach = next((factor for name, factor in REACH.items() if space is not None and space.startswith(name)), 1.0)
    return Looks(likeness, vectors, cosines, reach)
