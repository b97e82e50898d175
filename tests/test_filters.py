"""Every filter of the registry narrows as documented, every sort key is a total order: against plain Python over random rows."""

from __future__ import annotations

import math
import random
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from facetd.accounts.viewers import single_viewer
from facetd.db.roots import add_root
from facetd.db.store import save_visits
from facetd.db.visibility import Hide
from facetd.errors import InvalidInput, NotFound
from facetd.fields import BY_KEY, COMPOSITION_PATTERNS, FIELDS, Filter, Kind, sortable
from facetd.filters import PhotoFilter, split_list
from facetd.house import House
from facetd.library.gallery import Gallery
from facetd.records.viewer import Viewer
from facetd.records.visit import Outcome, PhotoVisit
from facetd.score.rules import categories
from tests.house import config, opened

ROWS = 220
FOLDERS = ("", "a_b", "a_b/inner", "axb", "a%b", "A_b", "ünï")
CAMERAS = (None, "EOS 6D", "EOS 6D Mark II", "eos 6d", "X-T5", "100%_cam'era\"")
LENSES = (None, "EF 50mm", "EF 50mm f/1.4", "EF 500mm", "ef 50mm", "XF 35mm \u00e9", "50% _lens")
TITLES = (None, "Sunset", "100% pure", "snow_man", 'it\'s "me"', "back\\slash", "Été à la plage")
TAGS = ("beach", "Beach house", "50%", "snow_man", "été", "a'b", "Statue")
WORDS = (
    "eos", "50%", "_", "%", "'", '"', "\\", "beach", "zzz", "Été", "IMG_0", "img_0", "mark ii", "portrait", "house", "beaches",
    "beachs", "a-b", "axb", "inner", "6D", "bac", "G_00",
)  # fmt: skip
DAYS = (
    "2024-02-28T23:59:59", "2024-02-29T00:00:00", "2024-02-29T12:00:00.25", "2024-02-29T23:59:59.999", "2024-03-01T00:00:00",
    "1999-12-31T23:59:59", "9999-12-31T23:59:59", "0001-01-01T00:00:00",
)  # fmt: skip
PLACES = ((0, 0), (0.5, 179.95), (0.5, -179.95), (89.9, 10), (89.9, -170), (-90, 0), (47.37, 8.54), (47.37, 8.55), (-33.9, 151.2))


class Library:
    """Random rows in a real database, and the same as Python knows them."""

    def __init__(self, house: House, viewer: Viewer, rows: list[dict[str, Any]]) -> None:
        self.house = house
        self.gallery = Gallery(house.db, house.config, house.ingest.judge)
        self.viewer = viewer
        self.rows = rows

    async def ids(self, **conditions: Any) -> set[int]:
        page = await self.gallery.page(self.viewer, PhotoFilter(**conditions), sort="filename", descending=False, per_page=ROWS * 2)
        found = [photo["id"] for photo in page.photos]
        assert page.total == len(found) == len(set(found))
        return set(found)

    def those(self, wanted: Callable[[dict[str, Any]], Any]) -> set[int]:
        """The rows that are listed and that `wanted` takes."""
        return {row["id"] for row in self.rows if not row["hide"] & (8 | 16 | 32) and wanted(row)}

    async def check(self, wanted: Callable[[dict[str, Any]], Any], **conditions: Any) -> int:
        """Assert that the conditions pick what `wanted` takes; how many that is."""
        expected = self.those(wanted)
        assert await self.ids(**conditions) == expected, conditions
        return len(expected)


