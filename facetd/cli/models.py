"""`facetd models`: which models there are, what they do, and how fast they run here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import click
from rich.console import Console
from rich.markup import escape

from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.packs import install, remove
from facetd.cli.servers import export, print_states, server_states, server_trials
from facetd.cli.settings import load_settings
from facetd.config.eyes import Inference
from facetd.i18n import _
from facetd.infer.catalogue import PACK_FILE, Catalogue, FileState, Model, Network, PartsModel
from facetd.infer.choice import Choices, Trial, load_choices
from facetd.infer.measure import choice_path, choices_for, key_of, packs_folder
from facetd.infer.packs.index import PackIndex
from facetd.infer.remote.choices import RUNTIME, fallback_choices, fallback_settings, remote_choices
from facetd.infer.remote.settings import Remote


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


@dataclass(frozen=True, slots=True)
class PackLine:
    """One pack that can be installed, as it is listed. `about_mb` is None where its size is not known beforehand."""

    id: str
    title: str
    enables: str
    replaces: str
    licence: str
    warning: str
    origin: str
    about_mb: int | None
    installed: bool


@click.group()
def models() -> None:
    """The models that look at photos."""


models.add_command(install)
models.add_command(remove)
models.add_command(export)


@models.command("list")
@settings_options
@json_option
def list_models(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Show each model (what it enables, where it comes from, whether it is ready, how fast it runs here), the servers that run them, and
    the packs to install.
    """
    folder = data_folder(data)
    settings = load_settings(folder, config_path, Console(stderr=True)).config.inference
    catalogue = Catalogue.load(packs=packs_folder(folder))
    lines, packs, servers = model_lines(catalogue, settings, folder), pack_lines(folder), server_states(settings, catalogue)
    if as_json:
        found = {
            "models": [asdict(line) for line in lines],
            "packs": [asdict(line) for line in packs],
            "servers": [asdict(state) for state in servers],
            "problems": list(catalogue.problems),
        }
        click.echo(json.dumps(found))
        return
    console = Console(soft_wrap=True)
    for line in lines:
        _print_model(line, console)
    for problem in catalogue.problems:
        console.print(f"[red]{escape(problem)}[/]", highlight=False)
    print_states(servers, catalogue, console)
    if all(line.ms is None for line in lines) and not servers:
        console.print(_("Not measured on this machine yet: the first scan does it, or `facetd models bench`."))
    console.print()
    console.print(_("Packs to install with `facetd models install ID`:"))
    for pack in packs:
        mark = "[green]" + _("installed") + "[/]" if pack.installed else _("not installed")
        size = "" if pack.about_mb is None else _("; about {size} MB").format(size=pack.about_mb)
        console.print(f"[bold]{escape(pack.id)}[/]: {escape(pack.title)}: {mark}", highlight=False)
        console.print(f"  {escape(pack.enables)}", highlight=False)
        console.print(f"  {escape(pack.licence)}; {escape(pack.origin)}{size}", highlight=False)


def _print_model(line: ModelLine, console: Console) -> None:
    mark = "[green]ready[/]" if line.state == "ready" else f"[red]{line.state}[/]"
    console.print(f"[bold]{escape(line.title)}[/] ({line.id}): {mark}", highlight=False)
    console.print(f"  {escape(line.enables)}", highlight=False)
    console.print(f"  {escape(line.licence)}; {escape(line.origin)}; {line.source}; {line.bytes / 1e6:.1f} MB", highlight=False)
    if line.problem:
        console.print(f"  {escape(line.problem)}", highlight=False)
    if line.ms is not None:
        console.print(f"  {line.runtime} on {line.device}, {line.precision}: {line.ms:.1f} ms", highlight=False)


