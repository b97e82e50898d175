"""A PhotoFilter as SQL conditions on `photo p`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from facetd.db import hits
from facetd.db.hits import Found
from facetd.db.tags import HINTS
from facetd.db.visibility import Hide
from facetd.fields import FIELDS, Filter
from facetd.filters import PhotoConditions, split_list
from facetd.records.viewer import Viewer

EARTH_RADIUS_KM = 6371.0088
FEW_IDS = "few_ids"  # a parameter
NO_UPPER_BOUND = "\U0010ffff"
IN_ALBUM = "p.id IN (SELECT a.photo_id FROM album_photo a WHERE a.album_id = :in_album)"
UNREJECTED = "p.id NOT IN (SELECT r.photo_id FROM rating r WHERE r.user_id = :viewer_id AND r.is_rejected)"
FACETS = {"camera_model": "camera", "lens_model": "lens", "composition_pattern": "pattern", "category": "category"}
NAMED_PARAMETER = re.compile(r":(\w+)")


@dataclass(slots=True)
class Conditions:
    """WHERE parts (ANDed) with their named parameters.

    Those in `on_ids` begin with `p.id` and say nothing but which photos they want; the first finds the fewest. `in_album`: they are in
    the manual album that the parameter of this name says. `facets`: for those of `parts` that are a choice of what filters offer, which
    facet, and what `value` of `facet_count` is then.
    """

    parts: list[str] = field(default_factory=list)
    on_ids: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    in_album: bool = False
    facets: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, sql: str, **parameters: Any) -> None:
        """One more condition; parameter names are made unique by the caller."""
        self.parts.append(sql)
        self.parameters.update(parameters)

    def add_terms(self, found: Sequence[Found]) -> None:
        """The terms of a search, however many photos they find; nothing is found when there are none."""
        self.on_ids += hits.condition(found)
        for each in found:
            self.parameters |= each.parameters

    def only(self, photos: Sequence[int]) -> None:
        """None but these photos, which are few."""
        self.on_ids.insert(0, f"p.id IN (SELECT value FROM json_each(:{FEW_IDS}))")
        self.parameters[FEW_IDS] = json.dumps(photos)

    def with_terms(self, found: Sequence[Found]) -> Conditions:
        """A copy to which these terms of a search are added as conditions."""
        more = Conditions(list(self.parts), list(self.on_ids), dict(self.parameters), self.in_album)
        if found:
            more.add_terms(found)
        return more

    def within(self, album: int) -> None:
        """None but the photos of this manual album, which the viewer may open."""
        self.in_album = True
        self.parameters["in_album"] = album

    def also(self, other: Conditions, mark: str) -> None:
        """All conditions of `other` too; its parameters get names that begin with `mark`."""
        if other.sql:
            self.parts.append("1" + NAMED_PARAMETER.sub(rf":{mark}\1", other.sql))
            self.parameters |= {f"{mark}{name}": value for name, value in other.parameters.items()}

    def __bool__(self) -> bool:
        return bool(self.parts or self.on_ids or self.in_album)

    @property
    def sql(self) -> str:
        """` AND a AND b`, to follow a join or a WHERE.

        A `+` keeps SQLite from starting with the photos of any but the first of `on_ids`.
        """
        return self._joined([*self.on_ids, IN_ALBUM] if self.in_album else self.on_ids)

    @property
    def besides_album(self) -> str:
        """The same without the album, for a list that is read from it."""
        return self._joined(self.on_ids)

    def _joined(self, on_ids: Sequence[str]) -> str:
        return "".join(f" AND {part}" for part in (*self.parts, *on_ids[:1], *(f"+{part}" for part in on_ids[1:])))


def hide_bits(chosen: PhotoConditions) -> Hide:
    """The gate bits that this filter leaves out; missing and unreadable photos are never listed."""
    bits = Hide.MISSING | Hide.UNREADABLE
    if not chosen.show_companions and chosen.album_id is None:  # an album has what somebody put into it
        bits |= Hide.COMPANION
    if chosen.hide_blinks:
        bits |= Hide.BLINK
    if chosen.hide_bursts:
        bits |= Hide.BURST
    if chosen.hide_duplicates:
        bits |= Hide.DUPLICATE
    return bits


def conditions(chosen: PhotoConditions, viewer: Viewer, found: Sequence[Found] | None = None) -> Conditions:
    """Everything of `chosen` that is not in the gate or an album, where `found` is what its search finds.

    An empty result means the plain library.
    """
    narrowed = Conditions()
    _registry(narrowed, chosen)
    _dates(narrowed, chosen)
    _tags(narrowed, chosen)
    _persons(narrowed, chosen)
    _ratings(narrowed, chosen, viewer)
    _circle(narrowed, chosen)
    if chosen.min_aggregate is not None:
        narrowed.add("p.aggregate >= :min_aggregate", min_aggregate=chosen.min_aggregate)
    if found is not None:
        narrowed.add_terms(found)
    return narrowed


def not_hidden(found: Conditions, hide: Hide) -> None:
    """Only photos without these bits, whatever else the list leaves out."""
    found.add(f"NOT EXISTS (SELECT 1 FROM gate h WHERE h.photo_id = p.id AND (h.hide & {int(hide)}) <> 0)")


def without_tags(found: Conditions, name: str, tags: Sequence[str]) -> None:
    """Only photos with none of these tags, whatever the case of their letters; the parameters are called `name`."""
    if tags:
        marks = ", ".join(f":{name}_{index}" for index in range(len(tags)))
        tagged = f"SELECT pt.photo_id FROM tag t CROSS JOIN photo_tag pt ON pt.tag_id = t.id WHERE lower(t.name) IN ({marks})"
        found.add(f"p.id NOT IN ({tagged} AND pt.source NOT IN {HINTS})", **_numbered(name, tuple(tag.lower() for tag in tags)))


def within_folder(found: Conditions, folder_id: int) -> None:
    """Only photos in this folder and all below it."""
    found.add(
        "p.folder_id IN (WITH RECURSIVE below (id) AS (SELECT :folder_id"
        " UNION ALL SELECT f.id FROM folder f JOIN below ON f.parent_id = below.id) SELECT id FROM below)",
        folder_id=folder_id,
    )


MY_STARS = "COALESCE((SELECT r.stars FROM rating r WHERE r.user_id = :viewer_id AND r.photo_id = p.id), 0)"


def _registry(found: Conditions, chosen: PhotoConditions) -> None:
    for entry in FIELDS:
        column = MY_STARS if entry.table == "rating" else f"p.{entry.column}"
        if entry.filter is Filter.RANGE:
            for name, sign in ((f"min_{entry.param}", ">="), (f"max_{entry.param}", "<=")):
                if (value := getattr(chosen, name)) is not None:
                    found.add(f"{column} {sign} :{name}", **{name: value})
        elif entry.filter is not None and (value := getattr(chosen, entry.param)) is not None:
            if entry.filter is Filter.PREFIX:
                low = str(value).split("\ufffd", 1)[0]
                bounds = {entry.param: low, f"{entry.param}_end": low + NO_UPPER_BOUND}
                found.add(f"{column} >= :{entry.param} AND {column} < :{entry.param}_end", **bounds)
            else:
                found.add(f"{column} = :{entry.param}", **{entry.param: int(value) if isinstance(value, bool) else value})
            if entry.column in FACETS:
                part = found.parts[-1]
                found.facets[part] = FACETS[entry.column], part.replace(column, "value")


def _dates(found: Conditions, chosen: PhotoConditions) -> None:
    if chosen.date_from:
        found.add("p.date_taken >= :date_from", date_from=chosen.date_from)
    if chosen.date_to:
        following = date.fromisoformat(chosen.date_to) + timedelta(days=1) if chosen.date_to < "9999-12-31" else NO_UPPER_BOUND
        found.add("p.date_taken < :date_end", date_end=str(following))


def _tags(found: Conditions, chosen: PhotoConditions) -> None:
    required: list[tuple[str, tuple[str, ...]]] = [("tag", (chosen.tag,))] if chosen.tag else []
    if any_of := split_list(chosen.require_tags):
        required.append(("any_tag", any_of))
    for name, tags in required:
        found.add(f"p.id IN ({_tagged(name, len(tags))})", **_numbered(name, tags))
        if len(tags) == 1:
            found.facets[found.parts[-1]] = "tag", f"value IN (SELECT id FROM tag WHERE name = :{name}_0)"
    if excluded := split_list(chosen.exclude_tags):
        found.add(f"p.id NOT IN ({_tagged('no_tag', len(excluded))})", **_numbered("no_tag", excluded))


def _persons(found: Conditions, chosen: PhotoConditions) -> None:
    for index, person in enumerate(split_list(chosen.person)):
        found.add(f"p.id IN (SELECT f.photo_id FROM face f WHERE f.person_id = :person_{index})", **{f"person_{index}": int(person)})
        found.facets[found.parts[-1]] = "person", f"value = :person_{index}"


def _tagged(name: str, count: int) -> str:
    names = ", ".join(f":{name}_{index}" for index in range(count))
    return f"SELECT pt.photo_id FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE t.name IN ({names}) AND pt.source NOT IN {HINTS}"


def _numbered(name: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {f"{name}_{index}": value for index, value in enumerate(values)}


def _ratings(found: Conditions, chosen: PhotoConditions, viewer: Viewer) -> None:
    found.parameters["viewer_id"] = viewer.user_id
    mine = "SELECT r.photo_id FROM rating r WHERE r.user_id = :viewer_id AND"
    if chosen.show_rejected:
        found.add(f"p.id IN ({mine} r.is_rejected)")
    elif chosen.hide_rejected:
        found.add(UNREJECTED)
    if chosen.favorites_only:
        found.add(f"p.id IN ({mine} r.is_favorite)")
    if chosen.min_rating is not None:
        found.add(f"p.id IN ({mine} r.stars >= :min_rating)", min_rating=chosen.min_rating)


def _circle(found: Conditions, chosen: PhotoConditions) -> None:
    """A true circle on the sphere (haversine); the latitude band lets the index do the rough work."""
    if chosen.gps_lat is None or chosen.gps_lng is None or chosen.gps_radius_km is None:
        return
    angle = chosen.gps_radius_km / EARTH_RADIUS_KM
    band = math.degrees(angle)
    found.add(
        "p.gps_latitude BETWEEN :gps_south AND :gps_north AND p.gps_longitude IS NOT NULL AND"
        " pow(sin(radians(p.gps_latitude - :gps_lat) / 2), 2) + cos(radians(p.gps_latitude)) * cos(radians(:gps_lat))"
        " * pow(sin(radians(p.gps_longitude - :gps_lng) / 2), 2) <= :gps_haversine",
        gps_south=chosen.gps_lat - band,
        gps_north=chosen.gps_lat + band,
        gps_lat=chosen.gps_lat,
        gps_lng=chosen.gps_lng,
        gps_haversine=math.sin(angle / 2) ** 2 if angle < math.pi else 2.0,  # half around the globe is everywhere, whatever is rounded
    )
