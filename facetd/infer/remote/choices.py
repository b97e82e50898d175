"""The choice where servers run the models: everything there, in f32, and here what is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, Trial
from facetd.infer.measure import choices_for
from facetd.infer.remote.contract import MOST
from facetd.infer.remote.settings import Remote

RUNTIME, DEVICE = "server", "remote"


def remote_choices(catalogue: Catalogue, settings: Inference, remote: Remote) -> Choices:
    """How all models are run when servers do it. No server is asked for it, because it may sleep."""
    where = ", ".join(remote.urls)
    models = {model.id: Choice(RUNTIME, DEVICE, "f32", MOST, 0.0, f"{RUNTIME} f32: {where}") for model in catalogue.models}
    return Choices("", settings.streams or remote.streams, models, (), {})


async def fallback_choices(
    catalogue: Catalogue, settings: Inference, data: Path, *, anew: bool = False, progress: Callable[[Trial], None] = lambda _trial: None
) -> Choices:
    """How this machine runs the models when no server answers: measured as ever, in f32, as the servers do. Raises OSError."""
    return await choices_for(catalogue, fallback_settings(settings), data, anew=anew, progress=progress)


def fallback_settings(settings: Inference) -> Inference:
    """The settings for this machine beside the servers."""
    return settings.model_copy(update={"servers": (), "precision": "f32", "streams": 0})
