"""`facetd doctor`: what this machine can do, and what is in the way."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.markup import escape

from facetd.assets import asset_dir
from facetd.cli.models import model_lines
from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.servers import say_states, server_states
from facetd.config import Config, load_config
from facetd.config.eyes import Inference
from facetd.errors import FacetdError, Unavailable
from facetd.house import check_settings
from facetd.i18n import _
from facetd.infer.addresses import is_local
from facetd.infer.catalogue import AnyNetwork, Catalogue, PackSource
from facetd.infer.children import find_devices
from facetd.infer.hardware import runtime_versions
from facetd.infer.measure import RUNTIMES, packs_folder
from facetd.infer.packs.features import FEATURES, lacking
from facetd.ingest.darktable import find_program
from facetd.ingest.lock import holder_of
from facetd.library.writers import LANGUAGES, Writers
from facetd.version import __version__
from facetd.watch.filesystem import filesystem_type, is_network_filesystem

LOW_DISK_BYTES = 1024**3
FEW_WATCHES = 65_536
DECODERS = {
    "Pillow": "JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF",
    "pillow_heif": "HEIC, HEIF",
    "rawpy": "camera RAW",
    "pillow_jxl": "JPEG XL",
    "cv2": "measuring",
    "simsimd": "comparing what photos look like",
}
FEATURE_NAMES = {
    "semantic_search": "search by what photos show",
    "aesthetic_model": "aesthetics judged by a model",
    "scene_tags": "tags of scenes",
    "insightface": "faces by InsightFace",
    "saliency_model": "subject found by a model",
}
PROBE = {"Pillow": "from PIL import Image, features; assert features.check('jpg') and features.check('avif') and features.check('webp')"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `state` is ok, warning or problem."""

    name: str
    state: str
    text: str


