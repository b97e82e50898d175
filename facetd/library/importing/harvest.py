"""What is brought over from Facet, read and put in terms of the library: photos by their ids here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from facetd.db.facetlibrary import FacetLibrary, open_facet
from facetd.db.facetvalues import ForeignAlbum, ForeignComparison, ForeignFace, ForeignPerson, ForeignSnapshot, Opinion
from facetd.db.importing import KnownPhoto
from facetd.infer.chat.sentence import LONGEST
from facetd.library.captions import one_line
from facetd.library.importing.faces import Size
from facetd.library.importing.matching import Matched, match_photos
from facetd.library.importing.paths import PathRules
from facetd.library.importing.report import Left, Report

LONGEST_TAG = 100


@dataclass(slots=True)
class Harvest:
    """By kind, photos by their ids here: `photos` has these by path.

    `opinions` of each user (None: of single-user mode); `translations` with the caption that they are of; `faces` of photos with some of
    `persons`, with the sizes that the picture may have.
    """

    opinions: dict[str | None, dict[int, Opinion]] = field(default_factory=lambda: defaultdict(dict))
    captions: dict[int, str] = field(default_factory=dict)
    translations: dict[int, tuple[str, str]] = field(default_factory=dict)
    tags: list[tuple[int, str]] = field(default_factory=list)
    persons: dict[int, ForeignPerson] = field(default_factory=dict)
    photos: dict[str, int] = field(default_factory=dict)
    albums: list[ForeignAlbum] = field(default_factory=list)
    comparisons: list[ForeignComparison] = field(default_factory=list)
    snapshots: list[ForeignSnapshot] = field(default_factory=list)
    faces: dict[int, tuple[list[ForeignFace], list[Size]]] = field(default_factory=dict)


def read_harvest(path: Path, scratch: Path, ours: Sequence[KnownPhoto], rules: PathRules, roots: Sequence[str], report: Report) -> Harvest:
    """Read the Facet database at `path`; what cannot be used is said in `report`. Blocks. Raises InvalidInput."""
    harvest = Harvest()
    with open_facet(path, scratch) as facet:
        foreign = list(facet.photos())
        matched = match_photos(foreign, ours, rules, roots, facet.hashes)
        report.photos, report.matched, report.moved = len(foreign), len(matched.photos), matched.moved
        report.left = [Left(each, matched.places.get(each, each), reason) for each, reason in matched.left.items()]
        harvest.photos, seconds = stand_ins(matched, ours)
        _read_opinions(facet, harvest, seconds, report)
        _read_captions(facet, harvest, seconds, report)
        _read_tags(facet, harvest, report)
        harvest.albums, harvest.comparisons, harvest.snapshots = list(facet.albums()), list(facet.comparisons()), list(facet.snapshots())
        sizes = {photo.path: (photo.width, photo.height) for photo in foreign}
        known = {photo.id: (photo.width, photo.height) for photo in ours}
        harvest.persons = {person.id: person for person in facet.persons()}
        for each, faces in facet.faces():
            photo = harvest.photos.get(each)
            if each in seconds:
                continue
            if photo is None:
                report.tallies["faces"].left += sum(face.person in harvest.persons for face in faces)
            else:
                harvest.faces[photo] = (faces, [sizes[each], known[photo]])
    return harvest


def stand_ins(matched: Matched, ours: Sequence[KnownPhoto]) -> tuple[dict[str, int], set[str]]:
    """The photo here by path, a hidden RAW being the photo that stands for it; and the paths of RAWs whose other file Facet knows, too: of
    these only counts what it does not say of that.
    """
    leads = {photo.id: photo.lead for photo in ours if photo.lead is not None}
    taken = set(matched.photos.values())
    photos, seconds = dict(matched.photos), set()
    for path, number in matched.photos.items():
        lead = leads.get(number)
        if lead is not None:
            photos[path] = lead
            if lead in taken:
                seconds.add(path)
            taken.add(lead)
    return photos, seconds


def _read_opinions(facet: FacetLibrary, harvest: Harvest, seconds: Set[str], report: Report) -> None:
    tally = report.tallies["ratings"]
    later = []
    for user, path, opinion in facet.opinions():
        photo = harvest.photos.get(path)
        if opinion is None:
            report.note("ratings", path, "the rating is none: expected 0 to 5 stars and yes or no")
        if photo is None or opinion is None:
            tally.left += 1
        elif path in seconds:
            later.append((user, photo, opinion))
        else:
            harvest.opinions[user][photo] = opinion
    for user, photo, opinion in later:
        harvest.opinions[user].setdefault(photo, opinion)


def _read_captions(facet: FacetLibrary, harvest: Harvest, seconds: Set[str], report: Report) -> None:
    captions, translations = report.tallies["captions"], report.tallies["translations"]
    later = []
    for caption in facet.captions():
        photo = harvest.photos.get(caption.path)
        text, translated = one_line(caption.text), one_line(caption.translated or "")
        if photo is None or not text:
            captions.left += 1
            translations.left += bool(translated)
            continue
        if max(len(text), len(translated)) > LONGEST:
            report.note("captions", caption.path, f"only the first {LONGEST} characters were taken")
        said = (text[:LONGEST].rstrip(), translated[:LONGEST].rstrip())
        if caption.path in seconds:
            later.append((photo, said))
        else:
            _take(harvest, photo, *said)
    for photo, said in later:
        if photo not in harvest.captions:
            _take(harvest, photo, *said)


def _read_tags(facet: FacetLibrary, harvest: Harvest, report: Report) -> None:
    found: dict[tuple[int, str], None] = {}
    for path, text in facet.tags():
        photo, tag = harvest.photos.get(path), one_line(text)
        if photo is None or not tag or len(tag) > LONGEST_TAG:
            report.tallies["tags"].left += 1
        else:
            found[photo, tag] = None
    harvest.tags = list(found)


def _take(harvest: Harvest, photo: int, text: str, translated: str) -> None:
    harvest.captions[photo] = text
    if translated:
        harvest.translations[photo] = (text, translated)
