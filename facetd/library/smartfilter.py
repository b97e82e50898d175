"""The filter of a smart album: a JSON object of gallery parameters, checked when it is written and when it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from facetd.errors import FieldError, InvalidInput
from facetd.fields import BY_KEY
from facetd.filters import PhotoConditions, PhotoFilter
from facetd.i18n import _
from facetd.validation import told

FIELD = "smart_filter_json"
LONGEST = 20_000  # characters
DIRECTIONS = {"ASC": False, "DESC": True}


@dataclass(frozen=True, slots=True)
class SmartFilter:
    """Which photos, and the order they come in where nobody asks for another one; None as the gallery has it."""

    chosen: PhotoConditions
    sort: str | None = None
    descending: bool | None = None


def parse_smart_filter(text: str) -> SmartFilter:
    """Read a filter. Raises InvalidInput that names each key which is unknown or does not fit.

    Values may be JSON's or, as in an address, texts; lists are ids or names; empty ones and null say nothing.
    """
    values = {key: _plain(value) for key, value in _object(text).items() if value not in (None, "", [])}
    sort, descending = _order(values)
    try:
        return SmartFilter(PhotoFilter.model_validate(values), sort, descending)
    except ValidationError as error:
        raise _unfit([(str(each["loc"][0]) if each["loc"] else "", told(each)) for each in error.errors(include_url=False)]) from error


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(
            _("the filter of a smart album cannot be read"),
            errors=[FieldError(FIELD, _("expected a JSON object of gallery parameters, at most {count} characters").format(count=LONGEST))],
        )
    return found


def _plain(value: object) -> object:
    """Ids and names as the gallery's parameters have them: separated by commas."""
    if isinstance(value, list) and all(isinstance(each, str | int) and not isinstance(each, bool) for each in value):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _order(values: dict[str, Any]) -> tuple[str | None, bool | None]:
    sort = values.pop("sort", None)
    if sort is not None and not (isinstance(sort, str) and sort in BY_KEY and BY_KEY[sort].sort):
        raise _unfit([("sort", _("expected a sort key of the gallery"))])
    direction = values.pop("sort_direction", values.pop("dir", None))
    if direction is not None and not (isinstance(direction, str) and direction in DIRECTIONS):
        raise _unfit([("sort_direction", _("expected ASC or DESC"))])
    return sort, None if direction is None else DIRECTIONS[direction]


def _unfit(problems: list[tuple[str, str]]) -> InvalidInput:
    errors = [FieldError(f"{FIELD}.{key}".rstrip("."), message) for key, message in problems]
    return InvalidInput(_("the filter of a smart album does not fit"), errors=errors)
