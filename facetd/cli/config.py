"""`facetd config`: the configuration."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.settings import load_settings
from facetd.house import check_settings


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command()
@settings_options
def check(data: Path | None, config_path: Path | None) -> None:
    """Say what is wrong with the configuration: every problem with its key."""
    console = Console(stderr=True, soft_wrap=True)
    loaded = load_settings(data_folder(data), config_path, console)
    check_settings(loaded.config)
    there = "is valid" if loaded.path.exists() else "does not exist; the defaults are in force"
    ignored = {0: "", 1: " 1 key was ignored."}.get(len(loaded.warnings), f" {len(loaded.warnings)} keys were ignored.")
    click.echo(f"{loaded.path} {there}.{ignored}")


@config.command()
@settings_options
@json_option
def show(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Print the whole configuration in force, defaults included."""
    loaded = load_settings(data_folder(data), config_path, Console(stderr=True, soft_wrap=True))
    values = loaded.config.model_dump(mode="json")
    secret = [(values["captions"], "api_key"), (values["viewer"], "password"), (values["viewer"], "edition_password")]
    secret += [(user, "password_hash") for user in values["users"].values()] + [(values["server"], "metrics_token")]
    secret += [(webhook, "url") for webhook in values["plugins"]["webhooks"]]  # whoever has it may send there
    for section, key in secret:
        if section.get(key):
            section[key] = "(not shown)"
    click.echo(json.dumps(values, indent=None if as_json else 2, ensure_ascii=False))
