"""What all tests share: the folder of real photos, and small photos made on the spot."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "photos"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of the real photos where these are absent, with a clear message; never in CI."""
    if CORPUS.is_dir() or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason=f"needs the folder of real photos at {CORPUS}")
    for item in items:
        if item.get_closest_marker("corpus"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """The level and the handlers of the root logger, as they were, after a test: a command that runs in the test process sets them."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    for handler in root.handlers[:]:
        if handler not in handlers and not type(handler).__module__.startswith("_pytest."):
            root.removeHandler(handler)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The real photos with their MANIFEST.csv; use with `@pytest.mark.corpus`."""
    return CORPUS


@pytest.fixture(scope="session")
def corpus_raw() -> Path:
    """A small DNG; skips where the real photos are absent."""
    path = CORPUS / "Formats" / "raw" / "made_nopreview.dng"
    if not path.exists():
        pytest.skip(f"needs the folder of real photos at {CORPUS}")
    return path
