"""Finding out what is fastest here: which candidates are worth a try, and what is kept of it."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue, FileState, Model, Precision
from facetd.infer.children import Place, try_runtime
from facetd.infer.choice import Candidate, Choices, Trial, choose, load_choices, save_choices
from facetd.infer.hardware import Cpu, cores, cpu, device_nodes, runtime_versions

log = logging.getLogger("facetd.infer")

RUNTIMES = ("openvino", "onnxruntime")
ASKED: dict[str, tuple[str, ...]] = {
    "auto": ("cpu", "gpu", "cuda", "migraphx"),  # not npu and tensorrt: compiling for them takes minutes
    "gpu": ("gpu", "cuda", "migraphx"),
}
"""Devices that a device of the settings stands for."""
TRIAL_VERSION = 2


def choice_path(data: Path) -> Path:
    """Where the choice for this machine is kept, in the data folder."""
    return data / "models" / "choice.json"


def packs_folder(data: Path) -> Path:
    """Where installed packs are, each in a folder of its own, in the data folder."""
    return data / "models" / "packs"


def cache_folder(data: Path) -> Path:
    """Where compiled networks are kept; may be deleted at any time."""
    return data / "cache" / "models"


def asked_devices(settings: Inference) -> tuple[str, ...]:
    """The devices that the settings name."""
    return ASKED.get(settings.device, (settings.device,))


def stream_count(settings: Inference) -> int:
    """Photos at once. For every other core one by default: decoding takes as long as looking, and each stream takes 75 MB and more."""
    return settings.streams or max(1, cores() // 2)


def precisions_present(catalogue: Catalogue, model: Model) -> tuple[Precision, ...]:
    """The precisions of `model` whose files are there."""
    return tuple(precision for precision in model.precisions if catalogue.state(model, precision) is FileState.PRESENT)


def key_of(catalogue: Catalogue, settings: Inference, processor: Cpu | None = None) -> str:
    """What a choice depends on: machine, runtimes, the models' contents, settings. Reads the model files."""
    return key_of_stamps(stamps_of(catalogue, settings, processor))


def key_of_stamps(stamps: Mapping[str, str]) -> str:
    """The same of stamps that were made before."""
    return _digest(list(stamps.items()))


def stamps_of(catalogue: Catalogue, settings: Inference, processor: Cpu | None = None) -> dict[str, str]:
    """By model, what its trial depends on: machine, runtimes, settings, and the model itself. Reads the model files."""
    processor = processor or cpu()
    facts = {
        "trial": TRIAL_VERSION,
        "cpu": [processor.model, processor.machine, sorted(processor.flags)],
        "devices": device_nodes(),
        "runtimes": runtime_versions(),
        "settings": [settings.device, settings.runtime, settings.precision, stream_count(settings)],
    }
    return {model.id: _digest({**facts, "model": _content(catalogue, model)}) for model in catalogue.models}


def _digest(facts: object) -> str:
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _content(catalogue: Catalogue, model: Model) -> list[str]:
    """What the trial of a model depends on beside the machine: its entry in the catalogue, whether its files are as that says, and the
    reference.
    """
    states = [f"{stored} {catalogue.verify(model, stored).value}" for stored in sorted(model.files)]
    try:
        reference = _reference(catalogue, model).read_text(encoding="utf-8")
    except OSError:
        reference = ""
    return [model.model_dump_json(), *states, reference]


def _reference(catalogue: Catalogue, model: Model) -> Path:
    """Where infer/reference.py, which loads numpy, finds the right numbers of `model`."""
    return catalogue.folder_of(model) / "reference" / f"{model.id}.json"


def candidates(
    model: Model, runtime: str, devices: Sequence[str], settings: Inference, processor: Cpu, present: Sequence[Precision]
) -> list[Candidate]:
    """The ways to run `model` with `runtime` that are worth a try."""
    asked = (*asked_devices(settings), "cpu")  # the processor is the last resort
    found: list[Candidate] = []
    for device in devices:
        if device in asked:
            precisions = [each for each in present if _sensible(runtime, device, each, processor)]
            if settings.precision != "auto":
                precisions = [settings.precision] if settings.precision in precisions else [each for each in precisions if each == "f32"]
            found += [Candidate(model.id, runtime, device, precision) for precision in precisions]
    return found


