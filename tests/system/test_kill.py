"""Kill -9 in the middle of a scan: nothing is broken, nothing is lost, nothing is different afterwards."""

from __future__ import annotations

from pathlib import Path

from bench.kill import compare_undisturbed, kill_many
from bench.smallphotos import make_mixed_folder

FILES = 60


def test_after_a_kill_the_next_scan_ends_where_an_undisturbed_one_ends(tmp_path: Path) -> None:
    make_mixed_folder(tmp_path / "photos", FILES)
    undisturbed, outcomes = kill_many(tmp_path / "photos", tmp_path, kills=5, seed=3)
    assert len(undisturbed.rows) == FILES
    assert sum(row["aggregate"] is not None for row in undisturbed.rows.values()) >= FILES * 0.8
    assert len(undisturbed.thumbnails) >= FILES * 0.8
    assert compare_undisturbed(tmp_path / "photos", tmp_path, undisturbed) == []
    assert [fault for outcome in outcomes for fault in outcome.faults] == []
    assert all(outcome.in_time for outcome in outcomes)
