"""Totals that counters say are those that an honest count gives, for each viewer."""

from __future__ import annotations

import random
from typing import Any

import pytest

from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db.conditions import conditions, hide_bits
from facetd.db.connection import Database
from facetd.db.listing import Listing, Order
from facetd.db.totals import counted_total
from facetd.db.visibility import Hide, gate_join
from facetd.filters import PhotoFilter
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household
from tests.people import add_face

COUNTED: list[dict[str, Any]] = [
    {"camera": "X-T5"}, {"camera": "300"}, {"camera": "none"}, {"lens": "50"}, {"lens": "50mm F2"}, {"category": "default"}, {"tag": "Sea"},
    {"require_tags": "dog"}, {"person": "1"}, {"person": "99"}, {},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"person": "1,2"}, {"require_tags": "dog,sea"}, {"camera": "X-T5", "category": "default"}, {"min_iso": 400}, {"show_rejected": True},
    {"exclude_tags": "sea"}, {"favorites_only": True, "hide_rejected": True},
]  # fmt: skip


@pytest.fixture
async def home(db: Database) -> Household:
    """Photos of every kind, some of them hidden, rejected, with people."""
    home, chance = await make_household(db), random.Random(5)
    for person in ("Anna", "Bea"):
        await db_people.make(db, person)
    visits = [
        visit(
            home.roots[number % 3], f"{number}.jpg", camera_model=chance.choice([None, "X-T5", "300"]), iso=chance.choice([100, 800]),
            lens_model=chance.choice([None, "50mm", "50mm F2", "85mm"]), keywords=tuple(chance.sample(["sea", "dog"], chance.randrange(3))),
        )
        for number in range(60)
    ]  # fmt: skip
    for number in await put(db, *visits):
        for _ in range(chance.randrange(3)):
            await db_faces.assign(db, [await add_face(db, number, None)], chance.choice([1, 2]))
        async with db.writing() as connection:
            hide = chance.choice([0, 0, int(Hide.BURST), int(Hide.COMPANION), int(Hide.MISSING)])
            await connection.execute("UPDATE gate SET hide = ? WHERE photo_id = ?", (hide, number))
            for user in (home.alice.user_id, home.bob.user_id):
                if chance.random() < 0.3:
                    await connection.execute(
                        "INSERT INTO rating (user_id, photo_id, is_favorite, is_rejected, updated_at) VALUES (?, ?, ?, ?, '')",
                        (user, number, chance.randrange(2), chance.randrange(2)),
                    )
    return home


async def honest(home: Household, viewer: Viewer, chosen: PhotoFilter) -> int:  # type: ignore[valid-type]
    narrowed = conditions(chosen, viewer)
    row = await home.db.row(
        f"SELECT COUNT(*) FROM photo p {gate_join(viewer, hide_bits(chosen))} WHERE 1{narrowed.sql}", narrowed.parameters
    )
    return int(row[0]) if row else -1


@pytest.mark.parametrize("more", [{}, {"hide_rejected": True}, {"hide_bursts": True}, {"hide_rejected": True, "show_companions": True}])
async def test_counted_totals_are_exact(home: Household, more: dict[str, Any]) -> None:
    different = set()
    for viewer in (home.alice, home.bob, home.nobody):
        for asked in COUNTED:
            chosen = PhotoFilter(**{**asked, **more})
            narrowed, hide = conditions(chosen, viewer), hide_bits(chosen)
            found = await home.db.read(lambda c, v=viewer, n=narrowed, h=hide: counted_total(c, v, h, n))
            assert found == await honest(home, viewer, chosen), (viewer.name, asked)
            different.add(found)
    assert len(different) > 4


@pytest.mark.parametrize("asked", OTHERS)
async def test_other_lists_are_counted(home: Household, asked: dict[str, Any]) -> None:
    chosen = PhotoFilter(**asked)
    narrowed, hide = conditions(chosen, home.alice), hide_bits(chosen)
    assert await home.db.read(lambda c: counted_total(c, home.alice, hide, narrowed)) is None
    listing = Listing(home.alice, chosen, narrowed, Order("aggregate"))
    assert await home.db.read(listing.total) == await honest(home, home.alice, chosen)


@pytest.mark.parametrize("asked", [*COUNTED, *OTHERS])
@pytest.mark.parametrize("descending", [True, False])
async def test_few_photos_are_sorted_as_many_are(home: Household, asked: dict[str, Any], descending: bool) -> None:
    chosen = PhotoFilter(**asked)
    listing = Listing(home.bob, chosen, conditions(chosen, home.bob), Order("iso", descending))
    listing.expect(10**6)
    usual = await home.db.read(lambda c: listing.page(c, offset=0, limit=100))
    listing.expect(len(usual))
    assert await home.db.read(lambda c: listing.page(c, offset=0, limit=100)) == usual
    assert await home.db.read(lambda c: listing.page(c, offset=2, limit=5)) == usual[2:7]
