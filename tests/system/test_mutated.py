"""Damaged files of every format: the daemon lives, and each file has a result or a reason that a person can read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.dump import library_rows
from bench.models import fixed_models
from bench.mutate import make_mutants, mutated, survive
from bench.smallphotos import WRITERS

FILES = 200
NO_CORPUS = Path("/nonexistent")


def test_a_daemon_survives_two_hundred_damaged_files(tmp_path: Path) -> None:
    made = make_mutants(tmp_path / "photos", FILES, seed=11, corpus=NO_CORPUS)
    assert made.keys() == WRITERS.keys()
    survival = survive(tmp_path / "photos", tmp_path / "data", fixed_models(tmp_path / "tried"), timeout_s=240)
    assert survival.faults == []
    assert survival.whole + survival.failed == FILES
    assert survival.failed > FILES / 10
    assert survival.peak.pss < 1_000_000_000
    rows = library_rows(tmp_path / "data" / "library.db")
    for path, row in rows.items():
        assert row["aggregate"] is not None or any(error for *_, error in row["analysis"]), path


@pytest.mark.parametrize("seed", range(5))
def test_damage_is_the_same_for_the_same_seed_and_always_does_something(seed: int) -> None:
    data = random.Random(0).randbytes(5000)
    assert mutated(data, random.Random(seed)) == mutated(data, random.Random(seed))
    assert sum(mutated(data, random.Random(100 * seed + i)) != data for i in range(20)) >= 18
