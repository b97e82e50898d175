"""A search that finds many photos gives what the same search gives as SQL, in the same order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.synthetic import make_library
from facetd.accounts.viewers import single_viewer
from facetd.db import hits, levels
from facetd.db.conditions import conditions, hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.hits import is_broad, look_up
from facetd.db.levels import Leveled, Places
from facetd.db.listing import After, Listing, Order
from facetd.db.phrases import parse
from facetd.db.ranked import Listed
from facetd.db.ranking import rank
from facetd.filters import PhotoFilter
from facetd.library.matches import Matches

TEXTS = (
    "iphone",
    "synthetic",
    "canon 2012",
    "img canon -nikon",
    "july",
    "quagga",
    "-iphone",
    "iphone -iphone",
    "quagga oka",
    "nothing at all",
)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Database]:
    """Photos of which every third has two tags that `quagga` finds, and every fifth one of them; every fourth is not its burst's lead."""
    await make_library(tmp_path, 600)
    async with Database(tmp_path / "library.db") as db:
        async with db.writing() as connection:
            for number, (name, step) in enumerate((("quagga", 3), ("quagga herd", 3), ("okapi", 5)), start=900):
                await connection.execute("INSERT INTO tag (id, name) VALUES (?, ?)", (number, name))
                await connection.execute("INSERT OR IGNORE INTO topic (kind, ref, words) VALUES ('tag', ?, ?)", (number, name))
                await connection.execute(
                    "INSERT INTO photo_tag (photo_id, tag_id, source) SELECT id, ?, 'xmp' FROM photo WHERE id % ? = 0", (number, step)
                )
            await connection.execute("UPDATE gate SET hide = 2 WHERE photo_id % 4 = 1")
        yield db


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "chosen", [PhotoFilter(), PhotoFilter(min_score=5), PhotoFilter(hide_bursts=True)], ids=["all", "filtered", "leads"]
)
async def test_many_are_ranked_like_few(library: Database, monkeypatch: pytest.MonkeyPatch, text: str, chosen: PhotoFilter) -> None:
    viewer, hide = await single_viewer(library), hide_bits(chosen)
    narrowed = conditions(chosen, viewer, None)
    found = await library.read(lambda connection: look_up(connection, parse(text), "words"))
    few = await library.read(lambda connection: list(rank(connection, viewer, hide, found, narrowed).pairs()))
    monkeypatch.setattr(hits, "FEW", 0)
    assert is_broad(found) or text in ("nothing at all", "-iphone")
    many = list((await Matches(library).ranked(viewer, hide, found, narrowed)).pairs())
    assert [number for number, _ in many] == [number for number, _ in few]
    assert [score for _, score in many] == pytest.approx([score for _, score in few])
    assert few or text in ("iphone -iphone", "nothing at all")


@pytest.mark.parametrize(
    "chosen",
    [PhotoFilter(), PhotoFilter(min_score=5), PhotoFilter(min_rating=3), PhotoFilter(hide_bursts=True)],
    ids=["all", "filtered", "rated", "leads"],
)
@pytest.mark.parametrize("sort", ["aggregate", "date_taken", "star_rating"])
async def test_many_are_listed_like_few(library: Database, monkeypatch: pytest.MonkeyPatch, chosen: PhotoFilter, sort: str) -> None:
    stars = "INSERT OR REPLACE INTO rating (user_id, photo_id, stars, updated_at) SELECT 0, id, id % 6, '' FROM photo WHERE id % 2"
    async with library.writing() as connection:
        await connection.execute(stars)
    viewer, hide, matches = await single_viewer(library), hide_bits(chosen), Matches(library)
    monkeypatch.setattr(hits, "FEW", 0)
    listed = 0
    for text in ("iphone", "synthetic", "canon 2012", "img canon -nikon", "quagga oka", "iphone -iphone"):
        for descending in (True, False):
            order = Order(sort, descending)
            found = await matches.found(text) or ()
            few = Listing(viewer, chosen, conditions(chosen, viewer, found), order)
            many = Listing(viewer, chosen, conditions(chosen, viewer), order, await matches.photos(viewer, hide, found))
            listed += await library.read(lambda connection, few=few, many=many: _same(connection, few, many))
    assert listed > 100, "most texts find something"


def _same(connection: Connection, few: Listing, many: Listing) -> int:
    """Compare all pages of two lists; how many photos they have."""
    everything = few.page(connection, offset=0, limit=1000)
    assert len(everything) == few.total(connection) == many.total(connection)
    assert many.page(connection, offset=0, limit=1000) == everything
    for offset in (1, 40, max(0, len(everything) - 3), len(everything)):
        assert many.page(connection, offset=offset, limit=7) == everything[offset : offset + 7]
    for last in everything[3::50]:
        after = After(last.value, last.id)
        assert many.after(connection, after, limit=7) == few.after(connection, after, limit=7)
    return len(everything)


def test_parts_of_levels_are_parts_of_the_whole() -> None:
    some = Leveled(Places([5, 3, 6, 4, 1, 2]), bytes([1, 2, 0, 1, 2, 2, 0]), [2.5, 1.0])
    whole = [(5, 2.5), (4, 2.5), (3, 1.0), (1, 1.0), (2, 1.0)]
    assert list(some.pairs()) == whole
    assert list(some) == [5, 4, 3, 1, 2]
    assert len(some) == 5
    for start in range(7):
        for count in range(7):
            assert some.part(start, count) == list(Listed(whole).part(start, count)), (start, count)


def test_levels_know_their_places_as_a_list_does() -> None:
    some = Leveled(Places([5, 3, 6, 4, 1, 2]), bytes([1, 2, 0, 1, 2, 2, 0]), [2.5, 1.0])
    listed = Listed(list(some.pairs()))
    assert [some.place_of(photo) for photo in range(9)] == [listed.place_of(photo) for photo in range(9)]
    assert [photo in some for photo in range(9)] == [False, True, True, True, True, True, False, False, False]
    for score in (3.0, 2.5, 2.0, 1.0, 0.5):
        assert some.place_below(score) == listed.place_below(score)
    assert list(some.rescored(lambda score: score / 2).pairs()) == list(listed.rescored(lambda score: score / 2).pairs())


def test_photos_that_came_after_the_order_was_made_are_left_out() -> None:
    places = Places([2, 1])
    assert places.known([1, 2, 3, 99]) == [1, 2]
    assert 99 not in Leveled(places, bytes([1, 1, 0]), [1.0])
    assert not list(Leveled(Places([]), b"\0", []))


async def test_more_levels_than_a_byte_has_are_not_told_apart_at_the_end(library: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, hide = await single_viewer(library), hide_bits(PhotoFilter())
    monkeypatch.setattr(hits, "FEW", 0)
    found = await library.read(lambda connection: look_up(connection, parse("2012"), "words"))
    nothing = conditions(PhotoFilter(), viewer)
    exact = list((await Matches(library).ranked(viewer, hide, found, nothing)).pairs())
    assert len({score for _, score in exact}) > 1
    monkeypatch.setattr(levels, "MOST_LEVELS", 1)
    rough = list((await Matches(library).ranked(viewer, hide, found, nothing)).pairs())
    assert {number for number, _ in rough} == {number for number, _ in exact}
    assert {score for _, score in rough} == {exact[0][1]}
