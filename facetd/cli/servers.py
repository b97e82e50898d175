"""Inference servers in the commands: how they are, how fast they are, and the models for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from facetd.cli.options import data_folder, settings_options
from facetd.config.eyes import Inference
from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Candidate, Trial
from facetd.infer.measure import packs_folder
from facetd.infer.remote.choices import RUNTIME
from facetd.infer.remote.health import Health, look_at
from facetd.infer.remote.repository import Layout, export_repository
from facetd.infer.remote.settings import Remote


def server_states(settings: Inference, catalogue: Catalogue) -> list[Health]:
    """How each server of the settings is now. Raises ConfigError."""
    remote = Remote.from_settings(settings)
    return [] if remote is None else look_at(remote, [model.id for model in catalogue.models])


def say_states(states: list[Health], catalogue: Catalogue) -> Iterator[tuple[str, bool, str]]:
    """For each server its address, whether all is well, and how it is in words."""
    for state in states:
        if not state.ready:
            yield state.url, False, state.problem
            continue
        lacking = [model.id for model in catalogue.models if model.id not in state.models]
        text = _("ready, answers in {ms:.1f} ms; models: {models}").format(ms=state.ms or 0.0, models=", ".join(state.models) or "-")
        yield state.url, not lacking, text + (_("; lacks {models}").format(models=", ".join(lacking)) if lacking else "")


def print_states(states: list[Health], catalogue: Catalogue, console: Console) -> None:
    """A line for each server."""
    for url, well, text in say_states(states, catalogue):
        console.print(f"[{'green' if well else 'red'}]{escape(url)}[/]: {escape(text)}", highlight=False)


def server_trials(settings: Inference, catalogue: Catalogue, progress: Callable[[Trial], None]) -> list[Trial]:
    """How each model does on each server: time by the clock of one picture, there and back. Raises ConfigError."""
    remote = Remote.from_settings(settings)
    if remote is None:
        return []
    from facetd.infer.remote.fleet import Fleet  # noqa: PLC0415 - loads numpy
    from facetd.infer.remote.server import Fit  # noqa: PLC0415 - as above

    fleet = Fleet(remote, catalogue)
    trials = []
    for model in catalogue.models:
        for url, result in fleet.examine(model).items():
            candidate = Candidate(model.id, RUNTIME, url, "f32")
            if isinstance(result, Fit):
                trials.append(Trial(candidate, ms=result.ms, deviation=result.deviation))
            else:
                trials.append(Trial(candidate, problem=result if isinstance(result, str) else result.why))
            progress(trials[-1])
    fleet.close()
    return trials


@click.command("export-repository")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--layout", type=click.Choice(["triton", "ovms"]), default="triton", help="With ovms also its list of models, config.json.")
@click.option("--seen-as", default="/models", help="Where the server sees the folder; for config.json.")
@settings_options
def export(folder: Path, layout: Layout, seen_as: str, data: Path | None, config_path: Path | None) -> None:
    """Write the models to FOLDER as Triton and OpenVINO Model Server load them; those of installed packs too.

    FOLDER is new, empty, or was written by this command before.
    """
    del config_path  # nothing of it matters here
    catalogue = Catalogue.load(packs=packs_folder(data_folder(data)))
    written = export_repository(catalogue, folder, _tensor_names, layout=layout, seen_as=seen_as)
    click.echo(
        _("{count} models are in {folder}: {names}").format(count=len(written), folder=folder, names=", ".join(m.id for m in written))
    )


def _tensor_names(file: Path) -> tuple[list[str], list[str]]:
    """What the network in `file` calls its inputs and outputs. Raises FacetdError."""
    from facetd.infer.runtimes import open_part  # noqa: PLC0415 - loads numpy
    from facetd.infer.runtimes.session import RuntimeProblem  # noqa: PLC0415 - as above

    try:
        network = open_part(file)
    except RuntimeProblem as error:
        raise FacetdError(f"{file}: {error}") from error
    return list(network.inputs), list(network.outputs)
