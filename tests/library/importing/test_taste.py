"""Comparisons and earlier weights of Facet, kept for learning from them."""

from __future__ import annotations

import json

import pytest

from facetd.db.connection import Database
from facetd.library.importing.taste import our_key, our_weights
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.facetmaker import FacetMaker
from tests.library.importing.bringing import bring, contents, tally


async def answers(db: Database) -> list[tuple[object, ...]]:
    sql = "SELECT user_id, photo_a_id, photo_b_id, winner, category, source, created_at FROM comparison ORDER BY photo_a_id, photo_b_id"
    return [tuple(row) for row in await db.rows(sql)]


async def test_comparisons_come_with_the_lower_id_first(db: Database, root: Root, facet: FacetMaker) -> None:
    a, b, c = await put(db, *(visit(root, f"{name}.jpg") for name in "abc"))
    one, two, three, four = [facet.photo(f"{root.path}/{name}.jpg") for name in "abcd"]
    facet.put("comparisons", photo_a_path=one, photo_b_path=two, winner="a", category="others", timestamp="2024-07-14 18:03:22")
    facet.put("comparisons", photo_a_path=three, photo_b_path=one, winner="a", source="culling", timestamp="2024-07-14 18:03:23")
    facet.put("comparisons", photo_a_path=three, photo_b_path=two, winner="tie", timestamp="odd")
    facet.put("comparisons", photo_a_path=one, photo_b_path=four, winner="a")
    facet.put("comparisons", photo_a_path=two, photo_b_path=one, winner="maybe")
    facet.put("comparisons", photo_a_path=one, photo_b_path=one, winner="a")
    facet.put("comparisons", photo_a_path=two, photo_b_path=three, winner="b", user_id="alice")
    report = await bring(db, facet)
    assert await answers(db) == [
        (0, a, b, "a", "default", "vote", "2024-07-14T18:03:22Z"),
        (0, a, c, "b", None, "culling", "2024-07-14T18:03:23Z"),
        (0, b, c, "tie", None, "vote", (await answers(db))[2][6]),
    ]
    assert tally(report, "comparisons") == (3, 0, 0, 4)
    assert [(note.kind, note.name) for note in report.notes] == [("comparisons", "alice")]
    before = await contents(db)
    assert ((await bring(db, facet)).changes, await contents(db)) == (0, before)


async def test_answers_that_were_changed_or_deleted_here_stay_so(db: Database, root: Root, facet: FacetMaker) -> None:
    await put(db, *(visit(root, f"{name}.jpg") for name in "abcd"))
    paths = [facet.photo(f"{root.path}/{name}.jpg") for name in "abcd"]
    for other in paths[1:]:
        facet.put("comparisons", photo_a_path=paths[0], photo_b_path=other, winner="a")
    await bring(db, facet)
    async with db.writing() as connection:
        await connection.execute("UPDATE comparison SET winner = 'b' WHERE photo_b_id = 2")
        await connection.execute("DELETE FROM comparison WHERE photo_b_id = 3")
    facet.run("UPDATE comparisons SET winner = 'tie'")
    assert tally(await bring(db, facet), "comparisons") == (1, 0, 2, 0)
    assert [row[2:4] for row in await answers(db)] == [(2, "b"), (4, "tie")]
    assert (await bring(db, facet)).changes == 0


async def test_snapshots_come_once_in_percents_of_our_keys(db: Database, root: Root, facet: FacetMaker) -> None:
    shares = {"aesthetic": 0.55, "quality": 0.2, "symmetry": 0.1, "bonus": 0.3, "tech_sharpness": 0.0, "_apply_blink_penalty": True}
    facet.put(
        "weight_config_snapshots", category="portrait", weights=json.dumps(shares), timestamp="2024-07-14 18:03:22", accuracy_after=0.7
    )
    facet.put("weight_config_snapshots", category="others", weights='{"liqe_percent": 30, "color_percent": 70}', comparisons_used=9e99)
    facet.put("weight_config_snapshots", category=None, weights="nothing", accuracy_before=1e308, comparisons_used=9e99)
    facet.put("weight_config_snapshots", category="art", weights='{"color": 1e400, "contrast": NaN, "aesthetic": "much"}')
    report = await bring(db, facet)
    rows = await db.rows("SELECT category, weights, accuracy_after, created_by, created_at FROM weight_snapshot ORDER BY id")
    assert [(row[0], json.loads(row[1])) for row in rows] == [
        ("portrait", {"aesthetic_percent": 55.0, "quality_score_percent": 20.0}),
        ("default", {"liqe_score_percent": 30.0, "color_percent": 70.0}),
    ]
    assert tuple(rows[0][2:]) == (0.7, "manual", "2024-07-14T18:03:22Z")
    assert (tally(report, "snapshots"), report.notes[0].reason) == ((2, 0, 0, 2), "these weights have no equivalent: symmetry")
    async with db.writing() as connection:
        await connection.execute("DELETE FROM weight_snapshot WHERE id = 1")
    assert tally(await bring(db, facet), "snapshots") == (0, 2, 0, 2)


@pytest.mark.parametrize(
    ("theirs", "ours"), [("quality_percent", "quality_score_percent"), ("color_percent", "color_percent"), ("saturation_percent", None)]
)
def test_names_of_weights(theirs: str, ours: str | None) -> None:
    assert our_key(theirs) == ours


def test_weights_in_percents() -> None:
    raw = {"aesthetic_percent": 55, "fractal_percent": 3, "balance_percent": 0, "noise_percent": "5", "color_percent": 101, "_note": 1}
    assert our_weights(raw) == ({"aesthetic_percent": 55.0}, ["fractal_percent"], ["color_percent", "noise_percent"])
