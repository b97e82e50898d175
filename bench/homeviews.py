"""What is asked for of a household's library: for each GET operation of the API that answers JSON, addresses that all differ."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from bench.home import DAYS, cameras
from bench.synthetic import CATEGORIES, FIRST_DAY, WORDS
from facetd.http.api import OPERATIONS

ANY, LIST, TIMES, CAPSULES, PERSONS = 50.0, 10.0, 15.0, 20.0, 15.0  # ms at most, median of one client
YEARS = range(FIRST_DAY.year, FIRST_DAY.year + DAYS // 365)
NOT_JSON = str  # what `Operation.reply` is then
Get = Callable[[str, Mapping[str, object]], Any]


@dataclass(frozen=True, slots=True)
class View:
    """One way to ask an operation (its path as in the document), answered with `status`."""

    operation: str
    name: str
    aim_ms: float
    addresses: tuple[str, ...]
    status: int = 200

    @property
    def same(self) -> bool:
        """Whether every request is the same."""
        return len(set(self.addresses)) == 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the one who asks can name: photos (id and virtual path), persons, albums and capsules by id, virtual folders, a link."""

    photos: tuple[tuple[int, str], ...]
    persons: tuple[int, ...]
    albums: tuple[int, ...]
    manual: tuple[int, ...]
    capsules: tuple[str, ...]
    folders: tuple[str, ...]
    shared_album: int
    token: str


def facts(get: Get, album: int, token: str) -> Facts:
    """Look up what the others are. `token` opens the album."""
    photos = get("/api/photos", {"per_page": 500, "sort": "filename"})["photos"]
    albums = get("/api/albums", {"per_page": 96})["albums"]
    folders = [folder["path"] for folder in get("/api/folders", {})["folders"]]
    for above in tuple(folders):
        for year in get("/api/folders", {"prefix": above})["folders"]:
            folders += [year["path"], *(each["path"] for each in get("/api/folders", {"prefix": year["path"]})["folders"][:4])]
    return Facts(
        photos=tuple((photo["id"], photo["path"]) for photo in photos),
        persons=tuple(person["id"] for person in get("/api/persons", {"per_page": 96})["persons"]),
        albums=tuple(each["id"] for each in albums),
        manual=tuple(each["id"] for each in albums if not each["is_smart"]),
        capsules=tuple(capsule["id"] for capsule in get("/api/capsules", {"per_page": 96})["capsules"]),
        folders=tuple(folders),
        shared_album=album,
        token=token,
    )


def operations() -> list[str]:
    """The paths of all GET operations that answer JSON, as the OpenAPI document has them."""
    return [entry.path for entry in OPERATIONS if entry.method == "GET" and not isinstance(entry.reply, NOT_JSON)]


def views(known: Facts, count: int) -> list[View]:
    """Every way to ask, each with `count` addresses."""
    return [
        *_photos(known, count),
        *_times(count),
        *_places(known, count),
        *_people(known, count),
        *_albums(known, count),
        *_rest(known, count),
    ]


def _view(operation: str, name: str, aim_ms: float, count: int, queries: Iterator[dict[str, object]], **more: Any) -> View:
    """`queries` are the parameters; those that the path names go there."""
    return View(operation, name, aim_ms, tuple(_address(operation, query) for query in itertools.islice(queries, count)), **more)


def _address(operation: str, query: Mapping[str, object]) -> str:
    start, *parts = operation.split("{")
    rest = dict(query)
    for part in parts:
        name = part.partition(":")[0].partition("}")[0]
        start += quote(str(rest.pop(name)).lstrip("/")) + part.rpartition("}")[2]
    return start + (f"?{urlencode(rest)}" if rest else "")


def _sizes(step: int = 7, at_least: int = 34, spread: int = 61) -> Iterator[int]:
    """Page sizes around 64, none again before all were."""
    return (at_least + number * step % spread for number in itertools.count())


def _round(*choices: Any) -> Iterator[Any]:
    return itertools.cycle(choices)


def _each(**columns: Iterator[object]) -> Iterator[dict[str, object]]:
    """Parameters that each take their next value."""
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False))


