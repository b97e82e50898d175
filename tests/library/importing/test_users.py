"""Users of Facet: what each of them thinks, and their entries in our configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.db.connection import Database
from facetd.library.importing.facetconfig import FacetConfig
from facetd.library.importing.paths import PathRules
from facetd.library.importing.report import Report
from facetd.library.importing.users import merge_users, usable_names
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.facetmaker import FacetMaker
from tests.library.importing.bringing import bring, contents, tally

HASH = "00112233445566778899aabbccddeeff:" + "ab" * 32
BOTH = frozenset({"alice", "bob"})


async def ratings(db: Database) -> list[tuple[Any, ...]]:
    """Whose each rating is: the user's name, the photo, stars, favorite and rejected."""
    sql = (
        "SELECT a.name, r.photo_id, r.stars, r.is_favorite, r.is_rejected FROM rating r LEFT JOIN account a ON a.id = r.user_id"
        " ORDER BY a.name, r.photo_id"
    )
    return [tuple(row) for row in await db.rows(sql)]


async def test_each_users_ratings_are_theirs(db: Database, root: Root, facet: FacetMaker) -> None:
    a, b = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"))
    one, two = [facet.photo(f"{root.path}/{name}.jpg", star_rating=3) for name in "ab"]
    facet.put("user_preferences", user_id="alice", photo_path=one, star_rating=5)
    facet.put("user_preferences", user_id="bob", photo_path=one, is_rejected=1)
    facet.put("user_preferences", user_id="carol", photo_path=two, is_favorite=1)
    facet.put("user_preferences", user_id="alice", photo_path=two)
    report = await bring(db, facet, users=BOTH)
    assert await ratings(db) == [(None, a, 3, 0, 0), (None, b, 3, 0, 0), ("alice", a, 5, 0, 0), ("bob", a, 0, 0, 1)]
    assert (tally(report, "ratings"), [note.name for note in report.notes]) == ((4, 0, 0, 1), ["carol", "nobody's"])
    before = await contents(db)
    assert ((await bring(db, facet, users=BOTH)).changes, await contents(db)) == (0, before)


async def test_what_is_nobodys_goes_to_one_who_asks_for_it(db: Database, root: Root, facet: FacetMaker) -> None:
    a, b = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"))
    one, two = [facet.photo(f"{root.path}/{name}.jpg", star_rating=3) for name in "ab"]
    facet.put("user_preferences", user_id="alice", photo_path=one, star_rating=5)
    facet.put("albums", name="Rome")
    facet.put("comparisons", photo_a_path=one, photo_b_path=two, winner="a")
    for changes in (4, 0):
        assert (await bring(db, facet, users=BOTH, user="alice")).changes == changes
        assert await ratings(db) == [("alice", a, 5, 0, 0), ("alice", b, 3, 0, 0)]
    for table in ("album", "comparison"):
        owners = await db.rows(f"SELECT account.name FROM account JOIN {table} o ON o.user_id = account.id")
        assert [row[0] for row in owners] == ["alice"]


async def test_a_trial_makes_no_accounts(db: Database, facet: FacetMaker, root: Root) -> None:
    await bring(db, facet, users=BOTH, trial=True)
    assert await db.rows("SELECT * FROM account") == []


def merged(raw: dict[str, Any], users: dict[str, Any], **config: Any) -> tuple[dict[str, Any], Report]:
    report = Report(dry_run=False)
    found = merge_users(raw, FacetConfig(users=users, **config), PathRules.parse(["/old=/tmp"], {}), report)
    Config.model_validate(found)
    return found, report


def test_users_come_with_their_folders_and_passwords(tmp_path: Path) -> None:
    alice = {"password_hash": HASH, "display_name": "Alice", "role": "superadmin", "directories": ["/old", f"{tmp_path}/", "D:\\X"]}
    bob = {"password_hash": HASH, "role": "king", "directories": "none"}
    found, report = merged({"server": {}}, {"alice": alice, "bob": bob}, shared_directories=("/old/",))
    assert found == {
        "server": {},
        "users": {
            "alice": {"password_hash": HASH, "display_name": "Alice", "role": "superadmin", "directories": ["/tmp", str(tmp_path)]},
            "bob": {"password_hash": HASH, "display_name": "bob", "role": "user", "directories": []},
            "shared_directories": ["/tmp"],
        },
    }
    assert tally(report, "users") == (3, 0, 0, 0)
    assert [note.name for note in report.notes] == ["alice", "bob", "users"]
    again, report = merged(found, {"alice": alice, "bob": {**bob, "role": "user"}}, shared_directories=("/old",))
    assert (again, tally(report, "users")) == (found, (0, 2, 0, 0))


def test_users_that_are_here_stay_as_they_are() -> None:
    ours = {"users": {"alice": {"password_hash": HASH, "role": "user", "directories": ["/mine"]}}}
    found, report = merged(ours, {"alice": {"password_hash": "ff" * 16 + ":" + "cd" * 32, "role": "superadmin"}})
    assert (found, tally(report, "users")) == (ours, (0, 0, 1, 0))


@pytest.mark.parametrize("entry", [{}, {"password_hash": None}, {"password_hash": "secret"}, {"password_hash": "$2b$12$x"}])
def test_users_without_a_password_that_works_are_told(entry: dict[str, Any]) -> None:
    found, report = merged({}, {"alice": entry})
    assert (found, tally(report, "users")) == ({}, (0, 0, 0, 1))
    assert "facetd user add" in report.notes[0].reason


def test_names_that_are_none() -> None:
    assert usable_names(["alice", "", " bob", "a/b", "shared_directories", ".*", "Ünï code"]) == {"alice", ".*", "Ünï code"}
    assert tally(merged({}, {"a/b": {"password_hash": HASH}})[1], "users") == (0, 0, 0, 1)