def random_row(chance: random.Random, number: int) -> dict[str, Any]:
    """Values for every column that lists touch; few different ones, so that ties and bounds are hit."""
    row: dict[str, Any] = {}
    for entry in FIELDS:
        if entry.table != "photo" or entry.key in ("filename", "category", "camera_model", "lens_model", "camera_make", "date_taken"):
            continue
        if entry.kind is Kind.FLAG:
            value: Any = chance.choice([None, 0, 1])
        elif entry.kind is Kind.INTEGER:
            value = chance.choice([None, 50, 100, 100, 200, 6400])
        elif entry.kind is Kind.TEXT:
            value = chance.choice([None, *list(COMPOSITION_PATTERNS)[:3]])
        else:
            value = chance.choice([None, 0.0, 0.5, 1.0, 2.5, 7.0, 7.0, 9.999, round(chance.uniform(0, 10), 3)])
        row[entry.column] = value
    place = chance.choice([None, *PLACES])
    row |= {
        "camera_model": chance.choice(CAMERAS),
        "lens_model": chance.choice(LENSES),
        "category": chance.choice([None, *list(categories())[:4]]),
        "date_taken": chance.choice([None, *DAYS]),
        "title": chance.choice(TITLES),
        "gps_latitude": place[0] if place else None,
        "gps_longitude": place[1] if place else None,
    }
    return {
        "columns": row,
        "folder": chance.choice(FOLDERS),
        "filename": chance.choice([f"IMG_{number % 40:04}_{number}.jpg", f"été {number}.jpg", f"b\udcff{number}.jpg"]),
        "tags": chance.sample(TAGS, chance.randrange(4)),
        "description": chance.choice([None, "a walk on the Beach", "50 percent"]),
        "hide": chance.choice([0, 0, 0, 0, 0, int(Hide.BLINK), int(Hide.BURST), int(Hide.DUPLICATE), 3, 7, 8, 16, 32, 17]),
        "rating": chance.choice([None, None, (0, 0, 0), (3, 1, 0), (5, 0, 0), (1, 0, 1), (0, 1, 1)]),
    }


async def insert(house: Any, root_id: int, rows: list[dict[str, Any]]) -> None:
    visits = [
        PhotoVisit(root_id, row["folder"], row["filename"], 1, 1, f"{index:032x}", "", (Outcome("thumbnail", "x"),))
        for index, row in enumerate(rows)
    ]
    numbers = await save_visits(house.db, visits, pair_raw=False)
    async with house.db.writing() as connection:
        for number, row in zip(numbers, rows, strict=True):
            row["id"] = number
            sets = ", ".join(f"{column} = ?" for column in row["columns"])
            await connection.execute(f"UPDATE photo SET {sets} WHERE id = ?", (*row["columns"].values(), number))
            await connection.execute("UPDATE gate SET hide = ? WHERE photo_id = ?", (row["hide"], number))
            await connection.execute("UPDATE photo_blob SET description = ? WHERE photo_id = ?", (row["description"], number))
            for tag in row["tags"]:
                await connection.execute("INSERT INTO tag (name) VALUES (?) ON CONFLICT DO NOTHING", (tag,))
                await connection.execute(
                    "INSERT INTO photo_tag (photo_id, tag_id, source) SELECT ?, id, 'keyword' FROM tag WHERE name = ?", (number, tag)
                )
            if row["rating"] is not None:
                await connection.execute("INSERT INTO rating VALUES (0, ?, ?, ?, ?, '')", (number, *row["rating"]))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    chance = random.Random(20240229)
    rows = [random_row(chance, number) for number in range(ROWS)]
    (tmp_path / "Photos").mkdir()
    async with opened(tmp_path / "data") as house:
        root = await add_root(house.db, str(tmp_path / "Photos"))
        await insert(house, root.id, rows)
        yield Library(house, await single_viewer(house.db), rows)


def stars(row: dict[str, Any]) -> int:
    return row["rating"][0] if row["rating"] else 0


def column(key: str) -> Callable[[dict[str, Any]], Any]:
    entry = BY_KEY[key]
    return stars if entry.table == "rating" else lambda row: row["columns"].get(entry.column)


