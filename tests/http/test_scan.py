"""What a scan can be told over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

from facetd.ingest.tasks import FILE_KINDS
from tests.http.serving import Site
from tests.photos import make_photo


async def test_every_analysis_of_files_can_be_asked_for(own: Site, tmp_path: Path) -> None:
    """What the command takes, a running daemon takes from it."""
    make_photo(tmp_path / "Pictures" / "one.jpg")
    await own.house.add_directories([str(tmp_path / "Pictures")])
    started = await own.client.post("/api/scan/start", json={"only": sorted(FILE_KINDS), "again": True})
    assert started.status == 200, await started.text()
    for _attempt in range(600):
        if not (await own.json("/api/scan/status"))["running"]:
            break
        await asyncio.sleep(0.05)
    document = await own.json("/api/openapi.json")
    field = document["components"]["schemas"]["ScanStart"]["properties"]["only"]
    assert field["items"]["enum"] == sorted(FILE_KINDS)


async def test_an_analysis_that_is_none_is_named(own: Site) -> None:
    answer = await own.client.post("/api/scan/start", json={"only": ["faces", "embeding"]})
    assert answer.status == 400
    (error,) = (await answer.json())["errors"]
    assert error["field"] == "only.1"
    assert "embedding" in error["message"]
    assert "'embeding'" in error["message"]