def _photos(known: Facts, count: int) -> list[View]:
    ids = itertools.cycle(photo for photo, _ in known.photos)
    lists: dict[str, Iterator[dict[str, object]]] = {
        "first page": _each(per_page=_sizes()),
        "by date": _each(per_page=_sizes(), sort=_round("date_taken")),
        "page 200": _each(per_page=_sizes(), page=_round(200)),
        "favorites": _each(per_page=_sizes(), favorites_only=_round(1)),
        "stars": _each(per_page=_sizes(), min_star_rating=_round(1, 2, 3, 4)),
        "rejected hidden": _each(per_page=_sizes(), hide_rejected=_round(1), sort=_round("aggregate", "date_taken")),
        "all hidden": _each(per_page=_sizes(), hide_blinks=_round(1), hide_bursts=_round(1), hide_duplicates=_round(1)),
        "camera, dates, score": _each(
            per_page=_sizes(), camera=_round(*cameras()), date_from=(f"{year}-01-01" for year in _round(*YEARS)), min_score=_round("6.5")
        ),
        "a tag": _each(per_page=_sizes(), tag=_round(*WORDS)),
        "a person": _each(per_page=_sizes(), person=_round(*known.persons)),
        "a folder": _each(per_page=_sizes(), path_prefix=_round(*known.folders)),
        "an album": _each(per_page=_sizes(), album_id=_round(*known.albums)),
        "a category by date": _each(per_page=_sizes(), type=_round(*CATEGORIES[1:]), sort=_round("date_taken")),
        "words": _each(per_page=_sizes(), search=_round(*WORDS)),
        "near a place": _each(
            per_page=_sizes(), gps_lat=(36 + n % 24 for n in itertools.count()), gps_lng=(-9 + n % 34 for n in itertools.count()),
            gps_radius_km=_round(50, 200),
        ),
    }  # fmt: skip
    found = [
        _view("/api/photos", name, LIST if name in ("first page", "by date") else ANY, count, queries) for name, queries in lists.items()
    ]
    chosen = {
        "all": _each(sort=_round("aggregate", "date_taken", "filename", "iso", "color_score", "mean_luminance")),
        "of a camera": _each(camera=_round(*cameras()), date_from=(f"{year}-01-01" for year in _round(*YEARS))),
    }
    found += [_view("/api/photos/ids", name, ANY, count, queries) for name, queries in chosen.items()]
    for operation in ("/api/photo", "/api/photo/faces", "/api/photo/groups", "/api/caption"):
        found.append(_view(operation, "by id", ANY, count, _each(id=ids)))
    found.append(_view("/api/download/options", "of an absent file", ANY, count, _each(id=ids), status=503))
    paths = itertools.cycle(path for _, path in known.photos)
    found.append(_view("/api/photo", "by path", ANY, count, _each(path=paths)))
    for mode in ("visual", "color", "person"):
        found.append(_view(r"/api/similar_photos/{path:[\s\S]+}", mode, ANY, count, _each(path=paths, mode=_round(mode))))
    hidden = _round(*({"hide_blinks": a, "hide_bursts": b, "hide_duplicates": c} for a, b, c in itertools.product((0, 1), repeat=3)))
    return [*found, _view("/api/type_counts", "", ANY, count, hidden)]


def _times(count: int) -> list[View]:
    until = itertools.cycle([f"{year}-{month:02d}-28" for month in range(1, 13) for year in YEARS])
    days = itertools.cycle([f"{2021 + month % 3}-{month:02d}-{day:02d}" for day in range(1, 29) for month in range(1, 13)])
    years, months = _round(*YEARS), _round(*range(1, 13))
    return [
        _view(
            "/api/timeline",
            "first page",
            TIMES,
            count,
            _each(limit=(5 + n % 30 for n in itertools.count()), photos_per_group=_round(8, 12, 20)),
        ),
        _view("/api/timeline", "until a day", TIMES, count, _each(date_to=until)),
        _view("/api/timeline", "by month", TIMES, count, _each(date_to=until, granularity=_round("month"))),
        _view("/api/timeline", "by week", TIMES, count, _each(date_to=until, granularity=_round("week"))),
        _view("/api/timeline/years", "", TIMES, count, _each(date_to=until)),
        _view("/api/timeline/months", "", TIMES, count, _each(year=years, date_to=until)),
        _view("/api/timeline/dates", "of a year", TIMES, count, _each(year=years, date_to=until)),
        _view("/api/timeline/dates", "of a month", TIMES, count, _each(year=years, month=months)),
        _view("/api/memories", "", ANY, count, _each(date=days)),
        _view("/api/memories/check", "", ANY, count, _each(date=days)),
    ]