async def test_every_range_is_inclusive_and_leaves_out_unknown_values(library: Library) -> None:
    picked = 0
    for entry in FIELDS:
        if entry.filter is not Filter.RANGE:
            continue
        value = column(entry.key)
        bounds = (
            (100, 200) if entry.kind is Kind.INTEGER and entry.table == "photo" else (1, 3) if entry.kind is Kind.INTEGER else (0.5, 7.0)
        )
        low, high = bounds

        def above(row: dict[str, Any], value: Any = value, low: float = low) -> bool:
            return value(row) is not None and value(row) >= low

        def below(row: dict[str, Any], value: Any = value, high: float = high) -> bool:
            return value(row) is not None and value(row) <= high

        picked += await library.check(above, **{f"min_{entry.param}": low})
        picked += await library.check(below, **{f"max_{entry.param}": high})
        picked += await library.check(
            lambda row, above=above, below=below: above(row) and below(row), **{f"min_{entry.param}": low, f"max_{entry.param}": high}
        )
        exactly = await library.ids(**{f"min_{entry.param}": high, f"max_{entry.param}": high})
        assert exactly == library.those(lambda row, value=value, high=high: value(row) == high)
    assert picked > 1000


async def test_exact_fields_and_flags(library: Library) -> None:
    for camera in CAMERAS[1:]:
        assert await library.check(lambda row, camera=camera: row["columns"]["camera_model"] == camera, camera=camera)
    for category in list(categories())[:4]:
        assert await library.check(lambda row, category=category: row["columns"]["category"] == category, category=category)
    pattern = next(iter(COMPOSITION_PATTERNS))
    assert await library.check(lambda row: row["columns"]["composition_pattern"] == pattern, composition_pattern=pattern)
    for flag in ("is_monochrome", "is_silhouette"):
        for value in (1, 0):
            assert await library.check(lambda row, flag=flag, value=value: row["columns"][flag] == value, **{flag: str(value)})
    assert await library.check(lambda row: True, camera="", category="", lens="", search="", tag="", type="", quality="", path_prefix="")


@pytest.mark.parametrize("lens", ["EF 50mm", "EF 5", "EF 50mm f/1.4", "50% _", "XF 35mm \ufffd", "XF 35mm \u00e9", "e", "nothing"])
async def test_a_lens_is_a_prefix_up_to_the_first_replacement_character(library: Library, lens: str) -> None:
    prefix = lens.partition("\ufffd")[0]
    await library.check(lambda row: (row["columns"]["lens_model"] or "").startswith(prefix), lens=lens)


def plain(text: str) -> str:
    """Words in lower case without accents, separated by spaces, also letters from digits: enough for the texts of this file."""
    letters = unicodedata.normalize("NFKD", text.lower())
    spaced = "".join(c if c.isascii() and c.isalnum() else "" if unicodedata.combining(c) else " " for c in letters)
    return " ".join(re.findall("[a-z]+|[0-9]+", spaced))


def says(row: dict[str, Any], word: str) -> bool:
    """Whether a word that is typed, or its beginning, is in one of the row's texts; of a file name any part of three."""
    columns, wanted = row["columns"], plain(word)
    name = row["filename"].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    texts = [columns["camera_model"], columns["lens_model"], columns["category"], row["folder"], "Photos", *row["tags"]]
    texts.append(" ".join(filter(None, (columns["title"], row["description"]))))
    found = any(f" {wanted}" in f" {plain(text or '')}" for text in texts) or (
        wanted in plain(name) if len(wanted) > 2 else f" {wanted}" in f" {plain(name)}"
    )
    tags = {word for tag in row["tags"] for word in plain(tag).split()}
    return found or (wanted.isalpha() and any(wanted + "s" == tag or wanted == tag + "s" for tag in tags))


async def test_search_takes_its_text_as_it_is(library: Library) -> None:
    found = 0
    for word in WORDS:
        found += await library.check(lambda row, word=word: plain(word) and says(row, word), search=word)
    assert found > 200


async def test_all_words_of_a_search_are_found_and_none_of_those_with_a_minus(library: Library) -> None:
    assert await library.check(lambda row: says(row, "eos") and says(row, "snow"), search="eos snow")
    assert await library.check(lambda row: says(row, "eos") and not says(row, "beach"), search="eos -beach")
    assert await library.check(lambda row: not says(row, "beach"), search='-"beach"')
    assert await library.check(lambda row: says(row, "6d mark") and says(row, "été"), search='"6d mark" ete')
    assert await library.check(lambda row: (row["columns"]["date_taken"] or "")[:4] == "1999", search="1999")
    assert await library.check(lambda row: (row["columns"]["date_taken"] or "")[:7] == "2024-02", search="February 2024")
    assert await library.check(lambda row: says(row, "eos") and (row["columns"]["iso"] or 0) >= 200, search="eos", min_iso=200)


