"""A vision-language model in OpenVINO's format, as far as it can be tried without one: what lacks is told."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facetd.config.captions import Captions
from facetd.errors import InvalidInput, Unavailable
from facetd.infer.questions import find


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    Image.new("RGB", (8, 6)).save(tmp_path / "a.jpg")
    (tmp_path / "model").mkdir()
    folder = str(tmp_path / "model")
    return {"picture": str(tmp_path / "a.jpg"), "folder": folder, "prompt": "What is it?", "max_tokens": 20, "device": "CPU"}


def test_without_the_package_or_the_model_it_says_what_to_do(asked: dict[str, Any]) -> None:
    there = importlib.util.find_spec("openvino_genai") is not None
    with pytest.raises(Unavailable, match="holds no vision-language model" if there else "needs the package openvino-genai") as told:
        find("describe")(None, asked)  # type: ignore[arg-type]
    assert there or "facetd[genai]" in told.value.hint


def test_a_folder_or_picture_that_is_not_there_is_told(asked: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere is not a folder"):
        find("describe")(None, asked | {"folder": str(tmp_path / "nowhere")})  # type: ignore[arg-type]
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(InvalidInput, match=r"a\.jpg: the picture cannot be read"):
        find("describe")(None, asked)  # type: ignore[arg-type]


def test_the_folder_is_absolute_and_alone() -> None:
    for settings in ({"openvino_folder": "models/x"}, {"openvino_folder": "/m", "endpoint": "http://box/v1", "model": "m"}):
        with pytest.raises(ValueError, match="openvino_folder"):
            Captions(**settings)
