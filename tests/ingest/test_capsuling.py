"""Capsules made in a real worker process, from what a real database tells."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from facetd.config.capsules import Capsules
from facetd.db.capsulefacts import read_cosines, read_facts, read_vectors
from facetd.db.connection import Database
from facetd.db.vectors import reading
from facetd.ingest.capsuling import photos_of
from facetd.ingest.workers import Workers
from facetd.records.viewer import Viewer
from tests.capsules import SPACE, Shelf, stand


async def test_a_worker_makes_them_and_the_daemon_stays_light(tmp_path: Path) -> None:
    workers = Workers(1, memory_mb=1024, timeout_s=60)
    try:
        async with stand(tmp_path, workers) as at:
            root = await at.shelf.root("Photos")
            photos = await at.shelf.photos(root, 40)
            await at.shelf.vectors(photos, np.random.default_rng(1).standard_normal((40, 8)))
            assert await at.ids(Viewer(1, "user", frozenset({root})), "seasonal") == ["seasonal:2024-summer"]
    finally:
        await workers.stop()
    code = "import facetd.ingest.capsules, facetd.library.capsules, sys; print({'numpy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert done.stdout.strip() == "set()"


async def test_a_worker_that_is_busy_ends_with_the_library(tmp_path: Path) -> None:
    workers = Workers(1, memory_mb=1024, timeout_s=60)

    async def begun() -> None:
        while not any(future.running() for future in workers._futures):
            await asyncio.sleep(0.01)

    try:
        async with stand(tmp_path, workers) as at:
            root = await at.shelf.root("Photos")
            await at.shelf.photos(root, 3000, aggregate=7.0)
            assert (await at.capsules.page(Viewer(1, "user", frozenset({root})))).state == "computing"
            await asyncio.wait_for(begun(), 30)
            began = time.monotonic()
            await at.making.stop()
            assert time.monotonic() - began < 10
            rows = await at.db.rows("SELECT made_of FROM capsule_list")
            assert [row[0] for row in rows] == [None]
    finally:
        await workers.stop()


async def test_only_what_a_viewer_may_be_shown_is_read(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        shelf = Shelf(db)
        own, others = await shelf.root("own"), await shelf.root("others")
        plain = await shelf.photos(own, 3, camera_model="EOS 6D", gps_latitude=41.895, gps_longitude=12.495)
        secret = await shelf.photos(others, 3, camera_model="Secret", gps_latitude=47.375, gps_longitude=8.545)
        hidden = [(await shelf.photos(own, 1, hide=bit))[0] for bit in (2, 4, 8, 16, 32)]
        blink = await shelf.photos(own, 1, hide=1)
        rejected = await shelf.photos(own, 1)
        await shelf.rate(1, rejected, rejected=True)
        await shelf.rate(1, plain[:1], stars=4, favorite=True)
        await shelf.rate(2, plain, stars=1, favorite=True, rejected=True)
        shown = await shelf.person("Dora", plain, secret)
        for name, is_hidden, where in (("Carol", False, secret), (None, False, plain), ("Hermit", True, plain), ("Ghost", False, hidden)):
            await shelf.person(name, where, hidden=is_hidden)
        await shelf.tag("beach", plain[:2])
        await shelf.tag("secret", secret)
        await shelf.tag(" ", plain)
        await shelf.place(41.895, 12.495, "Rome", "Lazio", "Italy")
        await shelf.place(47.375, 8.545, "Zurich", "Zurich", "Switzerland")
        await shelf.photos(own, 1, gps_latitude=0.0, gps_longitude=0.0, start=None)
        with reading(db.path) as connection:
            facts = read_facts(connection, Viewer(1, "user", frozenset({own})))
            dated = photos_of(facts, Capsules(), ("2024-07-10", "2024-07-10"))
            nobody = read_facts(connection, Viewer(3, "user", frozenset()))
        assert facts.ids.tolist() == [*plain, *blink, facts.ids[-1]]
        assert facts.words["camera_model"].names == ("EOS 6D",)
        assert (facts.persons.ids, facts.persons.names, facts.persons.rows.tolist()) == ((shown,), ("Dora",), [0, 1, 2])
        assert (facts.tags.names, facts.tags.rows.tolist()) == (("beach",), [0, 1])
        assert {facts.place_names[code] for code in facts.places if code >= 0} == {("Rome", "Lazio", "Italy")}
        assert "Zurich" not in str(facts.place_names)
        assert (facts.stars.tolist(), facts.favorite.tolist()) == ([4, 0, 0, 0, 0], [True, False, False, False, False])
        assert np.isnan(facts.numbers["gps_latitude"]).tolist() == [False, False, False, True, True], "0/0 is no place"
        assert np.isnat(facts.taken).tolist() == [False] * 4 + [True]
        assert dated.ids[dated.good].tolist() == [*plain, *blink], "not the one without date"
        assert dated.ids[dated.favorite].tolist() == plain[:1]
        assert [list(photos_of(facts, Capsules(), days).good) for days in (("2024-07-11", ""), ("", "2024-07-09"))] == [[False] * 5] * 2
        assert nobody.ids.tolist() == []


async def test_vectors_are_those_of_the_photos_asked_for(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        shelf = Shelf(db)
        photos = await shelf.photos(await shelf.root("own"), 6)
        await shelf.vectors([photos[4], photos[0], photos[2]], np.eye(3)[[0, 1, 1]])
        with reading(db.path) as connection:
            vectors, known = read_vectors(connection, SPACE, np.array(photos[::-1]))
            cosines = read_cosines(connection, SPACE, np.array(photos), np.array([photos[0], photos[1]]))
            without = read_cosines(connection, None, np.array(photos), np.array(photos[:1]))
        assert known.tolist() == [False, True, False, True, False, True]
        assert vectors[known].tolist() == np.eye(3)[[0, 1, 1]].tolist()
        assert np.nan_to_num(cosines, nan=-1).tolist() == [[1, -1], [-1, -1], [1, -1], [-1, -1], [0, -1], [-1, -1]]
        assert np.isnan(without).all()


async def test_moments_that_are_none_are_no_moments(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        shelf = Shelf(db)
        root = await shelf.root("own")
        await shelf.photos(root, 2, vary=lambda number: {"date_taken": ("2024-13-99T00:00:00", "2024-07-01T10:00:00.25")[number]})
        with reading(db.path) as connection:
            assert np.isnat(read_facts(connection, Viewer(1, "user", frozenset({root}))).taken).tolist() == [True, False]