@models.command()
@settings_options
@json_option
def bench(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Measure every way to run each model on this machine and on the inference servers, and say which is used and why.

    A running daemon takes the result over at its next start.
    """
    folder = data_folder(data)
    console = Console(stderr=True)
    settings = load_settings(folder, config_path, console).config.inference
    catalogue = Catalogue.load(packs=packs_folder(folder))
    with console.status(_("Measuring")) as status:

        def told(trial: Trial) -> None:
            candidate = trial.candidate
            status.update(f"{candidate.model}: {candidate.runtime} {candidate.device} {candidate.precision}")

        choices = _measured(catalogue, settings, folder, told)
    if as_json:
        click.echo(json.dumps(_bench_json(choices)))
    else:
        _print_bench(choices, Console(soft_wrap=True))


def _measured(catalogue: Catalogue, settings: Inference, folder: Path, told: Callable[[Trial], None]) -> Choices:
    """The choice made anew, and all trials. Raises ConfigError, OSError."""
    remote = Remote.from_settings(settings)
    if remote is None:
        return asyncio.run(choices_for(catalogue, settings, folder, anew=True, progress=told))
    trials = server_trials(settings, catalogue, told)
    if settings.local_fallback:
        trials += asyncio.run(fallback_choices(catalogue, settings, folder, anew=True, progress=told)).trials
    return replace(remote_choices(catalogue, settings, remote), trials=tuple(trials))


def model_lines(catalogue: Catalogue, settings: Inference, data: Path) -> list[ModelLine]:
    """What is known about each model; nothing is measured for it. Reads the model files."""
    choices = load_choices(choice_path(data)) if settings.local_fallback or not settings.servers else None
    if choices is not None and choices.key != key_of(catalogue, fallback_settings(settings) if settings.servers else settings):
        choices = None
    return [
        _model_line(catalogue, network, choices) if isinstance(network, Model) else _parts_line(catalogue, network)
        for network in catalogue.networks
    ]


def pack_lines(data: Path) -> list[PackLine]:
    """The packs that can be installed, and whether they are."""
    packs = packs_folder(data)
    return [
        PackLine(
            id=pack.id, title=pack.title, enables=pack.enables, replaces=pack.replaces, licence=pack.licence, warning=pack.warning,
            origin=pack.origin, about_mb=pack.about_mb, installed=(packs / pack.id / PACK_FILE).is_file(),
        )
        for pack in PackIndex.load().packs
    ]  # fmt: skip


def _parts_line(catalogue: Catalogue, network: PartsModel) -> ModelLine:
    """A network of parts that run on the processor: nothing about it is measured."""
    files = (*network.parts.values(), *network.data.values())
    states = {file.name: catalogue.verify_file(network, file) for file in files}
    bad = next((name for name, state in states.items() if state is not FileState.PRESENT), None)
    state = "ready" if bad is None else states[bad].value
    problem = "" if bad is None else _problem(network, catalogue.folder_of(network) / bad, state)
    size = sum(file.size for file in files)
    return ModelLine(network.id, network.title, network.enables, network.licence, network.origin, network.source.url, size, state, problem)


def _problem(network: Network, path: Path, state: str) -> str:
    """What is wrong with a file, and what to do about it."""
    pack = getattr(network.source, "pack", None)
    again = _("install facetd again") if pack is None else _("run `facetd models install {pack}`").format(pack=pack)
    if state == "missing":
        return _("{path} is not there; {again}").format(path=path, again=again)
    return _("{path} is not what it should be; {again}").format(path=path, again=again) if state == "damaged" else ""


def _model_line(catalogue: Catalogue, model: Model, choices: Choices | None) -> ModelLine:
    choice = choices.models.get(model.id) if choices else None
    states = {stored: catalogue.verify(model, stored) for stored in model.files}
    needed: Literal["f32", "int8"] = "int8" if choice is not None and choice.precision == "int8" else "f32"
    state = "ready" if states[needed] is FileState.PRESENT else states[needed].value
    problem = _problem(model, catalogue.path(model, needed), state)
    if not problem and choices is not None and choice is None:
        state, problem = "failed", (choices.missing or {}).get(model.id, "")
    size = sum(file.size for stored, file in model.files.items() if states[stored] is FileState.PRESENT)
    line = (model.id, model.title, model.enables, model.licence, model.origin, model.source.url, size, state, problem)
    return ModelLine(*line, choice.runtime, choice.device, choice.precision, choice.ms) if choice else ModelLine(*line)


def _picked(choices: Choices, trial: Trial) -> bool:
    choice = choices.models.get(trial.candidate.model)
    one = trial.candidate
    if one.runtime == RUNTIME:
        return not trial.problem
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
