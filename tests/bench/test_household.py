"""The household of the measurements: two users who see what they should, and every operation that answers JSON is asked for."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bench import home
from bench.clone import check_counters
from bench.home import ALBUMS, NAMED, PERSONS, make_household
from bench.homecrowd import LOOKED_AT, looked_at
from bench.homeviews import Facts, operations, views

ROWS, FOLDER = 200, 20  # ten folders
KNOWN = Facts(((1, "/bob/a.jpg"),), (1, 2), (1, 2), (1,), ("a",), ("/bob/",), 1, "token")


async def test_the_household_has_photos_of_both_users_people_and_albums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "FOLDER", FOLDER)
    with closing(sqlite3.connect(await make_household(tmp_path, ROWS))) as connection:
        check_counters(connection)
        roots = Counter(dict(connection.execute("SELECT r.name, COUNT(*) FROM gate g JOIN root r ON r.id = g.root_id GROUP BY 1")))
        assert roots == {"alice": 60, "bob": 60, "shared": 80}
        assert connection.execute("SELECT COUNT(person_id) FROM face").fetchone() == (ROWS * 6 // 5,)
        assert connection.execute("SELECT COUNT(*), COUNT(name) FROM person").fetchone() == (PERSONS, NAMED)
        assert connection.execute("SELECT COUNT(*), COUNT(smart_filter) FROM album").fetchone() == (ALBUMS, ALBUMS // 5)
        strange = (
            "SELECT COUNT(*) FROM (SELECT a.user_id, p.photo_id FROM album a JOIN album_photo p ON p.album_id = a.id"
            " UNION ALL SELECT user_id, photo_id FROM rating WHERE user_id > 0) x JOIN gate g ON g.photo_id = x.photo_id"
            " JOIN root r ON r.id = g.root_id JOIN account u ON u.id = x.user_id WHERE r.name NOT IN (u.name, 'shared')"
        )
        assert connection.execute(strange).fetchone() == (0,)
        assert connection.execute("SELECT COUNT(*) FROM rating WHERE user_id = 2 AND is_rejected").fetchone()[0] > 0
        assert connection.execute("SELECT COUNT(gps_latitude) FROM photo").fetchone()[0] > ROWS / 2


def test_every_operation_that_answers_json_is_asked_for_in_many_ways() -> None:
    found = views(KNOWN, 20)
    assert {view.operation for view in found} == set(operations())
    assert all(len(view.addresses) == 20 for view in found)
    assert len({(view.operation, view.name) for view in found}) == len(found)
    first = next(view for view in found if (view.operation, view.name) == ("/api/photos", "first page"))
    assert len(set(first.addresses)) == 20


def test_the_main_lists_are_among_them() -> None:
    assert len(looked_at(views(KNOWN, 2))) == sum(len(names) for _, names in LOOKED_AT)
