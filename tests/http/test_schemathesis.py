"""Schemathesis finds nothing: what the description promises is what the API does, whatever is asked."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.house import opened
from tests.http.serving import served

COMMAND = [
    sys.executable, "-m", "schemathesis.cli", "run", "--checks", "all", "--seed", "5", "--no-color", "--no-shrink", "--warnings", "off",
    "--generation-database", "none",
]  # fmt: skip
# Every way of saying what goes together, keys of pages, and names that the installation knows: with what is just within and just outside.
TOGETHER = "^/api/(photo|photo/gps|persons/merge|photos/map/count)$"


async def run(address: str, place: Path, *options: str) -> str:
    """What schemathesis says; fails when it finds something."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *options, f"{address}/api/openapi.json", cwd=place, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    text = said.decode()
    assert process.returncode == 0, text[-20_000:]
    return text


@pytest.mark.parametrize(
    "options",
    [("--phases", "coverage", "--include-path-regex", TOGETHER), ("--phases", "examples,fuzzing", "--max-examples", "2")],
    ids=["coverage", "fuzzing"],
)
async def test_nothing_is_found(stocked: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    shutil.copytree(stocked / "data", tmp_path / "data")
    async with opened(tmp_path / "data") as house, served(house) as site:
        said = await run(str(site.client.make_url("")).rstrip("/"), tmp_path, *options)
    tested = re.search(r"(\d+) generated, (\d+) passed", said)
    assert tested is not None, said[-2000:]
    assert int(tested[1]) > 100
