"""The models that come with the program, run by the process that runs them at home."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue, FileState
from facetd.infer.client import Eyes
from tests.infer.installed import stand_in_eyes

CATALOGUE = Catalogue.load()
BUILT = all(CATALOGUE.state(model, "f32") is FileState.PRESENT for model in CATALOGUE.models)
pytestmark = [
    pytest.mark.skipif(not BUILT, reason="the starter pack is not built"),
    pytest.mark.xdist_group("starter pack"),
]
KINDS = frozenset({"objects", "faces", "embedding"})
MB = 1024 * 1024


def _rss(pid: int) -> int:
    """Bytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError


@pytest.fixture
async def eyes(tmp_path: Path) -> AsyncIterator[Eyes]:
    made = stand_in_eyes(tmp_path, None, Inference(streams=2), "tests.infer.looks:look_with_all")
    yield made
    await made.stop()


async def test_everything_runs_within_its_memory(eyes: Eyes, tmp_path: Path) -> None:
    choices = await eyes.prepare()
    assert choices is not None
    assert not choices.missing
    assert set(choices.models) == {model.id for model in CATALOGUE.models}
    assert set(eyes.models) == KINDS
    assert eyes.unavailable == ""
    f32 = [trial for trial in choices.trials if trial.candidate.precision == "f32" and trial.candidate.device == "cpu"]
    assert len(f32) == 2 * len(CATALOGUE.models)
    assert not [trial.problem for trial in f32 if trial.problem]
    assert choices.precision_of("centernet") != "int8"
    assert choices.precision_of("face_recognition") != "bf16"
    frame = tmp_path / "f.npy"
    np.save(frame, np.full((1067, 1600, 3), 90, np.uint8))
    for _ in range(4):
        assert not (await eyes.look(frame, KINDS)).failures
    assert eyes.pid is not None
    assert _rss(eyes.pid) < 450 * MB
