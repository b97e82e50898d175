"""Tiny models, and servers that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facetd.infer.catalogue import Catalogue
from facetd.infer.remote.fleet import Fleet
from facetd.infer.remote.settings import Remote
from tests.infer.remote.double import Double
from tests.infer.tiny import tiny_catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return tiny_catalogue(tmp_path / "models")


@pytest.fixture
def double(catalogue: Catalogue) -> Iterator[Double]:
    with Double({model.id: catalogue.path(model, "f32") for model in catalogue.models}) as server:
        yield server


@pytest.fixture
def other(catalogue: Catalogue) -> Iterator[Double]:
    with Double({model.id: catalogue.path(model, "f32") for model in catalogue.models}) as server:
        yield server


@pytest.fixture
def fleet_of(catalogue: Catalogue) -> Iterator[Callable[..., Fleet]]:
    made: list[Fleet] = []

    def make(*doubles: Double, patience_s: float = 1.0, timeout_s: float = 5.0, token: str = "") -> Fleet:
        urls = tuple(each.url for each in doubles)
        made.append(Fleet(Remote(urls, token, timeout_s), catalogue, patience_s=patience_s))
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()
