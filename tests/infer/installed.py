"""The models as a daemon has them, for tests: with real networks, or with stand-ins for the tasks."""

from __future__ import annotations

from pathlib import Path

from facetd.config import Config
from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, save_choices
from facetd.infer.client import Eyes
from facetd.infer.measure import choice_path, key_of
from facetd.infer.settings import LookSettings
from tests.infer.looks import TinySettings

SETTINGS = {"runtime": "onnxruntime", "streams": 1, "enabled": True}
ONE_STREAM = Inference(runtime="onnxruntime", streams=1)


def eyes(data: Path, models: Path, *kinds: str) -> Eyes:
    """Eyes for these analyses with the starter pack in `models` and the packs in the library's data folder, all in f32.

    The choice is made already, so that no trial comes first.
    """
    settings = Config.model_validate({"inference": SETTINGS})
    catalogue = Catalogue.load(models, data / "models" / "packs")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    chosen = Choices(key_of(catalogue, settings.inference), 1, {model.id: choice for model in catalogue.models}, (), {})
    save_choices(choice_path(data), chosen)
    look = LookSettings.from_config(settings, catalogue)
    return Eyes(settings.inference, look, data=data, models=models, kinds=frozenset(kinds))


def stand_in_eyes(data: Path, models: Path | None = None, inference: Inference = ONE_STREAM, look: str = "tests.infer.looks:look") -> Eyes:
    """Eyes whose process looks with a function of tests/infer/looks.py."""
    return Eyes(inference, TinySettings(), data=data, models=models, look=look, settings_type="tests.infer.looks:TinySettings")
