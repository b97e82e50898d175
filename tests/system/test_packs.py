"""A pack comes and goes: only what it changes is looked at again. With the models that came with the program, and real processes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from facetd.infer.measure import packs_folder
from facetd.infer.packs.index import PackIndex
from facetd.infer.packs.install import Installer
from facetd.infer.packs.layouts.staged import TOLERANCE
from tests.house import config, opened, scan
from tests.packs import colour_clip
from tests.photos import make_photo

PACK = "siglip-vit-b16"
CHANGED = {"embedding", "semantic_search"}
JUDGED = {"judgement"}  # scores are computed again from what is stored, in the same second or another


async def ledger(photos: Path, data: Path) -> dict[str, tuple[str, str, str]]:
    """After a scan: by kind of analysis its fingerprint, the models, and when it was made."""
    settings = config(inference={"enabled": True, "runtime": "onnxruntime", "precision": "f32"})
    async with opened(data, settings) as house:
        await scan(house, photos)
        rows = await house.db.rows("SELECT kind, fingerprint, model, updated_at FROM analysis")
        capabilities = house.ingest.models.capabilities()
    assert capabilities["faces"]["state"] == "ready"
    found = {str(row[0]): (str(row[1]), str(row[2]), str(row[3])) for row in rows}
    found["semantic_search"] = (capabilities["semantic_search"]["state"], capabilities["semantic_search"]["reason"], "")
    return found


def without_time(row: tuple[str, str, str]) -> tuple[str, str]:
    return row[:2]


@pytest.mark.timeout(180)
async def test_only_the_analyses_that_a_pack_changes_run_again(tmp_path: Path) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    make_photo(photos / "a.jpg")
    before = await ledger(photos, data)
    assert before["semantic_search"][0] == "unavailable"
    assert "facetd models install clip-vit-b32" in before["semantic_search"][1]

    layout = colour_clip(tmp_path / "layout")
    installer = Installer(packs_folder(data), index=PackIndex.load())
    installed = await installer.from_folder(PACK, layout)
    shutil.rmtree(layout)
    after = await ledger(photos, data)
    assert after["semantic_search"] == ("ready", "", "")
    assert after["embedding"][1].startswith(f"{PACK}-visual-{installed.version}/f32")
    assert {kind for kind in before if after[kind] != before[kind]} - JUDGED == CHANGED

    await installer.remove(PACK)
    again = await ledger(photos, data)
    assert {kind for kind in before if again[kind] != after[kind]} - JUDGED == CHANGED
    assert without_time(again["embedding"]) == without_time(before["embedding"])


async def test_the_reference_of_a_pack_lets_the_trial_tell_right_from_wrong(tmp_path: Path) -> None:
    layout = colour_clip(tmp_path / "layout")
    await Installer(tmp_path / "packs", index=PackIndex.load()).from_folder(PACK, layout)
    reference: dict[str, Any] = json.loads((tmp_path / "packs" / PACK / "reference" / f"{PACK}-visual.json").read_text())
    values = reference["outputs"]["vector"]["values"]
    assert len(values) == 3
    assert all(0 < value < 1 for value in values)  # the mean colours of the picture
    text = (tmp_path / "packs" / PACK / "pack.toml").read_text()
    limit = float(f"{TOLERANCE['f32'] * max(values):.3g}")
    assert f'"f32" = {limit}' in text
