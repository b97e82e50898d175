"""Where the files that are not Python live: inside the installed package, or beside it in a checkout."""

from pathlib import Path


def asset_dir(name: str) -> Path:
    """The folder `name` (webui, models) of an installed facetd, or its sibling in a source checkout."""
    here = Path(__file__).parent
    packaged = here / name
    return packaged if packaged.is_dir() else here.parent / name