def _sensible(runtime: str, device: str, precision: Precision, processor: Cpu) -> bool:
    """Whether `device` may gain by `precision`. bf16 stands for 16 bits: float16 on a GPU or NPU."""
    if device == "npu":
        return precision == "bf16"
    if precision == "int8":
        return device == "cpu" and processor.int8
    if precision == "bf16":
        return runtime == "openvino" and (device != "cpu" or processor.bf16)
    return True


async def choices_for(
    catalogue: Catalogue, settings: Inference, data: Path, *, anew: bool = False, progress: Callable[[Trial], None] = lambda _trial: None
) -> Choices:
    """The choice for this machine: the one kept in `data` while nothing it depends on changed, else a new trial. Raises OSError.

    Trials of models for which nothing changed are kept: a pack that comes or goes costs its own. Precisions in use stay unless another
    one is clearly faster, so that a new trial does not outdate the library.
    """
    path, cache = choice_path(data), cache_folder(data)
    stamps = await asyncio.to_thread(stamps_of, catalogue, settings)
    key = key_of_stamps(stamps)
    kept = await asyncio.to_thread(load_choices, path)
    if kept is not None and kept.key == key and not anew:
        return kept
    known = frozenset() if kept is None or anew else frozenset(set(stamps.items()) & set((kept.stamps or {}).items()))
    same = frozenset(model for model, _stamp in known)
    processor = await asyncio.to_thread(cpu)
    await asyncio.to_thread(shutil.rmtree, cache, ignore_errors=True)  # networks compiled for what was before
    trials = [trial for trial in kept.trials if trial.candidate.model in same] if kept is not None else []
    if len(same) < len(stamps):
        log.info("measuring how to run the models on this machine")
        trials += await try_all(catalogue, settings, processor, cache, progress=progress, leave_out=same)
    models = [model.id for model in catalogue.models]
    in_use = {model: choice.precision for model, choice in kept.models.items()} if kept is not None else {}
    choices = choose(models, trials, key=key, streams=stream_count(settings), wanted=asked_devices(settings), in_use=in_use)
    choices = dataclasses.replace(choices, stamps=stamps)
    await asyncio.to_thread(save_choices, path, choices)
    for model, choice in choices.models.items():
        log.info("%s: %s", model, choice.why)
    return choices


async def try_all(
    catalogue: Catalogue,
    settings: Inference,
    processor: Cpu,
    cache: Path,
    *,
    progress: Callable[[Trial], None] = lambda _trial: None,
    leave_out: Collection[str] = (),
) -> list[Trial]:
    """Try every candidate, but for models to `leave_out`.

    One runtime after the other: side by side they would disturb each other's timing.
    """
    with tempfile.TemporaryDirectory(prefix="facetd-") as scratch:
        place = Place(catalogue.folder, catalogue.packs, cache, Path(scratch), stream_count(settings))
        models = [model for model in catalogue.models if model.id not in leave_out]
        present = {model.id: await asyncio.to_thread(precisions_present, catalogue, model) for model in models}
        return await _try_all(models, present, settings, processor, place, progress)


async def _try_all(
    models: Sequence[Model],
    present: Mapping[str, Sequence[Precision]],
    settings: Inference,
    processor: Cpu,
    place: Place,
    progress: Callable[[Trial], None],
) -> list[Trial]:
    trials: list[Trial] = []
    for runtime in RUNTIMES if settings.runtime == "auto" else (settings.runtime,):

        def plan(devices: Sequence[str], runtime: str = runtime) -> list[Candidate]:
            return [each for model in models for each in candidates(model, runtime, devices, settings, processor, present[model.id])]

        tried = await try_runtime(runtime, plan, place, progress)
        if tried.problem:
            log.warning("%s cannot be used: %s", runtime, tried.problem)
            tried.trials += [Trial(candidate, problem=tried.problem) for candidate in plan(("cpu",)) if candidate.precision == "f32"]
        trials += tried.trials
    return trials
