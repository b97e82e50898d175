"""Opaque keys for going on in a list where the last page ended."""

from __future__ import annotations

import base64
import json

from facetd.db.listing import After, Key
from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _


def encode_key(key: Key) -> str:
    """The opaque text for `after=`."""
    value = key.value if not isinstance(key.value, bytes) else {"bytes": key.value.hex()}  # a file name that is not UTF-8
    return base64.urlsafe_b64encode(json.dumps([value, key.id]).encode()).decode().rstrip("=")


def decode_key(text: str) -> After:
    """What `encode_key` made. Raises InvalidInput for anything else."""
    try:
        value, number = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), parse_constant=_refuse)
        if type(number) is not int or not -(2**63) <= number < 2**63:
            raise ValueError
        return After(_value(value), number)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidInput(_("the page key cannot be read"), errors=[FieldError("after", _("expected the `next` of a page"))]) from error


def _value(value: object) -> str | bytes | float | int | None:
    """A sort value that SQLite can take. Raises ValueError, TypeError, KeyError."""
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"])
    if isinstance(value, str):
        value.encode()
        return value
    if value is None or type(value) is float or (type(value) is int and -(2**63) <= value < 2**63):
        return value
    raise ValueError


def _refuse(name: str) -> float:
    raise ValueError(name)
