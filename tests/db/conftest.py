"""An open database, and photos put into it without any file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.records.files import PictureHeader, Root
from facetd.records.judgement import Judgement
from facetd.records.metadata import Metadata
from facetd.records.viewer import Viewer
from facetd.records.visit import Outcome, PhotoVisit


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db", readers=2) as opened:
        yield opened


@pytest.fixture
async def root(db: Database) -> Root:
    return await roots.add_root(db, "/photos")


@pytest.fixture
def viewer(root: Root) -> Viewer:
    return Viewer(0, "superadmin", frozenset({root.id}))


def visit(root: Root, filename: str, *, folder: str = "", aggregate: float | None = 5.0, fmt: str = "jpeg", **metadata: Any) -> PhotoVisit:
    """What a visit would have found."""
    return PhotoVisit(
        root_id=root.id,
        folder=folder,
        filename=filename,
        size=1000,
        mtime_ns=1,
        content_hash=f"hash of {folder}/{filename}".encode("ascii", "replace").decode(),
        sidecar_stamp="",
        outcomes=(Outcome("metadata", "m:"), Outcome("thumbnail", "t:"), Outcome("technical", "x:")),
        header=PictureHeader(fmt, 30, 20, 0),
        metadata=Metadata(**metadata),
        judgement=Judgement("default", aggregate, aggregate),
    )


async def put(db: Database, *visits: PhotoVisit) -> list[int]:
    """Store visits; returns their ids."""
    return await store.save_visits(db, visits, pair_raw=True)
