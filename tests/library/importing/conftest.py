"""A library of photos that were never files, and a database of Facet that knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.db import roots
from facetd.db.connection import Database
from facetd.records.files import Root
from tests.facetmaker import FacetMaker


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    (tmp_path / "data").mkdir()
    async with Database(tmp_path / "data" / "library.db", readers=1) as opened:
        yield opened


@pytest.fixture
async def root(db: Database, tmp_path: Path) -> Root:
    (tmp_path / "Photos").mkdir()
    return await roots.add_root(db, str(tmp_path / "Photos"))


@pytest.fixture
def facet(tmp_path: Path) -> FacetMaker:
    return FacetMaker(tmp_path / "photo_scores.db")
