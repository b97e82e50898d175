"""The filters of photos as words of a command: KEY=VALUE."""

from __future__ import annotations

import difflib

import click
from pydantic import ValidationError

from facetd.filters import PhotoConditions, PhotoFilter
from facetd.validation import told


def parse_filter(_context: click.Context, _argument: click.Parameter, values: tuple[str, ...]) -> PhotoConditions:
    """`key=value` words as a filter."""
    given: dict[str, str] = {}
    for word in values:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"'{word}' is no filter; expected KEY=VALUE, for example date_from=2024-07-01 or search=rome")
        if key in given:
            raise click.BadParameter(f"{key} is given twice")
        given[key] = value
    try:
        return PhotoFilter.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden"
        said = f"there is no such filter; {_nearest(key)}" if unknown else told(first)
        raise click.BadParameter(f"{key}: {said}" if key else said) from error


def _nearest(key: str) -> str:
    """What to write in place of a filter that there is not."""
    nearest = difflib.get_close_matches(key.lower(), PhotoFilter.model_fields, n=1, cutoff=0.6)
    return f'did you mean "{nearest[0]}"?' if nearest else "GET /api/photos in /api/docs lists them"
