"""Weights of Facet's categories in our configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.errors import InvalidInput
from facetd.library.importing.facetconfig import read_facet_config
from facetd.library.importing.report import Report
from facetd.library.importing.weights import merge_weights
from facetd.score.rules import Rules


def merged(tmp_path: Path, facet: dict[str, Any], raw: dict[str, Any]) -> tuple[dict[str, Any], Report]:
    (tmp_path / "facet.json").write_text(json.dumps(facet))
    report = Report(dry_run=False)
    before = json.dumps(raw)
    found = merge_weights(raw, read_facet_config(tmp_path / "facet.json"), report)
    assert json.dumps(raw) == before
    Rules.from_config(Config.model_validate(found))
    return found, report


def test_weights_take_their_place(tmp_path: Path) -> None:
    facet = {
        "categories": [
            {"name": "others", "weights": {"aesthetic_percent": 50, "quality_percent": 50}},
            {"name": "food", "weights": {"fractal_percent": 100}},
            {"name": "art", "weights": {"color_percent": "much", "contrast_percent": 5}},
            {"name": "night", "weights": {"exposure_percent": 7}},
            {"name": "macro", "weights": {"exposure_percent": 7}},
            {"name": 7, "weights": {}}, {"name": "sports"}, "nothing",
        ]
    }  # fmt: skip
    ours = {"categories": {"night": {"weights": {"exposure_percent": 7}}, "macro": {"weights": {"color_percent": 1}, "priority": 3}}}
    found, report = merged(tmp_path, facet, ours)
    assert found["categories"] == {
        "default": {"weights": {"aesthetic_percent": 50.0, "quality_score_percent": 50.0}},
        "art": {"weights": {"contrast_percent": 5.0}},
        **ours["categories"],
    }
    tally = report.tallies["weights"]
    assert (tally.brought, tally.same, tally.kept, tally.left) == (2, 1, 1, 1)
    assert {note.name for note in report.notes} == {"food", "art", "macro", "categories"}
    again, report = merged(tmp_path, facet, found)
    assert (again, report.changes) == (found, 0)


def test_categories_of_the_first_versions_have_their_names_as_keys(tmp_path: Path) -> None:
    found, _ = merged(tmp_path, {"categories": {"portrait": {"weights": {"face_quality_percent": 40}}}}, {})
    assert found == {"categories": {"portrait": {"weights": {"face_quality_percent": 40.0}}}}


@pytest.mark.parametrize("raw", [{}, {"categories": 7}, {"categories": None, "users": [], "viewer": {"path_mapping": 1}}])
def test_nothing_of_use_is_no_error(tmp_path: Path, raw: dict[str, Any]) -> None:
    assert merged(tmp_path, raw, {"server": {}})[0] == {"server": {}}


@pytest.mark.parametrize(
    ("text", "message"), [(b"{", "expected JSON"), (b"[]", "expected a JSON object"), (b"\xff", "UTF-8"), (b"[" * 100_000, "expected JSON")]
)
def test_what_is_no_configuration_is_said_to_be(tmp_path: Path, text: bytes, message: str) -> None:
    (tmp_path / "facet.json").write_bytes(text)
    with pytest.raises(InvalidInput, match=message):
        read_facet_config(tmp_path / "facet.json")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_facet_config(tmp_path)
