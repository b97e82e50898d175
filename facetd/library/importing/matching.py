"""Which photo of the library each photo of the other program is: by path, and by name, date and looks where the path is another one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from facetd.db.facetvalues import ForeignPhoto
from facetd.db.importing import KnownPhoto
from facetd.library.importing.paths import PathRules, common_end, composed, file_name, is_of_windows, on_disk, real_paths

NEAR_BITS = 12  # of 64 of the perceptual hash: the same picture through another decoder
NEARER_BITS = 4  # without a date that says the same
MOST = 1000  # photos of one name that are compared with each of Facet that has that name
ANY = "any"
NOT_SCANNED, NO_ROOT, GONE, AMBIGUOUS, TWICE = "not scanned", "in no root", "not found", "ambiguous", "same file twice"


@dataclass(slots=True)
class Matched:
    """`photos`: our photo id by the other program's path. `left`: the reason for each path that is none. `moved` of them are by content.

    `places` are the paths here of those that are left.
    """

    photos: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    moved: int = 0
    places: dict[str, str] = field(default_factory=dict)


def match_photos(
    foreign: Sequence[ForeignPhoto],
    ours: Sequence[KnownPhoto],
    rules: PathRules,
    roots: Iterable[str],
    hashes: Callable[[Sequence[str]], Mapping[str, int]],
) -> Matched:
    """Find each of `foreign` among `ours`. Looks at the disk for those that are not where they are said to be; `hashes` is asked for
    perceptual hashes, which cost time.
    """
    matching = _Matching(ours)
    places = {photo.path: rules.place(photo.path) for photo in foreign}
    matching.take(foreign, lambda path: (places[path], path))
    left = matching.left(foreign)
    real = real_paths(places[photo.path] for photo in left)
    matching.take(left, lambda path: (real[places[path]],))
    matching.take_folded(matching.left(foreign), {path: real.get(place, place) for path, place in places.items()})
    left = matching.left(foreign)
    here = on_disk(places[photo.path] for photo in left)
    matching.take_moved([photo for photo in left if places[photo.path] not in here], hashes)
    ends = tuple(root.rstrip("/") + "/" for root in roots)
    for photo in matching.left(foreign):
        place = places[photo.path]
        matching.found.places[photo.path] = place
        in_root = real.get(place, place).startswith(ends) if ends else False
        matching.found.left[photo.path] = GONE if place not in here else NOT_SCANNED if in_root else NO_ROOT
    return matching.found


class _Matching:
    """Each photo is taken once, by the surest sign first."""

    def __init__(self, ours: Sequence[KnownPhoto]) -> None:
        self.found = Matched()
        self._ours = ours
        self._by_path = {photo.path: photo.id for photo in ours}
        self._taken: set[int] = set()

    def left(self, foreign: Iterable[ForeignPhoto]) -> list[ForeignPhoto]:
        """Those that nothing is said of yet."""
        return [photo for photo in foreign if photo.path not in self.found.photos and photo.path not in self.found.left]

    def take(self, foreign: Iterable[ForeignPhoto], places: Callable[[str], tuple[str, ...]]) -> None:
        """By one of the places where a photo can be."""
        for photo in foreign:
            number = next((self._by_path[place] for place in places(photo.path) if place in self._by_path), None)
            if number is not None:
                self._give(photo.path, number)

    def take_folded(self, foreign: Sequence[ForeignPhoto], places: Mapping[str, str]) -> None:
        """By places that differ in how accents are written, or in upper and lower case for paths of Windows; only where one fits one."""
        composed_names: dict[str, list[int]] = defaultdict(list)
        folded: dict[str, list[int]] = defaultdict(list)
        if foreign:
            for known in self._ours:
                composed_names[composed(known.path)].append(known.id)
                folded[composed(known.path).casefold()].append(known.id)
        for photo in foreign:
            plain = composed(places[photo.path])
            fitting = folded.get(plain.casefold(), []) if is_of_windows(photo.path) else composed_names.get(plain, [])
            if len(fitting) == 1:
                self._give(photo.path, fitting[0])
            elif fitting:
                self.found.left[photo.path] = AMBIGUOUS

    def take_moved(self, foreign: Sequence[ForeignPhoto], hashes: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
        """By file name, date and looks; among several the one whose folders are called the same; only where one fits one."""
        by_name: dict[tuple[str, str], list[KnownPhoto]] = defaultdict(list)  # and date; ANY has those of every date
        for known in self._ours if foreign else ():
            if known.id not in self._taken:
                name = composed(known.filename).casefold()
                by_name[name, _digits(known.date_taken)].append(known)
                by_name[name, ANY].append(known)
        candidates = {}
        for photo in foreign:
            name, date = composed(file_name(photo.path)).casefold(), _digits(photo.date_taken)
            keys = ((name, date), (name, "")) if date else ((name, ANY),)
            candidates[photo.path] = [known for key in keys for known in by_name.get(key, ())]
            if len(candidates[photo.path]) > MOST:
                self.found.left[photo.path] = AMBIGUOUS
                candidates[photo.path] = []
        looks = hashes([photo.path for photo in foreign if candidates[photo.path]])
        claims: dict[str, KnownPhoto] = {}
        for photo in foreign:
            alike = [known for known in candidates[photo.path] if _same_picture(photo, known, looks.get(photo.path))]
            best = _by_folders(photo.path, alike)
            if best is not None:
                claims[photo.path] = best
            elif alike:
                self.found.left[photo.path] = AMBIGUOUS
        claimed = Counter(known.id for known in claims.values())
        for path, known in claims.items():
            if claimed[known.id] == 1:
                self.found.moved += 1
                self._give(path, known.id)
            else:
                self.found.left[path] = AMBIGUOUS

    def _give(self, path: str, number: int) -> None:
        if number in self._taken:
            self.found.left[path] = TWICE
        else:
            self._taken.add(number)
            self.found.photos[path] = number


def _same_picture(photo: ForeignPhoto, known: KnownPhoto, phash: int | None) -> bool:
    """Whether two files of one name are the same picture: the moment agrees and the looks do, or the looks leave no doubt."""
    dates = _digits(photo.date_taken), _digits(known.date_taken)
    if all(dates) and dates[0] != dates[1]:
        return False
    sizes = sorted((photo.width or 0, photo.height or 0)) == sorted((known.width or 0, known.height or 0))
    if phash is not None and known.phash is not None:
        apart = (phash ^ known.phash).bit_count()
        return apart <= NEAR_BITS if all(dates) else apart <= NEARER_BITS and sizes
    return all(dates) and sizes and bool(photo.width)


def _by_folders(path: str, alike: Sequence[KnownPhoto]) -> KnownPhoto | None:
    """The one of `alike` that has most folder names in common with `path`; None when two have as many."""
    ranked = sorted(alike, key=lambda known: (known.missing, -common_end(path, known.path)))
    if len(ranked) > 1 and (ranked[0].missing, common_end(path, ranked[0].path)) == (ranked[1].missing, common_end(path, ranked[1].path)):
        return None
    return ranked[0] if ranked else None


def _digits(date: str | None) -> str:
    """Year to second of a date, however it is written; empty without one, or when it says nothing."""
    digits = "".join(letter for letter in (date or "")[:19] if letter.isdigit())
    return digits if len(digits) == 14 and digits.strip("0") else ""
