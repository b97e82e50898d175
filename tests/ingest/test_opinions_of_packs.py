"""Packs of opinions from folder to photo: real networks in the real inference process, added by catalogue entries alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facetd.config.eyes import Inference
from facetd.infer.client import Eyes
from facetd.infer.settings import LookSettings
from tests.house import InlineWorkers, config, listed, names, opened, scan
from tests.infer.opinions.packs import install_head, install_scorer
from tests.infer.tiny import tiny_catalogue
from tests.packs import colour_clip, install

INFERENCE = Inference(runtime="onnxruntime", precision="f32", device="cpu", streams=1)
# The tiny tokenizer knows colours that stand alone, and six words of a text.
WORDS = config(tags={"scenes": {"sunset": {"group": "light", "prompts": ["red red red red red red"], "synonyms": ["evening red"]}}})


def eyes(data: Path, models: Path) -> Eyes:
    return Eyes(INFERENCE, LookSettings(labels=("person",)), data=data, models=models, kinds=frozenset({"embedding"}))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    tiny_catalogue(tmp_path / "models")
    for name, colour in (("red", (220, 10, 10)), ("blue", (10, 10, 220))):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.new("RGB", (64, 48), colour).save(tmp_path / "photos" / f"{name}.jpg", quality=95)
    return tmp_path / "models"


async def test_a_folder_with_a_network_and_its_entry_fills_a_field_and_takes_it_along(tmp_path: Path, models: Path) -> None:
    data = tmp_path / "data"
    packs = data / "models" / "packs"
    folder = install_scorer(packs, "made-topiq", "topiq_score", matrix=np.array([[1, 0, 0]]), low=0, high=1)
    install_scorer(packs, "made-nima", "quality_score", matrix=np.eye(3), reading="mean_of_bins", low=1, high=10)
    async with opened(data, WORDS, eyes=eyes(data, models)) as house:
        await scan(house, tmp_path / "photos")
        blue, red = await listed(house)
        assert house.ingest.models.capabilities()["quality_scorers"]["state"] == "ready"
        assert await names(house, min_topiq=8) == ["red.jpg"]
    assert red["topiq_score"] == pytest.approx(10 * 220 / 255, abs=0.1) and blue["topiq_score"] == pytest.approx(10 * 10 / 255, abs=0.1)
    assert blue["quality_score"] > 9 and red["quality_score"] < 1, "the mean of a distribution over 1, 5.5 and 10"
    shutil.rmtree(folder)
    workers = InlineWorkers()
    async with opened(data, WORDS, workers=workers, eyes=eyes(data, models)) as house:
        await scan(house)
        photos = await listed(house)
    assert [photo["topiq_score"] for photo in photos] == [None, None] and photos[0]["quality_score"] == blue["quality_score"]
    assert workers.visited == [], "what is left needs no look at a file"


async def test_a_pack_of_words_and_pictures_gives_aesthetics_and_scenes_and_they_go_with_it(tmp_path: Path, models: Path) -> None:
    data = tmp_path / "data"
    packs = data / "models" / "packs"
    install(colour_clip(tmp_path / "layout"), packs, "clip")
    install_head(packs, "head", "clip", np.array([9, 0, 0, 1], np.float32))
    async with opened(data, WORDS, eyes=eyes(data, models)) as house:
        await scan(house, tmp_path / "photos")
        blue, red = await listed(house)
        found = await names(house, search="evening red"), await names(house, tag="sunset")
        assert house.ingest.models.capabilities()["scene_tags"]["state"] == "ready"
    assert (red["aesthetic_iaa"], blue["aesthetic_iaa"]) == (pytest.approx(10, abs=0.1), pytest.approx(0.45, abs=0.1))
    assert red["quality_score"] is not None and found == (["red.jpg"], ["red.jpg"])
    assert [(photo["tags_list"], photo["category"]) for photo in (red, blue)] == [(["sunset"], "golden_hour"), (["blue hour"], "blue_hour")]
    install_head(packs, "head", "clip", np.array([0, 0, 9, 1], np.float32))
    workers = InlineWorkers()
    async with opened(data, WORDS, workers=workers, eyes=eyes(data, models)) as house:
        await scan(house)
        blue, red = await listed(house)
    assert workers.visited == [], "another head reads the stored vectors"
    assert blue["aesthetic_iaa"] > 9.5 and red["aesthetic_iaa"] < 0.6
    shutil.rmtree(packs / "clip")
    async with opened(data, WORDS, eyes=eyes(data, models)) as house:
        await scan(house)
        photos = await listed(house)
    assert [(photo["aesthetic_iaa"], photo["quality_score"], photo["tags_list"]) for photo in photos] == [(None, None, [])] * 2
