"""Two people with photos of their own and shared ones: rows without files, and a viewer for each."""

from __future__ import annotations

from dataclasses import dataclass

from facetd.db import roots
from facetd.db.connection import Database
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

ALICE, BOB = 1, 2


@dataclass(frozen=True, slots=True)
class Household:
    """`alices`, `bobs` and `shared` are ids of photos, three of each; `nobody` sees nothing."""

    db: Database
    alice: Viewer
    bob: Viewer
    nobody: Viewer
    alices: tuple[int, ...]
    bobs: tuple[int, ...]
    shared: tuple[int, ...]
    roots: tuple[Root, Root, Root]


async def make_household(db: Database) -> Household:
    """Roots `Alice`, `Bob` and `Shared` with photos 1.jpg to 3.jpg each, better ones first."""
    made = [await roots.add_root(db, f"/photos/{name}") for name in ("Alice", "Bob", "Shared")]
    alices, bobs, shared = [await put(db, *(visit(root, f"{n}.jpg", aggregate=9.0 - n) for n in (1, 2, 3))) for root in made]
    a, b, s = (root.id for root in made)
    return Household(
        db,
        Viewer(ALICE, "superadmin", frozenset({a, s}), "alice"),
        Viewer(BOB, "user", frozenset({b, s}), "bob"),
        Viewer(3, "admin", frozenset(), "nobody"),
        tuple(alices),
        tuple(bobs),
        tuple(shared),
        (made[0], made[1], made[2]),
    )
