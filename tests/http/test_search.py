"""Search over HTTP: by relevance, with filters and pages; completion; and that names of photos one may not see stay hidden."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from facetd.db import roots
from facetd.db.places import cell_of, save_places
from facetd.db.ranked import Listed
from facetd.filters import PhotoFilter
from facetd.ingest.meaning import Near
from facetd.library.gallery import Gallery
from facetd.library.search import Search, combined, scaled
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.db.test_words import person
from tests.house import config, opened
from tests.http.serving import Site, served


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Site]:
    """1 to 3 in Rome with better scores each, 4 named so and nothing else, 5 elsewhere; Anna in 2, 3 and 5; 6 in a root of its own."""
    async with opened(tmp_path / "data", config()) as house, served(house) as site:
        root = await roots.add_root(house.db, str(tmp_path / "Photos"))
        secret = await roots.add_root(house.db, str(tmp_path / "Secret"))
        await put(
            house.db,
            *(visit(root, f"{n}.jpg", folder="Rome", aggregate=float(n), camera_model="Romulus 3", iso=100 * n) for n in (1, 2, 3)),
            visit(root, "from rome.jpg", aggregate=9.0),
            visit(root, "5.jpg", folder="Oslo", date_taken="2019-07-14T12:00:00", keywords=("romance",)),
            visit(secret, "6.jpg", folder="Rome underground", keywords=("romulans",), camera_model="Romicon"),
        )
        await person(house.db, "Anna", 2, 3, 5)
        await person(house.db, "Romy", 6)
        yield site


async def found(site: Site, q: str, **others: object) -> list[int]:
    return [photo["id"] for photo in (await site.json(f"/api/search?{urlencode({'q': q, **others})}"))["photos"]]


async def test_the_most_relevant_come_first_then_the_best(library: Site) -> None:
    assert await found(library, "rome") == [6, 3, 2, 1, 4], "by folder, best first; then by file name alone, however good"
    answer = await library.json("/api/search?q=anna+rome")
    assert [photo["id"] for photo in answer["photos"]] == [3, 2]
    assert answer | {"photos": 0} == {
        "photos": 0, "total": 2, "query": "anna rome", "parts": ["text"], "message": "", "suggestions": [], "alone": [],
        "page": 1, "has_more": False, "next": None,
    }  # fmt: skip
    assert answer["photos"][0]["similarity"] == 1.0
    assert all(0 <= photo["similarity"] <= 1 for photo in (await library.json("/api/search?q=rom"))["photos"])
    assert await found(library, "anna -rome") == await found(library, "july 2019") == [5]
    assert await found(library, "*") == await found(library, "nowhere") == []


async def test_every_filter_of_the_gallery_narrows(library: Site) -> None:
    assert await found(library, "anna", min_iso=300) == [3]
    assert await found(library, "anna", search="oslo") == [5]
    assert await found(library, "anna", path_prefix="/Photos/Rome") == [3, 2]
    assert await found(library, "rome", camera="Romulus 3", max_score=2) == [2, 1]
    assert await library.problem("/api/search?q=anna&path_prefix=/nowhere", 404) == {}
    assert set(await library.problem("/api/search?q=anna&nonsense=1")) == {"nonsense"}


@pytest.mark.parametrize("wrong", ["", "q=", "q=" + "x" * 501, "q=a&limit=0", "q=a&limit=201", "q=a&threshold=2", "q=a&threshold=nan"])
async def test_what_cannot_be_asked(library: Site, wrong: str) -> None:
    await library.problem(f"/api/search?{wrong}", 400)


@pytest.mark.parametrize("after", ["x", "W251bGwsIDFd", "WyJhIiwgMV0"])
async def test_a_key_that_is_none(library: Site, after: str) -> None:
    assert set(await library.problem(f"/api/search?q=a&after={after}")) == {"after"}


@pytest.mark.parametrize("q", ['"', "a AND (b", "NOT", "NEAR(", "*", "^a:b", "a\0b", "'; DROP TABLE photo; --", "🙂", "((((", "x" * 500])
async def test_no_text_is_understood_by_the_database(library: Site, q: str) -> None:
    for path in ("search?q=", "search/complete?q=", "photos?search="):
        response = await library.get(f"/api/{path}{quote(q[:200] if 'complete' in path else q)}")
        assert response.status in (200, 400)
        assert response.status == 200 or "\0" in q


async def test_pages_by_number_and_by_key(library: Site) -> None:
    whole = await found(library, "rome")
    assert len(whole) == 5
    assert (
        await found(library, "rome", limit=2)
        + await found(library, "rome", limit=2, page=2)
        + await found(library, "rome", limit=2, page=3)
        == whole
    )
    pages: list[int] = []
    after: str | None = ""
    while after is not None:
        answer = await library.json(f"/api/search?q=rome&limit=2{f'&after={after}' if after else ''}")
        pages += [photo["id"] for photo in answer["photos"]]
        after = answer["next"]
        assert answer["total"] == 5
    assert pages == whole


async def test_a_key_of_a_photo_that_is_gone_goes_on_behind_its_like(library: Site) -> None:
    whole = await found(library, "rome")
    first = await library.json("/api/search?q=rome&limit=1")
    async with library.house.db.writing() as connection:
        await connection.execute("UPDATE gate SET hide = 8 WHERE photo_id = ?", (whole[0],))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    rest = await found(library, "rome", after=first["next"])
    assert whole[0] not in rest
    assert set(rest) <= set(whole[1:])


async def names(site: Site, q: str, limit: int = 10) -> list[tuple[str, str]]:
    answer = await site.json(f"/api/search/complete?{urlencode({'q': q, 'limit': limit})}")
    return [(entry["kind"], entry["text"]) for entry in answer["completions"]]


async def test_names_complete_people_first(library: Site) -> None:
    assert await names(library, "an") == [("person", "Anna")]
    assert await names(library, "ROM") == [
        ("person", "Romy"), ("tag", "romance"), ("tag", "romulans"), ("folder", "Rome"), ("folder", "Rome underground"),
        ("camera", "Romicon"), ("camera", "Romulus 3"),
    ]  # fmt: skip
    assert await names(library, "und") == [("folder", "Rome underground")]
    assert await names(library, "rom", limit=1) == [("person", "Romy")]
    assert await names(library, '"*') == await names(library, "zzz") == []


async def test_folders_complete_whose_photos_lie_deeper(library: Site) -> None:
    [root, secret] = await roots.roots(library.house.db)
    await put(library.house.db, visit(root, "7.jpg", folder="Norway/Bergen/Old"), visit(secret, "8.jpg", folder="Vaults/Inner"))
    assert await names(library, "berg") == [("folder", "Bergen")]
    assert await names(library, "nor") == [("folder", "Norway")]
    assert await names(library, "phot") == [("folder", "Photos")]
    search = Search(library.house.db, library.house.config, Gallery(library.house.db, library.house.config, library.house.ingest.judge))
    limited = Viewer(7, "user", frozenset({root.id}))
    assert {text for _, text in await search.complete(limited, "o", limit=50)} == {"Old", "Oslo"}
    assert await search.complete(limited, "vau", limit=50) == await search.complete(limited, "secret", limit=50) == []


async def test_regions_and_countries_complete_once(library: Site) -> None:
    house = library.house
    cells = [cell_of(41.89, 12.49), cell_of(41.75, 12.29), cell_of(64.1, -21.9)]
    async with house.db.writing() as connection:
        for photo, (latitude, longitude) in enumerate([(41.89, 12.49), (41.75, 12.29)], start=1):
            await connection.execute("UPDATE photo SET gps_latitude = ?, gps_longitude = ? WHERE id = ?", (latitude, longitude, photo))
    towns = [("Trastevere", "Latium", "Italy"), ("Fiumicino", "Latium", "Italy"), ("Reykjavik", "Capital Region", "Iceland")]
    await save_places(house.db, dict(zip(cells, towns, strict=True)))
    assert await names(library, "lat") == [("place", "Latium")]
    assert await names(library, "ital") == [("place", "Italy")]
    assert await names(library, "fium") == [("place", "Fiumicino")]
    assert await names(library, "icel") == [], "no photo was taken there"


async def test_a_name_of_photos_one_may_not_see_is_never_told(library: Site) -> None:
    house = library.house
    gallery = Gallery(house.db, house.config, house.ingest.judge)
    search = Search(house.db, house.config, gallery)
    limited = Viewer(7, "user", frozenset({1}))
    told = await search.complete(limited, "rom", limit=50)
    assert {text for _, text in told} == {"romance", "Rome", "Romulus 3"}
    page = await search.page(limited, "rome", PhotoFilter(), threshold=0.15, limit=50)
    assert {photo["id"] for photo in page.photos} == {1, 2, 3, 4}
    assert page.total == 4
    nobody = Viewer(8, "user", frozenset())
    assert await search.complete(nobody, "a", limit=50) == []
    assert (await search.page(nobody, "-a", PhotoFilter(), threshold=0.15, limit=50)).total == 0


async def test_hidden_persons_do_not_complete(library: Site) -> None:
    async with library.house.db.writing() as connection:
        await connection.execute("UPDATE person SET hidden = 1")
    assert await names(library, "anna") == []


async def test_search_that_is_switched_off_answers_403(tmp_path: Path) -> None:
    settings = config(viewer={"features": {"show_semantic_search": False}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        await site.problem("/api/search?q=a", 403)
        await site.problem("/api/search/complete?q=a", 403)
        assert (await site.json("/api/photos?search=a"))["total"] == 0


class Looks:
    """A model that reads text, made up."""

    there = True

    def __init__(self, cosines: Mapping[int, float] | None) -> None:
        self.cosines = cosines

    async def nearest(self, text: str, *, limit: int, within: Sequence[int] | None = None) -> Near:
        assert text
        assert limit >= 1000
        return Near(self.cosines)


async def test_vectors_and_words_are_combined(library: Site) -> None:
    house = library.house
    gallery = Gallery(house.db, house.config, house.ingest.judge)
    viewer = Viewer(0, "superadmin", frozenset({1}))
    search = Search(house.db, house.config, gallery, Looks({5: 0.9, 1: 0.1, 2: 0.8, 6: 0.99}))
    page = await search.page(viewer, "rome", PhotoFilter(), threshold=0.15, limit=50)
    assert page.hints.parts == ("vectors", "text")
    similarity = {photo["id"]: photo["similarity"] for photo in page.photos}
    assert set(similarity) == {1, 2, 3, 4, 5}, "6 may not be seen, however much it looks like it"
    assert similarity[5] == pytest.approx(0.63)
    assert similarity[2] == pytest.approx(0.7 * 0.8 + 0.3)
    assert similarity[1] == pytest.approx(0.3), "below the threshold looks count nothing"
    without = Search(house.db, house.config, gallery, Looks(None))
    assert (await without.page(viewer, "rome", PhotoFilter(), threshold=0.15, limit=50)).hints.parts == ("text",)


def test_scores_are_scaled_and_weighed() -> None:
    assert list(scaled(Listed([(1, 4.0), (2, 1.0)])).pairs()) == [(1, 1.0), (2, 0.25)]
    assert list(scaled(Listed([(3, 0.0)])).pairs()) == [(3, 1.0)]
    assert list(combined(Listed([(1, 4.0), (2, 1.0)]), {2: 1.0, 3: -0.5}).pairs()) == [(2, 0.775), (1, 0.3), (3, 0.0)]


async def test_broad_words_are_ranked_like_rare_ones(library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    rare = {q: await found(library, q) for q in ("rome", "anna", "rom", "photos -anna", "-oslo", "anna rome")}
    monkeypatch.setattr("facetd.db.hits.FEW", -1)
    async with library.house.db.writing() as connection:
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert {q: await found(library, q) for q in rare} == rare
    assert await found(library, "anna", min_iso=300) == [3]


async def hints(site: Site, q: str, **others: object) -> list[str]:
    answer = await site.json(f"/api/search?{urlencode({'q': q, **others})}")
    assert answer["total"] == 0
    suggestions: list[str] = answer["suggestions"]
    return suggestions


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ana", ["Anna"]),  # a person
        ("RMOE", ["Rome"]),  # a folder, swapped
        ("romnace", ["romance"]),  # a tag
        ("romicno", ["Romicon"]),  # a camera
        ("ana -oslo Rom", ["Anna -oslo Rom"]),
        ("osl ana", ["Oslo Anna"]),
        ("ana of the rmoe", ["Anna Rome"]),
        ("anna with the rome", ["anna rome"]),
        ("the", []),
        ('"rime undergroumd"', ['"Rome underground"']),
        ("ana rime", ["Anna Rome"]),
        ("anatomy", []),
        ("ab", []),
        ("1999", []),
        ("anna rome oslo", []),
        ("-ana zzzzzz", []),
        ("ana oslo 2018", ["Anna"]),  # no photo of 2018
        ("romnace of romicno", ["romance", "Romicon"]),
    ],
)
async def test_a_misspelt_word_gets_the_nearest_names(library: Site, typed: str, offered: list[str]) -> None:
    assert await hints(library, typed) == offered
    for text in offered:
        assert await found(library, text), "what is offered finds something"


async def test_what_is_offered_finds_something_under_the_filters(library: Site) -> None:
    assert await hints(library, "ana", camera="Romulus 3") == ["Anna"]
    assert await hints(library, "ana", camera="Romicon") == []
    assert (await library.json("/api/search?q=anna"))["suggestions"] == []


async def test_words_that_say_nothing_alone_are_left_out(library: Site) -> None:
    text = 'the unicorn and -rome "in Rome" mit der Anna'
    answer = await library.json(f"/api/search?{urlencode({'q': text})}")
    assert answer["alone"] == ["unicorn", '"in Rome"', "Anna"]
    assert (await library.json("/api/search?q=unicorn"))["alone"] == []


async def test_a_misspelt_name_of_photos_one_may_not_see_is_never_told(library: Site) -> None:
    house = library.house
    search = Search(house.db, house.config, Gallery(house.db, house.config, house.ingest.judge))

    async def told(viewer: Viewer, text: str) -> tuple[str, ...]:
        return (await search.page(viewer, text, PhotoFilter(), threshold=0.15, limit=50)).hints.suggestions

    everybody, limited = Viewer(9, "user", frozenset({1, 2})), Viewer(7, "user", frozenset({1}))
    for typed, name in (
        ("romyy", "Romy"),
        ("romulnas", "romulans"),
        ("romicno", "Romicon"),
        ("undergruond", "underground"),
        ("secrte", "Secret"),
    ):
        assert await told(everybody, typed) == (name,)
        assert name not in await told(limited, typed)
    assert await told(limited, "ana") == ("Anna",)
    assert await told(limited, "romy") == await told(limited, "romx") == ("Rome",), "a name that is there and one that is not look alike"
    assert await told(Viewer(8, "user", frozenset()), "ana") == ()
