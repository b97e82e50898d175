"""Dates over HTTP: local wall time, with its offset where that is known."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from facetd.db import roots
from tests.db.conftest import put, visit
from tests.house import config, opened
from tests.http.serving import served

KNOWN = "2024-07-14T23:03:22.25"


async def test_a_date_has_the_offset_that_is_known_and_days_stay_local(tmp_path: Path) -> None:
    place = {"gps_latitude": 48.2, "gps_longitude": 16.4}
    async with opened(tmp_path / "data", config()) as house, served(house) as site:
        root = await roots.add_root(house.db, str(tmp_path / "Photos"))
        await put(
            house.db,
            visit(root, "1.jpg", date_taken=KNOWN, date_offset="-07:00", **place),
            visit(root, "2.jpg", date_taken="2024-07-14T23:03:22", **place),
            visit(root, "3.jpg", date_offset="+02:00"),
        )
        expected = {1: f"{KNOWN}-07:00", 2: "2024-07-14T23:03:22", 3: None}
        photos = (await site.json("/api/photos?sort=date_taken&sort_direction=ASC"))["photos"]
        assert {photo["id"]: photo["date_taken"] for photo in photos} == expected
        assert [photo["id"] for photo in photos] == [2, 1, 3], "the offset counts for nothing in the order"
        assert photos[1]["date_formatted"] == "14/07/2024 23:03"
        one = await site.json("/api/photo?id=1")
        assert (one["date_taken"], one["date_offset"]) == (expected[1], "-07:00")
        assert (await site.json("/api/photos?date_from=2024-07-14&date_to=2024-07-14"))["total"] == 2
        assert (await site.json("/api/photos?date_from=2024-07-15"))["total"] == 0
        found = await site.json("/api/photos/map?bounds=40,10,50,20&zoom=18")
        assert {photo["id"]: photo["date_taken"] for photo in found["photos"]} == {1: expected[1], 2: expected[2]}
        table = csv.DictReader(io.StringIO((await (await site.get("/api/export?format=csv")).text()).removeprefix("\ufeff")))
        assert {int(row["id"]): row["date_taken"] or None for row in table} == expected
