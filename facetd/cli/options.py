"""Options that several commands share. Light to import: what starts workers runs before anything heavy is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from facetd.assets import default_data_dir

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
