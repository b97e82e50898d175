"""What capsules are made of, read by the process that makes them. Needs NumPy, which the daemon never loads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.db import embeddings
from facetd.db.options import LISTED
from facetd.db.tags import HINTS
from facetd.db.visibility import Hide, gate_condition

if TYPE_CHECKING:
    from facetd.db.connection import Connection
    from facetd.records.viewer import Viewer

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]
BATCH = 4096
LEADS = LISTED | Hide.BURST | Hide.DUPLICATE
SCORES = ("aesthetic", "aesthetic_iaa", "comp_score", "tech_sharpness", "face_quality")
NUMBERS = ("aggregate", *SCORES, "gps_latitude", "gps_longitude", "focal", "mean_saturation", "mean_luminance")
WORDS = ("camera_model", "lens_model", "category", "composition_pattern")
PHOTOS = f"""
    SELECT p.id, p.date_taken, p.phash, COALESCE(p.is_monochrome, 0), COALESCE(r.stars, 0), COALESCE(r.is_favorite, 0), c.place_id,
           p.aggregate, {", ".join(f"p.{name}" for name in SCORES)},
           iif(p.place_cell IS NULL, NULL, p.gps_latitude), iif(p.place_cell IS NULL, NULL, p.gps_longitude),
           COALESCE(p.focal_length_35mm, p.focal_length), p.mean_saturation, p.mean_luminance, p.camera_model, p.lens_model,
           NULLIF(p.category, 'default'), p.composition_pattern
    FROM photo p CROSS JOIN gate g ON g.photo_id = p.id
    LEFT JOIN rating r ON r.user_id = :user AND r.photo_id = p.id
    LEFT JOIN place_cell c ON c.cell = p.place_cell
    WHERE COALESCE(r.is_rejected, 0) = 0 AND
"""
TAGS = f"""
    SELECT DISTINCT pt.photo_id, pt.tag_id FROM photo_tag pt CROSS JOIN gate g ON g.photo_id = pt.photo_id
    WHERE pt.source NOT IN {HINTS} AND pt.tag_id NOT IN (SELECT id FROM tag WHERE trim(name) = '') AND {{gate}}
"""
PERSONS = """
    SELECT DISTINCT f.photo_id, f.person_id FROM face f INDEXED BY face_person CROSS JOIN person n ON n.id = f.person_id
    CROSS JOIN gate g ON g.photo_id = f.photo_id
    WHERE f.person_id IS NOT NULL AND n.name IS NOT NULL AND n.hidden = 0 AND {gate}
