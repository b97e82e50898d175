"""Fixtures of the tests of watching."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.watch.watching import Seen, watching


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    """What is seen in `tmp_path`."""
    async with watching(tmp_path) as watch:
        yield watch
