"""The models as a run wants them: settings, and the choice of runtimes for this machine made once and put into each fresh data folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import program
from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, load_choices, save_choices
from facetd.infer.measure import choice_path, key_of, packs_folder, stream_count

MODES = ("auto", "f32", "off")
COMPILED = "cache/models"
IDLE_S = 2  # so that a run sees the inference process end


@dataclass(frozen=True, slots=True)
class Models:
    """Settings of the models; `home` holds the choice for this machine, `trial_s` is how long it took to find."""

    settings: Inference
    home: Path
    trial_s: float = 0.0

    @property
    def on(self) -> bool:
        """Whether any model runs."""
        return self.settings.enabled

    @property
    def packs(self) -> bool:
        """Whether packs are installed: the plain loop, which knows the starter pack only, is no match for them then."""
        return packs_folder(self.home).exists()

    @property
    def mode(self) -> str:
        """One of MODES."""
        return self.settings.precision if self.on else "off"

    @property
    def choices(self) -> Choices:
        """The choice for this machine. Raises RuntimeError without one."""
        found = load_choices(choice_path(self.home))
        if found is None:
            raise RuntimeError(f"no choice of runtimes in {self.home}")
        return found

    def configure(self, data: Path) -> Path:
        """Make the data folder `data` with the settings alone: its first scan finds out what is fastest."""
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        (data / "scoring_config.json").write_text(json.dumps({"inference": self.settings.model_dump(exclude_unset=True)}))
        return data

    def learn(self, data: Path) -> None:
        """Take over the networks that a scan into `data` compiled; later ones find them."""
        if (data / COMPILED).exists():
            shutil.copytree(data / COMPILED, self.home / COMPILED, dirs_exist_ok=True)

    def prepare(self, data: Path) -> Path:
        """Make the data folder `data` as it is after an earlier scan on this machine: with the choice and compiled networks."""
        self.configure(data)
        for part in ("models", COMPILED) if self.on else ():
            if (self.home / part).exists():
                shutil.copytree(self.home / part, data / part, dirs_exist_ok=True)
        return data


def try_models(mode: str, home: Path, furnish: Callable[[Path], None] = lambda _home: None) -> Models:
    """The models in one of MODES, with the packs that `furnish` puts into `home`, tried on this machine with `facetd models bench` as far
    as there is a choice.
    """
    if mode == "off":
        return Models(Inference(enabled=False), home)
    models = Models(Inference.model_validate({"precision": mode, "idle_s": IDLE_S}), home)
    furnish(models.configure(home))
    start = time.monotonic()
    words = [*program.FACETD, "models", "bench", "--json", "--data", str(home)]
    done = subprocess.run(words, env=program.environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"facetd models bench ended with {done.returncode}:\n{done.stderr[-2000:]}")
    tried = Models(models.settings, home, time.monotonic() - start)
    if tried.choices.missing:
        raise RuntimeError(f"models that cannot be run: {dict(tried.choices.missing)}")
    return tried


def fixed_models(home: Path) -> Models:
    """ONNX Runtime in f32 for every model, chosen without a trial: the same on every machine."""
    models = Models(Inference(runtime="onnxruntime", precision="f32", idle_s=IDLE_S), home)
    catalogue = Catalogue.load()
    chosen = {model.id: Choice("onnxruntime", "cpu", "f32", 1, 0.0, "fixed") for model in catalogue.models}
    save_choices(choice_path(home), Choices(key_of(catalogue, models.settings), stream_count(models.settings), chosen, (), {}))
    return models
