"""The section viewer.raw_processor.darktable."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from facetd.config import Config
from facetd.config.darktable import Darktable


def section(**settings: Any) -> Darktable:
    return Config.model_validate({"viewer": {"raw_processor": {"darktable": settings}}}).viewer.raw_processor.darktable


def test_profiles_by_name_or_as_a_list() -> None:
    by_name = section(profiles={"Web": {"width": 2048}, "Noir": {"style": "monochrome", "extra_args": ["--upscale", "1"]}})
    as_list = section(profiles=[{"name": "Web", "width": 2048}, {"name": "Noir", "style": "monochrome", "extra_args": ["--upscale", "1"]}])
    assert by_name == as_list
    assert list(by_name.profiles) == ["Web", "Noir"]
    assert section().profiles == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"profiles": {"": {}}},
        {"profiles": {"a/b": {}}},
        {"profiles": {"a\nb": {}}},
        {"profiles": {"x" * 65: {}}},
        {"profiles": [{"width": 5}]},
        {"profiles": [{"name": "a"}, {"name": "a"}]},
        {"profiles": ["a"]},
        {"profiles": {"a": {"width": -1}}},
        {"profiles": {"a": {"icc_type": "--core"}}},
        {"profiles": {"a": {"extra_args": ["--core", "--configdir", "/"]}}},
        {"profiles": {"a": {"extra_args": ["/etc/passwd"]}}},
        {"extra_args": ["--width", "5", "--import"]},
        {"extra_args": ["--out-ext", "tif"]},
        {"extra_args": ["--x", "a\0b"]},
        {"executable": "bin/darktable-cli"},
        {"executable": ""},
        {"timeout_s": 0},
        {"memory_mb": 100},
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        section(**settings)
