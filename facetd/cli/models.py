"""`facetd models`: which models there are, what they do, and how fast they run here."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click
from rich.console import Console
from rich.markup import escape

from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.settings import load_settings
from facetd.config.eyes import Inference
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, FileState, Model
from facetd.infer.choice import Choices, Trial, load_choices
from facetd.infer.measure import choice_path, choices_for, key_of


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model as it is listed. `state` is ready, missing, damaged or failed; how it runs is None where it was not measured yet."""

    id: str
    title: str
    enables: str
    licence: str
    origin: str
    source: str
    bytes: int
    state: str
    problem: str
    runtime: str | None = None
    device: str | None = None
    precision: str | None = None
    ms: float | None = None


@click.group()
def models() -> None:
    """The models that look at photos."""


@models.command("list")
@settings_options
@json_option
def list_models(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Show each model: what it enables, where it comes from, whether it is ready, and how fast it runs here."""
    folder = data_folder(data)
    settings = load_settings(folder, config_path, Console(stderr=True)).config.inference
    lines = model_lines(Catalogue.load(), settings, folder)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines]))
        return
    console = Console(soft_wrap=True)
    for line in lines:
        mark = "[green]ready[/]" if line.state == "ready" else f"[red]{line.state}[/]"
        console.print(f"[bold]{escape(line.title)}[/] ({line.id}): {mark}", highlight=False)
        console.print(f"  {escape(line.enables)}", highlight=False)
        console.print(f"  {escape(line.licence)}; {escape(line.origin)}; {line.source}; {line.bytes / 1e6:.1f} MB", highlight=False)
        if line.problem:
            console.print(f"  {escape(line.problem)}", highlight=False)
        if line.ms is not None:
            console.print(f"  {line.runtime} on {line.device}, {line.precision}: {line.ms:.1f} ms", highlight=False)
    if all(line.ms is None for line in lines):
        console.print(_("Not measured on this machine yet: the first scan does it, or `facetd models bench`."))


@models.command()
@settings_options
@json_option
def bench(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Measure every way to run each model on this machine, and say which is used and why.

    A running daemon takes the result over at its next start.
    """
    folder = data_folder(data)
    console = Console(stderr=True)
    settings = load_settings(folder, config_path, console).config.inference
    catalogue = Catalogue.load()
    with console.status(_("Measuring")) as status:

        def told(trial: Trial) -> None:
            candidate = trial.candidate
            status.update(f"{candidate.model}: {candidate.runtime} {candidate.device} {candidate.precision}")

        choices = asyncio.run(choices_for(catalogue, settings, folder, anew=True, progress=told))
    if as_json:
        click.echo(json.dumps(_bench_json(choices)))
    else:
        _print_bench(choices, Console(soft_wrap=True))


def model_lines(catalogue: Catalogue, settings: Inference, data: Path) -> list[ModelLine]:
    """What is known about each model; nothing is measured for it. Reads the model files."""
    choices = load_choices(choice_path(data))
    if choices is not None and choices.key != key_of(catalogue, settings):
        choices = None
    return [_model_line(catalogue, model, choices) for model in catalogue.models]


def _model_line(catalogue: Catalogue, model: Model, choices: Choices | None) -> ModelLine:
    choice = choices.models.get(model.id) if choices else None
    states = {stored: catalogue.verify(model, stored) for stored in model.files}
    needed: Literal["f32", "int8"] = "int8" if choice is not None and choice.precision == "int8" else "f32"
    state = "ready" if states[needed] is FileState.PRESENT else states[needed].value
    path = catalogue.path(model, needed)
    problem = {
        "missing": _("{path} is not there; install facetd again").format(path=path),
        "damaged": _("{path} is not what it should be; install facetd again").format(path=path),
    }.get(state, "")
    if not problem and choices is not None and choice is None:
        state, problem = "failed", (choices.missing or {}).get(model.id, "")
    size = sum(file.size for stored, file in model.files.items() if states[stored] is FileState.PRESENT)
    line = (model.id, model.title, model.enables, model.licence, model.origin, model.source.url, size, state, problem)
    return ModelLine(*line, choice.runtime, choice.device, choice.precision, choice.ms) if choice else ModelLine(*line)


def _picked(choices: Choices, trial: Trial) -> bool:
    choice = choices.models.get(trial.candidate.model)
    one = trial.candidate
    return choice is not None and (choice.runtime, choice.device, choice.precision) == (one.runtime, one.device, one.precision)


def _bench_json(choices: Choices) -> dict[str, object]:
    trials = [asdict(trial.candidate) | _figures(trial) | {"picked": _picked(choices, trial)} for trial in choices.trials]
    return {
        "streams": choices.streams,
        "models": {model: asdict(choice) for model, choice in choices.models.items()},
        "missing": dict(choices.missing or {}),
        "trials": trials,
    }


def _figures(trial: Trial) -> dict[str, object]:
    return {name: getattr(trial, name) for name in ("ms", "batch", "batch_ms", "deviation", "problem")}


def _print_bench(choices: Choices, console: Console) -> None:
    for trial in sorted(choices.trials, key=lambda each: each.candidate.model):
        one = trial.candidate
        mark = "*" if _picked(choices, trial) else " "
        ms = "" if trial.ms is None else f"{trial.ms:.2f} ms"
        batches = "" if trial.batch_ms is None else f"{trial.batch_ms:.2f} in batches of {trial.batch}"
        deviation = "" if trial.deviation is None or trial.problem else f"deviation {trial.deviation:.2f}"
        figures = trial.problem or f"{ms:>10}  {deviation}  {batches}"
        line = f"{mark} {one.model:<20} {one.runtime:<12} {one.device:<8} {one.precision:<4}  {figures}"
        console.print(line.rstrip(), highlight=False, markup=False)
    console.print()
    console.print(
        _("Milliseconds for one picture: time of one core on a CPU, time by the clock elsewhere. Deviation: 1 is what is tolerated.")
    )
    for model, choice in choices.models.items():
        console.print(f"[bold]{model}[/]: {escape(choice.why)}", highlight=False)
    for model, why in (choices.missing or {}).items():
        console.print(f"[bold red]{model}[/]: {escape(why)}", highlight=False)