async def test_tags(library: Library) -> None:
    for tag in TAGS:
        assert await library.check(lambda row, tag=tag: tag in row["tags"], tag=tag)
    assert await library.check(lambda row: {"été", "50%"} & set(row["tags"]), require_tags="été, 50%,,")
    assert await library.check(lambda row: not {"beach", "a'b"} & set(row["tags"]), exclude_tags="beach,a'b")
    assert await library.check(lambda row: "beach" in row["tags"] and "50%" not in row["tags"], tag="beach", exclude_tags="50%")
    assert await library.check(lambda row: True, require_tags=" , ", exclude_tags=",")
    assert await library.ids(tag="no such tag") == set()


async def test_art_is_left_out_by_the_tags_of_its_category(library: Library) -> None:
    assert await library.check(lambda row: "Statue" not in row["tags"], exclude_art="1")
    assert await library.check(lambda row: True, exclude_art="0")
    settings = config(categories={"art": {"filters": {"required_tags": ["BEACH", "été"]}}})
    library.gallery = Gallery(library.house.db, settings, library.house.ingest.judge)
    assert await library.check(lambda row: not {"beach", "été"} & set(row["tags"]), exclude_art="true")
    library.gallery = Gallery(library.house.db, config(categories={"art": {"filters": {}}}), library.house.ingest.judge)
    assert await library.check(lambda row: True, exclude_art="1")


async def test_quality_and_type(library: Library) -> None:
    for quality, score in {"good": 6, "great": 7, "excellent": 8, "best": 9}.items():
        assert await library.check(lambda row, score=score: (row["columns"]["aggregate"] or -1) >= score, quality=quality)
    for conditions in ({"type": "top_picks"}, {"top_picks_filter": "1"}):
        assert await library.check(lambda row: (row["columns"]["top_picks_score"] or -1) >= 7, **conditions)
    name = next(iter(categories()))
    assert await library.check(lambda row: row["columns"]["category"] == name, type=name)
    assert await library.check(lambda row: (row["columns"]["aggregate"] or -1) >= 2.5, min_aggregate=2.5)
    with pytest.raises(InvalidInput) as caught:
        await library.ids(type="nonsense")
    assert caught.value.errors[0].field == "type"
    with pytest.raises(ValidationError, match="quality"):
        PhotoFilter(quality="nonsense")


async def test_days_are_whole_local_days(library: Library) -> None:
    for first, last in [
        ("2024-02-29", "2024-02-29"),
        ("2024-02-28", "2024-03-01"),
        ("0001-01-01", "9999-12-31"),
        ("2024-03-01", "2024-02-28"),
        (None, "1999-12-31"),
        ("2024-02-29", None),
    ]:

        def within(row: dict[str, Any], first: str | None = first, last: str | None = last) -> bool:
            taken = row["columns"]["date_taken"]
            return taken is not None and (first is None or taken[:10] >= first) and (last is None or taken[:10] <= last)

        await library.check(within, date_from=first, date_to=last)
    assert date.fromisoformat("2024-02-29")