@click.command()
@settings_options
@json_option
def doctor(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Say what this machine can do. Exit code 1 when something keeps facetd from working."""
    folder = data_folder(data)
    findings = [*_machine(), *_decoders(), *_inference(folder, config_path), *_data(folder)]
    findings += [*_configuration(folder, config_path), *_watching(), *_pages()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        console = Console(soft_wrap=True)
        marks = {"ok": "[green]ok[/]     ", "warning": "[yellow]warning[/]", "problem": "[red]problem[/]"}
        for finding in findings:
            console.print(f"{marks[finding.state]}  [bold]{finding.name}[/]: {escape(finding.text)}", highlight=False)
    if any(finding.state == "problem" for finding in findings):
        raise SystemExit(1)


def _machine() -> Iterator[Finding]:
    yield Finding(
        "facetd", "ok", f"{__version__}, Python {platform.python_version()}, {platform.machine()}, {platform.system()} {platform.release()}"
    )
    cores = len(os.sched_getaffinity(0))
    memory = _memory_bytes() / 1024**3
    yield Finding("cores", "ok", f"{cores} for decode workers")
    yield Finding("memory", "ok" if memory >= 0.75 else "warning", f"{memory:.1f} GB (limits of a container included)")
    with sqlite3.connect(":memory:") as connection:
        maths = bool(connection.execute("SELECT sqlite_compileoption_used('ENABLE_MATH_FUNCTIONS')").fetchone()[0])
    yield Finding(
        "SQLite",
        "ok" if maths else "warning",
        sqlite3.sqlite_version + ("" if maths else ", without math functions: no search by distance"),
    )


def _memory_bytes() -> int:
    """Memory of the machine, or the smaller limit of its control group."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            text = limit.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            return min(whole, int(text))
    return whole


def _decoders() -> Iterator[Finding]:
    """Each native library is tried in a process of its own: one that this CPU cannot run costs nothing else."""
    for module, what in DECODERS.items():
        code = PROBE.get(module, f"import {module}")
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
        if result.returncode == 0:
            yield Finding(module, "ok", what)
        else:
            why = f"signal {-result.returncode}" if result.returncode < 0 else (result.stderr.strip().splitlines() or ["unknown"])[-1]
            yield Finding(module, "warning" if module in ("pillow_jxl",) else "problem", f"cannot be loaded, so no {what}: {why}")


def _inference(folder: Path, config_path: Path | None) -> Iterator[Finding]:
    """Runtimes with their devices, each asked in a process of its own, and the models."""
    try:
        config = load_config(config_path.absolute() if config_path else folder / "scoring_config.json").config
        catalogue = Catalogue.load(packs=packs_folder(folder))
    except FacetdError as error:
        yield Finding("models", "problem", str(error))
        return
    settings = config.inference
    versions = runtime_versions()
    usable = 0
    for runtime in RUNTIMES:
        found = asyncio.run(find_devices(runtime))
        usable += not found.problem
        version = " ".join(f"{name} {number}" for name, number in versions.items() if name.startswith(runtime))
        if found.problem:
            yield Finding(runtime, "warning", f"cannot be used: {found.problem}")
        else:
            yield Finding(runtime, "ok", f"{version}: {', '.join(found.devices)}")
    lines = model_lines(catalogue, settings, folder)
    of_packs = {network.id for network in catalogue.networks if isinstance(network.source, PackSource)}
    troubles = {line.id: f"{line.id}: {line.problem or line.state}" for line in lines if line.state != "ready"}
    broken = [text for model, text in troubles.items() if model not in of_packs]
    if broken or not usable:
        why = "; ".join(broken) or "there is no runtime for them"
        yield Finding("models", "warning", f"faces and things cannot be found: {why}")
    else:
        measured = "" if all(line.ms is None for line in lines) else ", measured on this machine"
        off = "" if settings.enabled else "; switched off (inference.enabled)"
        yield Finding("models", "ok", f"{len(lines)} in {catalogue.folder}{measured}{off}")
    yield from _servers(settings, catalogue)
    yield from _packs(catalogue, [text for model, text in troubles.items() if model in of_packs])
    yield from _captions(config, catalogue)
    yield from _darktable(config)
    yield from _open_keys(config)


def _servers(settings: Inference, catalogue: Catalogue) -> Iterator[Finding]:
    """The inference servers; one that sleeps is no problem."""
    try:
        states = server_states(settings, catalogue)
    except FacetdError as error:
        yield Finding("inference servers", "problem", str(error))
        return
    for url, well, text in say_states(states, catalogue):
        yield Finding(f"server {url}", "ok" if well else "warning", text)


def _packs(catalogue: Catalogue, troubles: Sequence[str]) -> Iterator[Finding]:
    """Installed packs, those that cannot be used, and what others would make possible."""
    for problem in (*catalogue.problems, *troubles):
        yield Finding("packs", "warning", problem)
    installed = sorted({network.source.pack for network in catalogue.networks if isinstance(network.source, PackSource)})
    yield Finding("packs", "ok", f"installed: {', '.join(installed) or 'none'}")
    for feature in FEATURES:
        reason = lacking(feature, lambda task: bool(catalogue.for_task(task)))
        if reason:
            yield Finding(FEATURE_NAMES[feature], "ok", f"not installed. {reason}")


class _Known:
    """The installed models, without the process that runs them."""

    preparing = False

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def networks(self, task: str) -> Sequence[AnyNetwork]:
        return self._catalogue.for_task(task)

    async def get_ready(self, patience_s: float | None = None) -> bool:
        return True

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise Unavailable(_("the doctor asks no model"))


def _captions(config: Config, catalogue: Catalogue) -> Iterator[Finding]:
    """Who describes photos and translates; an address is told, not called."""
    writers = Writers(config, _Known(catalogue))
    language = config.translation.target_language
    try:
        where = f" at {config.captions.endpoint}" if config.captions.endpoint else ""
        yield Finding("captions", "ok", f"{writers.require_describer().name}{where}")
    except Unavailable as error:
        yield Finding("captions", "ok", f"by rule. {error.message} {error.hint}")
    try:
        yield Finding("translation", "ok", f"{writers.require_translator(language)} ({LANGUAGES[language]})")
    except Unavailable as error:
        yield Finding("translation", "ok", f"not installed. {error.message} {error.hint}")


def _darktable(config: Config) -> Iterator[Finding]:
    """Whether what downloads offer can be had."""
    settings = config.viewer.raw_processor.darktable
    if not settings.profiles:
        return
    try:
        yield Finding("darktable", "ok", f"{find_program(settings)}, for {', '.join(settings.profiles)}")
    except Unavailable as error:
        yield Finding("darktable", "warning", f"{error.message}. {error.hint}")


def _open_keys(config: Config) -> Iterator[Finding]:
    """Keys that leave the network unencrypted."""
    captions, inference = config.captions, config.inference
    sent = [("captions.endpoint", captions.endpoint)] if captions.api_key or captions.api_key_file else []
    sent += [("inference.servers", url) for url in inference.servers if inference.server_token_file]
    for name, url in sent:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname and not is_local(parts.hostname):
            yield Finding(name, "warning", f"the key for {url} goes through the internet unencrypted: expected https")


def _data(folder: Path) -> Iterator[Finding]:
    there = folder
    while not there.exists():
        there = there.parent
    fstype = filesystem_type(str(there))
    free = shutil.disk_usage(there).free
    if is_network_filesystem(fstype):
        yield Finding("data folder", "problem", f"{folder} is on a network file system ({fstype}); choose a local disk with --data")
    elif not there.is_dir():
        yield Finding("data folder", "problem", f"{there} is not a folder")
    elif not os.access(there, os.W_OK):
        yield Finding("data folder", "problem", f"{folder} may not be written")
    else:
        state = "ok" if free > LOW_DISK_BYTES else "warning"
        yield Finding("data folder", state, f"{folder} ({fstype}, {free / 1024**3:.1f} GB free)")
    holder = holder_of(folder) if folder.is_dir() else None
    if holder is not None:
        yield Finding("daemon", "ok", f"runs as process {holder.pid}")


def _configuration(folder: Path, config_path: Path | None) -> Iterator[Finding]:
    path = config_path.absolute() if config_path else folder / "scoring_config.json"
    try:
        loaded = load_config(path)
        check_settings(loaded.config)
    except FacetdError as error:
        yield Finding("configuration", "problem", str(error))
        return
    text = f"{path}" + ("" if path.exists() else " (absent: defaults)")
    yield Finding("configuration", "warning" if loaded.warnings else "ok", "; ".join([text, *map(str, loaded.warnings)]))


def _watching() -> Iterator[Finding]:
    try:
        watches = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text(encoding="ascii"))
    except (OSError, ValueError):
        yield Finding("watching", "warning", "inotify is not there; folders are rescanned by the clock")
        return
    advice = "" if watches >= FEW_WATCHES else "; large trees are rescanned by the clock (raise fs.inotify.max_user_watches)"
    yield Finding("watching", "ok" if not advice else "warning", f"up to {watches} folders by inotify{advice}")


def _pages() -> Iterator[Finding]:
    built = (asset_dir("webui") / "static" / "manifest.json").exists()
    yield Finding("web pages", "ok" if built else "problem", "built" if built else "not built: run `make run`, or install the wheel")
