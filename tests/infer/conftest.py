"""What several tests of the inference process start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.infer import wire
from facetd.infer.choice import Choice, Choices, choices_json
from tests.infer.tiny import tiny_catalogue


@pytest.fixture
def opening(tmp_path: Path) -> wire.Json:
    tiny_catalogue(tmp_path / "models")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
    return {
        "models": str(tmp_path / "models"),
        "cache": str(tmp_path / "cache"),
        "choices": choices_json(Choices("key", 2, {"tiny_objects": choice}, (), {})),
        "look": "tests.infer.looks:look",
        "settings": "tests.infer.looks:TinySettings",
    }
