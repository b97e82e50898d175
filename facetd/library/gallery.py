"""The gallery: pages of photos by filter and order, one photo with everything known of it, and counts by type."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from facetd.config import Config
from facetd.db import albums as db_albums
from facetd.db import folders as db_folders
from facetd.db import options, photos
from facetd.db.conditions import Conditions, conditions, hide_bits, not_hidden, within_folder, without_tags
from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.ledger import judgement_inputs
from facetd.db.levels import Leveled
from facetd.db.listing import POSITION, Key, Listing, Order
from facetd.db.rows import photo_rows
from facetd.errors import FieldError, Forbidden, InvalidInput, NotFound
from facetd.fields import BY_KEY
from facetd.filters import PhotoConditions, PhotoFilter
from facetd.i18n import _
from facetd.library import present
from facetd.library.matches import Matches
from facetd.library.memo import SizedMemo
from facetd.library.paging import decode_key, encode_key
from facetd.library.smartfilter import parse_smart_filter
from facetd.records.files import FilePlace
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from facetd.score.explain import explain
from facetd.score.rules import categories, photo_types, required_tags

COUNT_STALE_S = 5.0  # how old a filtered total may be while a scan changes the library all the time
COUNTS_KEPT = 500
LEADING = 500  # photos of a search that a list is made from; with more it is walked in its order, and each photo looked up among them
MOST_IDS = 1_000_000  # of a whole list
IDS_KEPT_BYTES = 4 * 1024 * 1024  # a few whole lists of 100,000 photos
PAGES_KEPT_BYTES = 4 * 1024 * 1024  # some 30 pages of 64 photos
TOP_PICKS = "top_picks"
ART = "art"  # a category


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """One page of a list; `next` goes on after it, None at the end. `exact` unless it is that of a moment ago."""

    photos_json: bytes
    total: int
    next: str | None
    exact: bool = True

    @property
    def photos(self) -> list[dict[str, Any]]:
        """The photos, as they are in `photos_json`."""
        found: list[dict[str, Any]] = json.loads(self.photos_json)
        return found


class Look(Protocol):
    """How the photos of a page are shown; two that are equal show the same."""

    def __hash__(self) -> int: ...

    def photos(self, connection: Connection, viewer: Viewer, ids: Sequence[int], config: Config) -> list[dict[str, Any]]:
        """Those of `ids` that `viewer` may see, in their order."""


@dataclass(frozen=True, slots=True)
class OwnLook:
    """As the household sees photos."""

    def photos(self, connection: Connection, viewer: Viewer, ids: Sequence[int], config: Config) -> list[dict[str, Any]]:
        """With everything that lists show."""
        return present.photos_shown(connection, viewer, ids, config)


OWN_LOOK = OwnLook()


@dataclass(frozen=True, slots=True)
class PhotoIds:
    """The ids of a whole list as JSON, in its order; `total` is how many photos the list has, which may be more.

    `exact` unless they are those of a moment ago.
    """

    ids_json: bytes
    total: int
    exact: bool = True


class Gallery:
    """What the gallery asks of the library. `judge` explains a score with the rules in force."""

    def __init__(self, db: Database, config: Config, judge: Callable[[Mapping[str, Any]], Judgement]) -> None:
        self.matches = Matches(db)
        self._db = db
        self._config = config
        self._judge = judge
        self._counts: OrderedDict[tuple[object, ...], tuple[int, float, int]] = OrderedDict()
        self._pages: SizedMemo[PhotoPage] = SizedMemo(PAGES_KEPT_BYTES)
        self._ids: SizedMemo[PhotoIds] = SizedMemo(IDS_KEPT_BYTES)

    async def revision(self, viewer: Viewer) -> str:
        """Changes with every change that a list could show to this viewer."""
        roots = ",".join(map(str, sorted(viewer.root_ids)))
        return f"{self._db.revision}.{viewer.user_id}.{roots}"

    async def page(
        self,
        viewer: Viewer,
        chosen: PhotoConditions,
        *,
        sort: str,
        descending: bool,
        per_page: int,
        page: int = 1,
        after: str | None = None,
        look: Look = OWN_LOOK,
    ) -> PhotoPage:
        """Photos of one page, by number or by the key where the last page ended; shown as `look` says.

        Raises InvalidInput for a sort key, type or quality that does not exist, NotFound for a folder or album.
        """
        listing, key = await self._listing(viewer, chosen, self._order(sort, descending, in_album=chosen.album_id is not None))
        revision = self._db.revision
        asked = (revision, key, sort, descending, per_page, page, after, look)
        if known := self._pages.get(asked):
            return known
        last = decode_key(after) if after is not None else None
        offset, wanted = (page - 1) * per_page, per_page + 1
        stale_s = COUNT_STALE_S if chosen.album_id is None else 0.0
        counted = None if listing.counted_at_once else self._known_total(key, stale_s)

        def read(connection: Connection) -> tuple[int, list[Key], bytes]:
            total = listing.total(connection) if counted is None else counted[0]
            listing.expect(total)
            keys = listing.page(connection, offset=offset, limit=wanted) if last is None else listing.after(connection, last, limit=wanted)
            photos = look.photos(connection, viewer, [key.id for key in keys[:per_page]], self._config)
            return total, keys, present.encoded(photos)

        total, keys, photos_json = await self._db.read(read)
        if counted is None and not listing.counted_at_once and listing.exact:
            self._note_total(key, total, revision)
        if last is None:  # photos that came since the total was counted
            total = max(total, offset + len(keys) if keys else 0)
        following = encode_key(keys[per_page - 1]) if len(keys) > per_page else None
        made = PhotoPage(photos_json, total, following, exact=listing.exact and (counted is None or counted[1]))
        if made.exact:
            self._pages.put(asked, made, size=len(photos_json))
        return made

    async def listing(self, viewer: Viewer, chosen: PhotoConditions, *, sort: str, descending: bool) -> Listing:
        """A list by filter and order, to be read piece by piece. Raises InvalidInput, NotFound."""
        return (await self._listing(viewer, chosen, self._order(sort, descending, in_album=chosen.album_id is not None)))[0]

    async def ids(self, viewer: Viewer, chosen: PhotoConditions, *, sort: str, descending: bool) -> PhotoIds:
        """The photos of a list, all MOST_IDS of them at most, by id and in order. Raises InvalidInput, NotFound."""
        listing, key = await self._listing(viewer, chosen, self._order(sort, descending, in_album=chosen.album_id is not None))
        asked = (self._db.revision, key, sort, descending)
        if known := self._ids.get(asked):
            return known

        def read(connection: Connection) -> PhotoIds:
            count, ids_json = listing.ids(connection, limit=MOST_IDS)
            return PhotoIds(ids_json, count if count < MOST_IDS else listing.total(connection), listing.exact)

        found = await self._db.read(read)
        if found.exact:
            self._ids.put(asked, found, size=len(found.ids_json))
        return found

    async def photo(self, viewer: Viewer, photo_id: int) -> dict[str, Any]:
        """One photo with EXIF, histogram, and why it has its score. Raises NotFound."""
        rows, people = await self._db.read(
            lambda connection: (photo_rows(connection, viewer, [photo_id]), people_of_photos(connection, [photo_id]))
        )
        if not rows:
            raise NotFound(_("there is no such photo"))
        row = rows[0]
        extra = await photos.page_extras(self._db, photo_id)
        inputs = await judgement_inputs(self._db, [photo_id])
        judgement = self._judge(inputs[photo_id][1]) if row.values["aggregate"] is not None else None
        return {
            **present.photo(row, self._config, people),
            "description": extra.description,
            "label": extra.label,
            "keywords": extra.keywords,
            "regions": extra.regions,
            "objects": [{**thing, "shown": thing["score"] >= self._shown_score(thing["label"])} for thing in extra.objects],
            "warnings": json.loads(extra.warnings),
            "colors": present.shown_colors(row),
            "histogram": present.histogram(extra.histogram),
            "details": json.loads(extra.details),
            "breakdown": _breakdown(judgement, await self.unfilled()) if judgement else None,
            "failures": extra.failures,
            "orientation": row.beside.orientation,
            "flash_fired": None if row.beside.flash_fired is None else bool(row.beside.flash_fired),
        }

    def _shown_score(self, label: str) -> float:
        objects = self._config.objects
        return objects.person_score if label == "person" else objects.shown_score

    async def find(self, viewer: Viewer, *, photo_id: int | None, path: str | None) -> int:
        """The id of a photo named by id or by virtual path; exactly one of the two. Raises InvalidInput, NotFound."""
        if (photo_id is None) == (path is None):
            raise InvalidInput(_("name one photo"), errors=[FieldError("id", _("expected exactly one of id and path"))])
        found = photo_id if path is None else await photos.id_of_path(self._db, viewer, path)
        if found is None:
            raise NotFound(_("there is no such photo"))
        return found

    async def place(self, viewer: Viewer, photo_id: int) -> FilePlace:
        """Where the file of a photo is, for sending it. Raises NotFound."""
        found = await photos.file_place(self._db, viewer, photo_id)
        if found is None:
            raise NotFound(_("there is no such photo"))
        return found

    async def content(self, viewer: Viewer, photo_id: int) -> str:
        """The hash of a photo's content, which names its thumbnails. Raises NotFound."""
        found = await photos.content_of(self._db, viewer, photo_id)
        if not found:
            raise NotFound(_("there is no such photo"))
        return found

    async def unfilled(self) -> frozenset[str]:
        """The fields that no model fills in this library: they are not offered."""
        return await self._db.per_revision("unfilled", lambda: options.unfilled(self._db))

    async def type_counts(self, viewer: Viewer, chosen: PhotoConditions) -> list[dict[str, Any]]:
        """How many photos each photo type and category has: all first, then top picks, then those that have any."""
        hide = hide_bits(chosen)
        counts, top_picks = await options.category_counts(self._db, viewer, hide, self._config.viewer.photo_types.top_picks_min_score)
        total = await self._db.read(Listing(viewer, chosen, conditions(PhotoFilter(), viewer), Order("aggregate")).total)
        found = [{"id": "", "label": _("All Photos"), "count": total}, {"id": TOP_PICKS, "label": _("Top Picks"), "count": top_picks}]
        types = [kind for kind in photo_types() if kind.categories]
        for kind in types:
            found.append({"id": kind.id, "label": kind.label, "count": sum(counts.get(name, 0) for name in kind.categories)})
        shown = {kind.id for kind in types} | {kind.label for kind in types}
        for name, category in categories().items():
            if name not in shown and category.label not in shown:
                found.append({"id": name, "label": category.label, "count": counts.get(name, 0)})
        return found[:2] + [entry for entry in found[2:] if entry["count"]]

    def _order(self, sort: str, descending: bool, *, in_album: bool) -> Order:
        if sort == POSITION and in_album:
            return Order(POSITION, descending)
        entry = BY_KEY.get(sort)
        if entry is None or not entry.sort:
            known = ", ".join(key for key, field in BY_KEY.items() if field.sort)
            raise InvalidInput(
                _("'{sort}' is no sort key").format(sort=sort),
                errors=[FieldError("sort", _("expected one of {known}").format(known=known))],
            )
        return Order(sort, descending)

    async def _listing(self, viewer: Viewer, chosen: PhotoConditions, order: Order) -> tuple[Listing, tuple[object, ...]]:
        """The list, and what identifies its photos: who asks, what they may see, and every condition."""
        narrowed = await self._narrowed(viewer, chosen)
        if order.key == POSITION and not narrowed.in_album:
            raise InvalidInput(_("only a manual album has positions"), errors=[FieldError("sort", _("expected a key of the photos"))])
        found = await self.matches.found(chosen.search)
        photos = await self.matches.photos(viewer, hide_bits(chosen), found) if found else None
        many = photos if photos is not None and len(photos) > LEADING else None
        if many is None and photos is not None:
            narrowed.only(sorted(photos))
        elif many is None and found is not None:
            narrowed.add_terms(found)
        parameters = tuple(sorted(narrowed.parameters.items(), key=str))
        key = (viewer.user_id, viewer.root_ids, int(hide_bits(chosen)), chosen.search, narrowed.sql, parameters)
        exact = not isinstance(photos, Leveled) or photos.exact
        return Listing(viewer, chosen, narrowed, order, many, exact=exact), key

    async def narrowed(self, viewer: Viewer, chosen: PhotoConditions) -> Conditions:
        """Every condition of `chosen`. Raises InvalidInput for a type or quality that does not exist, NotFound for a folder or album."""
        return await self._with_terms(await self._narrowed(viewer, chosen), chosen)

    async def _with_terms(self, narrowed: Conditions, chosen: PhotoConditions) -> Conditions:
        found = await self.matches.found(chosen.search)
        if found is not None:
            narrowed.add_terms(found)
        return narrowed

    async def _narrowed(self, viewer: Viewer, chosen: PhotoConditions, *, nested: bool = False) -> Conditions:
        narrowed = conditions(chosen, viewer)
        if chosen.album_id is not None:
            await self._within_album(viewer, chosen.album_id, narrowed, nested=nested)
        if chosen.path_prefix:
            within_folder(narrowed, await self._folder(viewer, chosen.path_prefix))
        if chosen.exclude_art:
            without_tags(narrowed, "art", required_tags(self._config, ART))
        self._by_quality(chosen, narrowed.add)
        self._by_type(chosen, narrowed)
        return narrowed

    async def _within_album(self, viewer: Viewer, album_id: int, narrowed: Conditions, *, nested: bool) -> None:
        """Only photos of an album. A smart one must not be made of another smart one, so that none is made of itself.

        Raises NotFound, and Forbidden where albums are switched off.
        """
        if not self._config.viewer.features.show_albums:
            raise Forbidden(_("this part is switched off (viewer.features.{name})").format(name="show_albums"))
        album = await db_albums.find(self._db, viewer, album_id)
        if album is None or (nested and album.smart_filter is not None):
            raise NotFound(_("there is no such album"))
        if album.smart_filter is None:
            narrowed.within(album_id)
            return
        try:
            inner = parse_smart_filter(album.smart_filter).chosen
            found = await self._with_terms(await self._narrowed(viewer, inner, nested=True), inner)
        except (InvalidInput, NotFound) as error:  # which may name what only the owner knows
            raise NotFound(_("the filter of this album cannot be looked up")) from error
        not_hidden(narrowed, hide_bits(inner))
        narrowed.also(found, "smart_")

    def _by_quality(self, chosen: PhotoConditions, add: Callable[..., None]) -> None:
        if chosen.quality:
            levels = self._config.viewer.quality_thresholds.model_dump()
            if chosen.quality not in levels:
                raise InvalidInput(
                    _("no such quality level"), errors=[FieldError("quality", _("expected one of {names}").format(names=", ".join(levels)))]
                )
            add("p.aggregate >= :quality_score", quality_score=levels[chosen.quality])

    def type_names(self) -> list[str]:
        """What `type` may be: photo types, and categories."""
        return list(dict.fromkeys([TOP_PICKS, *(kind.id for kind in photo_types() if kind.categories), *categories()]))

    def _by_type(self, chosen: PhotoConditions, narrowed: Conditions) -> None:
        if chosen.top_picks_filter or chosen.type == TOP_PICKS:
            narrowed.add("p.top_picks_score >= :top_picks_min", top_picks_min=self._config.viewer.photo_types.top_picks_min_score)
        if not chosen.type or chosen.type == TOP_PICKS:
            return
        types = {kind.id: kind.categories for kind in photo_types() if kind.categories}
        names = types.get(chosen.type, (chosen.type,))
        if chosen.type not in types and chosen.type not in categories():
            known = ", ".join(self.type_names())
            raise InvalidInput(_("no such photo type"), errors=[FieldError("type", _("expected one of {known}").format(known=known))])
        marks = {f"type_{index}": name for index, name in enumerate(names)}
        of_these = f"IN ({', '.join(f':{mark}' for mark in marks)})"
        narrowed.add(f"p.category {of_these}", **marks)
        narrowed.facets[narrowed.parts[-1]] = "category", f"value {of_these}"

    async def _folder(self, viewer: Viewer, path_prefix: str) -> int:
        root_name, _slash, inside = path_prefix.strip("/").partition("/")
        found = await db_folders.find_folder(self._db, viewer, root_name, inside)
        if found is None:
            raise NotFound(_("there is no folder {path_prefix}").format(path_prefix=path_prefix))
        return found

    def _known_total(self, key: tuple[object, ...], stale_s: float) -> tuple[int, bool] | None:
        """The total as it was counted, and whether it is exact; one of before the last change may be at most `stale_s` old."""
        known = self._counts.get(key)
        if known is None or (known[2] != self._db.revision and time.monotonic() - known[1] >= stale_s):
            return None
        self._counts.move_to_end(key)
        return known[0], known[2] == self._db.revision

    def _note_total(self, key: tuple[object, ...], total: int, revision: int) -> None:
        """Remember a total that was counted when the library had this revision, or a later one."""
        self._counts[key] = (total, time.monotonic(), revision)
        while len(self._counts) > COUNTS_KEPT:
            self._counts.popitem(last=False)


def _breakdown(judgement: Judgement, unfilled: Collection[str]) -> dict[str, Any]:
    """As the photo page explains it. What no photo of the library has is not missed."""
    return {
        "category": judgement.category,
        "aggregate": judgement.aggregate,
        "components": [
            {
                "key": part.key,
                "label": BY_KEY[part.key].label,
                "value": part.value,
                "normalized": part.normalized,
                "weight": part.weight,
                "contribution": part.contribution,
                "text": explain(part),
            }
            for part in judgement.components
        ],
        "adjustments": [{"key": part.key, "points": part.points, "reason": part.reason} for part in judgement.adjustments],
        "missing": [key for key in judgement.missing if key not in unfilled],
    }
