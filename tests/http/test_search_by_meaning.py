"""Search by what photos show, over HTTP: by vectors and words together, with filters, and by words alone within a bounded time."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from facetd.db import roots
from facetd.errors import Unavailable
from facetd.ingest import nearest as searching
from facetd.library import search
from facetd.records.sightings import Sighting
from tests.db.conftest import put, visit
from tests.eyes import FakeEyes
from tests.house import config, opened
from tests.http.serving import Site, served

SPACE = "made/f32"
DIRECTIONS = {"red": (1, 0, 0), "green": (0, 1, 0), "red green": (1, 1, 0), "blue": (0, 0, 1)}


class Reader(FakeEyes):
    """Knows three words; `trouble` happens instead. It waits for the `gate` first."""

    def __init__(self) -> None:
        super().__init__(Sighting())
        self.reads_text, self.texts, self.gate = True, [], asyncio.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    async def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert question == "text_vector"
        self.texts.append(arguments["text"])
        await self.gate.wait()
        if self.trouble:
            raise self.trouble
        vector = np.array(DIRECTIONS[arguments["text"]], "<f4")
        return {"space": SPACE, "vector": base64.b64encode((vector / np.linalg.norm(vector)).tobytes()).decode(), "least": 0.15}


async def show(site: Site, vectors: dict[int, tuple[float, float, float]], space: str = SPACE) -> None:
    """What photos show, by number."""
    async with site.house.db.writing() as connection:
        for photo, vector in vectors.items():
            unit = np.array(vector, np.float32) / np.linalg.norm(vector)
            row = (photo, space, unit.astype("<f4").tobytes())
            await connection.execute("DELETE FROM photo_embedding WHERE photo_id = ?", (photo,))
            await connection.execute("INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)", row)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
async def site(tmp_path: Path, reader: Reader) -> AsyncIterator[Site]:
    """1 and 2 show red, 3 green, 4 blue but is called red, 5 is half red and of 2019, 6 shows red and nobody looked at it yet."""
    async with opened(tmp_path / "data", config(), eyes=reader) as house, served(house) as found:
        await house.ingest.models.get_ready()
        root = await roots.add_root(house.db, str(tmp_path / "Photos"))
        await put(
            house.db,
            *(visit(root, f"{n}.jpg", iso=100 * n) for n in (1, 2, 3)),
            visit(root, "red.jpg", iso=400),
            visit(root, "5.jpg", iso=500, date_taken="2019-07-14T12:00:00"),
            visit(root, "6.jpg", iso=600),
        )
        await show(found, {1: (1, 0, 0), 2: (0.9, 0.1, 0), 3: (0, 1, 0), 4: (0.1, 0, 1), 5: (1, 1, 0)})
        yield found
    searching._open.clear()


async def asked(site: Site, q: str, **others: object) -> dict[str, Any]:
    return await site.json(f"/api/search?{urlencode({'q': q, **others})}")


async def found(site: Site, q: str, **others: object) -> list[int]:
    return [photo["id"] for photo in (await asked(site, q, **others))["photos"]]


async def test_seven_tenths_of_the_picture_and_three_of_the_words(site: Site) -> None:
    answer = await asked(site, "red", threshold=0.5)
    assert (answer["parts"], answer["message"]) == (["vectors", "text"], "")
    similarity = {photo["id"]: photo["similarity"] for photo in answer["photos"]}
    assert list(similarity) == [1, 2, 5, 4]
    assert similarity[1] == pytest.approx(0.7, abs=1e-3)
    assert similarity[5] == pytest.approx(0.7 * 0.5**0.5, abs=1e-3)
    assert similarity[4] == pytest.approx(0.3, abs=1e-3), "by its name alone: it is further than the threshold"
    assert dict(await _similar(site, "red", 0.05))[4] == pytest.approx(0.3 + 0.7 * 0.0995, abs=1e-3)
    assert answer["total"] == 4


async def _similar(site: Site, q: str, threshold: float) -> list[tuple[int, float]]:
    return [(photo["id"], photo["similarity"]) for photo in (await asked(site, q, threshold=threshold))["photos"]]


async def test_a_text_is_read_once(site: Site, reader: Reader) -> None:
    for iso in (100, 200, 300):
        await asked(site, "red", min_iso=iso)
    await asyncio.gather(*(asked(site, "blue", min_iso=iso) for iso in (100, 200, 300)))
    assert reader.texts == ["red", "blue"]


async def test_words_to_leave_out_and_days_hold_for_pictures_too(site: Site, reader: Reader) -> None:
    assert await found(site, "green -5", threshold=0.5) == [3]
    assert await found(site, "red 2019", threshold=0.5) == [5]
    assert await found(site, "2019-07") == [5]
    assert reader.texts == ["green", "red"], "days and what is left out are not for the model"


async def test_every_filter_narrows(site: Site) -> None:
    assert await found(site, "red", threshold=0.5, min_iso=200) == [2, 5, 4]
    assert await found(site, "red", threshold=0.5, max_iso=100) == [1]
    assert (await asked(site, "red", min_iso=300, max_iso=300))["photos"] == []
    first = await asked(site, "red", threshold=0.5, limit=2)
    rest = await asked(site, "red", threshold=0.5, limit=2, after=first["next"])
    assert [photo["id"] for photo in first["photos"] + rest["photos"]] == [1, 2, 5, 4]


@pytest.mark.parametrize("narrow", [0, 5, 20_000])
async def test_a_filter_that_leaves_few_finds_all_of_them(site: Site, monkeypatch: pytest.MonkeyPatch, narrow: int) -> None:
    """Also where they are not among the nearest of all photos, and whichever way is taken."""
    root = (await roots.roots(site.house.db))[0]
    await put(site.house.db, *(visit(root, f"many {n}.jpg", iso=50) for n in range(60)))
    await show(site, {number: (1, 0.001 * number, 0) for number in range(7, 67)})
    await show(site, {2: (1, 0.5, 0), 5: (1, 0.6, 0)})
    monkeypatch.setattr(search, "NARROW", narrow)
    monkeypatch.setattr(search, "chosen_limit", lambda _worded: 40)
    assert await found(site, "red", threshold=0.5, min_iso=200) == [2, 5, 4]
    assert (await asked(site, "red", threshold=0.5))["total"] == 41, "the nearest, and the one that words find"


async def test_vectors_of_another_model_are_not_compared(site: Site) -> None:
    """While photos are looked at anew, those that were are found by what they show."""
    await show(site, {1: (1, 0, 0), 3: (1, 0, 0)}, space="old/f32")
    assert await found(site, "red", threshold=0.5) == [2, 5, 4]
    await show(site, dict.fromkeys(range(1, 6), (1, 0, 0)), space="old/f32")
    answer = await asked(site, "red")
    assert [photo["id"] for photo in answer["photos"]] == [4]
    assert "next scan" in answer["message"]


async def test_models_that_take_long_cost_seconds_only_once(site: Site, reader: Reader) -> None:
    site.house.ingest.meaning._patience_s = 0.2
    reader.gate.clear()
    answer = await asked(site, "red")
    assert [photo["id"] for photo in answer["photos"]] == [4]
    assert answer["parts"] == ["text"]
    assert "getting ready" in answer["message"]
    reader.gate.set()
    site.house.ingest.meaning._patience_s = 60
    answer = await asked(site, "red", threshold=0.5)
    assert [photo["id"] for photo in answer["photos"]] == [1, 2, 5, 4], "what was found by words alone is not remembered"
    assert answer["message"] == ""
    assert reader.texts == ["red"]


async def test_models_that_fail_are_told_and_left_in_peace_for_a_while(site: Site, reader: Reader) -> None:
    reader.trouble = Unavailable("the towers fell")
    for _turn in range(3):
        answer = await asked(site, "red")
        assert [photo["id"] for photo in answer["photos"]] == [4]
        assert "the towers fell" in answer["message"]
    assert reader.texts == ["red"]
    reader.trouble, site.house.ingest.meaning._again_s = None, 0.0
    site.house.ingest.meaning._broken = (0.0, "")
    assert await found(site, "red", threshold=0.5) == [1, 2, 5, 4]


async def test_without_such_a_model_words_count_and_nothing_is_missing(site: Site, reader: Reader) -> None:
    reader.reads_text = False
    answer = await asked(site, "red")
    assert (answer["parts"], answer["message"]) == (["text"], "")
    assert [photo["id"] for photo in answer["photos"]] == [4]
    assert reader.texts == []
    reader.reads_text = True  # as soon as it is known what there is
    assert (await asked(site, "red"))["parts"] == ["vectors", "text"]


async def test_a_library_may_be_closed_while_a_text_is_read(tmp_path: Path, reader: Reader) -> None:
    async with opened(tmp_path / "data", config(), eyes=reader) as house:
        await house.ingest.models.get_ready()
        house.ingest.meaning._patience_s = 0.05
        reader.gate.clear()
        assert (await house.ingest.meaning.nearest("red", limit=5)).cosines is None