def _places(known: Facts, count: int) -> list[View]:
    def bounds(half: float) -> Iterator[str]:
        for n in itertools.count():
            south, west = 47 + n * 1.3 % 12 - half, 8 + n * 1.7 % 16 - 2 * half
            yield f"{max(south, -85):.4f},{max(west, -180):.4f},{min(south + 2 * half, 85):.4f},{min(west + 4 * half, 180):.4f}"

    points = _each(lat=(36 + n * 0.37 % 24 for n in itertools.count()), lng=(-9 + n * 0.53 % 34 for n in itertools.count()))
    zooms = {3: 60.0, 8: 4.0, 14: 0.05}
    found = [
        _view("/api/photos/map", f"zoom {zoom}", TIMES, count, _each(bounds=bounds(half), zoom=_round(zoom)))
        for zoom, half in zooms.items()
    ]
    hidden = _each(hide_bursts=_round(0, 1), hide_duplicates=_round(0, 0, 1, 1))
    return [
        *found,
        _view("/api/photos/map/count", "", TIMES, count, hidden),
        _view("/api/filter_options/location_name", "", ANY, count, points),
        _view("/api/folders", "top", LIST, count, _each(hide_bursts=_round(0, 1))),
        _view("/api/folders", "below", LIST, count, _each(prefix=_round(*known.folders))),
    ]


def _people(known: Facts, count: int) -> list[View]:
    persons = _round(*known.persons)
    return [
        _view("/api/persons", "first page", PERSONS, count, _each(per_page=_sizes(5, 20, 61))),
        _view("/api/persons", "by name", PERSONS, count, _each(per_page=_sizes(5, 20, 61), sort=_round("name_asc"))),
        _view("/api/persons", "search", PERSONS, count, _each(search=(f"Person {n}" for n in itertools.count(1)))),
        _view("/api/person/{id:[0-9]+}", "", ANY, count, _each(id=persons)),
        _view("/api/person/{id:[0-9]+}/faces", "", LIST, count, _each(id=persons)),
        _view("/api/filter_options/persons", "", ANY, count, _each(ids=(f"{n}" for n in persons))),
        _view("/api/merge_suggestions", "", ANY, count, _each(limit=(20 + n % 80 for n in itertools.count()))),
    ]


def _albums(known: Facts, count: int) -> list[View]:
    capsules = _round(*(known.capsules or ("none",)))
    one = "/api/albums/{id:[0-9]+}"
    return [
        _view("/api/albums", "first page", LIST, count, _each(per_page=_sizes(5, 20, 61))),
        _view(one, "", ANY, count, _each(id=_round(*known.albums))),
        _view(f"{one}/photos", "", LIST, count, _each(id=_round(*known.albums), per_page=_sizes())),
        _view(f"{one}/photos", "by date", LIST, count, _each(id=_round(*known.manual), per_page=_sizes(), sort=_round("date_taken"))),
        _view(f"{one}/share", "", ANY, count, _each(id=_round(known.shared_album))),
        _view(
            "/api/shared/album/{id:[0-9]+}", "", LIST, count,
            _each(id=_round(known.shared_album), token=_round(known.token), per_page=_sizes()),
        ),
        _view("/api/capsules", "first page", CAPSULES, count, _each(per_page=_sizes(5, 15, 61))),
        _view("/api/capsules/{id}/photos", "", ANY, count, _each(id=capsules), status=200 if known.capsules else 404),
    ]  # fmt: skip


def _rest(known: Facts, count: int) -> list[View]:
    words = (f"{WORDS[n % len(WORDS)]} {YEARS[n // 3 % len(YEARS)]}" for n in itertools.count())
    pages = ("/api/burst-groups", "/api/duplicate-groups", "/api/culling-groups", "/api/similar-groups", "/api/failures")
    found = [_view(path, "", LIST, count, _each(page=_round(1), per_page=_sizes(3, 10, 37))) for path in pages]
    found += [
        _view("/api/search", "a word", ANY, count, _each(q=_round(*WORDS), limit=_sizes())),
        _view("/api/search", "two words", ANY, count, _each(q=words)),
        _view("/api/search", "camera", ANY, count, _each(q=_round(*cameras()), limit=_sizes())),
        _view("/api/search/complete", "", ANY, count, _each(q=(f"{WORDS[n % 12][: 1 + n // 12 % 4]}" for n in itertools.count()))),
        _view("/api/i18n/{lang}", "", ANY, count, _each(lang=_round("it", "en", "de"))),
        _view("/api/jobs/{id:[0-9a-f]+}", "none such", ANY, count, _each(id=_round("00ff")), status=404),
        _view("/api/sidecars/status", "", ANY, count, _each_same()),
    ]
    seen = {view.operation for view in (*found, *_photos(known, 1), *_times(1), *_places(known, 1), *_people(known, 1), *_albums(known, 1))}
    plain = [path for path in operations() if path not in seen and "{" not in path]
    return [*found, *(_view(path, "", ANY, count, _each_same()) for path in plain)]


def _each_same() -> Iterator[dict[str, object]]:
    return itertools.repeat({})
