"""What runs in a worker to find out who is whom: reads the library, computes, and gives back what is to be changed. Needs NumPy."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetd.db import vectors
from facetd.db.naming import KnownFace, Naming, PhotoNames, persons_by_name, read_named_photos
from facetd.ingest.findings import Found, Middles
from facetd.score.naming import NamedArea, name_faces
from facetd.score.people import FIXED, KNOWN, LOOSE, Groups, Numbers, apart_in_photos, join, near_pairs

LIKE_MOST = 12  # persons that a person is compared with in suggestions


def list_spaces(path: Path) -> list[str]:
    """The spaces of the embeddings in the library at `path`."""
    with vectors.reading(path) as connection:
        return vectors.spaces(connection)


def find_persons(path: Path, space: str, distance: float, min_faces: int, everything: bool) -> Found:
    """Who is whom among the persons and the loose faces of the library at `path`.

    Without `everything` only pairs with something new in them are compared.
    """
    with vectors.reading(path) as connection:
        centres, loose = vectors.read_centres(connection, space), vectors.read_loose(connection, space)
        if not everything and not centres.stale.any() and not loose.fresh.any():
            return Found()
        apart = _apart(centres, loose, vectors.person_photos(connection), vectors.refusals(connection), vectors.distinctions(connection))
    persons = len(centres.ids)
    fresh = np.concatenate([centres.stale, loose.fresh]) | everything
    groups = Groups(
        means=_stacked(centres.means, loose.vectors),
        counts=np.concatenate([centres.counts, np.ones(len(loose.ids), np.int64)]),
        standing=np.concatenate([np.where(centres.decided, FIXED, KNOWN), np.full(len(loose.ids), LOOSE)]),
        fresh=fresh,
        apart=apart,
    )
    return _changes(join(groups, distance), centres.ids, loose.ids, persons, fresh[persons:], min_faces)


def _stacked(first: vectors.Floats, second: vectors.Floats) -> vectors.Floats:
    """The rows of both, without a copy where one is empty."""
    if not len(first) or not len(second):
        return first if len(first) else second
    return np.concatenate([first, second])


def _apart(
    centres: vectors.Centres,
    loose: vectors.Loose,
    person_photos: Numbers,
    refusals: list[tuple[int, int | None, int]],
    distinctions: list[tuple[int, int]],
) -> Numbers:
    """Pairs of rows (persons first, then loose faces) that are not the same person."""
    person_row = {int(person): row for row, person in enumerate(centres.ids)}
    face_row = {int(face): row + len(centres.ids) for row, face in enumerate(loose.ids)} if refusals else {}
    here = person_photos[np.isin(person_photos[:, 0], centres.ids)]
    persons, photos = np.searchsorted(centres.ids, here[:, 0]), here[:, 1]
    own = np.arange(len(loose.ids)) + len(centres.ids)
    found = [apart_in_photos(np.concatenate([persons, own]), np.concatenate([photos, loose.photos]))]
    said = [(person_row.get(holder) if holder else face_row.get(face), person_row.get(person)) for face, holder, person in refusals]
    said += [(person_row.get(one), person_row.get(other)) for one, other in distinctions]
    pairs = [pair for pair in said if None not in pair and pair[0] != pair[1]]
    return np.concatenate([*found, np.array(pairs, np.int64).reshape(-1, 2)])


def _changes(labels: Numbers, persons: Numbers, faces: Numbers, count: int, fresh: NDArray[np.bool_], min_faces: int) -> Found:
    """The labels of persons (the first `count`) and faces as changes."""
    found = Found()
    for row in np.flatnonzero(labels[:count] != np.arange(count)):
        found.merged.append((int(persons[row]), int(persons[labels[row]])))
    whose = labels[count:]
    known = whose < count
    found.joined = list(zip(faces[known].tolist(), persons[whose[known]].tolist(), strict=True))
    sizes = np.bincount(whose, minlength=len(labels))[whose]
    new = ~known & (sizes >= min_faces)
    order = np.flatnonzero(new)[np.argsort(whose[new], kind="stable")]
    found.faces, found.group = array("q", faces[order].tolist()), array("q", whose[order].tolist())
    found.alone = array("q", faces[~known & ~new & fresh].tolist())
    return found


def find_middles(path: Path, space: str, distance: float, unit: float = 1.0) -> Middles:
    """The middles of persons that changed, and the persons at most `distance` from these, nearest first; how far in units of `unit`."""
    found = Middles()
    with vectors.reading(path) as connection:
        centres = vectors.read_centres(connection, space)
        changed = np.flatnonzero(centres.stale)
        if not len(changed):
            return found
        nobody = vectors.Loose(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 0), np.float32), np.empty(0, bool))
        apart = _apart(centres, nobody, vectors.person_photos(connection), [], vectors.distinctions(connection))
    for row in changed:
        stored = centres.means[row].astype(vectors.DTYPE).tobytes()
        found.centres.append((int(centres.ids[row]), int(centres.changes[row]), int(centres.counts[row]), stored))
    for one, other, apart_by in near_pairs(centres.means, changed, apart, distance, most=LIKE_MOST):
        found.likenesses.append((int(centres.ids[one]), int(centres.ids[other]), round(apart_by / unit, 4)))
    return found


def find_names(path: Path) -> list[Naming]:
    """What the names in files change in the library at `path`."""
    with vectors.reading(path) as connection:
        meant = persons_by_name(connection)
        return [naming for photo in read_named_photos(connection) if (naming := compare_names(photo, meant))]


def compare_names(photo: PhotoNames, meant: dict[str, int]) -> Naming:
    """What is to be changed so that the faces of a photo have the names in its file; `meant` are the persons by folded name."""
    areas = [NamedArea(name, box) for name, box in photo.areas]
    found = {face.id: face for face in photo.faces if not face.drawn}
    drawn = {face.id: face for face in photo.faces if face.drawn}
    named, left = name_faces(areas, {face.id: face.box for face in found.values()})
    naming = Naming(photo.photo_id)
    naming.given = [(number, name) for number, name in named.items() if _differs(found[number], meant.get(name.casefold()))]
    naming.loosened = [face.id for face in found.values() if face.assigned_by == "region" and face.id not in named]
    kept = {number for number in drawn for area in left if area.box == drawn[number].box}
    known = {drawn[number].box for number in kept}
    for area in left:
        if area.box not in known:
            naming.drawn.append((area.name, area.box))
        else:
            naming.given += [
                (number, area.name)
                for number in kept
                if drawn[number].box == area.box and _differs(drawn[number], meant.get(area.name.casefold()))
            ]
    for number in drawn.keys() - kept:
        face = drawn[number]
        twin, _ = name_faces([NamedArea("-", face.box)], {other.id: other.box for other in found.values()})
        if face.assigned_by == "user" and twin:
            naming.moved.append((number, next(iter(twin))))
        if face.assigned_by != "user" or twin:
            naming.removed.append(number)
    return naming


def _differs(face: KnownFace, person: int | None) -> bool:
    """Whether a file's word about this face is news. A user's word is not touched."""
    return face.assigned_by != "user" and (person is None or face.person_id != person or face.assigned_by != "region")
