"""Photos that are gone for long leave the library, and take along thumbnails that nobody else uses."""

from __future__ import annotations

import shutil
from pathlib import Path

from facetd.ingest.vanished import forget_missing
from facetd.media.thumbnail_paths import SIZES
from tests.house import names, opened, scan
from tests.photos import make_photo


async def test_what_is_gone_for_long_is_forgotten_with_its_thumbnails(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    alone, twice = make_photo(photos / "alone.jpg", 1), make_photo(photos / "twice.jpg", 2)
    make_photo(photos / "stays.jpg", 3)
    shutil.copy(twice, photos / "copy.jpg")
    async with opened(tmp_path / "data") as house:
        await scan(house, photos)
        assert len(list(house.ingest.thumbs.rglob("*.jpg"))) == 3 * len(SIZES)
        alone.unlink()
        twice.unlink()
        await scan(house)
        assert len(await names(house)) == 2
        await forget_missing(house.db, house.ingest.thumbs, keep_days=1)
        assert len(await house.db.rows("SELECT id FROM photo")) == 4
        await forget_missing(house.db, house.ingest.thumbs, keep_days=-1)
        assert len(await house.db.rows("SELECT id FROM photo")) == 2
        assert len(list(house.ingest.thumbs.rglob("*.jpg"))) == 2 * len(SIZES)
