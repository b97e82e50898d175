"""A pack that knows where the subject is: what depends on that is measured by it, and the built-in way again when it is gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from facetd.house import House
from facetd.ingest.tasks import TECHNICAL
from facetd.score.measure import measure, measure_subject
from facetd.score.settings import MeasureSettings
from tests.house import InlineWorkers, config, opened, scan
from tests.infer.constant import constant_starter
from tests.infer.facepack import FIVE
from tests.infer.installed import SETTINGS, eyes
from tests.infer.subjectpack import install

SUBJECT = "subject_sharpness, subject_prominence, subject_placement, bg_separation, comp_score, power_point_score, isolation_bonus"


def draw() -> np.ndarray:
    """A bright, sharp thing on the right, which catches the eye, and a dull green one on the left."""
    frame = np.full((640, 960, 3), 110, np.uint8)
    frame += np.random.default_rng(1).integers(0, 12, frame.shape, np.uint8)
    frame[200:420, 640:860] = np.random.default_rng(2).integers(0, 2, (220, 220, 1), np.uint8) * np.array([255, 230, 40], np.uint8)
    frame[180:460, 180:340] = (80, 140, 80)
    return frame


async def stored(house: House) -> tuple[list[float], list[float], str]:
    """The numbers of the subject, its box, and what the rest of the measurement says."""
    (row,) = await house.db.rows(f"SELECT {SUBJECT} FROM photo")
    (blob,) = await house.db.rows("SELECT details, hex(histogram) FROM photo_blob")
    details = json.loads(blob[0])
    return list(row), details["subject_box"], f"{details['clipping']} {blob[1]}"


async def test_the_subject_is_where_the_model_has_it_until_it_goes(tmp_path: Path) -> None:
    data, pictures, models = tmp_path / "data", tmp_path / "pictures", tmp_path / "starter"
    constant_starter(models, FIVE, references=False)
    pictures.mkdir()
    assert cv2.imwrite(str(pictures / "a.png"), draw()[:, :, ::-1])
    settings = config(inference=SETTINGS)
    async with opened(data, settings, eyes=eyes(data, models, "objects")) as house:
        await scan(house, pictures)
        plain, box, rest = await stored(house)
        (judged,) = await house.db.rows("SELECT aggregate FROM photo")
        assert box[0] > 0.5

    install(data / "models" / "packs")
    async with opened(data, settings, eyes=eyes(data, models, "objects")) as house:
        await scan(house, pictures)
        guided, box, untouched = await stored(house)
        assert box == pytest.approx([180 / 960, 180 / 640, 160 / 960, 280 / 640], abs=0.03)
        assert guided != plain
        assert untouched == rest
        assert (await house.db.rows("SELECT aggregate FROM photo"))[0][0] != judged[0]
        workers = house.ingest.workers
        assert isinstance(workers, InlineWorkers)
        visited = len(workers.visited)
        await scan(house, pictures)
        assert len(workers.visited) == visited, "nothing is due"
        await scan(house, pictures, only=frozenset({TECHNICAL}), again=True)
        await scan(house, pictures)
        assert (await stored(house))[:2] == (guided, box), "what measures anew has the model look again"

    shutil.rmtree(data / "models" / "packs" / "tiny-u2net")
    async with opened(data, settings, eyes=eyes(data, models, "objects")) as house:
        await scan(house, pictures)
        assert (await stored(house))[0] == plain
        assert await house.db.rows("SELECT 1 FROM analysis WHERE kind = 'saliency'") == []


def test_how_much_a_subject_stands_out_is_told_in_one_measure() -> None:
    frame, settings = draw(), MeasureSettings()
    usual = measure(frame, settings)
    where = np.zeros((64, 96), np.float32)
    where[20:42, 64:86] = 1
    same = measure_subject(frame, settings, where)
    assert same.subject_prominence == pytest.approx(usual.subject_prominence, abs=1.5)
    where = np.zeros((64, 96), np.float32)
    where[18:46, 2:14] = 1  # nothing is there
    nothing = measure_subject(frame, settings, where)
    assert nothing.subject_prominence < 0.5 * usual.subject_prominence
    assert nothing.subject_sharpness < usual.subject_sharpness