"""
FIRST_NUMBER = 7  # column of PHOTOS
FIRST_WORD = FIRST_NUMBER + len(NUMBERS)


class Pairs(NamedTuple):
    """Which photos have which of some things: the photo at `rows[i]` has the thing `codes[i]`, which is called `names[codes[i]]`."""

    rows: Numbers
    codes: Numbers
    ids: tuple[int, ...]
    names: tuple[str, ...]


class Coded(NamedTuple):
    """One word for each photo: `names[codes[i]]`, none where that is -1."""

    codes: Numbers
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """n photos, ascending by id. `numbers` by the names of NUMBERS, NaN where unknown; `words` by those of WORDS; `taken` NaT.

    `places` are codes into `place_names` (town, region, country), -1 for none.
    """

    ids: Numbers
    taken: Moments
    hashes: NDArray[np.uint64]
    hashed: Flags
    mono: Flags
    stars: Numbers
    favorite: Flags
    places: Numbers
    place_names: tuple[tuple[str, str, str], ...]
    numbers: dict[str, Floats]
    words: dict[str, Coded]
    tags: Pairs
    persons: Pairs


def read_facts(connection: Connection, viewer: Viewer) -> Facts:
    """The photos that `viewer` may be shown: the best of each burst and set of copies, not rejected; tags, and persons with a name that
    nobody hid.
    """
    cursor = connection.execute(f"{PHOTOS} {gate_condition(viewer, LEADS)} ORDER BY p.id", {"user": viewer.user_id})
    coders = [_Coder() for _ in WORDS]
    columns = [[_converted(index, column, coders) for index, column in enumerate(zip(*part, strict=True))] for part in _batches(cursor)]
    whole = [np.concatenate(column) for column in zip(*columns, strict=True)] if columns else _empty(coders)
    hashes, hashed = _hashes(whole[2])
    known, codes = np.unique(whole[6], return_inverse=True)
    names = _place_names(connection, [int(number) for number in known if number >= 0])
    return Facts(
        ids=whole[0],
        taken=whole[1],
        hashes=hashes,
        hashed=hashed,
        mono=whole[3] > 0,
        stars=whole[4],
        favorite=whole[5] > 0,
        places=np.array([place if int(number) in names else -1 for place, number in enumerate(known)], np.int64)[codes.reshape(-1)],
        place_names=tuple(names.get(int(number), ("", "", "")) for number in known),
        numbers={name: whole[FIRST_NUMBER + index].astype(np.float32) for index, name in enumerate(NUMBERS)},
        words={name: Coded(whole[FIRST_WORD + index], coder.names) for index, (name, coder) in enumerate(zip(WORDS, coders, strict=True))},
        tags=_pairs(connection, whole[0], TAGS.format(gate=gate_condition(viewer, LEADS)), "SELECT id, name FROM tag"),
        persons=_pairs(connection, whole[0], PERSONS.format(gate=gate_condition(viewer, LEADS)), "SELECT id, name FROM person"),
    )


def read_vectors(connection: Connection, space: str | None, photos: Numbers) -> tuple[Floats, Flags]:
    """Unit vectors (n, d) of `photos` (n,) in `space`, zeros where there is none, and which have one."""
    known: Flags = np.zeros(len(photos), np.bool_)
    if space is None or not len(photos):
        return np.zeros((len(photos), 0), np.float32), known
    found = embeddings.read_vectors(connection, space, photos.tolist())
    vectors = np.zeros((len(photos), found.vectors.shape[1]), np.float32)
    row_of = {photo: row for row, photo in enumerate(photos.tolist())}
    rows = [row_of[photo] for photo in found.photos.tolist()]
    vectors[rows], known[rows] = found.vectors, True
    return vectors, known


def read_cosines(connection: Connection, space: str | None, photos: Numbers, asked: Numbers) -> Floats:
    """The cosines of all `photos` (n,), ascending, with the photos `asked` (m,): (n, m), NaN where one has no vector."""
    found = np.full((len(photos), len(asked)), np.nan, np.float32)
    own, known = read_vectors(connection, space, asked)
    if space is None or not known.any():
        return found
    own[~known] = np.nan
    for batch in embeddings.read_since(connection, space, 0):
        if batch.vectors.shape[1] != own.shape[1]:
            continue
        places = np.minimum(np.searchsorted(photos, batch.photos), len(photos) - 1)
        there = photos[places] == batch.photos
        found[places[there]] = batch.vectors[there] @ own.T
    return found


class _Coder:
    """Gives each different text a number."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def codes(self, texts: Sequence[str | None]) -> Numbers:
        """-1 for nothing."""
        codes = self._codes
        return np.array([codes.setdefault(text, len(codes)) if text else -1 for text in texts], np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """The texts by their number."""
        return tuple(self._codes)


def _batches(cursor: Any) -> Iterator[list[tuple[Any, ...]]]:
    cursor.row_factory = None
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _converted(index: int, column: Sequence[Any], coders: Sequence[_Coder]) -> NDArray[Any]:
    """A column of PHOTOS as an array."""
    if index == 1:
        return _moments(column)
    if index == 2:
        return np.array([text or "" for text in column], "U16")
    if index == 6:
        return np.array([-1 if number is None else number for number in column], np.int64)
    if index >= FIRST_WORD:
        return coders[index - FIRST_WORD].codes(column)
    return np.array(column, np.float64 if index >= FIRST_NUMBER else np.int64)


def _empty(coders: Sequence[_Coder]) -> list[NDArray[Any]]:
    return [_converted(index, (), coders) for index in range(FIRST_WORD + len(WORDS))]


def _moments(texts: Sequence[str | None]) -> Moments:
    """Local wall times to the second; NaT for none, and for what is no date."""
    try:
        return np.array([text[:19] if text else "NaT" for text in texts], "M8[s]")
    except ValueError:
        return np.array([_moment(text) for text in texts], "M8[s]")


def _moment(text: str | None) -> np.datetime64:
    try:
        return np.datetime64(text[:19] if text else "NaT", "s")
    except ValueError:
        return np.datetime64("NaT", "s")


def _hashes(texts: NDArray[np.str_]) -> tuple[NDArray[np.uint64], Flags]:
    return np.array([int(text or "0", 16) for text in texts.tolist()], np.uint64), np.asarray(texts != "", np.bool_)


def _place_names(connection: Connection, places: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    sql = "SELECT p.id, p.name, p.region, p.country FROM json_each(?) w CROSS JOIN place p ON p.id = w.value"
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(sql, (json.dumps(list(places)),))}


def _pairs(connection: Connection, ids: Numbers, sql: str, naming: str) -> Pairs:
    """What `sql` tells of the photos `ids`, ascending; the things have the names that `naming` gives."""
    names = {row[0]: str(row[1]) for row in connection.execute(naming)}
    parts = [np.array(part, np.int64).reshape(-1, 2) for part in _batches(connection.execute(sql))]
    found = np.concatenate(parts) if parts else np.empty((0, 2), np.int64)
    places = np.minimum(np.searchsorted(ids, found[:, 0]), max(0, len(ids) - 1))
    kept = (ids[places] == found[:, 0]) if len(ids) else np.zeros(len(found), np.bool_)
    things, codes = np.unique(found[kept, 1], return_inverse=True)
    known = tuple(int(thing) for thing in things)
    return Pairs(places[kept], codes.reshape(-1).astype(np.int64), known, tuple(names.get(thing, "") for thing in known))
