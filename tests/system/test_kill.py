"""Kill -9 in the middle of a scan, of its inference process, of a decode worker: nothing is broken, lost or different afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kill import compare_undisturbed, kill_many
from bench.models import fixed_models
from bench.smallphotos import add_real_photos, make_mixed_folder

FILES = 60
REAL = 8


@pytest.mark.timeout(900)  # it waits for a dozen scans, each as slow as whatever else the machine does
def test_after_a_kill_the_next_scan_ends_where_an_undisturbed_one_ends(tmp_path: Path) -> None:
    real = add_real_photos(tmp_path / "photos", REAL)
    make_mixed_folder(tmp_path / "photos", FILES - real)
    models = fixed_models(tmp_path / "tried")
    undisturbed, outcomes = kill_many(tmp_path / "photos", tmp_path, kills=5, seed=3, models=models)
    assert len(undisturbed.rows) == FILES
    assert sum(row["aggregate"] is not None for row in undisturbed.rows.values()) >= FILES * 0.8
    assert len(undisturbed.thumbnails) >= FILES * 0.8
    assert sum(len(row["faces"]) for row in undisturbed.rows.values()) >= real / 2
    assert compare_undisturbed(tmp_path / "photos", tmp_path, undisturbed, models) == []
    assert [fault for outcome in outcomes for fault in outcome.faults] == []
    assert all(outcome.in_time for outcome in outcomes)