@pytest.mark.parametrize("text", ["2024-2-9", "2023-02-29", "0000-01-01", "2024-02-29T00:00", "yesterday", "٢٠٢٤-٠١-٠١", "-024-01-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    for name in ("date_from", "date_to"):
        with pytest.raises(ValidationError, match="expected a day as YYYY-MM-DD"):
            PhotoFilter(**{name: text})


def distance_km(first: tuple[float, float], second: tuple[float, float]) -> float:
    (a, b), (c, d) = (map(math.radians, place) for place in (first, second))
    cosine = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(b - d)
    return 6371.0088 * math.acos(max(-1.0, min(1.0, cosine)))


@pytest.mark.parametrize("radius", [0.5, 3, 25, 2500, 12_000, 20_100])
async def test_a_circle_goes_across_poles_and_the_date_line(library: Library, radius: float) -> None:
    for place in (*PLACES, (90, 77), (0, 180), (0, -180)):

        def inside(row: dict[str, Any], place: tuple[float, float] = place) -> bool:
            there = (row["columns"]["gps_latitude"], row["columns"]["gps_longitude"])
            return there[0] is not None and distance_km(place, there) <= radius

        await library.check(inside, gps_lat=place[0], gps_lng=place[1], gps_radius_km=radius)


def test_half_a_circle_is_refused() -> None:
    for given in ({"gps_lat": 1}, {"gps_lat": 1, "gps_lng": 2}, {"gps_radius_km": 3}):
        with pytest.raises(ValidationError, match="go together") as caught:
            PhotoFilter(**given)
        assert {problem["loc"][0] for problem in caught.value.errors()} == {"gps_lat", "gps_lng", "gps_radius_km"} - given.keys()


@pytest.mark.parametrize("folder", ["a_b", "a_b/inner", "axb", "a%b", "A_b", "ünï"])
@pytest.mark.parametrize("form", ["/Photos/{}", "Photos/{}", "/photos/{}/"])
async def test_a_folder_is_itself_and_all_below_and_no_sibling(library: Library, folder: str, form: str) -> None:
    assert await library.check(lambda row: (row["folder"] + "/").startswith(folder + "/"), path_prefix=form.format(folder))


@pytest.mark.parametrize("prefix", ["/Photos/a", "/Other", "/Photos/a_b/../axb", "/Photos/%", "/", "/Photos//a_b", "/Photos/a_b\0"])
async def test_a_folder_that_does_not_exist_is_not_found(library: Library, prefix: str) -> None:
    with pytest.raises(NotFound):
        await library.ids(path_prefix=prefix)


async def test_the_root_is_all_of_its_photos(library: Library) -> None:
    assert await library.check(lambda row: True, path_prefix="/Photos")


async def test_hiding(library: Library) -> None:
    assert await library.check(lambda row: not row["hide"] & 1, hide_blinks="1")
    assert await library.check(lambda row: not row["hide"] & 1, no_blink="true")
    assert await library.check(lambda row: not row["hide"] & 2, hide_bursts="1")
    assert await library.check(lambda row: not row["hide"] & 2, burst_only="1")
    assert await library.check(lambda row: not row["hide"] & 4, hide_duplicates="1")
    assert await library.check(lambda row: not row["hide"] & 7, hide_blinks="1", hide_bursts="1", hide_duplicates="1")
    assert await library.ids(show_companions="1") == {row["id"] for row in library.rows if not row["hide"] & (8 | 32)}
    assert await library.check(lambda row: True, hide_blinks="0", hide_bursts="false", hide_duplicates="")


async def test_ratings_of_the_viewer(library: Library) -> None:
    assert await library.check(lambda row: not (row["rating"] or (0, 0, 0))[2], hide_rejected="1")
    assert await library.check(lambda row: (row["rating"] or (0, 0, 0))[2], show_rejected="1")
    assert await library.check(lambda row: (row["rating"] or (0, 0, 0))[2], show_rejected="1", hide_rejected="1")
    assert await library.check(lambda row: (row["rating"] or (0, 0, 0))[1], favorites_only="1")
    assert await library.check(lambda row: stars(row) >= 3, min_rating=3)
    assert await library.check(lambda row: 1 <= stars(row) <= 3, min_star_rating=1, max_star_rating=3)


async def test_another_viewer_sees_neither_the_roots_nor_the_ratings_of_this_one(library: Library) -> None:
    nobody = Viewer(7, "user", frozenset())
    page = await library.gallery.page(nobody, PhotoFilter(), sort="aggregate", descending=True, per_page=50)
    assert (page.photos, page.total) == ([], 0)
    other = Viewer(7, "user", library.viewer.root_ids)
    page = await library.gallery.page(other, PhotoFilter(favorites_only="1"), sort="aggregate", descending=True, per_page=50)
    assert page.total == 0


async def test_random_conditions_together_are_anded(library: Library) -> None:
    chance = random.Random(7)
    tests: list[tuple[dict[str, Any], Callable[[dict[str, Any]], Any]]] = [
        ({"camera": "EOS 6D"}, lambda row: row["columns"]["camera_model"] == "EOS 6D"),
        ({"min_iso": 100}, lambda row: (row["columns"]["iso"] or 0) >= 100),
        ({"max_score": 7.0}, lambda row: row["columns"]["aggregate"] is not None and row["columns"]["aggregate"] <= 7.0),
        ({"date_from": "2000-01-01"}, lambda row: (row["columns"]["date_taken"] or "") >= "2000"),
        ({"hide_rejected": "1"}, lambda row: not (row["rating"] or (0, 0, 0))[2]),
        ({"hide_bursts": "1"}, lambda row: not row["hide"] & 2),
        ({"exclude_tags": "beach"}, lambda row: "beach" not in row["tags"]),
        ({"path_prefix": "/Photos/a_b"}, lambda row: (row["folder"] + "/").startswith("a_b/")),
    ]
    for _ in range(40):
        chosen = chance.sample(tests, chance.randrange(2, 5))
        conditions = {name: value for given, _ in chosen for name, value in given.items()}
        await library.check(lambda row, chosen=chosen: all(test(row) for _, test in chosen), **conditions)


RATED = ("star_rating", "is_favorite", "is_rejected")  # 0 where nothing was said, which is a value


def sort_value(entry_key: str, row: dict[str, Any]) -> Any:
    if entry_key == "filename":
        name = row["filename"]
        return (1, name.encode("utf-8", "surrogateescape")) if "\udcff" in name else (0, name.encode())
    if entry_key in RATED:
        return (row["rating"] or (0, 0, 0))[RATED.index(entry_key)]
    value = column(entry_key)(row)
    return value.encode() if isinstance(value, str) else value


@pytest.mark.parametrize("conditions", [{}, {"min_score": 0.5}, {"path_prefix": "/Photos/a_b"}], ids=["all", "score", "folder"])
@pytest.mark.parametrize("descending", [True, False], ids=["desc", "asc"])
async def test_every_sort_key_is_a_total_order_by_page_and_by_key(library: Library, descending: bool, conditions: dict[str, Any]) -> None:
    listed = await library.ids(**conditions)
    for entry in sortable():
        rows = [row for row in library.rows if row["id"] in listed]
        known = [row for row in rows if sort_value(entry.key, row) is not None]
        known.sort(key=lambda row, key=entry.key: (sort_value(key, row), row["id"]), reverse=descending)
        unknown = sorted((row["id"] for row in rows if sort_value(entry.key, row) is None), reverse=descending)
        expected = [row["id"] for row in known] + unknown
        order = {"sort": entry.key, "descending": descending, "per_page": 23}
        by_page: list[int] = []
        for number in range(1, len(expected) // 23 + 3):
            found = await library.gallery.page(library.viewer, PhotoFilter(**conditions), page=number, **order)
            by_page += [photo["id"] for photo in found.photos]
        assert by_page == expected, entry.key
        page = await library.gallery.page(library.viewer, PhotoFilter(**conditions), **order)
        by_key = [photo["id"] for photo in page.photos]
        while page.next:
            page = await library.gallery.page(library.viewer, PhotoFilter(**conditions), after=page.next, **order)
            by_key += [photo["id"] for photo in page.photos]
        assert by_key == expected, entry.key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_score", "nan"), ("max_score", "inf"), ("min_score", "1e999"), ("min_iso", "1.5"), ("min_iso", str(2**70)),
        ("min_iso", "9" * 5000),
        ("min_rating", 0), ("min_rating", 6), ("is_monochrome", "yes"), ("hide_blinks", "2"), ("gps_lat", 91), ("gps_radius_km", 0),
        ("search", "x" * 501), ("camera", "x" * 501), ("require_tags", "x," * 2001), ("nonsense", "1"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        PhotoFilter(**{name: value})
    assert caught.value.errors()[0]["loc"][0] == name


def test_lists_of_tags_are_split_at_commas() -> None:
    assert split_list(None) == split_list("") == split_list(" , ,") == ()
    assert split_list("a, b c ,,d") == ("a", "b c", "d")
