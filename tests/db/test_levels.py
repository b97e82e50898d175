"""A search that finds many photos gives what the same search gives as SQL, in the same order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.synthetic import make_library
from facetd.accounts.viewers import single_viewer
from facetd.db import hits
from facetd.db.conditions import conditions, hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.hits import is_broad, look_up
from facetd.db.levels import Levels, in_order
from facetd.db.phrases import parse
from facetd.db.ranking import Ranked, hidden_ids, ids_by_score, rank
from facetd.filters import PhotoFilter

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
    """Photos of which every third has two tags that `quagga` finds, and every fifth one of them."""
    await make_library(tmp_path, 600)
    async with Database(tmp_path / "library.db") as db:
        async with db.writing() as connection:
            for number, (name, step) in enumerate((("quagga", 3), ("quagga herd", 3), ("okapi", 5)), start=900):
                await connection.execute("INSERT INTO tag (id, name) VALUES (?, ?)", (number, name))
                await connection.execute("INSERT OR IGNORE INTO topic (kind, ref, words) VALUES ('tag', ?, ?)", (number, name))
                await connection.execute(
                    "INSERT INTO photo_tag (photo_id, tag_id, source) SELECT id, ?, 'xmp' FROM photo WHERE id % ? = 0", (number, step)
                )
        yield db


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("chosen", [PhotoFilter(), PhotoFilter(min_score=5)], ids=["all", "filtered"])
async def test_many_are_ranked_like_few(library: Database, monkeypatch: pytest.MonkeyPatch, text: str, chosen: PhotoFilter) -> None:
    viewer, hide = await single_viewer(library), hide_bits(chosen)
    narrowed = conditions(chosen, viewer, None)
    by_score, hidden = await ids_by_score(library), await hidden_ids(library, viewer, hide)

    def ranked(connection: Connection) -> tuple[bool, Ranked]:
        found = look_up(connection, parse(text), "words")
        return is_broad(found), rank(connection, viewer, hide, found, narrowed, by_score, hidden)

    few = (await library.read(ranked))[1]
    monkeypatch.setattr(hits, "FEW", 0)
    broad, many = await library.read(ranked)
    assert broad or text == "nothing at all"
    assert [number for number, _ in many] == [number for number, _ in few]
    assert [score for _, score in many] == pytest.approx([score for _, score in few])
    assert few or text in ("iphone -iphone", "nothing at all", "-iphone"), "the text finds something"


def test_the_best_level_comes_first_and_hidden_photos_are_left_out() -> None:
    found: Levels = {1.0: {1, 2, 3}, 2.5: {4, 5}}
    assert in_order(found, [5, 3, 4, 1, 2], {3}) == [(5, 2.5), (4, 2.5), (1, 1.0), (2, 1.0)]
