"""Models of a library as they are installed now, without the trial that would come first."""

from __future__ import annotations

from pathlib import Path

from facetd.config import Config
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, save_choices
from facetd.infer.client import Eyes
from facetd.infer.measure import choice_path, key_of
from facetd.infer.settings import LookSettings

SETTINGS = {"runtime": "onnxruntime", "streams": 1, "enabled": True}


def eyes(data: Path, models: Path, *kinds: str) -> Eyes:
    """Eyes for these analyses with the starter pack in `models` and the packs in the library's data folder, all in f32."""
    settings = Config.model_validate({"inference": SETTINGS})
    catalogue = Catalogue.load(models, data / "models" / "packs")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    chosen = Choices(key_of(catalogue, settings.inference), 1, {model.id: choice for model in catalogue.models}, (), {})
    save_choices(choice_path(data), chosen)
    look = LookSettings.from_config(settings, catalogue)
    return Eyes(settings.inference, look, data=data, models=models, kinds=frozenset(kinds))
