"""Options that several commands share."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from facetd.config import LoadedConfig, default_data_dir, load_config

NOT_UTF8 = re.compile("[\udc80-\udcff]")
data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="Folder of the library. Default: $XDG_DATA_HOME/facetd."
)
config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Configuration. Default: scoring_config.json in the data folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--data` and `--config`."""
    return data_option(config_option(function))


def data_folder(data: Path | None) -> Path:
    """The data folder, absolute."""
    return (data or default_data_dir()).expanduser().absolute()


def printable(text: str) -> str:
    """`text` for standard output, where the odd bytes of a file name cannot go: these percent-escaped."""
    return NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", text)


def load_settings(data: Path, config_path: Path | None, console: Console) -> LoadedConfig:
    """The configuration, its warnings shown. Raises ConfigError."""
    loaded = load_config(config_path.absolute() if config_path else data / "scoring_config.json")
    for warning in loaded.warnings:
        console.print(f"[yellow]Warning:[/] {escape(f'{loaded.path}: {warning}')}", highlight=False)
    return loaded


def log_to(console: Console, *, verbose: bool) -> None:
    """Log messages on `console`: warnings, and with `verbose` what happens."""
    handler = RichHandler(console=console, show_path=False, log_time_format="[%X]")
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", handlers=[handler], force=True)
