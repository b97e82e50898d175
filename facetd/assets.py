"""Where files live: those that are not Python, inside the installed package or beside it in a checkout; and the library."""

import os
from pathlib import Path


def asset_dir(name: str) -> Path:
    """The folder `name` (webui, models) of an installed facetd, or its sibling in a source checkout."""
    here = Path(__file__).parent
    packaged = here / name
    return packaged if packaged.is_dir() else here.parent / name


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/facetd`, or `~/.local/share/facetd`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "share") / "facetd"
