"""Albums brought over from Facet: the photos that are here, and filters in the words of this gallery."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from facetd.db import importedalbums
from facetd.db.importedalbums import Album
from facetd.db.importedpeople import persons_named
from facetd.db.importing import Writes
from facetd.db.roots import owner as root_of
from facetd.errors import InvalidInput
from facetd.library.albums import LONGEST_NAME, clean_description
from facetd.library.captions import one_line
from facetd.library.importing.facetconfig import our_category
from facetd.library.importing.harvest import Harvest
from facetd.library.importing.report import Report
from facetd.library.people import clean_name
from facetd.library.smartfilter import FIELD, parse_smart_filter
from facetd.records.files import Root

LONGEST_DESCRIPTION = 10_000
ORDER = {"sort", "sort_direction", "dir"}  # keys of a filter that choose no photo
MEANINGLESS = frozenset({"page", "per_page"})  # where somebody was in a list is no part of an album


async def bring_albums(
    writes: Writes,
    harvest: Harvest,
    roots: Sequence[Root],
    place: Callable[[str], str],
    users: dict[str | None, int],
    household: bool,
    report: Report,
) -> None:
    """Bring over the albums of `users` (ids by their names in Facet); those of nobody in particular are for the whole `household`, if
    there is one. `place` says where a path of Facet is here.
    """
    tally = report.tallies["albums"]
    persons = await persons_named(writes)
    names = {number: persons.get(_name(person.name)) for number, person in harvest.persons.items()}
    for album in harvest.albums:
        name = one_line(_printable(album.name))[:LONGEST_NAME].strip()
        label = name or f"album {album.id}"
        if album.user not in users:
            tally.left += 1
            report.note("albums", label, f"there is no user {album.user} here")
            continue
        photos = [harvest.photos[path] for path in album.photos if path in harvest.photos]
        if len(photos) < len(album.photos):
            report.note("albums", label, f"{len(album.photos) - len(photos)} of {len(album.photos)} photos are not here")
        smart = None
        if album.smart_filter is not None:
            smart, left = translate_filter(album.smart_filter, names, roots, place)
            if left and not json.loads(smart).keys() - ORDER:
                tally.left += 1
                report.note("albums", label, f"without what of its filter has no meaning here it would show every photo: {', '.join(left)}")
                continue
            if left:
                report.note("albums", label, f"of its filter these are left out: {', '.join(left)}")
        if album.shared:
            report.note("albums", label, "its link is not taken over: share it again")
        made = Album(
            f"{album.id} {album.created_at}",
            users[album.user],
            label,
            clean_description(_printable(album.description)[:LONGEST_DESCRIPTION]),
            "household" if household and album.user is None else "private",
            smart,
            harvest.photos.get(album.cover) if album.cover else None,
            () if smart is not None else tuple(dict.fromkeys(photos)),
            album.created_at,
            album.updated_at,
        )
        tally.add(Counter({await importedalbums.save_album(writes, made): 1}))


def translate_filter(
    text: str, persons: dict[int, int | None], roots: Sequence[Root], place: Callable[[str], str]
) -> tuple[str, list[str]]:
    """A filter of Facet as one of this gallery, and what of it has no meaning here. `persons` are ours by Facet's ids."""
    try:
        raw = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return "{}", ["all of it"]
    kept: dict[str, Any] = {}
    left = []
    for key, value in raw.items():
        if value in (None, "", [], False) or key in MEANINGLESS:
            continue
        meant = _value(key, value, persons, roots, place)
        if meant is None:
            left.append(key)
        else:
            kept["person" if key == "person_id" else key] = meant
    while True:
        try:
            parse_smart_filter(json.dumps(kept))
        except InvalidInput as error:
            wrong = {each.field.removeprefix(f"{FIELD}.") for each in error.errors} & kept.keys()
            # What does not go together goes together.
            for key in wrong or set(kept):
                left.append(key)
                del kept[key]
        else:
            return json.dumps(kept, sort_keys=True), sorted(left)


def _value(key: str, value: object, persons: dict[int, int | None], roots: Sequence[Root], place: Callable[[str], str]) -> object:
    """What a parameter means here, None when nothing."""
    if key in ("person", "person_id"):
        ids = [persons.get(int(part)) if part.isdecimal() else None for part in str(value).replace(" ", "").split(",")]
        return None if None in ids else ",".join(str(number) for number in ids)
    if key == "album_id":
        return None
    if key in ("type", "category"):
        return our_category(str(value))
    if key == "path_prefix":
        path = place(str(value)).rstrip("/")
        root = root_of(roots, path)
        return None if root is None else f"/{root.name}{path[len(root.path.rstrip('/')) :]}"
    return str(int(value)) if isinstance(value, bool) else value


def _printable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _name(name: str) -> str:
    """A name as the persons here are looked up by."""
    try:
        return (clean_name(name) or "").casefold()
    except InvalidInput:
        return ""
