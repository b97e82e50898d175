"""The configuration and the log of a command."""

from __future__ import annotations

import logging
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from facetd.config import LoadedConfig, load_config


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
